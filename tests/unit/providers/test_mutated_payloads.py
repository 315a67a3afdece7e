"""Whatever comes instead of the documented form is an error of the payload, or fits its schema."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fakes.bls import Bls
from fakes.direct import way
from fakes.fred import Fred
from fakes.newsapi import NewsApi, article
from fakes.ons import Ons, Version
from fakes.treasury import Treasury
from tidemark.providers import bls, calendars, fred, newsapi, ons, treasury
from tidemark.providers.contract import Answer, Ask, Call, PayloadError

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
NOW = datetime(2026, 11, 30, 19, tzinfo=UTC)
MOST = 50  # requests of one fetch, which no answer may make endless
VALUES = st.sampled_from([None, True, -1, 0, 3, 1e400, "", "x", "-", ".", "nan", "2026-02-30", [],
                          {}, [None], {"a": 1}, "2026-11-20T10:00:00", 10**30])  # fmt: skip
CASES = {
    "bls": (bls.series, "economic_data", Ask("A", "a", now=NOW),
            lambda: Bls({"A": {("2025", "M10"): "-", ("2025", "M11"): "4.6"}})),
    "fred": (fred.series, "economic_data", Ask("A", "a", now=NOW),
             lambda: Fred({"A": {"2014-04-01": [("2014-07-30", "."), ("2015-01-01", "1")]}})),
    "ons": (ons.series, "economic_data", Ask("a/time-series?b=c", "a", now=NOW),
            lambda: Ons("a", {"b": "c"}, [Version("2026-10-21T06:00:00Z", {"Sep-26": "1"})])),
    "newsapi": (newsapi.news, "news", Ask("apple", "AAPL", now=NOW),
                lambda: NewsApi([article("2026-11-20T10:00:00Z", "Apple", "https://e.com/a"),
                                 article("2026-11-20T11:00:00Z", "Apple", "https://e.com/b")])),
}  # fmt: skip


@cache
def validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads((SCHEMAS / f"{schema}.json").read_text()))


@cache
def whole(name: str) -> dict[str, list[bytes]]:
    """The undisturbed answers of a source, by path, in their order."""
    source, _, ask, made = CASES[name]
    found: dict[str, list[bytes]] = {}
    with made() as fake:
        asked = way(fake.base, {"": getattr(fake, "key", "")})

        def get(call: Call) -> Answer:
            answer = asked(call)
            found.setdefault(call.path, []).append(answer.body)
            return answer

        list(source(ask, get))
    return found


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container in a value, with the key of something in it."""
    if isinstance(value, dict | list):
        for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
            yield value, key
            yield from places(inside)


def must_end_well(source, schema: str, ask: Ask, get) -> None:
    asked = 0

    def counted(call: Call) -> Answer:
        nonlocal asked
        asked += 1
        assert asked <= MOST, "it asks without end"
        return get(call)

    try:
        pages = list(source(ask, counted))
    except PayloadError:
        return
    for page in pages:
        for record in page.records:  # what a schema refuses is refused by the fetcher
            assert json.dumps(record)
        validator(schema).is_valid({page.kind: list(page.records)})


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_value_of_json_that_is_another_one(name, data):
    source, schema, ask, _ = CASES[name]
    answers = whole(name)
    path = data.draw(st.sampled_from(sorted(answers)))
    body = json.loads(answers[path][0])
    spots = list(places(body))
    container, key = data.draw(st.sampled_from(spots))
    if data.draw(st.booleans()):
        container[key] = copy.deepcopy(data.draw(VALUES))
    elif isinstance(container, dict):
        del container[key]
    else:
        container.append(container[key])
    mutated = json.dumps(body).encode()

    def get(call: Call) -> Answer:
        own = answers.get(call.path, [b"{}"])
        return Answer(mutated if call.path == path else own[-1], "application/json", NOW)

    must_end_well(source, schema, ask, get)


TREASURY = {"2025-01-02": {"BC_2YEAR": "4.25", "BC_10YEAR": None}}
ICS = b"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:e\r\nBEGIN:VEVENT\r\nUID:1\r
DTSTART;TZID=America/New_York:20261105T083000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r
EXDATE;TZID=America/New_York:20261112T083000\r\nSUMMARY:Claims\\, initial\r
CATEGORIES:RELEASE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""
CSV = b'timestamp,kind,value,name\n2027-01-01T10:00:00Z,split,4,"A, B"\n2027-01-02,earnings,,\n'


@cache
def feed() -> bytes:
    with Treasury(TREASURY) as fake:
        year = {"data": "daily_treasury_yield_curve", "field_tdr_date_value": "2025"}
        return way(fake.base)(Call(treasury.PATH, year)).body


@pytest.mark.parametrize("form", ["xml", "ics", "csv"])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_bytes_of_other_forms_that_are_other_ones(form, data):
    body = bytearray({"xml": feed(), "ics": ICS, "csv": CSV}[form])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        length = data.draw(st.integers(0, 12))
        body[at : at + length] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"\r\n", b":", b";", b",", b'"', b"<", b"9"])
        )
        if not body:
            return
    ask = Ask("A", "a", now=NOW, since=datetime(2025, 1, 1, tzinfo=UTC))
    source, schema = (calendars.events, "events")
    if form == "xml":
        ask, source, schema = (
            Ask("BC_2YEAR", "y", now=datetime(2025, 6, 1, tzinfo=UTC), since=ask.since),
            treasury.series,
            "economic_data",
        )
    must_end_well(source, schema, ask, lambda call: Answer(bytes(body), "text/plain", NOW))
