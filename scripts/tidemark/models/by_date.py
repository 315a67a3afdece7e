"""What a model's forecasts were worth date by date, so that two runs can be compared in pairs.

A row a test date: `timestamp`, and the sums of that date's rows from which the metrics follow. Few
numbers, however many tickers. The AUC alone does not follow from them: it is a sum over pairs of
rows. A run may be compared with one of another version, so a column that changes its meaning
changes its name.
"""

from typing import NamedTuple

from tidemark.arrays import Integers, Times
from tidemark.models.worth import WORTH, Sums, Worth

import numpy as np
import pandas as pd

TIME = "timestamp"


class ByDate(NamedTuple):
    """Sums of the dates of a test set, of one target."""

    dates: Times  # (dates,), ascending
    worth: Worth
    sums: Sums

    def at(self, places: Integers) -> Sums:
        """The sums of some of the dates."""
        return self.worth.of_columns({n: c[places] for n, c in self.sums.columns().items()})


def table(dates: Times, sums: Sums) -> pd.DataFrame:
    """A row a date.

    Args:
        dates: of the rows that were summed, in any order, each as often as it may be.
        sums: of each of these dates, ascending.
    """
    return pd.DataFrame({TIME: np.unique(dates), **sums.columns()})


def of_table(frame: pd.DataFrame) -> ByDate | None:
    """What `table` was made of; None if its columns are those of no target."""
    columns = {str(name): frame[name].to_numpy() for name in frame if name != TIME}
    for worth in WORTH.values():
        if TIME in frame and worth.columns == tuple(columns):
            return ByDate(frame[TIME].to_numpy(), worth, worth.of_columns(columns))
    return None
