"""Events of a calendar in ICS (RFC 5545), those that repeat on each of their days.

icalendar reads the lines, dateutil works out repetitions, on the clocks of the event's own zone: a
release at 08:30 stays one when summer begins. What was cancelled is no event, and what was moved
happens when it was moved to.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any

from tidemark.errors import BadValue
from tidemark.providers import calendar_options, instants
from tidemark.providers.calendar_options import Said
from tidemark.providers.contract import PayloadError

from dateutil.rrule import rruleset, rrulestr

BEGIN, END = b"BEGIN:VCALENDAR", b"END:VCALENDAR"
TIMES_OF_ONE = 20_000  # the most that one event may repeat
OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")


def is_one(body: bytes) -> bool:
    """Whether a body begins as a calendar does."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[: len(BEGIN)].upper() == BEGIN


def read(body: bytes, options: Mapping[str, Any], until: datetime) -> list[dict[str, Any]]:
    """The records of all events that happen until an instant.

    Args:
        body: one calendar, or several after another.
        options: see `calendar_options`, and `ticker_pattern`, a regular expression whose group is
            the ticker in the summary, `announced: created`, if events were public since their
            entries were made. Without `kind`, an event's categories must name it.
        until: see above.

    Raises:
        BadValue: an option is wrong, or icalendar is not installed.
        PayloadError: the calendar is cut off, or has something that cannot be read.
    """
    try:
        import icalendar
    except ImportError as error:
        raise BadValue("id", "icalendar, which reads calendars in ICS, is not installed",
                       "make .venv/.calendars-ok") from error  # fmt: skip
    said = calendar_options.of(options)
    pattern = _pattern(options.get("ticker_pattern"))
    announced = options.get("announced")
    if announced not in (None, "created"):
        raise BadValue("announced", f"{announced} says of no time", "created, or nothing")
    if body.rstrip()[-len(END) :].upper() != END:
        raise PayloadError("the calendar is cut off: its last line is not END:VCALENDAR")
    try:
        calendars = icalendar.Calendar.from_ical(body, multiple=True)
    except (ValueError, OSError) as error:  # names of zones are looked up as files
        raise PayloadError(f"the calendar is no ICS: {str(error)[:200]}") from error
    events = [event for one in calendars for event in one.walk("VEVENT")]
    records = []
    for number, event in enumerate(events, 1):
        try:
            _must_be_whole(event)
            moved = _moved(events, event, said)
            for moment in _moments(event, said, until, moved):
                records.append(_record(event, moment, said, pattern, announced is not None))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            name = str(event.get("SUMMARY", f"event {number}"))[:80]
            raise PayloadError(f"{name}: {str(error)[:200]}") from error
    return records


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise BadValue("ticker_pattern", f"{text}: {error}", "a regular expression") from error
    if pattern.groups != 1:
        raise BadValue("ticker_pattern", f"{text} has {pattern.groups} groups", "one, the ticker")
    return pattern


def _must_be_whole(event: Any) -> None:
    if event.errors:
        raise ValueError("; ".join(f"{name}: {problem}" for name, problem in event.errors))
    if "DTSTART" not in event:
        raise ValueError("it has no DTSTART")
    if "RECURRENCE-ID" in event and "RANGE" in event["RECURRENCE-ID"].params:
        raise ValueError("it moves all that come after one, which is not supported")


def _moved(events: list[Any], event: Any, said: Said) -> set[datetime]:
    """Of an event that repeats, the instants that have an entry of their own."""
    if "RECURRENCE-ID" in event or "RRULE" not in event:
        return set()
    return {
        _instant(other["RECURRENCE-ID"], said)
        for other in events
        if "RECURRENCE-ID" in other and other.get("UID") == event.get("UID")
    }


def _instant(stated: Any, said: Said) -> datetime:
    zone = stated.params.get("TZID")
    if isinstance(stated.dt, datetime) and stated.dt.tzinfo is None and zone:
        raise ValueError(f"{zone} is no time zone, and the calendar does not say what it is")
    return said.moment(stated.dt)


def _moments(event: Any, said: Said, until: datetime, moved: set[datetime]) -> Iterator[datetime]:
    """When an event happens until an instant, but for what was moved."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    first = _instant(event["DTSTART"], said)
    if "RRULE" not in event and "RDATE" not in event:
        if first <= until:
            yield first
        return
    stated = event["DTSTART"].dt
    zone = (stated.tzinfo or said.zone) if isinstance(stated, datetime) else None
    last = _local(until, zone) + timedelta(days=1)
    times = takewhile(lambda moment: moment <= last, _repeated(event, zone))
    for number, local in enumerate(times):
        if number == TIMES_OF_ONE:
            raise ValueError(f"it happens more than {TIMES_OF_ONE} times")
        try:
            moment = calendar_options.in_zone(local, zone) if zone else said.moment(local.date())
        except ValueError:  # clocks that passed over it: RFC 5545, 3.3.10
            continue
        if moment <= until and moment not in moved:
            yield moment


def _repeated(event: Any, zone: Any) -> rruleset:
    """The times of an event on its own clocks."""
    first = _local(event["DTSTART"].dt, zone)
    times = rruleset()
    times.rdate(first)
    for rule in _all(event, "RRULE"):
        times.rrule(rrulestr(_rule(rule.to_ical().decode(), zone), dtstart=first))
    for name, add in (("RDATE", times.rdate), ("EXDATE", times.exdate)):
        for dates in _all(event, name):
            for one in dates.dts:
                if isinstance(one.dt, tuple):
                    raise ValueError(f"{name} of periods are not supported")
                add(_local(one.dt, zone))
    return times


def _rule(text: str, zone: Any) -> str:
    """A rule whose end is on the clocks of the zone, as its beginning is."""
    parts = dict(part.split("=", 1) for part in text.upper().split(";"))
    if parts.get("FREQ") in OFTEN:
        raise ValueError(f"it repeats {parts['FREQ']}, which no calendar of events does")
    if end := parts.get("UNTIL"):
        if "T" not in end:
            end = f"{end}T235959"
        elif end.endswith("Z"):
            moment = datetime.strptime(end, "%Y%m%dT%H%M%S%z")
            end = _local(moment, zone).strftime("%Y%m%dT%H%M%S")
        parts["UNTIL"] = end
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _local(stated: date, zone: Any) -> datetime:
    """What the clocks of a zone show then; of a day without a zone, its beginning."""
    if not isinstance(stated, datetime):
        return datetime.combine(stated, time())
    if stated.tzinfo is None:
        return stated
    return stated.astimezone(zone or UTC).replace(tzinfo=None)


def _all(event: Any, name: str) -> list[Any]:
    found = event.get(name, [])
    return found if isinstance(found, list) else [found]


def _record(
    event: Any, moment: datetime, said: Said, pattern: re.Pattern[str] | None, is_created: bool
) -> dict[str, Any]:
    name = " ".join(str(event.get("SUMMARY", "")).split())
    kinds = [kind for words in event.categories if (kind := said.kind_of(str(words)))]
    if not (kind := said.kind or next(iter(kinds), None)):
        raise ValueError("its categories name no kind of event; `kind` or `kinds` may say it")
    ticker = said.ticker
    if pattern:
        if not (found := pattern.search(name)) or not found[1]:
            raise ValueError(f"{pattern.pattern} finds no ticker in it")
        ticker = found[1]
    created = event["CREATED"].dt if is_created and "CREATED" in event else None
    return {
        "ticker": ticker,
        "kind": kind,
        "timestamp": instants.stamp(moment),
        "announced_at": instants.stamp(created) if created else None,
        "name": name or kind,
        "value": None,
    }
