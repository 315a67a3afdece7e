"""What forecast probabilities are worth, in metrics that follow from sums over dates.

As `forecast_metrics` for returns: `per_date` reduces forecasts to sums of each date, `combine`
turns sums over any dates into the metrics, so the estimate and each bootstrap replicate are the
same formula over different dates. That costs one sort of the rows, and then nothing that grows with
the tickers: a date is some 200 numbers.

The area under the ROC curve is no sum over dates but one over pairs of rows. Forecasts are put into
at most BINS bins by rank, equal ones together; of two rows in different bins the higher bin wins,
and of two in one bin the lower-ranked loses as often as in that bin of all rows. So over all dates
the area is exact, and in a replicate only the order within bins of a hundredth of the rows is taken
from all of them; where forecasts have at most BINS values that is exact, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tidemark.arrays import Floats, Integers
from tidemark.models.forecast_metrics import daily_sums, ratio

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

# One number a date.
ALONE = ("rows", "squared_errors", "baseline_squared_errors", "log_losses", "rises")
BINS = 100
SUREST = float(np.finfo(np.float64).eps)  # of a forecast that is wrong, for its log to be a number


@dataclass(frozen=True)
class DateSums:
    """Sums over the rows of each date, (dates,); or over the dates of each replicate."""

    rows: Floats
    squared_errors: Floats
    baseline_squared_errors: Floats  # of the base rate
    log_losses: Floats
    rises: Floats  # rows whose return was above 0
    ups: Floats  # (dates, bins) rows whose return was above 0, in each bin of the forecasts
    downs: Floats  # (dates, bins) the others
    within: Floats  # (bins,) how often, over all dates, an up ranks above a down of its own bin

    def truth(self) -> tuple[Floats, Floats]:
        """Of 1 and 0, which are their own squares."""
        return self.rises, self.rises

    def as_table(self) -> Floats:
        """(dates, 5 + 2 * bins), as `bootstrap.resample` takes it."""
        return np.column_stack([*self.columns().values(), self.ups, self.downs])

    def of_table(self, table: Floats) -> "DateSums":
        """The sums in a table of (..., 5 + 2 * bins) made of the same rows."""
        alone = dict(zip(ALONE, np.moveaxis(table[..., : len(ALONE)], -1, 0), strict=True))
        ups, downs = np.split(table[..., len(ALONE) :], 2, axis=-1)
        return DateSums(**alone, ups=ups, downs=downs, within=self.within)

    def metrics(self) -> dict[str, Floats]:
        """See `combine`."""
        return combine(self)

    def columns(self) -> dict[str, Floats]:
        """The sums that are one number a date, by name: all but what the AUC follows from."""
        return {name: getattr(self, name) for name in ALONE}

    @classmethod
    def of_columns(cls, columns: Mapping[str, Floats]) -> "DateSums":
        """The sums of `columns`; of these the AUC is undefined."""
        none = np.empty((len(columns["rows"]), 0))
        return cls(**columns, ups=none, downs=none, within=np.empty(0))


def per_date(
    dates: NDArray[np.generic], true: Floats, predicted: Floats, baseline: Floats
) -> DateSums:
    """Sums over each date's rows, from which `combine` computes the metrics.

    Args:
        dates: (rows,) date of each row, in any order.
        true: (rows,) 1 where the return was above 0, else 0.
        predicted, baseline: (rows,) the model's probability of that, and the base rate.

    Returns:
        Arrays of (dates,) and (dates, bins), dates ascending.
    """
    _, day = np.unique(dates, return_inverse=True)
    right = np.clip(np.where(true > 0, predicted, 1.0 - predicted), SUREST, 1.0 - SUREST)
    number, bins = _bins(predicted)
    ups, downs = (counts(day, number, bins, side) for side in (true > 0, true <= 0))
    return DateSums(
        rows=daily_sums(day, np.ones_like(predicted)),
        squared_errors=daily_sums(day, (predicted - true) ** 2),
        baseline_squared_errors=daily_sums(day, (baseline - true) ** 2),
        log_losses=daily_sums(day, -np.log(right)),
        rises=daily_sums(day, (true > 0).astype(np.float64)),
        ups=ups,
        downs=downs,
        within=_within(predicted, true > 0, number, bins),
    )


def combine(sums: DateSums) -> dict[str, Floats]:
    """The metrics from sums over dates.

    Args:
        sums: (...) each, added up over dates.

    Returns:
        Name to (...) values; NaN where a metric is undefined.
        The Brier score is the mean squared error of the probability (Brier 1950, Monthly Weather
        Review 78, 1-3): 0.25 for always one half. The log loss is the mean of -log of what the
        forecast gave to what happened, taken no nearer to 0 or 1 than SUREST, as scikit-learn does;
        0.693 for always one half. The AUC is how often a row that rose ranks above one that did
        not, ties as one half (Mann and Whitney 1947): 0.5 for no order at all. The Brier skill is
        1 - Brier score / Brier score of the base rate: 0 for the base rate itself.
    """
    rose, fell = sums.ups.sum(axis=-1), sums.downs.sum(axis=-1)
    below = np.cumsum(sums.downs, axis=-1) - sums.downs
    wins = (sums.ups * (below + sums.within * sums.downs)).sum(axis=-1)
    return {
        "brier_score": ratio(sums.squared_errors, sums.rows),
        "log_loss": ratio(sums.log_losses, sums.rows),
        "auc": ratio(wins, rose * fell),
        "brier_skill": 1.0 - ratio(sums.squared_errors, sums.baseline_squared_errors),
    }


def _bins(predicted: Floats) -> tuple[Integers, int]:
    """Which bin each forecast is in, by rank, equal ones in the same; and how many bins."""
    values, place = np.unique(predicted, return_inverse=True)
    if len(values) <= BINS:
        return place, len(values)
    rank = rankdata(predicted, method="min") - 1
    _, number = np.unique((rank * BINS / len(rank)).astype(np.int64), return_inverse=True)
    return number, int(number.max()) + 1


def _within(predicted: Floats, rose: NDArray[np.bool_], number: Integers, bins: int) -> Floats:
    """(bins,) share of the pairs of an up and a down of a bin in which the up ranks higher."""
    ranks = rankdata(predicted)
    up = np.bincount(number[rose], minlength=bins).astype(np.float64)
    down = np.bincount(number[~rose], minlength=bins).astype(np.float64)
    lower = np.cumsum(up + down) - up - down  # rows in lower bins
    ranked = np.bincount(number[rose], weights=ranks[rose], minlength=bins) - up * lower
    wins = ranked - up * (up + 1) / 2
    pairs = up * down
    return np.where(pairs > 0, wins / np.where(pairs > 0, pairs, 1.0), 0.5)


def counts(day: Integers, number: Integers, bins: int, some: NDArray[np.bool_]) -> Floats:
    """(days, bins) how many of some of the rows are of each day and bin, both from 0 on."""
    days = int(day.max()) + 1
    cells = np.bincount(day[some] * bins + number[some], minlength=days * bins)
    return cells.reshape(days, bins).astype(np.float64)
