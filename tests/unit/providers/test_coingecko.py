"""CoinGecko's prices and candles become bars by their start; what was not asked for is refused."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from fakes.coingecko import COINS, KEYS, CoinGecko
from fakes.direct import by_path, way
from tidemark.errors import BadValue
from tidemark.providers import coingecko
from tidemark.providers.contract import Ask, PayloadError, RefusedError

import pytest

jsonschema_rs = pytest.importorskip("jsonschema_rs")

SCHEMA = Path(__file__).resolve().parents[3] / "schemas" / "market_data.json"
NOW = datetime(2026, 11, 24, 18, 5, tzinfo=UTC)
DAY, HALF = timedelta(days=1), timedelta(minutes=30)
# The price of half an hour is how many half hours it is after the first.
FIRST = datetime(2025, 10, 1, tzinfo=UTC)
PRICES = {FIRST + n * HALF: float(n) for n in range((NOW - FIRST) // HALF + 1)}


def asked(interval: str, plan: str, name: str = "BTC", coin: str = "bitcoin", **of) -> tuple:
    """Records, and what the server was asked."""
    ask = Ask(coin, name, interval, now=NOW, options={"plan": plan, "currency": "USD"}, **of)
    with CoinGecko({"bitcoin": PRICES}, NOW) as fake:
        pages = list(coingecko.bars(ask, way(fake.base + "/api/v3", KEYS, NOW)))
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8")))
    for page in pages:
        assert page.kind == "bars"
        validator.validate({page.kind: list(page.records)})
    return [each for page in pages for each in page.records], fake.asked


def price(at: datetime) -> float:
    return PRICES[at]


@pytest.mark.parametrize("plan", ["keyless", "demo"])
def test_a_day_without_a_paid_plan_is_its_close_and_the_volume_of_24_hours(plan):
    records, requests = asked("1d", plan)
    *closed, today = records
    dates = [date(2025, 11, 24) + n * DAY for n in range(365)]
    assert [each["timestamp"] for each in closed] == [f"{day}T00:00:00Z" for day in dates]
    for bar, day in zip(closed, dates, strict=True):
        close = price(datetime.combine(day + DAY, datetime.min.time(), UTC))
        assert bar == {
            "ticker": "BTC", "timestamp": f"{day}T00:00:00Z", "open": None, "high": None,
            "low": None, "close": close, "volume": close * 5e5, "adj_close": None,
            "interval": "1d", "live": False, "volume_is": "rolling_24h"}  # fmt: skip
    assert (today["timestamp"], today["live"]) == ("2026-11-24T00:00:00Z", True)
    assert today["close"] == price(NOW.replace(minute=0))
    (request,) = requests
    assert request.headers.get("x-cg-demo-api-key") == (KEYS["demo"] if plan == "demo" else None)
    assert request.query == {"vs_currency": "usd", "days": "365", "interval": "daily"}


def test_only_new_days_are_asked_for():
    records, (request,) = asked("1d", "demo", since=datetime(2026, 11, 20, tzinfo=UTC))
    assert [each["timestamp"][8:10] for each in records] == ["20", "21", "22", "23", "24"]
    assert int(request.query["days"]) <= 6


def test_more_than_a_year_needs_a_paid_plan_and_is_not_left_out():
    with pytest.raises(BadValue, match="last 365 days only"):
        asked("1d", "demo", since=datetime(2025, 10, 1, tzinfo=UTC))
    records, _ = asked("1d", "pro", since=datetime(2025, 10, 1, tzinfo=UTC))
    assert records[0]["timestamp"] == "2025-10-01T00:00:00Z"


@pytest.mark.parametrize(("interval", "step"), [("1d", DAY), ("1h", timedelta(hours=1))])
def test_candles_of_a_paid_plan_have_their_start_and_no_volume(interval, step):
    since = datetime(2026, 4, 1, tzinfo=UTC)
    records, requests = asked(interval, "pro", since=since)
    assert len(requests) > 1  # of 180 or 31 days each
    by_stamp = {each["timestamp"]: each for each in records}
    assert len(by_stamp) == (NOW - since) // step + 1
    for bar in by_stamp.values():
        start = datetime.fromisoformat(bar["timestamp"])
        last = min(start + step - HALF, NOW.replace(minute=0))
        assert (bar["open"], bar["close"]) == (price(start), price(last))
        assert bar["live"] is (start + step > NOW)
        assert (bar["volume"], bar["volume_is"]) == (None, None)


def test_the_bar_within_which_a_start_lies_is_asked_for_whole():
    for plan in ("demo", "pro"):
        records, _ = asked("1d", plan, since=datetime(2026, 11, 20, 10, 30, tzinfo=UTC))
        assert records[0]["timestamp"] == "2026-11-20T00:00:00Z", plan


@pytest.mark.parametrize(("interval", "step", "reach"), [
    ("30m", HALF, 1), ("4h", timedelta(hours=4), 30)])  # fmt: skip
def test_candles_within_days_have_their_start(interval, step, reach):
    records, (request,) = asked(interval, "keyless")
    assert request.query["days"] == str(reach)
    starts = [datetime.fromisoformat(each["timestamp"]) for each in records]
    assert {later - earlier for earlier, later in pairwise(starts)} == {step}
    for bar, start in zip(records, starts, strict=True):
        assert bar["open"] == price(start)
        assert bar["live"] is (start + step > NOW)
    with pytest.raises(BadValue, match=f"last {reach} day"):
        asked(interval, "keyless", since=NOW - timedelta(days=reach, seconds=1))


def test_candles_of_four_days_are_no_days_and_no_four_hours():
    with CoinGecko({"bitcoin": PRICES}, NOW) as fake:
        body = fake._candles("bitcoin", {"days": "180"}).body
    for interval, path in (("4h", "ohlc"), ("30m", "ohlc")):
        ask = Ask("bitcoin", "BTC", interval, now=NOW)
        with pytest.raises(PayloadError, match="candles of 4 days"):
            list(coingecko.bars(ask, by_path({f"/coins/bitcoin/{path}": body}, NOW)))
    paid = Ask("bitcoin", "BTC", "1d", now=NOW, since=NOW - 9 * DAY, options={"plan": "pro"})
    with pytest.raises(PayloadError, match="candles of 4 days"):
        list(coingecko.bars(paid, by_path({"/coins/bitcoin/ohlc/range": body}, NOW)))


def test_hourly_prices_are_not_taken_for_daily_ones():
    hours = [[round((NOW - n * timedelta(hours=1)).timestamp() * 1000), 1.0] for n in range(5)]
    body = {"prices": hours, "total_volumes": hours}
    with pytest.raises(PayloadError, match="not one of midnight"):
        list(coingecko.bars(Ask("bitcoin", "BTC", now=NOW),
                            by_path({"/coins/bitcoin/market_chart": body}, NOW)))  # fmt: skip


def test_a_symbol_of_several_coins_is_refused_with_the_candidates():
    with pytest.raises(BadValue) as told:
        asked("1d", "demo", name="BTC", coin="BTC")
    assert told.value.problem == (
        "BTC may be each of these at coingecko: bitcoin (Bitcoin), bridged-wrapped-bitcoin"
        " (Bridged Wrapped Bitcoin)"
    )
    assert "tickers: {BTC: {coingecko: ID}}" in told.value.cure


def test_a_symbol_of_one_coin_and_an_id_are_understood():
    body = {"prices": [], "total_volumes": []}
    for name, coin in (("ETH", "ethereum"), ("bitcoin-cash", "bitcoin-cash")):
        bodies = {"/coins/list": COINS, f"/coins/{coin}/market_chart": body}
        assert list(coingecko.bars(Ask(name, name, now=NOW), by_path(bodies, NOW)))
    with pytest.raises(BadValue, match="nothing under the name BTC-USD"):
        list(coingecko.bars(Ask("BTC-USD", "BTC-USD", now=NOW),
                            by_path({"/coins/list": COINS}, NOW)))  # fmt: skip


def test_what_coingecko_refuses_is_told_in_its_words():
    with pytest.raises(RefusedError, match="coin not found"):
        asked("1d", "demo", coin="no-such-coin")
    with CoinGecko({"bitcoin": PRICES}, NOW) as fake:
        ask = Ask("bitcoin", "BTC", now=NOW, options={"plan": "pro"})
        with pytest.raises(RefusedError, match="API Key Missing"):
            list(coingecko.bars(ask, way(fake.base + "/api/v3", {"pro": "other"}, NOW)))


def test_another_plan_or_interval_is_refused():
    for interval, plan, problem in (("1d", "gold", "no plan gold"), ("1h", "demo", "bars of 1h"),
                                    ("4d", "pro", "no bars of 4d")):  # fmt: skip
        with pytest.raises(BadValue, match=problem):
            asked(interval, plan)


@pytest.mark.parametrize("body", [
    b"", b"<html>", b"[]", b"{}", b"[1, 2",
    {"status": {"error_code": 429, "error_message": "wait"}},
    {"prices": [[1_764_028_800_000]], "total_volumes": []}, {"prices": 7, "total_volumes": []},
    {"prices": [["soon", 1.0]], "total_volumes": []}, {"prices": [[1_764_028_800_000, "1"]]},
    {"error": "coin not found"}])  # fmt: skip
def test_what_is_not_what_the_api_sends_is_refused(body):
    with pytest.raises(PayloadError):
        list(coingecko.bars(Ask("bitcoin", "BTC", now=NOW),
                            by_path({"/coins/bitcoin/market_chart": body}, NOW)))  # fmt: skip
