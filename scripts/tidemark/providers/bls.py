"""The Bureau of Labor Statistics' Public Data API: series of US prices, wages and employment.

It sends each series as it stands today: what was revised comes in place of what was published
first, and nothing says when either was. So `known_at` is null, and the time of the fetch counts.

Form: https://www.bls.gov/developers/api_signature.htm (version 1), api_signature_v2.htm and
api_faqs.htm (limits: with a key 500 requests a day of 20 years, without one 25 of 10), read
2026-11-30. A missing value is `-`, as of October 2025, when nobody was paid to ask.

That its data are in the public domain is the law; its own page on that was not to be had here.

With the option `registered`, version 2 is asked with a key; else version 1, which takes none.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from tidemark.providers import bodies, instants
from tidemark.providers.contract import (
    Answer,
    Ask,
    Call,
    Get,
    LaterError,
    Limit,
    Page,
    PayloadError,
    Terms,
)

TERMS = Terms(
    licence="public domain, as a work of the government of the United States (17 U.S.C. 105)",
    page="https://www.bls.gov/bls/linksite.htm",
    read=date(2026, 11, 30),
    attribution="Source: U.S. Bureau of Labor Statistics",
    store=True,
    share=True,
    train=True,
    commercial=True,
)
LIMIT = Limit(a_minute=30)
BASES = {"": "https://api.bls.gov", "registered": "https://api.bls.gov"}
KEYS = {"registered": "BLS_API_KEY"}

FIRST_YEAR = 1900
YEARS = {"": 10, "registered": 20}  # in one request
SUCCEEDED = "REQUEST_SUCCEEDED"
SPENT = "daily threshold"  # in its words for requests beyond those of a day
TOMORROW = (
    "fetch again tomorrow; with a key in BLS_API_KEY and options: {registered: true} there are more"
)
NO_VALUES = "No Data Available"  # of a year
MISSING = "-"
JSON = {"Content-Type": "application/json"}
MONTHS = {
    **{f"M{month:02}": month for month in range(1, 13)},
    **{f"Q{quarter:02}": 3 * quarter - 2 for quarter in range(1, 5)},
    **{"S01": 1, "S02": 7, "A01": 1},
}
AVERAGES = ("M13", "Q05", "S03")  # over a year, beside its parts


def series(ask: Ask, get: Get) -> Iterator[Page]:
    """Values of one series, oldest first.

    A series does not say when it began. Without a `since`, it is asked for backwards, ten years at
    a time (twenty with a key), until ten before its first ones are empty. With one, all the years
    that a request may ask for are sent: new seasonal factors revise five of them at once.

    Args:
        ask: `id` is a series id, such as LNS14000000; the option `registered` says that there is a
            key.
        get: see `contract`.

    Raises:
        LaterError: there are no more requests today.
        PayloadError: the answer is of another form, says that the request failed, or the series has
            no value at all.
    """
    host = "registered" if ask.options.get("registered") else ""
    last = instants.end(ask).year
    first = min(ask.since.year, last - YEARS[host] + 1) if ask.since else FIRST_YEAR
    pages: list[Page] = []
    said: list[str] = []
    while last >= first:
        start = max(first, last - YEARS[host] + 1)
        answer = get(_call(ask.id, host, start, last))
        rows, said = _rows(ask, answer)
        if rows or ask.since:
            pages.append(Page("series", _records(ask, rows), answer.body))
        elif pages or not any(line.startswith(NO_VALUES) for line in said):
            break
        last = start - 1
    if not pages:
        words = " ".join(said)[:300]
        raise PayloadError(f"BLS has no values of {ask.id}. {words}".rstrip(), lasting=True)
    yield from reversed(pages)


def _call(id: str, host: str, start: int, end: int) -> Call:
    years = {"startyear": str(start), "endyear": str(end)}
    if host:
        path = f"/publicAPI/v2/timeseries/data/{id}"
        return Call(path, years, key_in=("query", "registrationkey", ""), host=host)
    body = json.dumps({"seriesid": [id], **years}).encode()
    return Call("/publicAPI/v1/timeseries/data/", headers=JSON, body=body)


def _rows(ask: Ask, answer: Answer) -> tuple[list[tuple[datetime, float | None]], list[str]]:
    """Values by the first day of their period, and what BLS says of them."""
    body = bodies.of_json(answer)
    with bodies.of_form("the answer of BLS"):
        said = [str(line) for line in body["message"]]
        if body["status"] != SUCCEEDED:
            words = " ".join(said)[:300]
            if SPENT in words:
                raise LaterError(f"BLS gives no more today: {words}", TOMORROW)
            raise PayloadError(f"BLS answers {body['status']}: {words}", lasting=True)
        results = body["Results"]
        results = results[0] if isinstance(results, list) else results  # both are documented
        (found,) = results["series"]
        if found["seriesID"] != ask.id:
            raise PayloadError(f"BLS sends {found['seriesID']} where {ask.id} was asked for")
        rows = [_row(row) for row in found["data"] if row["period"] not in AVERAGES]
    return sorted(rows, key=lambda row: row[0]), said


def _records(ask: Ask, rows: list[tuple[datetime, float | None]]) -> list[dict[str, object]]:
    return [
        {
            "series": ask.name,
            "timestamp": instants.stamp(moment),
            "value": value,
            "known_at": None,
            "vintage": None,
        }
        for moment, value in rows
        if ask.until is None or moment <= ask.until
    ]


def _row(row: dict[str, Any]) -> tuple[datetime, float | None]:
    if row["period"] not in MONTHS:
        raise ValueError(f"{row['period']!r} is no period of the API")
    moment = instants.midnight(date(int(row["year"]), MONTHS[row["period"]], 1))
    return moment, None if row["value"] == MISSING else bodies.number(row["value"])
