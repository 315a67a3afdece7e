"""Massive, formerly Polygon: aggregate bars, splits and dividends. A key in the header.

The form is that of massive.com/docs/rest/stocks (aggregates, splits, dividends), of the articles
"limit parameter", "hourly bars" and "split adjustment" of its knowledge base, and of the client
`massive` 2.9.1 (rest/base.py, aggs.py, reference.py), read on 2026-11-30.

- Prices are asked for without adjustment. Its dividends are not adjusted for splits either.
- A bar is stamped with its start; one of a day with midnight of New York, of currencies with that
  of UTC. Records of days have the date.
- `limit` counts the bars from which those asked for are made, minutes even for hours, and at most
  50,000: more than a month of minutes would have gaps, so a month is what one request has.
- Without a plan there are two years, of which the source's `since` must be one.
- `next_url` leads on. Only its path and query are followed, so no key goes to another host.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from tidemark.ohlcv import OHLCV
from tidemark.providers import bodies, instants, spans
from tidemark.providers.actions import Action, one_a_day
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
    day,
    explained,
    instant,
    listed,
    mapping,
    number,
    told,
)

BASES = {"": "https://api.massive.com"}
KEYS = {"": "MASSIVE_API_KEY"}
TERMS = Terms(
    licence="Market Data Terms of Service: personal, neither business nor commercial use",
    page="https://massive.com/legal/market-data-terms-of-service",
    read=date(2026, 11, 30),
    attribution="Data: Massive.com",
    store=True,
    share=False,
    train=True,
    commercial=False,
)
LIMIT = Limit(a_minute=5)  # without a plan

KEY: tuple[Literal["header"], str, str] = ("header", "Authorization", "Bearer ")
NEW_YORK = ZoneInfo("America/New_York")
CLOSES = timedelta(hours=20)  # after midnight in New York, when trading after hours ends
DAY = timedelta(days=1)
MOST = 50_000
MOST_ACTIONS = 1000
FIELDS = dict(zip(OHLCV, "ohlcv", strict=True))  # a letter each
DELAY, SOON = timedelta(minutes=15), timedelta(minutes=1)  # with and without the status DELAYED
MONTH = timedelta(days=30)
ALL = timedelta(days=365 * 400)
INTERVALS = {
    "1m": ("1/minute", MONTH),
    "5m": ("5/minute", MONTH),
    "15m": ("15/minute", MONTH),
    "30m": ("30/minute", MONTH),
    "1h": ("1/hour", MONTH),
    "1d": ("1/day", ALL),
}
SAID = (("error",), ("message",))
FINE = ("OK", "DELAYED")
EARLIEST = datetime(2003, 9, 10, tzinfo=UTC)  # the first day that it has of stocks


def bars(ask: Ask, get: Get) -> Iterator[Page]:
    """Bars without adjustment, then splits and dividends of tickers of stocks.

    Raises:
        BadValue: there are no bars of this interval.
        PayloadError: the answer is not what this API sends, or says that something is wrong.
    """
    spans.must_be_one_of(ask.interval, tuple(INTERVALS), "Massive")
    unit, longest = INTERVALS[ask.interval]
    first = max(spans.begin(ask, None, "Massive"), EARLIEST)
    last = instants.end(ask) + timedelta(milliseconds=1)
    for start, until in spans.windows(first, last, longest):
        ends = f"{_milliseconds(start)}/{_milliseconds(until) - 1}"
        if ask.interval == "1d":
            ends = f"{start:%Y-%m-%d}/{until:%Y-%m-%d}"
        path = f"/v2/aggs/ticker/{quote(ask.id, safe=':')}/range/{unit}/{ends}"
        query = {"adjusted": "false", "sort": "asc", "limit": str(MOST)}
        for answer, body in _answers(get, path, query):
            yield Page("bars", _bars(ask, body, answer.received), answer.body, "none")
    if ":" not in ask.id:
        yield from _actions(ask, get)


def _answers(
    get: Get, path: str, query: Mapping[str, str]
) -> Iterator[tuple[Answer, Mapping[str, Any]]]:
    """Answers one after the other, as each says where the next one is."""
    call = Call(path, query, key_in=KEY)
    seen = set()
    while True:
        try:
            answer = get(call)
        except RefusedError as error:
            raise explained(error, "Massive", *SAID) from None
        body = mapping(bodies.of_json(answer), "the answer")
        if body.get("status") not in FINE:
            raise PayloadError(f"Massive says: {complaint(body, *SAID, ('status',))}")
        yield answer, body
        following = body.get("next_url")
        if not following:
            return
        if following in seen:
            raise PayloadError("next_url leads in a circle")
        seen.add(following)
        address = urlsplit(str(following))
        further = {name: text for name, text in parse_qsl(address.query) if name != "apiKey"}
        call = Call(quote(unquote(address.path), safe="/:"), further, key_in=KEY)


def _results(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    results = [] if body.get("results") is None else listed(body["results"], "results")
    return [mapping(result, "a result") for result in results]


def _bars(ask: Ask, body: Mapping[str, Any], received: datetime) -> list[Mapping[str, Any]]:
    results = _results(body)
    if body.get("ticker") != ask.id:
        raise PayloadError(f"{ask.id} was asked for, and {told(body.get('ticker'))} came")
    if body.get("adjusted") is not False:
        raise PayloadError("bars without adjustment were asked for, and adjusted ones came")
    if body.get("resultsCount", len(results)) != len(results):
        raise PayloadError(f"there are {len(results)} of {told(body['resultsCount'])} results")
    known = received - (DELAY if body.get("status") == "DELAYED" else SOON)
    records = []
    for result in results:
        start = number(result.get("t"), "t")
        at = instant(None if start is None else start / 1000, "t")
        if ask.interval == "1d":
            of, ends = _date(at)
            if _wanted(ask, of):
                records.append(_record(ask, instants.midnight(of), result, live=known < ends))
        elif (ask.since or at) <= at <= instants.end(ask):
            live = known < at + spans.length(ask.interval)
            records.append(_record(ask, at, result, live=live))
    return records


def _wanted(ask: Ask, of: date) -> bool:
    since = ask.since.date() if ask.since else date.min
    return since <= of <= instants.end(ask).date()


def _date(start: datetime) -> tuple[date, datetime]:
    """The date of a day's bar, and when that day has ended."""
    local = start.astimezone(NEW_YORK)
    for at, length in ((start, DAY), (local, CLOSES)):
        if at == at.replace(hour=0, minute=0, second=0, microsecond=0):
            return at.date(), at + length
    raise PayloadError(f"a bar of a day begins at {instants.stamp(start)}, at no midnight")


def _record(ask: Ask, at: datetime, result: Mapping[str, Any], *, live: bool) -> Mapping[str, Any]:
    return {
        "ticker": ask.name,
        "timestamp": instants.stamp(at),
        **{name: number(result.get(key), key) for name, key in FIELDS.items()},
        "adj_close": None,
        "interval": ask.interval,
        "live": live,
        "volume_is": None if ask.id.startswith(("C:", "I:")) else "traded",
    }


def _actions(ask: Ask, get: Get) -> Iterator[Page]:
    """Splits and dividends by ex-date, all of them, so that several of one day come together."""
    for path, of, read in (
        ("/stocks/v1/splits", "execution_date", _split),
        ("/stocks/v1/dividends", "ex_dividend_date", _dividend),
    ):
        query = {
            "ticker": ask.id,
            f"{of}.lte": f"{instants.end(ask):%Y-%m-%d}",
            "sort": f"{of}.asc",
            "limit": str(MOST_ACTIONS),
        }
        if ask.since:
            query[f"{of}.gte"] = f"{ask.since:%Y-%m-%d}"
        found: list[Action] = []
        last = b""
        for answer, body in _answers(get, path, query):
            last = answer.body
            for result in _results(body):
                if result.get("ticker") != ask.id:
                    raise PayloadError(f"{ask.id} was asked for, {told(result.get('ticker'))} came")
                found.append(read(result, day(result.get(of), of)))
        if found:
            yield Page("actions", one_a_day(ask.name, found), last)


def _split(result: Mapping[str, Any], of: date) -> Action:
    new, old = number(result.get("split_to"), "split_to"), number(result.get("split_from"), "from")
    return Action(of, "split", new / old if new and old else 0)


def _dividend(result: Mapping[str, Any], of: date) -> Action:
    cash = number(result.get("cash_amount"), "cash_amount")
    return Action(of, "dividend", cash or 0, result.get("currency") or None)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
