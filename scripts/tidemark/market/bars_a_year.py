"""How many bars a year has, which turns figures of a bar into annual figures.

Bars and elapsed time decide, not a number of bars a day: sessions that cross midnight in UTC, half
days and holidays all count as what they are. Time within holes, which no return reaches across,
does not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tidemark.arrays import Integers, Times
from tidemark.market.grid import Prices
from tidemark.naming import counted, several

import numpy as np
import pandas as pd

DAYS = 365.25
WEEKS = DAYS / 7
YEAR = 365  # days; from then on, bars and elapsed time are enough
FEW = 0.2  # share of sessions without a bar, or of bars on other days, that is an exception
WHOLE = "its bars and the time they span"


class Hole(NamedTuple):
    """The last bar before a hole, the first after it, and the change of the price, a fraction."""

    before: np.datetime64
    after: np.datetime64
    change: float


@dataclass(frozen=True)
class Rate:
    """Bars a year, and in words what they were taken from."""

    bars_a_year: float
    basis: str
    whole: bool = False  # whether a year or more of bars and elapsed time decided

    def row(self) -> dict[str, Any]:
        """For tables."""
        return {"bars_a_year": self.bars_a_year, "basis": self.basis, "whole": self.whole}


@dataclass(frozen=True)
class Rates:
    """The rate of each ticker by its own bars, and the rate of the bars of all tickers together."""

    tickers: Mapping[str, Rate]
    together: Rate

    def record(self) -> dict[str, Any]:
        """For JSON: `together`, with the lowest and highest of the tickers; and `tickers`.

        `shorter` counts the tickers with less than a year of bars.
        """
        rates = [rate.bars_a_year for rate in self.tickers.values()]
        shorter = sum(not rate.whole for rate in self.tickers.values())
        return {
            "together": {
                **self.together.row(),
                "lowest": min(rates),
                "highest": max(rates),
                "shorter": shorter,
            },
            "tickers": [{"ticker": name, **rate.row()} for name, rate in self.tickers.items()],
        }


def of_prices(
    prices: Prices, sessions: pd.DataFrame | None, holes: pd.DataFrame | None, *, daily: bool
) -> Rates:
    """The rates of history; see `of_bars`.

    Args:
        prices: all of history.
        holes: as returned by `holes.of_closes`; None if there are none.
        sessions, daily: as for `of_bars`.
    """
    known = np.isfinite(prices.close)
    apart = _by_ticker(holes)
    own = {
        ticker: of_bars(prices.timestamp[there], sessions, apart.get(ticker, ()), daily=daily)
        for ticker, there in zip(prices.ticker, known.T, strict=True)
    }
    common = {
        (hole.before, hole.after): hole
        for of_ticker in apart.values()
        for hole in of_ticker
        if _of_all(prices, hole)
    }
    return Rates(own, of_bars(prices.timestamp, sessions, list(common.values()), daily=daily))


def _by_ticker(holes: pd.DataFrame | None) -> dict[str, list[Hole]]:
    """The holes that a price comes out of."""
    by_ticker: dict[str, list[Hole]] = {}
    for hole in () if holes is None else holes[holes["after"].notna()].itertuples():
        times = hole.before.to_datetime64(), hole.after.to_datetime64()
        by_ticker.setdefault(str(hole.ticker), []).append(Hole(*times, float(hole.change)))
    return by_ticker


def _of_all(prices: Prices, hole: Hole) -> bool:
    """Whether no ticker has a bar in the hole."""
    first = np.searchsorted(prices.timestamp, hole.before, side="right")
    return bool(first == np.searchsorted(prices.timestamp, hole.after))


def of_bars(
    times: Times,
    sessions: pd.DataFrame | None = None,
    holes: Sequence[Hole] = (),
    *,
    daily: bool = True,
) -> Rate:
    """Bars a year of a series of bars.

    From one year on it is (bars - 1) / years, where a year has 365.25 days; neither the time in a
    hole nor the step across it counts. For less than a year it is the sessions that the calendar
    holds, times bars a session, which is more than 1 for coins and less for bars of a week; or,
    without a calendar, the bars that whole weeks show, times weeks a year. Bars that show no whole
    week either are taken for sessions of five days a week, or of seven if there are bars at a
    week-end, other than on a Sunday evening.

    Args:
        times: (bars,) ascending, naive UTC.
        sessions: `session`, `open` and `close` of the exchange, in naive UTC, around the bars; None
            or empty if there is no calendar.
        holes: those in the series.
        daily: whether a bar stands for a session.
    """
    days = _days(times[0], times[-1]) if len(times) else 0.0
    days -= (within := sum(_days(hole.before, hole.after) for hole in holes))
    if days >= YEAR:
        rate = (len(times) - 1 - len(holes)) / (days / DAYS)
        return Rate(rate, f"{WHOLE}{_but_for(within, holes)}", whole=True)
    if sessions is not None and len(sessions):
        held, how = _a_year(sessions["session"].to_numpy())
        each = (
            _days_a_session(times, sessions["session"].to_numpy())
            if daily
            else _bars_a_session(times, sessions["open"].to_numpy())
        )
        bars = f", {each:.4g} bars each" if each != 1 else ""
        return Rate(held * each, f"{held:.1f} sessions by the calendar ({how}){bars}")
    if days >= 7:
        rate, how = _a_year(_closed_up(times, holes))
        return Rate(rate, f"{how} of its bars")
    shown, counts = np.unique(times.astype("datetime64[D]"), return_counts=True)
    few = 2 * counts < counts.max(initial=0)
    evening = (_weekday(shown) == 6) & few  # Monday's session begins
    shown = shown[~evening]
    a_week = 7 if (_weekday(shown) >= 5).any() else 5
    each = len(times) / max(len(shown), 1)
    return Rate(max(each, 1.0) * a_week * WEEKS, f"assumed: {a_week} sessions a week")


def _but_for(days: float, holes: Sequence[Hole]) -> str:
    changes = several([f"{hole.change:+,.1%}" for hole in holes])
    left_out = f"{counted(round(days), 'day')} in {counted(len(holes), 'hole')}"
    return f", but for {left_out} ({changes})" if holes else ""


def _closed_up(times: Times, holes: Sequence[Hole]) -> Times:
    """The times as if there were no holes, except for less than a week of each."""
    for before, after, _ in sorted(holes, reverse=True):
        weeks = (after - before) // np.timedelta64(7, "D")
        times = np.where(times >= after, times - weeks * np.timedelta64(7, "D"), times)
    return times


def _a_year(times: Times) -> tuple[float, str]:
    """How many of these times a year has, by the time they span or by the whole weeks within it."""
    days = _days(times[0], times[-1]) if len(times) else 0.0
    if days >= YEAR:
        return (len(times) - 1) / (days / DAYS), f"{days / DAYS:.1f} years"
    weeks = int(days // 7)
    if not weeks:
        return 5 * WEEKS, "assumed: 5 a week"
    within = int(np.searchsorted(times, times[0] + np.timedelta64(7 * weeks, "D")))
    return within / weeks * WEEKS, f"{weeks} whole week{'s' * (weeks > 1)}"


def _bars_a_session(times: Times, opens: Times) -> float:
    """Mean over the sessions that have bars; a session lasts until the next one opens."""
    number = np.searchsorted(opens, times, side="right")
    return len(times) / max(len(np.unique(number)), 1)


def _days_a_session(times: Times, days: Times) -> float:
    """1 for bars of sessions, of which a few may be missing; others are counted over a week."""
    if not len(times) or _days(times[0], times[-1]) < 7:
        return 1.0
    held = int(((days > times[0]) & (days <= times[-1])).sum())
    each = (len(times) - 1) / held if held else 1.0
    return 1.0 if abs(each - 1) < FEW else each


def _days(first: np.datetime64, last: np.datetime64) -> float:
    return float((last - first) / np.timedelta64(1, "D"))


def _weekday(days: Times) -> Integers:
    """0 for Monday."""
    return (days.astype(np.intp) + 3) % 7
