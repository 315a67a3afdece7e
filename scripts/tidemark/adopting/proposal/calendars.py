"""Which exchange's sessions are the days, and the hours, on which there are bars.

To build a calendar takes up to twenty seconds. So the closings that each exchange states, which
cost little, choose three that are built and held against all bars.
"""

from dataclasses import dataclass
from datetime import time
from typing import Any

from tidemark.adopting.conclusions import Conclusion, Sureness
from tidemark.bars import trading_calendar
from tidemark.bars.settings import ECB
from tidemark.bars.trading_calendar import Held
from tidemark.errors import BadValue
from tidemark.naming import counted, several

import numpy as np
import pandas as pd
from exchange_calendars import calendar_utils

MOST_BUILT = 3
FEWEST_DAYS = 20  # fewer fit any calendar
LOOKED_AT = pd.DateOffset(years=10)
ODD = 0.02  # share of days that may be other than the calendar says
WITHIN = 0.95  # share of intraday bars that lie in the hours of the exchange
FILLED = 0.5  # share of these hours that bars span
WEEKEND = 0.15  # share of days at week-ends from which on they are traded
FIRST_NAMED = ("XNYS", "XLON", "XETR", "XPAR", "XTKS", "XHKG", "XTSE", "XASX", "CMES")  # of equals
ALWAYS, WEEKDAYS = "24/7", "24/5"


@dataclass(frozen=True)
class Calendar:
    """The calendar that fits, if any, and why.

    Attributes:
        name: as `validate_schema.calendar` takes it; None if none fits, or none is needed.
        held: its sessions.
        conclusion: for people.
    """

    name: str | None
    held: Held | None
    conclusion: Conclusion


def fitting(times: pd.Series, bar: str, asset: str | None) -> Calendar:
    """The calendar whose sessions are the days of bars.

    Args:
        times: of the bars of all tickers, naive UTC, in any order; daily ones at midnight.
        bar: daily, intraday, weekly or monthly.
        asset: as in `sources.settings.ASSETS`; None if nobody knows.
    """
    if bar in ("weekly", "monthly"):
        return _none(f"none: {bar} bars have no sessions", "the length of bars", Sureness.CERTAIN)
    moments = pd.DatetimeIndex(times.unique()).sort_values()
    days = moments.normalize().unique()
    if len(days) < FEWEST_DAYS:
        return _none("none, so missing days are not looked for", f"{len(days)} days fit many")
    names, unseen = _shortlist(moments, bar, asset)
    named = several(sorted(unseen), len(unseen))
    but = f"; not looked at: {named}, whose holidays pandas cannot compute" if unseen else ""
    tried = [fit for name in names if (fit := _held_against(name, moments, bar)) is not None]
    if not tried:
        return _none(
            "none, so missing days are not looked for", f"no exchange is open as they are{but}"
        )
    best = min(tried, key=lambda fit: fit.odd)
    if best.odd > ODD * len(days):
        why = f"nearest is {best.name}: {best.words}{but}"
        return _none("none, so missing days are not looked for", why)
    sure = Sureness.CERTAIN if not best.odd else Sureness.LIKELY
    words = best.words if best.odd else f"its sessions are the {counted(len(days), 'day')} of bars"
    equal = [fit.name for fit in tried if fit.odd == best.odd and fit is not best]
    if equal:
        sure = Sureness.LIKELY
        words += f"; {several(equal)} {'fits' if len(equal) == 1 else 'fit'} as well"
    return Calendar(best.name, best.held, Conclusion("calendar", best.name, words, sure))


def _none(found: str, because: str, sureness: Sureness = Sureness.ASSUMED) -> Calendar:
    return Calendar(None, None, Conclusion("calendar", found, because, sureness))


@dataclass(frozen=True)
class _Fit:
    """A calendar that was built, and how many days are other than it says."""

    name: str
    held: Held
    without_bar: int
    without_session: int

    @property
    def odd(self) -> int:
        return self.without_bar + self.without_session

    @property
    def words(self) -> str:
        return (
            f"{counted(self.without_bar, 'session')} without a bar and"
            f" {counted(self.without_session, 'day')} of bars without a session"
        )


def _held_against(name: str, moments: pd.DatetimeIndex, bar: str) -> _Fit | None:
    """The calendar against all bars; None if it does not reach so far."""
    try:
        held = trading_calendar.held(name, moments[0], moments[-1])
    except BadValue:
        return None
    days = _days(moments, bar, held.zone)
    sessions = held.sessions.index
    sessions = sessions[(sessions >= days[0]) & (sessions <= days[-1])]
    return _Fit(name, held, len(sessions.difference(days)), len(days.difference(sessions)))


def _days(moments: pd.DatetimeIndex, bar: str, zone: object) -> pd.DatetimeIndex:
    """The days on which bars lie, in the zone of the exchange if they have hours."""
    if bar == "intraday":
        moments = moments.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return moments.normalize().unique()


def _shortlist(
    moments: pd.DatetimeIndex, bar: str, asset: str | None
) -> tuple[list[str], list[str]]:
    """The calendars that are worth building, the most promising first; those that cannot be."""
    recent = moments[moments >= moments[-1] - LOOKED_AT]
    days = recent.normalize().unique()
    shares = np.bincount(days.day_of_week, minlength=7) / len(days)
    if shares[5:].sum() > WEEKEND and shares.all():
        return [ALWAYS], []
    odd: dict[str, int] = {}
    unseen = []
    for name, kind in calendar_utils._default_calendar_factories.items():  # states 71 exchanges
        exchange = object.__new__(kind)  # without its sessions, which are what takes so long
        if _reaches(exchange, moments) and (bar == "daily" or _within_hours(recent, exchange)):
            there = _days(recent, bar, exchange.tz)
            try:
                odd[name] = _odd(there, _stated(exchange, there))
            except NotImplementedError:  # pandas 3 computes no Orthodox Easter
                unseen.append(name)
    money = asset in ("currencies", "rates")
    if bar == "daily":
        odd[ECB] = _odd(days, _of_the_ecb(days))
    named = (ECB, *FIRST_NAMED) if money else (*FIRST_NAMED, WEEKDAYS)
    rank = {name: number for number, name in enumerate(named)}
    best = sorted(odd, key=lambda name: (odd[name], rank.get(name, len(rank)), name))
    return best[:MOST_BUILT], unseen


def _reaches(exchange: Any, moments: pd.DatetimeIndex) -> bool:
    earliest, latest = exchange.bound_min(), exchange.bound_max()
    begins, ends = moments[0].normalize(), moments[-1].normalize()
    return (earliest is None or earliest < begins) and (latest is None or ends < latest)


def _within_hours(moments: pd.DatetimeIndex, exchange: Any) -> bool:
    """Whether bars lie in the hours of an exchange, and fill them."""
    opens, closes = (
        _minutes(hours[-1][1]) for hours in (exchange.open_times, exchange.close_times)
    )
    if opens >= closes:  # its session begins on the evening before, or never ends
        return False
    there = moments.tz_localize("UTC").tz_convert(exchange.tz)
    minutes = np.asarray(there.hour * 60 + there.minute)
    inside = minutes[(minutes >= opens) & (minutes <= closes)]
    if len(inside) < WITHIN * len(minutes):
        return False
    return bool(np.ptp(inside) >= FILLED * (closes - opens))


def _minutes(hour: time) -> int:
    return hour.hour * 60 + hour.minute


def _stated(exchange: Any, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The days that the rules of an exchange leave open, from the first of these to the last."""
    span = pd.date_range(days[0], days[-1])
    week = np.array([mark == "1" for mark in exchange.weekmask])
    rules = exchange.regular_holidays
    closed = pd.DatetimeIndex(exchange.adhoc_holidays).tz_localize(None)
    if rules is not None:
        closed = closed.union(pd.DatetimeIndex(rules.holidays(days[0], days[-1])))
    return span[week[span.day_of_week]].difference(closed)


def _of_the_ecb(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return trading_calendar.held(ECB, days[0], days[-1]).sessions.index


def _odd(days: pd.DatetimeIndex, sessions: pd.DatetimeIndex) -> int:
    """On how many days there is a bar or a session, and not both, within the days of bars."""
    sessions = sessions[(sessions >= days[0]) & (sessions <= days[-1])]
    return len(days.symmetric_difference(sessions))
