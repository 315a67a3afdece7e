"""Times as records have them: ISO 8601 in UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tidemark.providers.contract import Ask


def stamp(moment: datetime) -> str:
    """A time that knows its zone, as records have it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def midnight(day: date) -> datetime:
    """00:00 UTC of a day, which is how a day is written."""
    return datetime.combine(day, time(), UTC)


def at(day: date, hour: time, zone: str) -> datetime:
    """A time of a day in a zone."""
    return datetime.combine(day, hour, ZoneInfo(zone))


def end_of(day: date, zone: str) -> datetime:
    """The instant after a day, when all of that date is known, if nobody says the hour."""
    return at(day + timedelta(days=1), time(), zone)


def parsed(text: str) -> datetime:
    """ISO 8601 with an offset.

    Raises:
        ValueError: it is something else.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text[:40]!r} does not say its offset from UTC")
    return moment


def is_wanted(ask: Ask, moment: datetime) -> bool:
    """Whether an instant lies between the first and the last one that are asked for."""
    return not (ask.since and moment < ask.since) and not (ask.until and moment > ask.until)


def end(ask: Ask) -> datetime:
    """The last instant that is asked for.

    Raises:
        ValueError: the request says neither `until` nor `now`.
    """
    if (moment := ask.until or ask.now) is None:
        raise ValueError("a request says until when, or when it is made")
    return moment
