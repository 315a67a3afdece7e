"""Calendars of events, as CSV or ICS: earnings, dividends, splits and economic releases.

A calendar comes whole each time, what is to happen included. Who publishes it says what its terms
are, and the section of the source repeats them. An event counts as announced when the calendar says
so, else when it was fetched first.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from tidemark.providers import calendar_csv, calendar_ics, instants
from tidemark.providers.contract import Ask, Call, Get, Limit, Page, PayloadError, Terms

TERMS = Terms(
    licence="that of the calendar, which whoever configures it has read",
    page="",
    read=date(2026, 11, 30),
    attribution="",
    store=True,
    share=False,
    train=True,
    commercial=False,
)
LIMIT = Limit(a_minute=30)
BASES = {"": ""}
KEYS: dict[str, str] = {}

HORIZON = timedelta(days=366)


def events(ask: Ask, get: Get) -> Iterator[Page]:
    """All events up to a year from now, in one page, by time.

    Args:
        ask: `id` is the address of the calendar. Options: `kind`, `ticker` and `name` of its
            events, where it does not say them; `kinds`, what its words for kinds mean; `zone`, of
            times without an offset; `announced: created`, if an event was public since its entry
            was made; and those of `calendar_csv` and `calendar_ics`.
        get: see `contract`.

    Raises:
        BadValue: an option is wrong, or the library that reads ICS is missing.
        PayloadError: the calendar is of another form, is cut off, or has an event twice.
    """
    answer = get(Call(ask.id))
    until = ask.until or instants.end(ask) + HORIZON
    if calendar_ics.is_one(answer.body):
        records = calendar_ics.read(answer.body, ask.options, until)
    else:
        rows = calendar_csv.read(answer.body, ask.options)
        records = [row for row in rows if instants.parsed(row["timestamp"]) <= until]
    records.sort(key=_key)
    for one, other in pairwise(records):
        if _key(one) == _key(other):
            raise PayloadError(f"an event is there twice: {' '.join(_key(one))}")
    yield Page("events", records, answer.body)


def _key(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return row["timestamp"], row["ticker"] or "", row["kind"], row["name"]
