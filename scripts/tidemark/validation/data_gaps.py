"""Times at which an exchange was open and a ticker has no bar, longer than the limit.

They are measured on a clock that stands still while the exchange is closed: in sessions for daily
bars, in minutes of trading for intraday ones. So nights, half days, holidays and the hour that a
clock skips or repeats are no gaps, and a missing session is one whatever its length.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tidemark.naming import counted, several
from tidemark.validation.finding import iso
from tidemark.validation.questions import Question
from tidemark.validation.settings import Gaps

import numpy as np
import pandas as pd

MINUTE = 60_000_000  # microseconds
SHOWN = 5


@dataclass(frozen=True)
class Gap:
    """One stretch without bars of one ticker.

    Attributes:
        before, after: the bars around it; `after` is missing while none came.
        length: sessions without a bar, or minutes of trading beyond the bar itself.
        closes: of these bars.
    """

    ticker: str
    before: pd.Timestamp
    after: pd.Timestamp | None
    length: float
    closes: tuple[float | None, float | None]


def found(
    prices: pd.DataFrame, sessions: pd.DataFrame, limits: Gaps, *, daily: bool
) -> list[Question]:
    """All gaps, those of the same stretch as one question.

    Args:
        prices: `timestamp`, `ticker`, `close`; sorted by ticker and time, with a default index.
        sessions: as returned by `bars.closes.table`.
        limits: how long a ticker may have no bar.
        daily: whether a bar stands for a session.
    """
    gaps = _gaps(prices, sessions, limits, daily=daily)
    stretches: dict[tuple[object, ...], list[Gap]] = {}
    for gap in gaps:
        # Tickers that ended are asked about one by one: each has a reason of its own.
        alone = gap.ticker if gap.after is None else ""
        stretches.setdefault((gap.before, gap.after, alone), []).append(gap)
    unit = "session" if daily else "minute"
    return [_question(own, unit) for own in stretches.values()]


def _question(own: list[Gap], unit: str) -> Question:
    one = own[0]
    tickers = [gap.ticker for gap in own]
    between = f"after {iso(one.before)}"
    between += f" and before {iso(one.after)}" if one.after is not None else ", the last one"
    length = counted(round(max(gap.length for gap in own)), unit)
    # A ticker that has ended gets older every day: its question is the same one.
    lacks = f"no bars for {length}" if one.after is not None else "no bars any more, others have"
    return Question(
        kind="gap",
        tickers=tickers,
        first=str(iso(one.before)),
        last=str(iso(one.after)) if one.after is not None else "",
        words=f"{several(tickers, SHOWN)}: {lacks} {between}",
        values=[value for gap in own for value in gap.closes],
    )


def _gaps(
    prices: pd.DataFrame, sessions: pd.DataFrame, limits: Gaps, *, daily: bool
) -> Iterator[Gap]:
    if not len(prices) or not len(sessions):
        return
    clock = _sessions_done(prices, sessions) if daily else _minutes_traded(prices, sessions)
    ticker = prices["ticker"].to_numpy()
    times, close = prices["timestamp"], prices["close"].to_numpy(dtype=float)
    bar = np.ones(len(clock)) if daily else _lengths(clock, ticker)
    limit = bar * limits.longest_sessions if daily else bar + limits.longest_minutes
    same, step = ticker[1:] == ticker[:-1], np.diff(clock)
    for row in np.flatnonzero(same & (step > limit[:-1])):
        beside = (_plain(close[row]), _plain(close[row + 1]))
        lost = float(step[row] - bar[row])
        yield Gap(str(ticker[row]), times[row], times[row + 1], lost, beside)
    ends = np.flatnonzero(np.append(~same, True))
    for row in ends[clock.max() - clock[ends] > limit[ends]]:
        lost = float(clock.max() - clock[row])
        yield Gap(str(ticker[row]), times[row], None, lost, (_plain(close[row]), None))


def _sessions_done(prices: pd.DataFrame, sessions: pd.DataFrame) -> np.ndarray:
    """Of each bar, the number of its session; a bar on another day counts for the one before."""
    days = prices["timestamp"].dt.normalize().to_numpy()
    number = np.searchsorted(sessions["session"].to_numpy(), days, side="right")
    return np.asarray(number, dtype=float)


def _minutes_traded(prices: pd.DataFrame, sessions: pd.DataFrame) -> np.ndarray:
    """Of each bar, the minutes for which the exchange had been open until then."""
    opens, closes = (
        sessions[side].to_numpy().astype("datetime64[us]").astype("int64")
        for side in ("open", "close")
    )
    before = np.concatenate([[0], np.cumsum(closes - opens)])
    times = prices["timestamp"].to_numpy().astype("datetime64[us]").astype("int64")
    number = np.searchsorted(opens, times, side="right") - 1
    held = np.clip(number, 0, None)
    within = np.clip(times - opens[held], 0, closes[held] - opens[held])
    return np.where(number < 0, 0, before[held] + within) / MINUTE


def _lengths(clock: np.ndarray, ticker: np.ndarray) -> np.ndarray:
    """Of each bar, the most frequent step of its ticker, in minutes; 0 where there is none."""
    steps = pd.Series(clock).groupby(ticker, sort=False).diff().round()
    usual = steps.where(steps > 0).groupby(ticker, sort=False).transform(_most_frequent)
    return np.asarray(usual.fillna(0.0), dtype=float)


def _most_frequent(steps: pd.Series) -> float:
    counts = steps.value_counts()
    return float(counts.index[0]) if len(counts) else np.nan


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
