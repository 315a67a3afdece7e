"""What forecasts of each target are measured by: of returns, or of the chance that these are above
0. The metrics of one are not compared with those of the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tidemark.arrays import Floats, Integers
from tidemark.models import forecast_metrics, probability_metrics
from tidemark.statistics import bootstrap
from tidemark.targets import METRICS, Metrics, Target

import numpy as np
from numpy.typing import NDArray


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

    def truth(self) -> tuple[Floats, Floats]:
        """Sums of what is forecast, and of its squares: the same two whoever forecasts it."""

    def as_table(self) -> Floats:
        """(dates, k), as `bootstrap.resample` takes it."""

    def of_table(self, table: Floats) -> "Sums":
        """The sums in a table of (..., k) made of the same rows."""

    def metrics(self) -> dict[str, Floats]:
        """Name to (...) values; NaN where a metric is undefined."""

    def columns(self) -> dict[str, Floats]:
        """Name to (dates,) of the sums that are one number a date."""


@dataclass(frozen=True)
class Worth(Metrics):
    """The metrics of a target.

    Attributes:
        per_date: dates, true values, forecasts and the baseline's, (rows,) each, to `Sums`.
        columns: names of `Sums.columns`.
        of_columns: `Sums.columns` to sums again; a metric that needs more is undefined of them.
    """

    per_date: Callable[[NDArray[np.generic], Floats, Floats, Floats], Sums]
    columns: tuple[str, ...]
    of_columns: Callable[[Mapping[str, Floats]], Sums]

    def over_all_dates(self, sums: Sums) -> dict[str, Floats]:
        """The metrics over all dates together, each of shape ()."""
        return sums.of_table(sums.as_table().sum(axis=0)).metrics()

    def overall(self, sums: Sums) -> dict[str, float]:
        """The metrics over all dates together, as plain numbers."""
        return {name: float(value) for name, value in self.over_all_dates(sums).items()}

    def drawn(self, sums: Sums, starts: Integers, length: int) -> dict[str, Floats]:
        """(replicates,) of each metric on resampled dates; see `bootstrap.resample`."""
        return sums.of_table(bootstrap.resample(sums.as_table(), starts, length)).metrics()


def excess_errors(sums: Sums) -> Floats:
    """(dates, 1) squared errors of each date, less what its rows would have at the overall mean.

    The mean squared error of resampled dates is the mean of these in good part, so they show how
    long blocks should be.
    """
    mean = sums.squared_errors.sum() / sums.rows.sum()
    return np.asarray(sums.squared_errors - mean * sums.rows)[:, np.newaxis]


_OF: Mapping[Target, dict[str, Any]] = {
    "return": {
        "per_date": forecast_metrics.per_date,
        "columns": forecast_metrics.DateSums._fields,
        "of_columns": forecast_metrics.DateSums.of_columns,
    },
    "direction": {
        "per_date": probability_metrics.per_date,
        "columns": probability_metrics.ALONE,
        "of_columns": probability_metrics.DateSums.of_columns,
    },
}
WORTH: Mapping[Target, Worth] = {
    target: Worth(**vars(names), **_OF[target]) for target, names in METRICS.items()
}
