"""The instant that a daily bar stands for: its session's close.

Whoever trades on a bar knows what was public before that instant, and nothing else.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from tidemark.bars import clocks
from tidemark.naming import counted

import pandas as pd

if TYPE_CHECKING:
    from tidemark.bars.trading_calendar import Held

SESSIONS = "artifacts/sessions.parquet"


def table(held: "Held | None") -> pd.DataFrame:
    """Sessions for SESSIONS; None: no rows.

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
    """Where days begin and end: on the exchange, or in `time_zone` if no session is known."""
    return str(sessions["zone"].iloc[0]) if len(sessions) else time_zone


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
        sessions: of `table`.
        time_zone: where days end if there are no sessions.

    Returns:
        Naive UTC, with the index of `days`.
    """
    close = sessions.set_index("session")["close"].reindex(days).to_numpy()
    end = clocks.utc(days + pd.Timedelta(days=1), zone(sessions, time_zone), later=False)
    return pd.Series(close, days.index).fillna(end).astype("datetime64[us]")


def assumed(days: pd.Series, sessions: pd.DataFrame, time_zone: str) -> str | None:
    """What `of` takes for granted, in words for the user; None if the configuration says it all.

    Args:
        days, sessions, time_zone: as of `of`.
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
    " set validate_schema.calendar, or fetch_data.prices.time_zone, in config.yaml"
)
