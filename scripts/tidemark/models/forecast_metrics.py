"""What a forecast is worth, in metrics that follow from sums over dates.

`per_date` reduces forecasts to sums of each date, `combine` turns sums over any dates into the
metrics. So the estimate and each bootstrap replicate are the same formula over different dates.

Errors are in the unit of the returns (decimal fractions), MSE in its square.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tidemark.arrays import Floats, Integers

import numpy as np
from numpy.typing import NDArray

MIN_TICKERS = 3  # of a date, for a rank correlation across tickers to mean anything


class DateSums(NamedTuple):
    """Sums over the rows of each date, (dates,); or over the dates of each replicate.

    Returns are taken about their overall mean, which changes no metric and spares digits.
    """

    rows: Floats
    absolute_errors: Floats
    squared_errors: Floats
    baseline_squared_errors: Floats
    returns: Floats
    squared_returns: Floats
    right_directions: Floats
    directions: Floats  # rows in which neither return nor forecast is 0
    correlations: Floats  # rank correlation across tickers, 0 where there is none
    correlated: Floats  # dates that have a rank correlation

    def truth(self) -> tuple[Floats, Floats]:
        """Of returns, about their overall mean."""
        return self.returns, self.squared_returns

    def as_table(self) -> Floats:
        """(dates, fields), as `bootstrap.resample` takes it."""
        return np.column_stack(self)

    @classmethod
    def of_table(cls, table: Floats) -> "DateSums":
        """The sums in a table of (..., fields)."""
        return cls(*np.moveaxis(table, -1, 0))

    def metrics(self) -> dict[str, Floats]:
        """See `combine`."""
        return combine(self)

    def columns(self) -> dict[str, Floats]:
        """All of the sums, by name."""
        return self._asdict()

    @classmethod
    def of_columns(cls, columns: Mapping[str, Floats]) -> "DateSums":
        """The sums of `columns`."""
        return cls(**columns)


def per_date(
    dates: NDArray[np.generic], true: Floats, predicted: Floats, baseline: Floats
) -> DateSums:
    """Sums over each date's rows, from which `combine` computes the metrics.

    Args:
        dates: (rows,) date of each row, in any order.
        true, predicted, baseline: (rows,) returns, the model's and the baseline's forecasts.

    Returns:
        Arrays of (dates,), dates ascending.
    """
    _, day = np.unique(dates, return_inverse=True)
    error, centred = predicted - true, true - true.mean()
    directed = (true != 0) & (predicted != 0)
    right = directed & (np.sign(true) == np.sign(predicted))
    correlation = rank_correlations(day, true, predicted)
    ranked = np.isfinite(correlation)
    return DateSums(
        rows=daily_sums(day, np.ones_like(error)),
        absolute_errors=daily_sums(day, np.abs(error)),
        squared_errors=daily_sums(day, error**2),
        baseline_squared_errors=daily_sums(day, (baseline - true) ** 2),
        returns=daily_sums(day, centred),
        squared_returns=daily_sums(day, centred**2),
        right_directions=daily_sums(day, right.astype(np.float64)),
        directions=daily_sums(day, directed.astype(np.float64)),
        correlations=np.where(ranked, correlation, 0.0),
        correlated=ranked.astype(np.float64),
    )


def combine(sums: DateSums) -> dict[str, Floats]:
    """The metrics from sums over dates.

    Args:
        sums: (...) each, added up over dates.

    Returns:
        Name to (...) values; NaN where a metric is undefined.
        R2 is against the mean of the same rows. Directional accuracy leaves out rows where return
        or forecast is 0. The information coefficient is the mean over dates of the Spearman rank
        correlation across tickers. Skill is 1 - MSE / MSE of the baseline (Murphy 1988, Monthly
        Weather Review 116, 2417-2424): 0 for the baseline itself, positive for better.
    """
    mse = ratio(sums.squared_errors, sums.rows)
    variation = sums.squared_returns - ratio(sums.returns**2, sums.rows)
    return {
        "mae": ratio(sums.absolute_errors, sums.rows),
        "mse": mse,
        "rmse": np.sqrt(mse),
        "r2": 1.0 - ratio(sums.squared_errors, variation),
        "directional_accuracy": ratio(sums.right_directions, sums.directions),
        "information_coefficient": ratio(sums.correlations, sums.correlated),
        "skill": 1.0 - ratio(sums.squared_errors, sums.baseline_squared_errors),
    }


def rank_correlations(day: Integers, true: Floats, predicted: Floats) -> Floats:
    """Spearman's rank correlation across the rows of each day, ties sharing their mean rank.

    Args:
        day: (rows,) number of the day, 0 to days - 1.
        true, predicted: (rows,) values.

    Returns:
        (days,) correlations; NaN with fewer than 3 rows, or where all values of a side are equal.
    """
    count = np.bincount(day)
    x, y = _centred_ranks(day, true), _centred_ranks(day, predicted)
    xy, xx, yy = (daily_sums(day, product) for product in (x * y, x * x, y * y))
    correlation = ratio(xy, np.sqrt(xx * yy))
    return np.where(count >= MIN_TICKERS, correlation, np.nan)


def _centred_ranks(day: Integers, values: Floats) -> Floats:
    """Rank of each value within its day, less the day's mean rank."""
    order = np.lexsort((values, day))
    same = (np.diff(day[order]) == 0) & (np.diff(values[order]) == 0)
    tie = np.concatenate([[0], np.cumsum(~same)])
    place = np.arange(len(values), dtype=np.float64)
    ranks = np.empty(len(values))
    ranks[order] = (daily_sums(tie, place) / np.bincount(tie))[tie]
    return np.asarray(ranks - (daily_sums(day, ranks) / np.bincount(day))[day])


def daily_sums(day: Integers, values: Floats) -> Floats:
    """(days,) sums of the values of each day."""
    return np.bincount(day, weights=values).astype(np.float64)


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Division that gives NaN, without a warning, where the denominator is 0."""
    quotient: Floats = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
