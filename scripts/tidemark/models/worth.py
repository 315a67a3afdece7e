"""What forecasts of each target are measured by: of returns, or of the chance that these are above
0. The metrics of one are not compared with those of the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tidemark.arrays import Floats, Integers
from tidemark.models import forecast_metrics, probability_metrics
from tidemark.statistics import bootstrap

import numpy as np

Target = Literal["return", "direction"]


class Sums(Protocol):
    """Sums over the rows of each date, (dates,), and over what else a target's metrics need."""

    @property
    def rows(self) -> Floats:
        """How many."""

    @property
    def squared_errors(self) -> Floats:
        """Of the model."""

    @property
    def baseline_squared_errors(self) -> Floats:
        """Of what it is held against."""

    def as_table(self) -> Floats:
        """(dates, k), as `bootstrap.resample` takes it."""


@dataclass(frozen=True)
class Worth:
    """The metrics of a target.

    Attributes:
        metrics: their names.
        loss: the metric that is the mean squared error, on which verdicts rest.
        skill: the share of the squared error that a model takes from what it is held against.
        explained: the share of all variation that forecasts account for; too much of it is likelier
            an error than skill.
        explained_in_words: its name.
        per_date: dates, true values, forecasts and the baseline's, (rows,) each, to `Sums`.
        combine: sums over any dates to the metrics.
    """

    metrics: tuple[str, ...]
    loss: str
    skill: str
    explained: str
    explained_in_words: str
    per_date: Callable[..., Any]
    combine: Callable[[Any], dict[str, Floats]]

    def over_all_dates(self, sums: Any) -> dict[str, Floats]:
        """The metrics over all dates together, each of shape ()."""
        return self.combine(sums.of_table(sums.as_table().sum(axis=0)))

    def overall(self, sums: Any) -> dict[str, float]:
        """The metrics over all dates together, as plain numbers."""
        return {name: float(value) for name, value in self.over_all_dates(sums).items()}

    def drawn(self, sums: Any, starts: Integers, length: int) -> dict[str, Floats]:
        """(replicates,) of each metric on resampled dates; see `bootstrap.resample`."""
        return self.combine(sums.of_table(bootstrap.resample(sums.as_table(), starts, length)))


def excess_errors(sums: Sums) -> Floats:
    """(dates, 1) squared errors of each date, less what its rows would have at the overall mean.

    The mean squared error of resampled dates is the mean of these in good part, so they show how
    long blocks should be.
    """
    mean = sums.squared_errors.sum() / sums.rows.sum()
    return np.asarray(sums.squared_errors - mean * sums.rows)[:, np.newaxis]


WORTH: Mapping[Target, Worth] = {
    "return": Worth(
        forecast_metrics.METRICS,
        "mse",
        "skill",
        "r2",
        "R2",
        forecast_metrics.per_date,
        forecast_metrics.combine,
    ),
    "direction": Worth(
        probability_metrics.METRICS,
        "brier_score",
        "brier_skill",
        "brier_skill",
        "the Brier skill",
        probability_metrics.per_date,
        probability_metrics.combine,
    ),
}
