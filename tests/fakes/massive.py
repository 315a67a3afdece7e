"""Massive's aggregates, splits and dividends, as its documentation and its own client have them.

Bars are adjusted for splits unless that is declined. `limit` counts base bars: minutes for bars of
minutes and hours, days for those of days. What does not fit is on the next page.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from fakes.listings import Listing, Traded
from fakes.server import Asked, Fake, Reply

KEY = "massive key"
AGGREGATES = "/v2/aggs/ticker/"
UNITS = {"minute": "m", "hour": "h", "day": "d"}


class Massive(Fake):
    """It knows these listings, and what time it is; `most` bounds what a page is made of."""

    def __init__(self, listings: Iterable[Listing], now: datetime, most: int = 50_000) -> None:
        super().__init__()
        self.listings = {listing.symbol: listing for listing in listings}
        self.now, self.most = now, most
        self.status = "OK"

    def answer(self, asked: Asked) -> Reply:
        """A page, or an error as Massive words it."""
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return self._error("Unknown API Key", 401)
        if asked.path.startswith(AGGREGATES):
            return self._aggregates(asked, *asked.path.removeprefix(AGGREGATES).split("/"))
        listing = self.listings.get(asked.query.get("ticker", ""))
        if asked.path == "/stocks/v1/splits":
            return self._events(asked, "execution_date", self._splits(listing))
        if asked.path == "/stocks/v1/dividends":
            return self._events(asked, "ex_dividend_date", self._dividends(listing))
        return self._error("page not found", 404)

    def _error(self, words: str, status: int) -> Reply:
        return Reply.json({"status": "ERROR", "request_id": "1", "error": words}, status=status)

    def _aggregates(
        self, asked: Asked, symbol: str, _: str, multiplier: str, unit: str, first: str, last: str
    ) -> Reply:
        listing = self.listings.get(symbol)
        interval = f"{multiplier}{UNITS[unit]}"
        rows = self._rows(listing, interval) if listing else []
        start, end = self._ends(listing, first), self._ends(listing, last, after=True)
        rows = [row for row in rows if start <= row[0] < end]
        base = {"m": int(multiplier), "h": 60 * int(multiplier), "d": 1}[UNITS[unit]]
        limit = min(int(asked.query.get("limit", 5000)), self.most)
        begin = int(asked.query.get("cursor", 0))
        page = rows[begin : begin + max(1, limit // base)]
        adjusted = asked.query.get("adjusted", "true") == "true"
        body: dict[str, Any] = {
            "ticker": symbol, "queryCount": base * len(page), "resultsCount": len(page),
            "adjusted": adjusted, "status": self.status, "request_id": "2", "count": len(page),
        }  # fmt: skip
        if page:
            body["results"] = [self._bar(listing, at, row, adjusted) for at, row in page]
        if begin + len(page) < len(rows):
            body["next_url"] = self._next(asked, begin + len(page))
        return Reply.json(body)

    def _next(self, asked: Asked, cursor: int) -> str:
        query = {**asked.query, "cursor": str(cursor)}
        return f"https://api.massive.com{asked.path}?{urlencode(query)}"

    def _rows(self, listing: Listing, interval: str) -> list[tuple[datetime, Traded]]:
        if interval == "1d":
            rows = [(listing.at(day, time()), row) for day, row in listing.days.items()]
        else:
            rows = list(listing.within.get(interval, {}).items())
        return sorted(row for row in rows if row[0] <= self.now)

    def _ends(self, listing: Listing | None, text: str, *, after: bool = False) -> datetime:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC) + timedelta(milliseconds=after)
        day = date.fromisoformat(text) + timedelta(days=after)
        return (listing or Listing("")).at(day, time())

    def _bar(self, listing: Listing, at: datetime, row: Traded, adjusted: bool) -> dict[str, Any]:
        by = listing.shares(listing.today(at), listing.today(self.now)) if adjusted else 1
        return {"v": row.volume * by, "vw": row.close / by, "o": row.open / by, "c": row.close / by,
                "h": row.high / by, "l": row.low / by, "t": round(at.timestamp() * 1000),
                "n": 3}  # fmt: skip

    def _splits(self, listing: Listing | None) -> list[dict[str, Any]]:
        return [
            {"adjustment_type": "forward_split" if new > old else "reverse_split", "id": f"E{day}",
             "execution_date": str(day), "split_from": old, "split_to": new,
             "historical_adjustment_factor": old / new, "ticker": listing.symbol}
            for day, (new, old) in (listing.splits if listing else {}).items()
        ]  # fmt: skip

    def _dividends(self, listing: Listing | None) -> list[dict[str, Any]]:
        return [
            {"cash_amount": cash, "currency": listing.currency, "distribution_type": "recurring",
             "ex_dividend_date": str(day), "frequency": 4, "id": f"E{day}-{number}",
             "split_adjusted_cash_amount": cash / listing.shares(day, listing.today(self.now)),
             "ticker": listing.symbol}
            for day, amounts in (listing.dividends if listing else {}).items()
            for number, cash in enumerate(amounts)
        ]  # fmt: skip

    def _events(self, asked: Asked, of: str, events: Sequence[dict[str, Any]]) -> Reply:
        query = asked.query
        low, high = query.get(f"{of}.gte", ""), query.get(f"{of}.lte", "9")
        fit = sorted((each for each in events if low <= each[of] <= high), key=lambda e: e[of])
        begin = int(query.get("cursor", 0))
        page = fit[begin : begin + min(int(query.get("limit", 100)), self.most)]
        body: dict[str, Any] = {"status": "OK", "request_id": "3", "results": page}
        if begin + len(page) < len(fit):
            body["next_url"] = self._next(asked, begin + len(page))
        return Reply.json(body)
