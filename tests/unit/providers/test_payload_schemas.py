"""What providers send is held against schemas/: what is whole passes, what is not is refused."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

from fakes.bls import Bls
from fakes.direct import way
from fakes.fred import Fred
from fakes.newsapi import NewsApi, article
from fakes.ons import Ons, Version
from fakes.server import Fake, Reply
from fakes.treasury import Treasury
from tidemark.providers import bls, calendars, fred, newsapi, ons, treasury
from tidemark.providers.contract import Ask

import jsonschema_rs
import pytest

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
FILES = {"bars": "market_data", "actions": "market_data", "series": "economic_data",
         "news": "news", "events": "events"}  # fmt: skip
BAR = {"ticker": "WTI", "timestamp": "2020-04-20T00:00:00Z", "open": 17.73, "high": 17.85,
       "low": -40.32, "close": -37.63, "volume": 247947, "adj_close": None, "interval": "1d",
       "live": False, "volume_is": "traded"}  # fmt: skip
WHOLE = {
    "bars": BAR,
    "actions": {"ticker": "AAPL", "timestamp": "2020-08-31T00:00:00Z", "kind": "split",
                "value": 4.0, "currency": None},
    "series": {"series": "cpi", "timestamp": "2026-09-01T00:00:00Z", "value": 139.2,
               "known_at": "2026-10-21T06:00:00Z", "vintage": "12"},
    "news": {"id": "a", "timestamp": "2026-11-02T10:00:00Z", "known_at": None, "title": "Up",
             "summary": None, "url": "https://example.com/a", "source": "Example",
             "tickers": ["AAPL"], "language": "en"},
    "events": {"ticker": None, "kind": "release", "timestamp": "2026-12-10T13:30:00Z",
               "announced_at": None, "name": "CPI", "value": None},
}  # fmt: skip


def validator(kind: str):
    schema = json.loads((SCHEMAS / f"{FILES[kind]}.json").read_text("utf-8"))
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema)


def passes(kind: str, *records: object) -> bool:
    return validator(kind).is_valid({kind: list(records)})


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_records_pass_and_so_does_a_page_without_any(kind):
    assert passes(kind, WHOLE[kind], WHOLE[kind])
    assert passes(kind)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_field_less_or_more_or_of_another_type_is_refused(kind):
    for name in WHOLE[kind]:
        less = copy.deepcopy(WHOLE[kind])
        del less[name]
        assert not passes(kind, less), f"without {name}"
        assert not passes(kind, {**WHOLE[kind], name: {}}), f"{name} is an object"
    assert not passes(kind, {**WHOLE[kind], "more": 1})
    assert not passes(kind, None)


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("stamp", ["2026-11-02", "2026-11-02T10:00:00", "2026-11-02T10:00:00+01:00",
                                   "2026-13-02T10:00:00Z", "2026-11-02T24:00:00Z", 1793612400, "",
                                   None])  # fmt: skip
def test_times_are_instants_in_utc(kind, stamp):
    assert not passes(kind, {**WHOLE[kind], "timestamp": stamp})


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("bars", {"close": float("inf")}),
        ("bars", {"adj_close": float("-inf")}),
        ("bars", {"adj_close": float("nan")}),
        ("bars", {"close": "17.7"}),
        ("bars", {"volume": -1}),
        ("bars", {"live": 0}),
        ("bars", {"interval": "daily"}),
        ("bars", {"ticker": ""}),
        ("actions", {"value": 0}),
        ("actions", {"value": None}),
        ("actions", {"kind": "merger"}),
        ("series", {"value": "."}),
        ("series", {"value": float("nan")}),
        ("series", {"value": True}),
        ("news", {"title": ""}),
        ("news", {"source": None}),
        ("news", {"url": "javascript:alert(1)"}),
        ("news", {"tickers": ["AAPL", "AAPL"]}),
        ("news", {"tickers": "AAPL"}),
        ("events", {"kind": "meeting"}),
        ("events", {"name": ""}),
    ],
)
def test_values_that_cannot_be_are_refused(kind, change):
    assert not passes(kind, {**WHOLE[kind], **change})


def test_a_price_may_be_negative_or_missing_but_not_every_close():
    empty = {**BAR, **dict.fromkeys(("open", "high", "low", "close", "volume"))}
    assert passes("bars", BAR, empty)
    assert not passes("bars", empty, empty)


def test_a_page_is_of_one_kind():
    both = {"bars": [BAR], "actions": [WHOLE["actions"]]}
    assert not validator("bars").is_valid(both)
    assert not validator("bars").is_valid({})
    assert not validator("news").is_valid({"bars": [BAR]})


NOW = datetime(2026, 11, 30, 19, tzinfo=UTC)
REVISED = {"2014-04-01": [("2014-07-30", "."), ("2015-01-01", "1")]}
ARTICLES = [
    article("2026-11-20T10:00:00.5Z", "Apple", "https://e.com/a"),
    article("2026-11-20T10:00:00Z", "Apple", "https://e.com/b", description=""),
]
RELEASED = [Version("2026-10-21T06:00:00.000Z", {"Sep-26": ""})]
EVENTS = "timestamp,kind,value\n2027-01-01T10:00:00.25-05:00,split,4\n2027-01-02,earnings,\n"
SENT = {
    "bls": (bls.series, "A", lambda: Bls({"A": {("2025", "M10"): "-", ("2025", "M11"): "4.6"}})),
    "treasury": (treasury.series, "BC_2YEAR", lambda: Treasury({"2025-01-02": {"BC_2YEAR": "4"}})),
    "fred": (fred.series, "A", lambda: Fred({"A": REVISED})),
    "ons": (ons.series, "a/time-series?b=c", lambda: Ons("a", {"b": "c"}, RELEASED)),
    "newsapi": (newsapi.news, "apple", lambda: NewsApi(ARTICLES)),
    "calendars": (calendars.events, "/a.csv", lambda: Fake({"/a.csv": Reply.text(EVENTS)})),
}


@pytest.mark.parametrize("name", SENT)
def test_what_our_sources_make_of_an_answer_passes(name):
    source, id, made = SENT[name]
    with made() as fake:
        keys = {"": getattr(fake, "key", "")}
        pages = list(source(Ask(id, "mine", now=NOW), way(fake.base, keys)))
    assert any(page.records for page in pages)
    for page in pages:
        errors = validator(page.kind).iter_errors({page.kind: list(page.records)})
        assert not [error.message for error in errors]
