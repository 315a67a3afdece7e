"""Yahoo's charts become bars by the exchange's dates, with what is not closed named as that."""

import copy
import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from fakes.direct import by_path, way
from fakes.listings import NOTHING, Listing, Traded, apple
from fakes.yahoo import Yahoo
from tidemark.errors import BadValue
from tidemark.providers import yahoo
from tidemark.providers.contract import Ask, PayloadError, RefusedError

import pytest

jsonschema_rs = pytest.importorskip("jsonschema_rs")

SCHEMA = Path(__file__).resolve().parents[3] / "schemas" / "market_data.json"
SPLIT = date(2005, 2, 28)  # 2:1
EVENING = datetime(2005, 3, 4, 23, tzinfo=UTC)
WEEK = apple(date(2005, 2, 22), date(2005, 3, 4))
FIELDS = ("open", "high", "low", "close", "volume")


def asked(listing: Listing, now: datetime, interval: str = "1d", **of: object) -> list:
    """The pages of a listing, each held against the schema."""
    ask = Ask(listing.symbol, "A", interval, now=now, **of)
    with Yahoo([listing], now) as fake:
        pages = list(yahoo.bars(ask, way(fake.base, {}, now)))
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8")))
    for page in pages:
        validator.validate({page.kind: list(page.records)})
    return pages


def bars(*args: object, **of: object) -> dict[str, dict]:
    """Records of bars by the stamp."""
    return {each["timestamp"]: each for page in asked(*args, **of) for each in page.records
            if page.kind == "bars"}  # fmt: skip


def actions(*args: object, **of: object) -> list[dict]:
    return [each for page in asked(*args, **of) for each in page.records if page.kind == "actions"]


def test_bars_before_a_split_come_by_todays_shares_and_the_split_beside_them():
    found = bars(WEEK, EVENING)
    assert list(found) == [f"{day}T00:00:00Z" for day in WEEK.days]
    for day, traded in WEEK.days.items():
        bar = found[f"{day}T00:00:00Z"]
        by = 2 if day < SPLIT else 1
        assert bar["close"] == traded.close / by
        assert bar["volume"] == traded.volume * by
        assert (bar["ticker"], bar["interval"], bar["volume_is"]) == ("A", "1d", "traded")
        assert not bar["live"] or day == date(2005, 3, 4)
    assert actions(WEEK, EVENING) == [
        {"ticker": "A", "timestamp": "2005-02-28T00:00:00Z", "kind": "split", "value": 2.0,
         "currency": None}]  # fmt: skip
    assert {page.convention for page in asked(WEEK, EVENING)} == {"splits"}


def test_before_the_split_was_the_same_bars_are_twice_as_dear_and_no_split_is_known():
    before = datetime(2005, 2, 27, tzinfo=UTC)
    old, new = bars(WEEK, before), bars(WEEK, EVENING)
    assert actions(WEEK, before) == []
    assert {old[at]["close"] / new[at]["close"] for at in old} == {2.0}


def test_adjusted_closes_take_the_dividend_off_what_was_before_it():
    quarter = apple(date(2012, 11, 5), date(2012, 11, 9))
    found = bars(quarter, datetime(2012, 11, 10, tzinfo=UTC))
    before = found["2012-11-06T00:00:00Z"]
    assert before["adj_close"] == pytest.approx(before["close"] - 2.65, rel=1e-12)
    assert found["2012-11-07T00:00:00Z"]["adj_close"] == found["2012-11-07T00:00:00Z"]["close"]
    (dividend,) = actions(quarter, datetime(2012, 11, 10, tzinfo=UTC))
    assert (dividend["kind"], dividend["value"]) == ("dividend", 2.65)


def test_a_regular_and_a_special_dividend_of_one_day_are_one_action():
    listing = replace(WEEK, splits={}, dividends={date(2005, 3, 1): (0.1, 2.0)})
    (dividend,) = actions(listing, EVENING)
    assert (dividend["timestamp"], dividend["value"]) == ("2005-03-01T00:00:00Z", 2.1)


@pytest.mark.parametrize(("hour", "live"), [(15, True), (21, True), (22, False), (47, False)])
def test_todays_bar_is_live_until_half_an_hour_after_the_close_of_16_in_new_york(hour, live):
    now = datetime(2005, 3, 3, tzinfo=UTC) + timedelta(hours=hour)
    found = bars(replace(WEEK, days={day: row for day, row in WEEK.days.items()
                                     if day <= date(2005, 3, 3)}), now)  # fmt: skip
    *closed, newest = found.values()
    assert newest["timestamp"] == "2005-03-03T00:00:00Z"
    assert newest["live"] is live
    assert not any(bar["live"] for bar in closed)


def result(listing: Listing, now: datetime, interval: str = "1d") -> dict:
    """A chart as the fake sends it, to be spoilt."""
    with Yahoo([listing], now) as fake:
        body = fake._result(listing, interval, fake._days(listing) if interval == "1d"
                            else fake._within(listing, interval))  # fmt: skip
    return {"chart": {"result": [body], "error": None}}


def read(chart: dict, now: datetime = EVENING, interval: str = "1d", **of: object) -> list[dict]:
    ask = Ask("AAPL", "A", interval, now=now, **of)
    pages = list(yahoo.bars(ask, by_path({"/v8/finance/chart/AAPL": chart}, now)))
    return [each for page in pages for each in page.records if page.kind == "bars"]


def test_a_second_row_of_the_newest_day_takes_the_place_of_the_first():
    chart = result(WEEK, EVENING)
    body = chart["chart"]["result"][0]
    body["timestamp"].append(body["timestamp"][-1] + 3600)
    quotes = body["indicators"]["quote"][0]
    for name in FIELDS:
        quotes[name].append(quotes[name][-1] + 1)
    body["indicators"]["adjclose"][0]["adjclose"].append(1.0)
    records = read(chart)
    assert [each["timestamp"] for each in records] == [f"{day}T00:00:00Z" for day in WEEK.days]
    assert records[-1]["volume"] == WEEK.days[date(2005, 3, 4)].volume + 1


# Opens of 9:00 in Tokyo and 10:00 in Auckland are on the same and on the day before in UTC; the
# clocks of Sydney change on 2026-04-05, those of New York on 2026-03-08, of Sao Paulo in 2018.
@pytest.mark.parametrize(
    ("zone", "opens", "days"),
    [
        ("Asia/Tokyo", time(9), [date(2026, 3, 5), date(2026, 3, 6)]),
        ("Pacific/Auckland", time(10), [date(2026, 4, 2), date(2026, 4, 7)]),
        ("Australia/Sydney", time(10), [date(2026, 4, 2), date(2026, 4, 7)]),
        ("America/New_York", time(9, 30), [date(2026, 3, 6), date(2026, 3, 9)]),
        ("Europe/London", time(0), [date(2026, 3, 27), date(2026, 3, 30)]),
        ("America/Sao_Paulo", time(10), [date(2018, 11, 2), date(2018, 11, 5)]),
        ("Asia/Riyadh", time(10), [date(2026, 3, 5), date(2026, 3, 8)]),  # Sunday to Thursday
    ],
)
def test_days_are_those_of_the_exchange_across_changes_of_its_clock(zone, opens, days):
    rows = {day: Traded(1.0, 2.0, 0.5, 1.5, 10) for day in days}
    listing = Listing("X", rows, zone=zone, opens=opens, closes=time(17))
    now = datetime.combine(days[-1] + timedelta(days=2), time(), UTC)
    assert list(bars(listing, now)) == [f"{day}T00:00:00Z" for day in days]
    since = datetime.combine(days[-1], time(), UTC)
    assert list(bars(listing, now, since=since)) == [f"{days[-1]}T00:00:00Z"]


def test_a_day_stamped_an_hour_before_its_midnight_is_not_the_day_before():
    chart = result(replace(WEEK, opens=time(0)), EVENING)
    chart["chart"]["result"][0]["timestamp"][2] -= 3600
    assert [each["timestamp"] for each in read(chart)] == [f"{day}T00:00:00Z" for day in WEEK.days]


def test_a_last_trade_an_hour_before_midnight_is_one_of_its_own_day():
    chart = result(replace(WEEK, opens=time(0)), EVENING)
    body = chart["chart"]["result"][0]
    at = datetime(2005, 3, 5, 4, tzinfo=UTC)  # 23:00 of March 4 in New York
    body["timestamp"][-1] = body["meta"]["regularMarketTime"] = int(at.timestamp())
    assert [each["timestamp"] for each in read(chart, at)] == [
        f"{day}T00:00:00Z" for day in WEEK.days]  # fmt: skip


def test_a_live_price_that_was_not_asked_for_stays_out():
    found = bars(WEEK, EVENING, since=datetime(2005, 2, 23, tzinfo=UTC),
                 until=datetime(2005, 2, 25, tzinfo=UTC))  # fmt: skip
    assert list(found) == [f"2005-02-{day}T00:00:00Z" for day in (23, 24, 25)]


def test_a_row_without_values_stays_a_row_without_values():
    listing = replace(WEEK, days={**WEEK.days, date(2005, 3, 1): NOTHING})
    found = bars(listing, EVENING)["2005-03-01T00:00:00Z"]
    assert [found[name] for name in (*FIELDS, "adj_close")] == [None] * 6


def test_a_price_below_zero_is_a_price():
    wti = Listing("CL=F", {date(2020, 4, 20): Traded(17.73, 17.85, -40.32, -37.63, 247947)},
                  kind="FUTURE")  # fmt: skip
    found = bars(wti, datetime(2020, 4, 22, tzinfo=UTC))
    assert found["2020-04-20T00:00:00Z"]["close"] == -37.63


def hours(first: int, last: int) -> dict[datetime, Traded]:
    start = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
    return {start + timedelta(hours=hour): Traded(1.0, 2.0, 0.5, 1.5, 10)
            for hour in range(first, last)}  # fmt: skip


def test_hours_keep_their_instants_and_a_quote_within_one_is_no_bar():
    listing = Listing("X", within={"1h": hours(0, 4)})
    now = datetime(2026, 11, 24, 18, 5, 9, tzinfo=UTC)
    with Yahoo([listing], now) as fake:
        fake.quotes_within = True
        ask = Ask("X", "X", "1h", now=now)
        (page,) = yahoo.bars(ask, way(fake.base, {}, now))
    assert [each["timestamp"][11:16] for each in page.records] == [
        "14:30", "15:30", "16:30", "17:30"]  # fmt: skip
    assert [each["live"] for each in page.records] == [False, False, False, True]


@pytest.mark.parametrize(("minutes", "live"), [(29, True), (30, False)])
def test_the_last_hour_of_a_session_ends_with_it(minutes, live):
    rows = hours(0, 7)  # the last from 15:30 to 16:00 in New York
    listing = Listing("X", {date(2026, 11, 24): Traded(1.0, 2.0, 0.5, 1.5, 70)}, {"1h": rows})
    now = datetime(2026, 11, 24, 21, tzinfo=UTC) + timedelta(minutes=minutes)
    *closed, last = bars(listing, now, "1h").values()
    assert (last["timestamp"], last["live"]) == ("2026-11-24T20:30:00Z", live)
    assert not any(each["live"] for each in closed)


def test_minutes_are_asked_for_by_the_week_without_a_gap_or_an_overlap():
    now = datetime(2026, 11, 24, 22, tzinfo=UTC)
    with Yahoo([Listing("X")], now) as fake:
        list(yahoo.bars(Ask("X", "X", "1m", now=now), way(fake.base, {}, now)))
        spans = [(int(each.query["period1"]), int(each.query["period2"])) for each in fake.asked]
    assert [start for start, _ in spans[1:]] == [end for _, end in spans[:-1]]
    assert all(end - start <= 8 * 86_400 for start, end in spans)
    assert spans[0][0] == now.timestamp() - 29 * 86_400
    assert spans[-1][1] == now.timestamp() + 1


def test_what_lies_before_yahoos_reach_is_refused_rather_than_left_out():
    now = datetime(2026, 11, 24, tzinfo=UTC)
    ask = Ask("X", "X", "15m", since=now - timedelta(days=80), now=now)
    with pytest.raises(BadValue, match="15m bars of the last 59 days only") as told:
        list(yahoo.bars(ask, by_path({}, now)))
    assert told.value.parameter == "since"
    with pytest.raises(BadValue, match="no bars of 30m"):
        list(yahoo.bars(replace(ask, interval="30m"), by_path({}, now)))


def test_an_unknown_symbol_is_told_in_yahoos_words():
    with Yahoo([], EVENING) as fake, pytest.raises(RefusedError, match="symbol may be delisted"):
        list(yahoo.bars(Ask("GONE", "GONE", now=EVENING), way(fake.base, {}, EVENING)))


def spoilt(where: str, value: object) -> dict:
    """A chart with another value at a path such as `meta.symbol`."""
    chart = copy.deepcopy(result(WEEK, EVENING))
    *above, last = where.split(".")
    inner = chart["chart"]["result"][0]
    for key in above:
        inner = inner[int(key) if key.isdigit() else key]
    inner[int(last) if last.isdigit() else last] = value
    return chart


@pytest.mark.parametrize(
    ("where", "value", "problem"),
    [
        ("meta.symbol", "MSFT", "AAPL was asked for, and MSFT came"),
        ("meta.dataGranularity", "1mo", "bars of 1d were asked for, and some of 1mo came"),
        ("meta.exchangeTimezoneName", "Mars/Olympus", "time zone is Mars/Olympus"),
        ("meta.exchangeTimezoneName", "America", "time zone is America"),
        ("meta.exchangeTimezoneName", "../../etc/passwd", "time zone is"),
        ("meta.exchangeTimezoneName", None, "time zone is null"),
        ("indicators.quote.0.close", [1.0], "close has 1 values for 9 timestamps"),
        ("indicators.quote.0.volume", None, "volume is no list"),
        ("indicators.quote.0.open.3", "12.5", "open in row 4 is 12.5, which is no finite number"),
        ("indicators.quote.0.open.3", True, "open in row 4 is true"),
        ("indicators.adjclose.0.adjclose.0", "Infinity", "adjclose in row 1 is Infinity"),
        ("timestamp.0", 1_109_000_000_000, "no time in seconds"),
        ("timestamp", "soon", "timestamp is no list"),
        ("meta", None, "meta is no object"),
        ("events", {"splits": {"1": {"date": 1109601000, "numerator": 0, "denominator": 1}}},
         "the split of 2005-02-28 is 0"),
    ],
)  # fmt: skip
def test_what_is_not_what_the_api_sends_is_refused(where, value, problem):
    with pytest.raises(PayloadError, match=problem):
        read(spoilt(where, value))


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE html>", b'{"chart": {"result": [', b"[]",
                                  b'{"chart": {"result": null, "error": null}}', b"\xff\xfe",
                                  b'{"chart": {"result": [{"timestamp": [NaN]}]}}',
                                  b'{"finance": {"error": {"description": "busy"}}}'])  # fmt: skip
def test_a_body_of_another_kind_is_refused(body):
    with pytest.raises(PayloadError):
        list(yahoo.bars(Ask("X", "X", now=EVENING),
                        by_path({"/v8/finance/chart/X": body}, EVENING)))  # fmt: skip


def test_an_error_with_status_200_is_an_error():
    chart = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data"}}}
    with pytest.raises(PayloadError, match="Yahoo says: No data"):
        read(chart)


def test_pence_are_not_pounds():
    chart = spoilt("meta.currency", "GBp")
    assert read(chart, options={"currency": "GBp"})
    with pytest.raises(PayloadError, match="quoted in GBp, not in GBP"):
        read(chart, options={"currency": "GBP"})


def test_nothing_new_is_no_error():
    assert bars(replace(WEEK, days={}, splits={}), EVENING) == {}
