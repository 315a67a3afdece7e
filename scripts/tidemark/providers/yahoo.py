"""Yahoo's chart API: bars by day, hour or minute, with splits and dividends. No key.

It is unofficial and undocumented: its form is what yfinance 1.7.0 reads (scrapers/history.py,
utils.py), and what its users found (yfinance#1749, #2206, #2422, #2902, yahoo-finance2#958), read
on 2026-11-30.

- Prices are adjusted for splits, `adjclose` for dividends too, dividends for later splits.
- A bar is stamped with its start; one of a day with the exchange's open, in UTC. Records of days
  have the exchange's date. Some days of changes of the clock are stamped an hour or two before
  their midnight.
- The newest row may be a quote, stamped with the last trade. That of a day stands for the day, and
  a second row of that day before it goes; one within an hour or minutes is no bar, and goes.
- Quotes are up to half an hour late, so the newest bar is live until so long after its end.
- A longer range than there is comes back in coarser bars, which are refused.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
    explained,
    instant,
    listed,
    mapping,
    number,
    told,
)

BASES = {"": "https://query2.finance.yahoo.com"}
BROWSER = True  # it answers no client that does not greet as a browser does
TERMS = Terms(
    licence="Yahoo's terms of service: an unofficial API, for personal use; read them yourself",
    page="https://legal.yahoo.com/us/en/yahoo/terms/otos/index.html, as yfinance's README has it",
    read=date(2026, 11, 30),
    attribution="Data: Yahoo Finance",
    store=True,
    share=False,
    train=True,
    commercial=False,
)
LIMIT = Limit(a_minute=60)

DAY = timedelta(days=1)
LATE = timedelta(minutes=30)
SAME = {"1h": "60m"}
SAID = ("chart", "error", "description")
TRADED = ("EQUITY", "ETF", "INDEX", "FUTURE")  # of other kinds nobody says what volume counts


class _Span(NamedTuple):
    """How far back bars of an interval reach, and how many days one request may have."""

    reach: timedelta | None
    window: timedelta


# 30m is not among them: hours come back (yfinance asks for 15m instead). The limits, as Yahoo's
# errors name them, less a day for the time that asking takes.
INTERVALS = {
    "1m": _Span(timedelta(days=29), timedelta(days=7)),
    "2m": _Span(timedelta(days=59), timedelta(days=60)),
    "5m": _Span(timedelta(days=59), timedelta(days=60)),
    "15m": _Span(timedelta(days=59), timedelta(days=60)),
    "1h": _Span(timedelta(days=729), timedelta(days=730)),
    "1d": _Span(None, timedelta(days=365 * 400)),
}


class _Row(NamedTuple):
    """A row as sent: its instant, its fields in their order, the adjusted close."""

    at: datetime
    values: tuple[float | None, ...]
    adjusted: float | None


class _Market(NamedTuple):
    """What an answer says of the exchange: its zone, its last trade, its session of today."""

    zone: ZoneInfo
    last_trade: datetime | None
    opens: datetime | None
    closes: datetime | None


def bars(ask: Ask, get: Get) -> Iterator[Page]:
    """Bars, and splits and dividends in pages of their own.

    `options` may say the `currency` in which prices must be: pounds are not pence.

    Raises:
        BadValue: there are no bars of this interval, or none so long ago.
        PayloadError: the answer is not what this API sends, or says that something is wrong.
    """
    spans.must_be_one_of(ask.interval, tuple(INTERVALS), "Yahoo")
    reach, longest = INTERVALS[ask.interval]
    last = instants.end(ask) + timedelta(seconds=1)
    margin = DAY if ask.interval == "1d" else timedelta()  # dates begin earlier or later than UTC's
    first = spans.begin(ask, reach, "Yahoo") - margin
    for start, until in spans.windows(first, last + margin, longest):
        query = {
            "period1": str(int(start.timestamp())),
            "period2": str(int(until.timestamp())),
            "interval": ask.interval,
            "includePrePost": "false",
            "events": "div,splits",
        }
        try:
            answer = get(Call(f"/v8/finance/chart/{quote(ask.id, safe='')}", query))
        except RefusedError as error:
            raise explained(error, "Yahoo", SAID) from None
        yield from _pages(ask, answer)


def reach(ask: Ask) -> timedelta | None:
    """How far back bars of this interval reach; None for all that there are."""
    span = INTERVALS.get(ask.interval)
    return span and span.reach


def _pages(ask: Ask, answer: Answer) -> Iterator[Page]:
    result = _result(answer)
    meta = mapping(result.get("meta"), "meta")
    _must_be_what_was_asked_for(ask, meta)
    market = _market(meta)
    rows = _rows(result)
    if ask.interval == "1d":
        records = _days(ask, rows, market, answer.received)
    else:
        records = _within_days(ask, rows, market, answer.received)
    volume_is = "traded" if meta.get("instrumentType") in TRADED else None
    currency = meta.get("currency")
    yield Page(
        "bars",
        [{**record, "volume_is": volume_is} for record in records],
        answer.body,
        "splits",
        currency if isinstance(currency, str) else None,
    )
    if actions := one_a_day(ask.name, _actions(result, market.zone)):
        yield Page("actions", actions, answer.body, "splits")


def _result(answer: Answer) -> Mapping[str, Any]:
    body = bodies.of_json(answer)
    if said := complaint(body, SAID, ("chart", "error")):
        raise PayloadError(f"Yahoo says: {said}")
    chart = mapping(mapping(body, "the answer").get("chart"), "chart")
    results = listed(chart.get("result"), "chart.result")
    if len(results) != 1:
        raise PayloadError(f"chart.result has {len(results)} entries instead of one")
    return mapping(results[0], "chart.result")


def _must_be_what_was_asked_for(ask: Ask, meta: Mapping[str, Any]) -> None:
    """Refuse another ticker's bars, those of another interval, or in another currency."""
    if str(meta.get("symbol")).upper() != ask.id.upper():
        raise PayloadError(f"{ask.id} was asked for, and {told(meta.get('symbol'))} came")
    if meta.get("dataGranularity") not in (ask.interval, SAME.get(ask.interval, ask.interval)):
        came = told(meta.get("dataGranularity"))
        raise PayloadError(f"bars of {ask.interval} were asked for, and some of {came} came")
    currency = ask.options.get("currency")
    if currency and meta.get("currency") != currency:
        came = told(meta.get("currency"))
        raise PayloadError(
            f"{ask.name} is quoted in {came}, not in {currency}, which `tickers` says", lasting=True
        )


def _market(meta: Mapping[str, Any]) -> _Market:
    try:
        zone = ZoneInfo(str(meta.get("exchangeTimezoneName")))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is none
        raise PayloadError(
            f"the exchange's time zone is {told(meta.get('exchangeTimezoneName'))}"
        ) from None
    periods = mapping(meta.get("currentTradingPeriod") or {}, "currentTradingPeriod")
    regular = mapping(periods.get("regular") or {}, "currentTradingPeriod.regular")
    traded = meta.get("regularMarketTime")
    return _Market(
        zone,
        None if traded is None else instant(traded, "regularMarketTime"),
        instant(regular["start"], "start") if "start" in regular else None,
        instant(regular["end"], "end") if "end" in regular else None,
    )


def _rows(result: Mapping[str, Any]) -> list[_Row]:
    indicators = mapping(result.get("indicators"), "indicators")
    stamps = listed(result.get("timestamp", []), "timestamp")
    quotes = mapping((listed(indicators.get("quote"), "quote") or [{}])[0], "quote")
    if not stamps and not any(quotes.values()):
        return []
    columns = [_column(quotes, name, len(stamps)) for name in OHLCV]
    adjusted: list[float | None] = [None] * len(stamps)
    if "adjclose" in indicators:
        found = mapping((listed(indicators["adjclose"], "adjclose") or [{}])[0], "adjclose")
        adjusted = _column(found, "adjclose", len(stamps))
    times = [instant(at, "a timestamp") for at in stamps]
    values = zip(*columns, strict=True)
    rows = zip(times, values, adjusted, strict=True)
    return sorted((_Row(*row) for row in rows), key=lambda row: row.at)


def _column(of: Mapping[str, Any], name: str, rows: int) -> list[float | None]:
    values = listed(of.get(name), name)
    if len(values) != rows:
        raise PayloadError(f"{name} has {len(values)} values for {rows} timestamps")
    return [number(value, f"{name} in row {row}") for row, value in enumerate(values, 1)]


def _days(ask: Ask, rows: list[_Row], market: _Market, now: datetime) -> list[dict[str, Any]]:
    """Records by the exchange's dates; of two rows of the newest day the later one."""
    dated = [(_date(row.at, market), row) for row in rows]
    if len(dated) > 1 and dated[-1][0] == dated[-2][0]:
        del dated[-2]
    since = ask.since.date() if ask.since else date.min
    until = instants.end(ask)
    records = [
        _record(
            ask,
            instants.midnight(day),
            row,
            live=row is rows[-1] and _is_open(day, market, now),
        )
        for day, row in dated
        if since <= day and (row.at <= until or day <= until.date())
    ]
    return records


def _date(at: datetime, market: _Market) -> date:
    """The exchange's date; a day that begins up to two hours before midnight is the next one's."""
    local = at.astimezone(market.zone)
    early = local.hour in (22, 23) and not local.minute and not local.second
    return local.date() + (DAY if early and at != market.last_trade else timedelta())


def _is_open(day: date, market: _Market, now: datetime) -> bool:
    """Whether a day's session may still change its bar."""
    if market.opens is None or market.closes is None:
        return day >= now.astimezone(market.zone).date()
    session = market.opens.astimezone(market.zone).date()
    return day > session or (day == session and now < market.closes + LATE)


def _within_days(
    ask: Ask, rows: list[_Row], market: _Market, now: datetime
) -> list[dict[str, Any]]:
    """Records by instants, without a quote after the last bar's start."""
    step = spans.length(ask.interval)
    rows = _without_quote(rows, step)
    since = ask.since or spans.START
    records = []
    for row in rows:
        ends = row.at + step
        if market.closes and row.at < market.closes:
            ends = min(ends, market.closes)
        live = row.at == rows[-1].at and now < ends + LATE
        if since <= row.at <= instants.end(ask):
            records.append(_record(ask, row.at, row, live=live))
    return records


def _without_quote(rows: list[_Row], step: timedelta) -> list[_Row]:
    """Leave out a last row that is a trade within the bar before it, or at no full minute."""
    if not rows:
        return rows
    *before, newest = rows
    within = bool(before) and before[-1].at < newest.at < before[-1].at + step
    return before if within or newest.at.second else rows


def _record(ask: Ask, at: datetime, row: _Row, *, live: bool) -> dict[str, Any]:
    return {
        "ticker": ask.name,
        "timestamp": instants.stamp(at),
        **dict(zip(OHLCV, row.values, strict=True)),
        "adj_close": row.adjusted,
        "interval": ask.interval,
        "live": live,
    }


def _actions(result: Mapping[str, Any], zone: ZoneInfo) -> Iterator[Action]:
    events = mapping(result.get("events") or {}, "events")
    for event in mapping(events.get("dividends") or {}, "dividends").values():
        sent = mapping(event, "a dividend")
        value = number(sent.get("amount"), "a dividend's amount")
        day = instant(sent.get("date"), "a dividend's date").astimezone(zone).date()
        yield Action(day, "dividend", value or 0, sent.get("currency") or None)
    for event in mapping(events.get("splits") or {}, "splits").values():
        sent = mapping(event, "a split")
        day = instant(sent.get("date"), "a split's date").astimezone(zone).date()
        new = number(sent.get("numerator"), "a split's numerator")
        old = number(sent.get("denominator"), "a split's denominator")
        yield Action(day, "split", new / old if new and old else 0)
