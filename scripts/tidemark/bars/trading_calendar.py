"""The sessions of an exchange."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tidemark.bars import clocks
from tidemark.bars.settings import ECB
from tidemark.errors import BadValue

import exchange_calendars
import pandas as pd

DAY = pd.Timedelta(days=1)
FRANKFURT = ZoneInfo("Europe/Berlin")
# The ECB's rates are fixed at about ten past two and published at about four. Until June 2016 they
# came out at once; one hour for all days lets no bar know more than it could.
FIXED, PUBLISHED = pd.Timedelta(hours=14, minutes=10), pd.Timedelta(hours=16)


@dataclass(frozen=True)
class Held:
    """The sessions that an exchange held, and what the user's exceptions changed in its calendar.

    Attributes:
        sessions: `open` and `close` in naive UTC, indexed by the session's day at midnight.
        zone: the exchange's time zone.
        extra, closed: days that exceptions added to the calendar, and days that they removed.
        known: exceptions that change nothing, because the calendar has them too.
        beyond: exceptions outside the days that are covered.
    """

    sessions: pd.DataFrame
    zone: ZoneInfo
    extra: pd.DatetimeIndex
    closed: pd.DatetimeIndex
    known: list[str]
    beyond: list[str]


def held(
    exchange: str,
    first: datetime,
    last: datetime,
    extra: Collection[str] = (),
    closed: Collection[str] = (),
) -> Held:
    """The sessions of an exchange from the day before `first` to the day after `last`.

    Args:
        exchange: ISO 10383 code such as XNYS, or another name that exchange_calendars knows; ECB:
            a session is from the hour when reference rates are fixed to that of publication.
        first: earliest time to cover, naive UTC.
        last: latest time to cover, naive UTC.
        extra: ISO dates of sessions that the calendar lacks. Their hours are unknown, so each is a
            whole day in the exchange's zone, except for the hours of other sessions.
        closed: ISO dates on which no session was held although the calendar has one.

    Raises:
        BadValue: `calendar`, if the exchange is unknown, or its calendar does not reach that far.
    """
    start, end = pd.Timestamp(first).normalize() - DAY, pd.Timestamp(last).normalize() + DAY
    sessions, zone = (_ecb if exchange == ECB else _exchange)(exchange, start, end)
    covered = pd.date_range(start, end)
    scheduled, wanted, unwanted = (
        covered.intersection(pd.DatetimeIndex(days)) for days in (sessions.index, extra, closed)
    )
    new, gone = wanted.difference(scheduled), unwanted.intersection(scheduled)
    sessions = _with_whole_days(sessions.drop(gone), new, zone)
    known = wanted.union(unwanted).difference(new.union(gone))
    beyond = pd.DatetimeIndex(sorted({*extra, *closed})).difference(covered)
    return Held(sessions, zone, new, gone, _dates(known), _dates(beyond))


def _dates(days: pd.DatetimeIndex) -> list[str]:
    return [str(day.date()) for day in days]


def _ecb(name: str, start: pd.Timestamp, end: pd.Timestamp) -> tuple[pd.DataFrame, ZoneInfo]:
    """The days on which the ECB sets reference rates: weekdays that its payment system is open."""
    import holidays

    known = holidays.financial_holidays(ECB, years=range(start.year, end.year + 1))
    began, ends = (pd.Timestamp(f"{year}-01-01") for year in (known.start_year, known.end_year + 1))
    if start + DAY < began or end - DAY >= ends:
        problem = f"{name} reaches from {began.date()} to {(ends - DAY).date()}"
        raise BadValue("calendar", problem, "use another calendar, or null")
    weekdays = pd.bdate_range(max(start, began), end)
    days = pd.Series(weekdays[~weekdays.isin(pd.DatetimeIndex(list(known)))])
    hours = {
        side: clocks.utc(days + hour, FRANKFURT, later=False)
        for side, hour in (("open", FIXED), ("close", PUBLISHED))
    }
    sessions = pd.DataFrame(hours).set_axis(pd.DatetimeIndex(days))
    return sessions.astype("datetime64[us]"), FRANKFURT


def _exchange(name: str, start: pd.Timestamp, end: pd.Timestamp) -> tuple[pd.DataFrame, ZoneInfo]:
    try:
        calendar = exchange_calendars.get_calendar(name, start=start, end=end)
    except exchange_calendars.errors.InvalidCalendarName as error:
        raise BadValue(
            "calendar",
            f"unknown exchange calendar {name!r}",
            "use a code such as XNYS, XLON, ECB or 24/7, or null to leave sessions unchecked",
        ) from error
    except NotImplementedError as error:  # pandas 3 computes no Orthodox Easter
        problem = f"the holidays of {name} cannot be computed with this pandas"
        raise BadValue("calendar", problem, "use another calendar, or null") from error
    except ValueError as error:
        problem = " ".join(str(error).split()).rstrip(".")
        raise BadValue("calendar", problem, "use another calendar, or null") from error
    hours = {side: calendar.schedule[side].dt.tz_convert(None) for side in ("open", "close")}
    return pd.DataFrame(hours).astype("datetime64[us]"), calendar.tz


def _with_whole_days(
    sessions: pd.DataFrame, extra: pd.DatetimeIndex, zone: ZoneInfo
) -> pd.DataFrame:
    """Add whole days to the sessions, except for the hours that other sessions take."""
    days = pd.Series(extra, extra, dtype="datetime64[us]")
    hours = {
        "open": clocks.utc(days, zone, later=False),
        "close": clocks.utc(days + DAY, zone, later=False),
    }
    both = pd.concat([sessions, pd.DataFrame(hours)]).sort_index()
    opens = pd.concat([both["open"], both["close"].shift()], axis=1).max(axis=1)
    closes = pd.concat([both["close"], both["open"].shift(-1)], axis=1).min(axis=1)
    whole = both.index.isin(extra)
    return both.assign(
        open=both["open"].mask(whole, opens), close=both["close"].mask(whole, closes)
    )
