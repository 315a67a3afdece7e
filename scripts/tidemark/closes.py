"""The instant that a daily bar stands for: its session's close.

Whoever trades on a bar knows what was public before that instant, and nothing else.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tidemark import clocks

import pandas as pd

SESSIONS = "artifacts/sessions.parquet"


def table(sessions: pd.DataFrame | None) -> pd.DataFrame:
    """Sessions for SESSIONS: `session` (the day), `open` and `close` (naive UTC); None: no rows."""
    if sessions is None:
        sessions = pd.DataFrame({"open": [], "close": []}, pd.DatetimeIndex([]))
    return sessions.rename_axis("session").reset_index().astype("datetime64[us]")


def of_bars(
    source: Mapping[str, Any], read: Callable[[str], pd.DataFrame]
) -> Callable[[pd.Series], pd.Series]:
    """From timestamps of bars to the instants that they stand for; intraday, these are the same.

    Args:
        source: `bar` and `time_zone` of prices in the configuration.
        read: gives the frame of SESSIONS.
    """
    if source["bar"] == "intraday":
        return lambda times: times
    return partial(of, sessions=read(SESSIONS), time_zone=source["time_zone"])


def of(days: pd.Series, sessions: pd.DataFrame, time_zone: str) -> pd.Series:
    """The close of each day's session, or the day's end if the exchange held none that is known.

    Args:
        days: daily bars, at midnight.
        sessions: `session` (the day at midnight) and `close` (naive UTC); may have no rows.
        time_zone: where a day without a session ends.

    Returns:
        Naive UTC, with the index of `days`.
    """
    close = sessions.set_index("session")["close"].reindex(days).to_numpy()
    end = clocks.utc(days + pd.Timedelta(days=1), time_zone, later=False)
    return pd.Series(close, days.index).fillna(end).astype("datetime64[us]")
