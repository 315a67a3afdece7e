"""Yahoo's chart API, as yfinance reads it: `/v8/finance/chart/SYMBOL`.

Prices are adjusted for the splits until now, `adjclose` for dividends, too. Days are stamped with
the exchange's open, the one that is traded now with the last trade.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fakes.listings import NOTHING, Listing, Traded
from fakes.server import Asked, Fake, Reply

CHART = "/v8/finance/chart/"
STEPS = {"1m": 60, "2m": 120, "5m": 300, "15m": 900, "1h": 3600}
RANGES = {"1d": 1, "5d": 5, "1mo": 31, "1y": 366, "max": 99 * 366}


class Yahoo(Fake):
    """It knows these listings, and what time it is."""

    def __init__(self, listings: Iterable[Listing], now: datetime) -> None:
        super().__init__()
        self.listings = {listing.symbol: listing for listing in listings}
        self.now = now
        self.quotes_within = False

    def answer(self, asked: Asked) -> Reply:
        """A chart, or an error as Yahoo words it."""
        listing = self.listings.get(asked.path.removeprefix(CHART))
        if not asked.path.startswith(CHART) or listing is None:
            return _error("Not Found", "No data found, symbol may be delisted", 404)
        query = asked.query
        end = int(query.get("period2", self.now.timestamp()))
        days = RANGES.get(query.get("range", "1mo"), 31)
        start = int(query.get("period1", end - days * 86_400))
        interval = query.get("interval", "1d")
        if interval == "1m" and end - start > 8 * 86_400:
            allowed = "Only 8 days worth of 1m granularity data are allowed to be fetched"
            return _error("Unprocessable Entity", f"1m data not available. {allowed}", 422)
        rows = self._days(listing) if interval == "1d" else self._within(listing, interval)
        asked_for = [row for row in rows if start <= row[0] < end]
        if rows and rows[-1] not in asked_for and rows[-1][0] >= end > start:
            asked_for.append(rows[-1])  # the latest price comes even where its time was not asked
        return Reply.json({"chart": {"result": [self._result(listing, interval, asked_for)],
                                     "error": None}})  # fmt: skip

    def _days(self, listing: Listing) -> list[tuple[int, Traded, float | None]]:
        today = listing.today(self.now)
        rows = []
        for day, traded in sorted(listing.days.items()):
            opens = listing.at(day, listing.opens)
            if opens > self.now:
                continue
            at = opens
            if day == today and self.now < listing.at(day, listing.closes) + timedelta(hours=4):
                at = min(self.now, listing.at(day, listing.closes) + timedelta(seconds=1))
            rows.append((int(at.timestamp()), _split(listing, day, today, traded),
                         self._adjusted(listing, day, today)))  # fmt: skip
        return rows

    def _within(self, listing: Listing, interval: str) -> list[tuple[int, Traded, float | None]]:
        today = listing.today(self.now)
        rows = [(int(at.timestamp()), _split(listing, listing.today(at), today, traded), None)
                for at, traded in sorted(listing.within.get(interval, {}).items())
                if at <= self.now]  # fmt: skip
        if self.quotes_within and rows:
            close = rows[-1][1].close
            rows.append((int(self.now.timestamp()), Traded(close, close, close, close, 0), None))
        return rows

    def _adjusted(self, listing: Listing, day: date, today: date) -> float | None:
        close = _split(listing, day, today, listing.days[day]).close
        before = sorted(listing.days)
        for ex, amounts in listing.dividends.items():
            if day < ex <= today and close is not None:
                last = max(each for each in before if each < ex)
                price = _split(listing, last, today, listing.days[last]).close
                cash = sum(amounts) / listing.shares(ex, today)
                close *= 1 - cash / price
        return close

    def _result(self, listing: Listing, interval: str, rows: list[Any]) -> dict[str, Any]:
        today = listing.today(self.now)
        session = max((day for day in listing.days if day <= today), default=today)
        opens, closes = (listing.at(session, at) for at in (listing.opens, listing.closes))
        offset = int(opens.utcoffset().total_seconds())
        regular = {"timezone": opens.tzname(), "start": int(opens.timestamp()),
                   "end": int(closes.timestamp()), "gmtoffset": offset}  # fmt: skip
        edge = {**regular, "end": regular["start"]}
        last = min(int(self.now.timestamp()), regular["end"] + 1)
        result: dict[str, Any] = {
            "meta": {
                "currency": listing.currency, "symbol": listing.symbol, "exchangeName": "NMS",
                "instrumentType": listing.kind, "firstTradeDate": 345479400,
                "regularMarketTime": last, "hasPrePostMarketData": True, "gmtoffset": offset,
                "timezone": opens.tzname(), "exchangeTimezoneName": listing.zone,
                "regularMarketPrice": 1.0, "priceHint": 2,
                "currentTradingPeriod": {"pre": edge, "regular": regular, "post": edge},
                "dataGranularity": interval, "range": "", "validRanges": list(RANGES),
            },
            "indicators": {"quote": [{}]},
        }  # fmt: skip
        if interval != "1d":
            sessions = sorted({listing.today(datetime.fromtimestamp(row[0], UTC)) for row in rows})
            result["meta"]["tradingPeriods"] = [
                [{**regular, "start": int(listing.at(day, listing.opens).timestamp()),
                  "end": int(listing.at(day, listing.closes).timestamp())}]
                for day in sessions
            ]  # fmt: skip
        if rows:
            result["timestamp"] = [row[0] for row in rows]
            columns = {name: [getattr(row[1], name) for row in rows] for name in Traded._fields}
            result["indicators"] = {"quote": [columns]}
            if interval == "1d":
                adjusted = [None if row[1] == NOTHING else row[2] for row in rows]
                result["indicators"]["adjclose"] = [{"adjclose": adjusted}]
            first = datetime.fromtimestamp(rows[0][0], UTC) - timedelta(days=1)
            if events := self._events(listing, first, today):
                result["events"] = events
        return result

    def _events(self, listing: Listing, first: datetime, today: date) -> dict[str, Any]:
        events: dict[str, Any] = {}
        for ex, (new, old) in listing.splits.items():
            at = listing.at(ex, listing.opens)
            if first <= at and ex <= today:
                stamp = int(at.timestamp())
                events.setdefault("splits", {})[str(stamp)] = {
                    "date": stamp, "numerator": float(new), "denominator": float(old),
                    "splitRatio": f"{new}:{old}"}  # fmt: skip
        for ex, amounts in listing.dividends.items():
            for number, cash in enumerate(amounts):
                at = listing.at(ex, listing.opens) + timedelta(seconds=number)
                if first <= at and ex <= today:
                    stamp = int(at.timestamp())
                    events.setdefault("dividends", {})[str(stamp)] = {
                        "amount": cash / listing.shares(ex, today), "date": stamp}  # fmt: skip
        return events


def _split(listing: Listing, day: date, today: date, traded: Traded) -> Traded:
    """As Yahoo shows a day by now: prices by, and volume times, the shares that one became."""
    shares = listing.shares(day, today)
    *prices, volume = traded
    return Traded(*(None if price is None else price / shares for price in prices),
                  None if volume is None else int(volume * shares))  # fmt: skip


def _error(code: str, description: str, status: int) -> Reply:
    error = {"code": code, "description": description}
    return Reply.json({"chart": {"result": None, "error": error}}, status=status)
