"""FRED and ALFRED of the Federal Reserve Bank of St. Louis: series with all their vintages.

Each value comes with the day since which it stood (`realtime_start`), which is its vintage; it was
known when that day was over in St. Louis. A revision is a row of its own beside what it revised.

Form: fred/series/observations and fred/series/vintagedates of
https://fred.stlouisfed.org/docs/api/fred/, read 2026-11-30. Values are texts, a missing one is `.`.
A request spans at most 2,000 vintages (mortada/fredapi#48), and one that begins later than a value
did says that the value began with it (mortada/fredapi#52): so requests overlap by one vintage, and
what seems to begin with that is passed over, for the request before has it.

The terms are those of June 2024 as several public repositories quote them. They forbid to store and
archive the rows and to train models on them: who uses this source must have read them there.
"""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise

from tidemark.providers import bodies, instants
from tidemark.providers.contract import (
    Answer,
    Ask,
    Call,
    Get,
    Limit,
    Page,
    PayloadError,
    RefusedError,
    Terms,
)
from tidemark.providers.values import explained

TERMS = Terms(
    licence="FRED API terms of use of June 2024: no storing, caching or archiving, no training of "
    "models; series of others have terms of their own beside; not read at the source, but as "
    "several public repositories quote them",
    page="https://fred.stlouisfed.org/docs/api/terms_of_use.html",
    read=date(2026, 11, 30),
    attribution="This product uses the FRED® API but is not endorsed or certified by the Federal "
    "Reserve Bank of St. Louis.",
    store=False,
    share=False,
    train=False,
    commercial=False,
)
LIMIT = Limit(a_minute=120, at_once=2)
BASES = {"": "https://api.stlouisfed.org"}
KEYS = {"": "FRED_API_KEY"}

OBSERVATIONS, VINTAGES = "/fred/series/observations", "/fred/series/vintagedates"
EARLIEST, LATEST = "1776-07-04", "9999-12-31"  # of real time
VINTAGES_AT_ONCE = 1990  # a few less than 2,000, for there may be new ones meanwhile
ROWS, DATES = 100_000, 10_000  # the most in one answer
MISSING = "."
ZONE = "America/Chicago"

Row = tuple[date, date, float | None]  # since when, of which day, what


def series(ask: Ask, get: Get) -> Iterator[Page]:
    """All vintages of a series, in the order in which they became known.

    A `since` is of the time at which values became known, not of that which they are about: so old
    values that were revised since come, too. `until` is, likewise.

    Args:
        ask: `id` is a series id, such as UNRATE.
        get: see `contract`.

    Raises:
        PayloadError: the answer is of another form, or says what is wrong.
    """
    vintages = _vintages(ask.id, get)
    if ask.until:
        vintages = [day for day in vintages if _known(day) <= ask.until]
    for start, end in _spans(vintages, ask.since.date() if ask.since else None):
        seen: set[tuple[date, date]] = set()
        while True:
            answer = _asked(
                get,
                OBSERVATIONS,
                series_id=ask.id,
                realtime_start=start or EARLIEST,
                realtime_end=end,
                limit=str(ROWS),
                offset=str(len(seen)),
            )
            rows, count = _rows(answer)
            keys = {row[:2] for row in rows}
            if len(keys) < len(rows) or keys & seen:
                raise PayloadError(f"FRED sent an observation of {ask.id} twice")
            seen |= keys
            yield Page("series", _records(ask, rows, start), answer.body)
            if len(seen) >= count:
                break
            if not rows:
                raise PayloadError(f"FRED sent {len(seen)} of {count} observations of {ask.id}")


def _vintages(id: str, get: Get) -> list[str]:
    """The days on which anything of a series came or was revised."""
    found: list[str] = []
    while True:
        answer = _asked(
            get,
            VINTAGES,
            series_id=id,
            realtime_start=EARLIEST,
            realtime_end=LATEST,
            limit=str(DATES),
            offset=str(len(found)),
        )
        body = bodies.of_json(answer)
        with bodies.of_form("the vintages of FRED"):
            dates = [date.fromisoformat(day).isoformat() for day in body["vintage_dates"]]
            count = int(body["count"])
        if dates != sorted({*dates}) or (dates and found and dates[0] <= found[-1]):
            raise PayloadError(f"the vintages of {id} are out of order, or there twice")
        found += dates
        if len(found) >= count:
            return found
        if not dates:
            raise PayloadError(f"FRED sent {len(found)} of {count} vintages of {id}")


def _spans(vintages: list[str], since: date | None) -> list[tuple[str | None, str]]:
    """Stretches of real time: a vintage that is known already (None: none is), and the last one."""
    known = [day for day in vintages if since and day < since.isoformat()]
    new = vintages[len(known) :]
    ends = [new[i] for i in range(VINTAGES_AT_ONCE - 1, len(new) - 1, VINTAGES_AT_ONCE)]
    if not new:
        return []
    borders = [known[-1] if known else None, *ends, new[-1]]
    return [(start, end) for start, end in pairwise(borders) if end]


def _known(vintage: str) -> datetime:
    return instants.end_of(date.fromisoformat(vintage), ZONE)


def _asked(get: Get, path: str, **query: str) -> Answer:
    query["file_type"] = "json"
    try:
        return get(Call(path, query, key_in=("query", "api_key", "")))
    except RefusedError as refused:
        raise explained(refused, "FRED", ("error_message",)) from refused


def _rows(answer: Answer) -> tuple[list[Row], int]:
    """The rows of an answer, and how many there are to be had."""
    body = bodies.of_json(answer)
    with bodies.of_form("the observations of FRED"):
        rows = [
            (date.fromisoformat(row["realtime_start"]), date.fromisoformat(row["date"]),
             None if row["value"] == MISSING else bodies.number(row["value"]))
            for row in body["observations"]
        ]  # fmt: skip
        return rows, int(body["count"])


def _records(ask: Ask, rows: list[Row], border: str | None) -> list[dict[str, object]]:
    with bodies.of_form("the observations of FRED"):
        return [
            {
                "series": ask.name,
                "timestamp": instants.stamp(instants.midnight(day)),
                "value": value,
                "known_at": instants.stamp(_known(began.isoformat())),
                "vintage": began.isoformat(),
            }
            for began, day, value in sorted(rows, key=lambda row: row[:2])
            if border is None or began.isoformat() > border
        ]
