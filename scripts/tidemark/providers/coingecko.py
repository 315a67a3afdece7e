"""CoinGecko: prices of coins by day, candles within days. With a key or without.

The form is that of docs.coingecko.com (reference/coins-id-ohlc, coins-id-ohlc-range,
coins-id-market-chart, coins-list, authentication, their pages for Demo, too) and of the client
pycoingecko 3.2.0, read on 2026-11-30. `plan` in the source's section says which of three it is:

keyless, demo   the last 365 days. Bars of days are made of `market_chart`: prices at 00:00 UTC,
                each the close of the day before, without open, high and low, with the volume of
                the 24 hours before, which is named as that. Candles of half an hour reach back a
                day, those of four hours 30. Candles of 31 days and more are of 4 days, and refused.
pro             `ohlc/range` has candles of days and hours since 2018-02-09, without volume.

A candle is stamped with its close; records have the start of their bar, as those of all providers.
The newest price is one of now, and makes a live bar. A day is there from 00:35 UTC of the next on.

Of the terms of service only the beginning could be read: who uses this source reads them there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal
from urllib.parse import quote

from tidemark.errors import BadValue
from tidemark.ohlcv import OHLCV
from tidemark.providers import bodies, ids, instants, spans
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
from tidemark.providers.values import (
    complaint,
    explained,
    instant,
    listed,
    mapping,
    number,
)

PUBLIC = "https://api.coingecko.com/api/v3"
BASES = {"keyless": PUBLIC, "demo": PUBLIC, "pro": "https://pro-api.coingecko.com/api/v3"}
KEYS = {"demo": "COINGECKO_DEMO_API_KEY", "pro": "COINGECKO_PRO_API_KEY"}
TERMS = Terms(
    licence="CoinGecko API Terms of Service (5 September 2025): what shows it names its source; "
    "only their beginning could be read, so what they do not clearly grant counts as refused",
    page="https://www.coingecko.com/en/api_terms, brand.coingecko.com/resources/attribution-guide",
    read=date(2026, 11, 30),
    attribution="Data provided by CoinGecko (https://www.coingecko.com)",
    store=True,
    share=False,
    train=True,
    commercial=False,
)
LIMIT = Limit(a_minute=30, a_month=10_000)

SAID = (
    ("status", "error_message"),
    ("error", "status", "error_message"),
    ("error",),
)
YEAR = timedelta(days=365)
DAY = timedelta(days=1)
SINCE = datetime(2018, 2, 9, tzinfo=UTC)  # the first candle of a paid plan
# Candles without a paid plan, and the numbers of days that `ohlc` may be asked for with each.
DAYS_OF = {"30m": (1,), "4h": (7, 14, 30)}
# Candles of a paid plan: their name, and how many days one request may have.
PAID = {"1h": ("hourly", timedelta(days=31)), "1d": ("daily", timedelta(days=180))}


def bars(ask: Ask, get: Get) -> Iterator[Page]:
    """Bars in the currency that `options` names, dollars if none.

    An id that is the ticker's own name is looked for in the list of coins, by id or symbol.

    Raises:
        BadValue: there are no such bars, none so long ago, no such plan, or several coins.
        PayloadError: the answer is not what this API sends, or says that something is wrong.
    """
    plan = _plan(ask)
    if plan not in BASES:
        raise BadValue("plan", f"CoinGecko has no plan {plan}", f"one of {', '.join(BASES)}")
    known = (*DAYS_OF, *PAID) if plan == "pro" else (*DAYS_OF, "1d")
    spans.must_be_one_of(ask.interval, known, f"CoinGecko's plan {plan}")
    found = _coin(ask, get)
    coin = f"/coins/{quote(found, safe='')}"
    for page in _of_coin(ask, get, plan, coin):
        yield replace(page, found=found)


def _of_coin(ask: Ask, get: Get, plan: str, coin: str) -> Iterator[Page]:
    if plan == "pro" and ask.interval in PAID:
        yield from _paid(ask, get, coin)
    elif ask.interval == "1d":
        yield _chart(ask, get, coin)
    else:
        yield _candles(ask, get, coin)


def reach(ask: Ask) -> timedelta | None:
    """How far back bars of this interval reach; None for all that there are."""
    if ask.interval in DAYS_OF:
        return timedelta(days=DAYS_OF[ask.interval][-1])
    return None if _plan(ask) == "pro" else YEAR


def identity(ask: Ask) -> str:
    """The coin, its currency, and whether bars are the candles of a paid plan."""
    paid = " pro" if _plan(ask) == "pro" else ""
    return f"{ask.id} in {_currency(ask)}{paid}"


def _currency(ask: Ask) -> str:
    return str(ask.options.get("currency", "usd")).lower()


def _plan(ask: Ask) -> str:
    return str(ask.options.get("plan", "keyless"))


def _key(plan: str) -> tuple[Literal["header"], str, str] | None:
    return ("header", f"x-cg-{plan}-api-key", "") if plan in KEYS else None


def _asked(ask: Ask, get: Get, path: str, query: Mapping[str, str]) -> tuple[Any, Answer]:
    """What an answer holds, if it does not say that something is wrong."""
    plan = _plan(ask)
    try:
        answer = get(Call(path, query, key_in=_key(plan), host=plan))
    except RefusedError as error:
        raise explained(error, "CoinGecko", *SAID) from None
    value = bodies.of_json(answer)
    if said := complaint(value, *SAID):
        raise PayloadError(f"CoinGecko says: {said}")
    return value, answer


def _priced(ask: Ask, **query: str) -> Mapping[str, str]:
    return {"vs_currency": _currency(ask), **query}


def _coin(ask: Ask, get: Get) -> str:
    """The id of the coin that is meant."""
    if ask.id != ask.name:
        return ask.id
    value, _ = _asked(ask, get, "/coins/list", {})
    coins = [mapping(coin, "a coin") for coin in listed(value, "the list of coins")]
    if any(coin.get("id") == ask.id for coin in coins):
        return ask.id
    found = [
        ids.Candidate(str(coin.get("id")), str(coin.get("name")))
        for coin in coins
        if str(coin.get("symbol")).lower() == ask.id.lower()
    ]
    return ids.only(ask.name, "coingecko", found)


def _chart(ask: Ask, get: Get, coin: str) -> Page:
    """Bars of days from prices at midnight."""
    end = instants.end(ask)
    first = spans.begin(ask, reach(ask), "CoinGecko without a paid plan")
    days = min((((ask.now or end) - first) // DAY) + 2, YEAR.days)
    query = _priced(ask, days=str(days), interval="daily")
    value, answer = _asked(ask, get, f"{coin}/market_chart", query)
    body = mapping(value, "the answer")
    prices = _points(body.get("prices"), "prices")
    volumes = dict(_points(body.get("total_volumes"), "total_volumes"))
    records = []
    for at, price in prices:
        passed = _since(at, DAY)
        if passed and at != prices[-1][0]:
            raise PayloadError(f"a price of {instants.stamp(at)} came, not one of midnight")
        start = at - (passed or DAY)
        if first.date() <= start.date() and start <= end:
            values = (None, None, None, price, volumes.get(at))
            records.append(_record(ask, start, values, "rolling_24h", live=bool(passed)))
    return Page("bars", records, answer.body, currency=_currency(ask))


def _candles(ask: Ask, get: Get, coin: str) -> Page:
    """Bars within days from candles of a plan without daily ones."""
    end = instants.end(ask)
    first = spans.begin(ask, reach(ask), "CoinGecko")
    asked = (ask.now or end) - first
    days = next(days for days in DAYS_OF[ask.interval] if asked <= timedelta(days=days))
    return _page(ask, *_asked(ask, get, f"{coin}/ohlc", _priced(ask, days=str(days))), first)


def _paid(ask: Ask, get: Get, coin: str) -> Iterator[Page]:
    """Bars of hours or days from candles of a paid plan."""
    interval, longest = PAID[ask.interval]
    first = max(spans.begin(ask, reach(ask), "CoinGecko"), SINCE)
    step = spans.length(ask.interval)
    last = instants.end(ask) + step + timedelta(seconds=1)  # a candle is stamped with its close
    for start, until in spans.windows(first, last, longest):
        span = {"from": str(int(start.timestamp())), "to": str(int(until.timestamp()))}
        query = _priced(ask, interval=interval, **span)
        yield _page(ask, *_asked(ask, get, f"{coin}/ohlc/range", query), first)


def _page(ask: Ask, value: Any, answer: Answer, first: datetime) -> Page:
    """Bars of candles: time of the close, open, high, low, close."""
    step = spans.length(ask.interval)
    first -= _since(first, step)
    candles = [_entries(candle, 5) for candle in listed(value, "the answer")]
    candles.sort(key=lambda candle: candle[0])
    _must_last(step, [close for close, _ in candles])
    records = []
    for close, prices in candles:
        start = close - (_since(close, step) or step)
        if first <= start <= instants.end(ask):
            live = answer.received < start + step
            records.append(_record(ask, start, (*prices, None), None, live=live))
    return Page("bars", records, answer.body, currency=_currency(ask))


def _must_last(step: timedelta, closes: Sequence[datetime]) -> None:
    """Refuse candles that are longer or shorter than a step; the newest may end now."""
    gaps = [later - earlier for earlier, later in pairwise(closes)]
    settled = gaps[:-1]
    shortest = min(settled or gaps, default=step)
    if shortest > step or min(settled, default=step) < step:
        raise PayloadError(f"candles of {shortest} came where some of {step} were due")
    for close in closes[:-1]:
        if _since(close, step):
            raise PayloadError(f"a candle ends at {instants.stamp(close)}, within one of {step}")


def _points(value: Any, what: str) -> list[tuple[datetime, float | None]]:
    return sorted(
        ((at, value) for at, (value,) in (_entries(entry, 2) for entry in listed(value, what))),
        key=lambda point: point[0],
    )


def _entries(value: Any, count: int) -> tuple[datetime, tuple[float | None, ...]]:
    """The time of a list such as `[1709395200000, 61942]`, and what follows it."""
    entries = listed(value, "an entry")
    if len(entries) != count:
        raise PayloadError(f"an entry has {len(entries)} values instead of {count}")
    at = number(entries[0], "a time")
    values = tuple(number(entry, "a value") for entry in entries[1:])
    return instant(None if at is None else at / 1000, "a time"), values


def _since(at: datetime, step: timedelta) -> timedelta:
    """The time since the last end of a step, counted from midnight UTC."""
    return (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) % step


def _record(
    ask: Ask,
    start: datetime,
    values: Sequence[float | None],
    volume_is: str | None,
    *,
    live: bool,
) -> Mapping[str, Any]:
    return {
        "ticker": ask.name,
        "timestamp": instants.stamp(start),
        **dict(zip(OHLCV, values, strict=True)),
        "adj_close": None,
        "interval": ask.interval,
        "live": live,
        "volume_is": volume_is,
    }
