"""Stretches of history as it was: all of it, crises, calendar years."""

from collections.abc import Mapping
from dataclasses import asdict

from tidemark.errors import BadValue
from tidemark.market.grid import Prices
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.market import MarketScenario, gaps, listed
from tidemark.market.scenarios.settings import Window

import numpy as np
from scipy.sparse.csgraph import connected_components

SAME = 0.5  # share of the shorter window from which an overlap makes two windows one group
DAY = np.timedelta64(1, "D")
NONE = np.timedelta64(0, "D")
SLIGHT = 0.01  # share of a window by which its first or last bar may be off, for holidays
UNEVEN = 1.1  # how much longer than most a bar may be: months differ


def full(prices: Prices) -> MarketScenario:
    """All of history."""
    rows = slice(0, len(prices.timestamp))
    covered = listed(prices, rows)
    return MarketScenario(
        name="full",
        kind=ScenarioKind.FULL,
        group="full",
        prices=prices,
        counted=rows,
        covered=covered,
        note=gaps(covered),
        parameters={},
    )


def calendar_years(prices: Prices) -> dict[str, Window]:
    """A window for each calendar year that has a bar, named `year_2003`."""
    years = np.unique(prices.timestamp.astype("datetime64[Y]")).astype(str)
    return {f"year_{y}": Window(f"{y}-01-01", f"{y}-12-31", "calendar") for y in years}


def is_calendar_year(window: Window) -> bool:
    """Whether a window is a calendar year, whatever its name."""
    year = window.start[:4]
    return (window.start, window.end) == (f"{year}-01-01", f"{year}-12-31")


def historical(prices: Prices, windows: Mapping[str, Window]) -> list[MarketScenario]:
    """Windows of history. All share `prices`, so indicators look back to its first bar.

    A ticker's covered share is the share of the window's days that the data span, apart from
    holidays at either end and from what a bar may stand for (a month, before its date or after it),
    times the share of the window's bars that the ticker has.

    Raises:
        BadValue: a window ends before it starts.
    """
    groups = overlap_groups(windows)
    return [_window(prices, name, groups[name], window) for name, window in windows.items()]


def overlap_groups(windows: Mapping[str, Window]) -> dict[str, str]:
    """The group of each window, named after its longest window (the first of equals).

    Two windows are in one group if they share half or more of the shorter one's days, directly or
    through others. So windows of different groups may share days, but never most of either.
    """
    if not windows:
        return {}
    spans = [_span(name, window) for name, window in windows.items()]
    start, stop = np.array(spans).T
    length = stop - start
    shared = np.minimum.outer(stop, stop) - np.maximum.outer(start, start)
    same = shared / np.minimum.outer(length, length) >= SAME
    _, label = connected_components(same, directed=False)
    names = list(windows)
    longest = {g: max(np.flatnonzero(label == g), key=lambda i: length[i]) for g in set(label)}
    return {name: names[longest[g]] for name, g in zip(names, label, strict=True)}


def _window(prices: Prices, name: str, group: str, window: Window) -> MarketScenario:
    start, stop = (np.datetime64(day, "D") for day in _span(name, window))
    first, last = np.searchsorted(prices.timestamp, [start, stop])
    rows = slice(int(first), int(last))
    begin, end = (time.astype("datetime64[D]") for time in prices.timestamp[[0, -1]])
    late, early = max(begin - start, NONE), max(stop - (end + DAY), NONE)
    unseen = (days for days in (late, early) if days > _beyond_its_day(prices))
    missed = sum(side for days in unseen if (side := days / (stop - start)) > SLIGHT)
    spanned = max(1.0 - missed, 0.0)
    covered = {ticker: spanned * share for ticker, share in listed(prices, rows).items()}
    none = f"no data: they span {begin} to {end}"
    note = gaps(covered) if any(covered.values()) else none
    return MarketScenario(
        name=name,
        kind=ScenarioKind.HISTORICAL,
        group=group,
        prices=prices,
        counted=rows,
        covered=covered,
        note=note,
        parameters=asdict(window),
    )


def _beyond_its_day(prices: Prices) -> np.timedelta64:
    """How much longer than its day a bar may be; nothing for daily bars and shorter ones."""
    between = np.diff(prices.timestamp)
    usual = UNEVEN * float(np.median(between / DAY)) if len(between) else 1.0
    return NONE if usual < 2.0 else np.timedelta64(int(usual) - 1, "D")


def _span(name: str, window: Window) -> tuple[int, int]:
    """First day, and the day after the last, as days since 1970."""
    start, end = np.array([window.start, window.end], dtype="datetime64[D]").astype(int).tolist()
    if end < start:
        raise BadValue(
            f"historical.{name}",
            f"ends on {window.end}, before it starts on {window.start}",
            "exchange start and end",
        )
    return start, end + 1
