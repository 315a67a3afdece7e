"""Lengths in bars that were meant for days, in bars of hours, weeks or months."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from tidemark.adopting.proposal.history import History
from tidemark.market import bars_a_year

DAYS_A_YEAR = 252  # on which there is trading
UNITS = {"days": 1.0, "hours": 24.0, "minutes": 1440.0}  # of each to a day


def bars_a_day(history: History, meant_for: str) -> float:
    """How many bars a day of trading has: less than 1 of weeks or months, more of hours.

    Args:
        history: of the bars.
        meant_for: the bars that lengths were meant for; 1 of others than daily ones.
    """
    if history.bar == "daily" or meant_for != "daily":
        return 1.0
    bars = history.a_year / DAYS_A_YEAR
    return max(bars, 1.0) if history.bar == "intraday" else bars


def scaled(value: Any, by: float, least: int = 1) -> Any:
    """A length, scaled; 0 and what is no whole number stay."""
    if type(value) is not int or not value or by == 1:
        return value
    return max(round(value * by), least)


def shock(given: Mapping[str, Any], by: float, bars: int) -> dict[str, Any]:
    """A shock over as many days as before; over less, where the next one or the end comes sooner.

    Args:
        given: as in a configuration.
        by: bars a day.
        bars: of history.
    """
    shares = [*sorted(given["at"]), 1.0]
    room = bars * min(after - at for at, after in pairwise(shares))
    fall, recovery = given.get("fall", 1), given.get("recovery") or 0
    by = min(by, max(room, 1) / (fall + recovery))
    changed = {**given}
    if "fall" in given or by > 1:
        changed["fall"] = max(round(by * fall), 1)
    if recovery:
        changed["recovery"] = max(round(by * recovery), 1)
    return changed


def hurried(given: Mapping[str, Any], fitted: Mapping[str, Any], by: float) -> bool:
    """Whether a shock falls in less than its days, of `by` bars each."""
    return bool(fitted.get("fall", 1) < round(by * given.get("fall", 1)))


def of_time(bars: int, history: History) -> str:
    """How long bars last, nights and week-ends included, such as `10.5 days`."""
    days = bars * bars_a_year.DAYS / history.a_year
    unit = next((unit for unit, each in UNITS.items() if days * each >= 2), "minutes")
    return f"{days * UNITS[unit]:.3g} {unit}"
