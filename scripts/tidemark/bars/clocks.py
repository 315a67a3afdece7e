"""Wall-clock times of a zone as instants, even where clocks go back or forward.

When clocks go back, a stretch of wall-clock times occurs twice. The order of the bars tells the two
occurrences apart: the second begins where times jump back and the jump fits the spacing of the
bars. A time that is given twice in a row is such a turn only if the bars are as far apart as clocks
go back; with other bars it may be one bar, given twice. Without a turn only the spacing can tell,
and often nothing can.
"""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Microseconds = NDArray[np.int64]
UNKNOWN = np.iinfo(np.int64).min  # NaT, as a number


def utc(wall: pd.Series, zone: ZoneInfo | str, *, later: bool) -> pd.Series:
    """Convert naive wall-clock times to naive UTC.

    Args:
        wall: the times; one that clocks skip becomes the first that they show afterwards.
        zone: the time zone whose clocks show them.
        later: whether a time that occurs twice means its second occurrence.
    """
    twice = np.full(len(wall), not later)  # for pandas, true means the first occurrence
    there = wall.dt.tz_localize(zone, ambiguous=twice, nonexistent="shift_forward")
    return there.dt.tz_convert(None)


def readings(wall: pd.Series, zone: ZoneInfo | str) -> tuple[pd.Series, pd.Series]:
    """The first and second occurrence of each time in naive UTC; NaT if clocks skip the time."""
    first, second = (
        wall.dt.tz_localize(
            zone, ambiguous=np.full(len(wall), earlier), nonexistent="NaT"
        ).dt.tz_convert(None)
        for earlier in (True, False)
    )
    return first, second


def told_apart(first: pd.Series, second: pd.Series, tickers: pd.Series | None) -> pd.Series:
    """The occurrence that each time means; NaT where neither order nor spacing tells.

    Args:
        first, second: as returned by `readings`, without NaT, in the order of the file, which is
            oldest or newest first.
        tickers: the ticker of each time; None if there is only one series.

    Returns:
        Naive UTC, with the index of `first`.
    """
    early, late = _microseconds(first), _microseconds(second)
    groups: list[Any] = [np.arange(len(early))]
    if tickers is not None:
        groups = list(tickers.reset_index(drop=True).groupby(tickers.to_numpy()).indices.values())
    instants = np.where(early == late, early, UNKNOWN)
    direction = np.sign(sum(_direction(early[rows], late[rows]) for rows in groups))
    for rows in groups if direction else []:
        ordered = rows[::direction]
        if (early[ordered] != late[ordered]).any():
            instants[ordered] = _one_series(early[ordered], late[ordered])
    return pd.Series(instants.view("datetime64[us]"), first.index)


def _microseconds(times: pd.Series) -> Microseconds:
    return np.asarray(times.to_numpy().astype("datetime64[us]").astype(np.int64))


def _direction(early: Microseconds, late: Microseconds) -> int:
    """The number of steps forwards, less that of steps backwards."""
    once = early[early == late]
    steps = np.diff(once if len(once) > 1 else early)
    return int(np.sign(steps).sum())


def _one_series(early: Microseconds, late: Microseconds) -> Microseconds:
    """The instants of one series, oldest first; UNKNOWN where undecided."""
    instants = np.where(early == late, early, UNKNOWN)
    known = instants != UNKNOWN
    elsewhere = np.diff(instants)[known[1:] & known[:-1]]
    for start, stop in _repeats(early, late):
        before, after = (
            beside[beside != UNKNOWN]
            for beside in (instants[max(start - 1, 0) : start], instants[stop : stop + 1])
        )
        here = early[start:stop], late[start:stop]
        turn = _turn(*here, before, after, elsewhere)
        if turn is not None:
            instants[start:stop] = np.concatenate([here[0][:turn], here[1][turn:]])
    return instants


def _repeats(early: Microseconds, late: Microseconds) -> list[tuple[int, int]]:
    """Start and stop of each run of ambiguous times; one run each time that clocks went back."""
    rows = np.flatnonzero(early != late)
    shift = (late - early)[rows]
    apart = (np.diff(rows) > 1) | (np.abs(np.diff(early[rows])) >= shift[1:])
    parts = np.split(rows, np.flatnonzero(apart) + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]


def _turn(
    early: Microseconds,
    late: Microseconds,
    before: Microseconds,
    after: Microseconds,
    elsewhere: Microseconds,
) -> int | None:
    """How many of these times are first occurrences; None if several answers are possible.

    `before` and `after` hold the known neighbour of these times, if there is one, and `elsewhere`
    the steps between neighbouring bars whose instants are known.
    """
    shift, spacing = late[0] - early[0], _spacing(elsewhere)

    def steps(turn: int) -> Microseconds:
        return np.diff(np.concatenate([before, early[:turn], late[turn:], after]))

    turns = np.flatnonzero(np.diff(early) <= 0) + 1
    if len(turns) == 1:
        turn = int(turns[0])
        if early[turn] < early[turn - 1]:
            certain = spacing is None or not (steps(turn) % spacing).any()
        else:  # one time, given twice: perhaps it is one bar
            every = np.concatenate([elsewhere, steps(turn)])
            certain = _spacing(every) == shift and (every == shift).sum() > 1
        return turn if certain else None
    if len(turns) > 1 or spacing is None or shift % spacing == 0:
        return None
    fitting = [turn for turn in range(len(early) + 1) if not (steps(turn) % spacing).any()]
    return fitting[0] if len(fitting) == 1 else None


def _spacing(steps: Microseconds) -> int | None:
    """The greatest common divisor of the forward steps, if at least half of them equal it."""
    forwards = steps[steps > 0]
    spacing = int(np.gcd.reduce(forwards)) if len(forwards) else 0
    return spacing if spacing and 2 * (forwards == spacing).sum() >= len(forwards) else None
