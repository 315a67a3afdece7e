"""The time that is asked for: its start, how far back it may reach, and windows of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tidemark.errors import BadValue
from tidemark.naming import counted
from tidemark.providers import instants
from tidemark.providers.contract import Ask

START = datetime(1900, 1, 1, tzinfo=UTC)  # before all that providers have
LENGTHS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def length(interval: str) -> timedelta:
    """How long a bar of an interval such as `15m`, `1h` or `1d` lasts."""
    return int(interval[:-1]) * LENGTHS[interval[-1]]


def must_be_one_of(interval: str, known: tuple[str, ...] | dict[str, object], who: str) -> None:
    """Refuse an interval that a provider does not have.

    Raises:
        BadValue: it is none of those that are known.
    """
    if interval not in known:
        raise BadValue("interval", f"{who} has no bars of {interval}", f"one of {', '.join(known)}")


def begin(ask: Ask, reach: timedelta | None, who: str) -> datetime:
    """The first instant to ask for; what a provider has at all if no instant is asked for.

    Raises:
        BadValue: it is longer ago than the provider reaches, so there would be a gap.
    """
    if reach is None:
        return ask.since or START
    first = (ask.now or instants.end(ask)) - reach
    if ask.since and ask.since < first:
        raise BadValue(
            "since",
            f"{who} has {ask.interval} bars of the last {counted(reach.days, 'day')} only, and"
            f" those of {ask.name} are asked for from {ask.since:%Y-%m-%d} on",
            "a later start, a longer interval, or another provider for what lies before",
        )
    return ask.since or first


def windows(
    first: datetime, last: datetime, longest: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """Cut [first, last) into windows of at most a length, in their order, without overlap."""
    while first < last:
        until = min(first + longest, last)
        yield first, until
        first = until
