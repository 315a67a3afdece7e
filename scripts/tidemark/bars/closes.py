"""The instant that a daily bar stands for: the close of its session.

A trade decided on a bar may use what was public before that instant, and nothing else.
"""

from typing import TYPE_CHECKING

from tidemark.bars import clocks
from tidemark.naming import counted

import pandas as pd

if TYPE_CHECKING:
    from tidemark.bars.trading_calendar import Held


def table(held: "Held | None") -> pd.DataFrame:
    """The sessions as a table; no rows for None.

    Returns:
        `session` (the day), `open` and `close` (naive UTC), and `zone` (the exchange's, by name).
    """
    if held is None:
        times = pd.DataFrame({"session": [], "open": [], "close": []})
    else:
        times = held.sessions.rename_axis("session").reset_index()
    zone = pd.Series("" if held is None else str(held.zone), times.index, dtype="str")
    return times.astype("datetime64[us]").assign(zone=zone)


def zone(sessions: pd.DataFrame, time_zone: str) -> str:
    """The zone in which days begin and end: the exchange's, or `time_zone` without sessions."""
    return str(sessions["zone"].iloc[0]) if len(sessions) else time_zone


def of_bars(times: pd.Series, sessions: pd.DataFrame | None, time_zone: str) -> pd.Series:
    """The instants that bars stand for; those of intraday bars are their own timestamps.

    Args:
        times: timestamps of bars.
        sessions: as returned by `table`, for daily bars; None for intraday ones.
        time_zone: as for `of`.

    Returns:
        Naive UTC, with the index of `times`.
    """
    return times if sessions is None else of(times, sessions, time_zone)


def of(days: pd.Series, sessions: pd.DataFrame, time_zone: str) -> pd.Series:
    """The close of each day's session, or the end of the day if no session is known for it.

    Args:
        days: timestamps of daily bars, each at midnight.
        sessions: as returned by `table`.
        time_zone: where days end if there are no sessions.

    Returns:
        Naive UTC, with the index of `days`.
    """
    close = sessions.set_index("session")["close"].reindex(days).to_numpy()
    end = clocks.utc(days + pd.Timedelta(days=1), zone(sessions, time_zone), later=False)
    return pd.Series(close, days.index).fillna(end).astype("datetime64[us]")


def assumed(days: pd.Series, sessions: pd.DataFrame, time_zone: str) -> str | None:
    """What `of` has to assume, in words for the user; None if the configuration settles it.

    Args:
        days, sessions, time_zone: as for `of`.
    """
    if not len(sessions):
        return None if time_zone != "UTC" else NOTHING_SAID
    alone = days[~days.isin(sessions["session"])]
    if not len(alone):
        return None
    stand = "stands" if len(alone) == 1 else "stand"
    return (
        f"{counted(len(alone), 'bar')} without a session, the first on {alone.min().date()},"
        f" {stand} for the end of the day in {zone(sessions, time_zone)}"
    )


NOTHING_SAID = (
    "neither a calendar nor a time zone says when days end: each bar stands for the end of its day"
    " in UTC and knows the economic values that were out before. If that is too late, or too early,"
    " set validate_schema.calendar, or fetch_data.prices.time_zone"
)
