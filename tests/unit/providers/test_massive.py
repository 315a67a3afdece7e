"""Massive's aggregates become bars as traded, page by page, with the key on its own host only."""

import copy
import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fakes.direct import by_path, way
from fakes.listings import Listing, Traded, apple
from fakes.massive import KEY, Massive
from tidemark.errors import BadValue
from tidemark.providers import massive
from tidemark.providers.contract import Ask, Page, PayloadError, RefusedError

import pytest

jsonschema_rs = pytest.importorskip("jsonschema_rs")

SCHEMA = Path(__file__).resolve().parents[3] / "schemas" / "market_data.json"
WEEK = apple(date(2005, 2, 22), date(2005, 3, 4))
EVENING = datetime(2005, 3, 5, 2, tzinfo=UTC)
BAR = Traded(1.0, 2.0, 0.5, 1.5, 10)


def pages(fake: Massive, ask: Ask) -> list[Page]:
    """The pages that an ask brings, each held against the schema."""
    with fake:
        found = list(massive.bars(ask, way(fake.base, {"": KEY}, fake.now)))
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8")))
    for page in found:
        validator.validate({page.kind: list(page.records)})
    return found


def records(found: list[Page], kind: str = "bars") -> list[dict]:
    return [each for page in found if page.kind == kind for each in page.records]


def test_days_come_as_traded_and_the_split_beside_them():
    found = pages(Massive([WEEK], EVENING), Ask("AAPL", "A", now=EVENING))
    assert [
        (each["timestamp"], *(each[name] for name in Traded._fields)) for each in records(found)
    ] == [(f"{day}T00:00:00Z", *row) for day, row in WEEK.days.items()]
    assert {page.convention for page in found} == {"none"}
    assert records(found, "actions") == [
        {"ticker": "A", "timestamp": "2005-02-28T00:00:00Z", "kind": "split", "value": 2.0,
         "currency": None}]  # fmt: skip
    assert not any(each["live"] for each in records(found))


@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_pages_together_are_what_one_page_would_be(most):
    quarterly = replace(WEEK, dividends=dict.fromkeys(WEEK.days, (0.1,)))
    whole = pages(Massive([quarterly], EVENING), Ask("AAPL", "A", now=EVENING))
    parts = pages(Massive([quarterly], EVENING, most), Ask("AAPL", "A", now=EVENING))
    assert len(parts) > len(whole)
    for kind in ("bars", "actions"):
        assert records(parts, kind) == records(whole, kind)


def test_two_dividends_of_one_day_are_one_though_they_come_on_two_pages():
    listing = replace(WEEK, splits={}, dividends={date(2005, 3, 1): (0.1, 2.0)})
    (dividend,) = records(pages(Massive([listing], EVENING, 1), Ask("AAPL", "A", now=EVENING)),
                          "actions")  # fmt: skip
    assert (dividend["value"], dividend["currency"]) == (2.1, "USD")


def test_the_next_page_is_asked_for_at_the_same_host_without_what_its_address_says_of_another():
    fake = Massive([WEEK], EVENING, 4)
    pages(fake, Ask("AAPL", "A", now=EVENING))
    aggregates = [each for each in fake.asked if each.path.startswith("/v2/aggs")]
    assert [each.query.get("cursor") for each in aggregates] == [None, "4", "8"]
    assert {each.headers["authorization"] for each in fake.asked} == {f"Bearer {KEY}"}
    assert not any(KEY in str(each.query) + each.path for each in fake.asked)


def test_only_what_is_asked_for_comes():
    ask = Ask("AAPL", "A", since=datetime(2005, 3, 1, tzinfo=UTC),
              until=datetime(2005, 3, 3, tzinfo=UTC), now=EVENING)  # fmt: skip
    found = pages(Massive([WEEK], EVENING), ask)
    assert [each["timestamp"][8:10] for each in records(found)] == ["01", "02", "03"]
    assert records(found, "actions") == []


@pytest.mark.parametrize(("hour", "live"), [(15, True), (19, True), (20, False)])
def test_a_day_of_stocks_has_ended_when_trading_after_hours_has(hour, live):
    now = datetime(2005, 3, 4, hour, 20, tzinfo=ZoneInfo("America/New_York"))
    fake = Massive([WEEK], now)
    fake.status = "DELAYED"
    *closed, newest = records(pages(fake, Ask("AAPL", "A", now=now)))
    assert newest["live"] is live
    assert not any(each["live"] for each in closed)


def test_a_day_of_coins_is_one_of_utc():
    coin = Listing("X:BTCUSD", {date(2026, 3, 7): BAR, date(2026, 3, 8): BAR}, zone="UTC",
                   opens=time(), closes=time(23, 59))  # fmt: skip
    now = datetime(2026, 3, 8, 12, tzinfo=UTC)
    fake = Massive([coin], now)
    found = pages(fake, Ask("X:BTCUSD", "BTC", now=now))
    assert [(each["timestamp"], each["live"]) for each in records(found)] == [
        ("2026-03-07T00:00:00Z", False), ("2026-03-08T00:00:00Z", True)]  # fmt: skip
    assert not any("stocks" in each.path for each in fake.asked)


@pytest.mark.parametrize("day", [date(2026, 3, 6), date(2026, 3, 9), date(2026, 10, 30),
                                 date(2026, 11, 2)])  # fmt: skip
def test_days_beside_a_change_of_the_clock_keep_their_date(day):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    found = pages(Massive([Listing("X", {day: BAR})], now), Ask("X", "X", now=now))
    assert [each["timestamp"] for each in records(found)] == [f"{day}T00:00:00Z"]


def test_hours_are_asked_for_by_the_month_because_the_limit_counts_minutes():
    start = datetime(2026, 8, 3, 13, tzinfo=UTC)
    rows = {start + timedelta(days=day, hours=hour): BAR for day in range(90) for hour in range(7)}
    now = datetime(2026, 11, 20, tzinfo=UTC)
    fake = Massive([Listing("X", within={"1h": rows})], now, 600)  # ten hours a page
    found = records(pages(fake, Ask("X", "X", "1h", since=start, now=now)))
    assert [each["timestamp"] for each in found] == [
        at.isoformat().replace("+00:00", "Z") for at in sorted(rows)]  # fmt: skip
    spans = {tuple(map(int, each.path.split("/")[-2:])) for each in fake.asked
             if each.path.startswith("/v2/aggs")}  # fmt: skip
    ordered = sorted(spans)
    assert all(end - first < 30 * 86_400_000 for first, end in ordered)
    assert [first for first, _ in ordered[1:]] == [end + 1 for _, end in ordered[:-1]]


def test_a_wrong_key_and_a_closed_plan_are_told_in_massives_words():
    with Massive([WEEK], EVENING) as fake, pytest.raises(RefusedError, match="Unknown API Key"):
        list(massive.bars(Ask("AAPL", "A", now=EVENING), way(fake.base, {"": "other"}, EVENING)))


def test_an_interval_that_it_does_not_have_is_refused():
    with pytest.raises(BadValue, match="no bars of 2m"):
        list(massive.bars(Ask("X", "X", "2m", now=EVENING), by_path({}, EVENING)))


PATH = "/v2/aggs/ticker/X:B/range/1/day/2003-09-10/2005-03-05"
RESULT = {"o": 1.0, "h": 2, "l": 0.5, "c": 1.5, "v": 10, "t": 1_109_894_400_000}
BODY = {"ticker": "X:B", "queryCount": 1, "resultsCount": 1, "adjusted": False, "status": "OK",
        "results": [RESULT]}  # fmt: skip


def read(body: object) -> list[dict]:
    ask = Ask("X:B", "B", now=EVENING)
    return records(list(massive.bars(ask, by_path({PATH: body}, EVENING))))


def test_the_body_that_the_next_tests_spoil_is_right():
    assert [each["timestamp"] for each in read(BODY)] == ["2005-03-04T00:00:00Z"]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("ticker", "X:C", "X:B was asked for, and X:C came"),
        ("adjusted", True, "adjusted ones came"),
        ("resultsCount", 3, "there are 1 of 3 results"),
        ("status", "NOT_AUTHORIZED", "Massive says: NOT_AUTHORIZED"),
        ("results", {}, "results is no list"),
        ("results", [7], "a result is no object"),
        ("results", [{"t": None}], "no time in seconds"),
        ("results", [{"t": 1_109_894_400}], "begins at 1970"),
        ("results", [{**RESULT, "c": "1.5"}], "c is 1.5, which is no finite number"),
    ],
)
def test_what_is_not_what_the_api_sends_is_refused(key, value, problem):
    body = {**copy.deepcopy(BODY), key: value}
    with pytest.raises(PayloadError, match=problem):
        read(body)


def test_a_circle_of_pages_ends():
    with pytest.raises(PayloadError, match="circle"):
        read({**BODY, "next_url": f"https://other.example{PATH}?cursor=1"})
