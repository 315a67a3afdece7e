"""How long the values of economic series stay known.

A level, such as a yield, is what was published last until something else is: a missing value
changes nothing, and neither does a missing row. But it does not hold forever (see `holes.reach`): a
series that ended no longer has a value.
"""

from collections.abc import Sequence

from tidemark.arrays import Floats, Times
from tidemark.bars import holes

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEAST_DAYS = 10
FIRST_DAYS = 155  # five months: how long a first value holds, before any distance is known
UNIT = np.timedelta64(1, "us")


def carried(
    series: pd.DataFrame,
    columns: Sequence[str],
    longest_days: int | None,
    published: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The known values, with a row for each instant at which any of them changes.

    Args:
        series: `available_at` and the columns, oldest row first.
        columns: columns of values, NaN where missing.
        longest_days: how long a value holds; None: five of the column's usual distances between
            publications so far, and at least LEAST_DAYS; FIRST_DAYS for the first value.
        published: the series before its missing values were filled; only what was published says
            how long a value holds. By default nothing was filled.

    Returns:
        `available_at`, ascending, and the columns; NaN before the first publication, and between
        the instant at which a value becomes too old and the next publication.
    """
    states = {}
    for column in columns:
        times, values = _published(series, column)
        own, _ = _published(series if published is None else published, column)
        ends = own + _reach(own, longest_days) + UNIT
        lapsed = ends < np.append(own[1:], np.datetime64("9999-12-31"))
        state = pd.Series(
            np.append(values, np.full(lapsed.sum(), np.nan)), np.append(times, ends[lapsed])
        )
        states[column] = state.sort_index()
    moments = np.unique(
        np.concatenate([series["available_at"], *(state.index for state in states.values())])
    )
    return pd.DataFrame({"available_at": moments}).assign(
        **{column: _at(state, moments) for column, state in states.items()}
    )


def lapses(series: pd.DataFrame, column: str, longest_days: int | None) -> pd.Timestamp | None:
    """When the last value of a column becomes too old; None if it never had one."""
    times, _ = _published(series, column)
    return pd.Timestamp((times + _reach(times, longest_days) + UNIT)[-1]) if len(times) else None


def within_reach(series: pd.DataFrame, column: str, longest_days: int | None) -> pd.Series:
    """Whether the column's last value is still known at each row."""
    known = carried(series, [column], longest_days)
    row = np.searchsorted(known["available_at"], series["available_at"], side="right") - 1
    return pd.Series(known[column].notna().to_numpy()[row], series.index)


def _published(series: pd.DataFrame, column: str) -> tuple[Times, Floats]:
    """When each value was published, and the values; the last one of several at one time."""
    times = series["available_at"].to_numpy("datetime64[us]")
    values = series[column].to_numpy(np.float64)
    rising = np.argsort(times, kind="stable")
    rising = rising[~np.isnan(values[rising])]
    times, values = times[rising], values[rising]
    last = np.append(times[1:] != times[:-1], np.full(min(1, len(times)), True))
    return times[last], values[last]


def _reach(times: Times, longest_days: int | None) -> NDArray[np.timedelta64]:
    if longest_days is not None:
        return np.full(len(times), np.timedelta64(longest_days, "D").astype("timedelta64[us]"))
    spans = holes.reach(times, np.timedelta64(LEAST_DAYS, "D"))
    spans[:1] = np.timedelta64(FIRST_DAYS, "D")
    return spans


def _at(state: pd.Series, moments: Times) -> Floats:
    row = np.searchsorted(state.index.to_numpy(), moments, side="right")
    return np.append(np.nan, state.to_numpy())[row]
