"""CoinGecko's list of coins, market charts and candles, as its documentation has them.

A candle is stamped with its close. How long candles and the distances of prices are follows from
the days that are asked for. Two plans: `demo`, which has a year, and `pro`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.server import Asked, Fake, Reply

KEYS = {"demo": "demo key", "pro": "pro key"}
DAY = timedelta(days=1)
COINS = (
    {"id": "bitcoin", "symbol": "btc", "name": "Bitcoin"},
    {"id": "ethereum", "symbol": "eth", "name": "Ethereum"},
    {"id": "bitcoin-cash", "symbol": "bch", "name": "Bitcoin Cash"},
    {"id": "bridged-wrapped-bitcoin", "symbol": "btc", "name": "Bridged Wrapped Bitcoin"},
)
TOO_LONG = (
    "Your request exceeds the allowed time range. Public API users are limited to querying"
    " historical data within the past 365 days."
)


class CoinGecko(Fake):
    """Prices by half an hour, by coin, and what time it is."""

    def __init__(self, prices: Mapping[str, Mapping[datetime, float]], now: datetime) -> None:
        super().__init__()
        self.prices, self.now = prices, now

    def answer(self, asked: Asked) -> Reply:
        """What the path says, or an error as CoinGecko words it."""
        path = asked.path.removeprefix("/api/v3")
        pro = asked.headers.get("x-cg-pro-api-key", asked.query.get("x_cg_pro_api_key"))
        demo = asked.headers.get("x-cg-demo-api-key", asked.query.get("x_cg_demo_api_key"))
        if (pro and pro != KEYS["pro"]) or (demo and demo != KEYS["demo"]):
            return self._error(10002, "API Key Missing", 401)
        if path == "/coins/list":
            return Reply.json(COINS)
        _, _, coin, *what = path.split("/")
        if coin not in self.prices:
            return Reply.json({"error": "coin not found"}, status=404)
        query = asked.query
        if what == ["market_chart"]:
            return self._chart(coin, query, paid=bool(pro))
        if what == ["ohlc"]:
            return self._candles(coin, query)
        if what == ["ohlc", "range"] and pro:
            step = {"daily": DAY, "hourly": timedelta(hours=1)}[query["interval"]]
            ends = (datetime.fromtimestamp(int(query[key]), UTC) for key in ("from", "to"))
            return Reply.json(self._of(coin, step, *ends))
        return self._error(10005, "This request is limited to PRO API subscribers", 401)

    def _error(self, code: int, words: str, status: int) -> Reply:
        said = {"timestamp": self.now.isoformat(), "error_code": code, "error_message": words}
        return Reply.json({"error": {"status": said}}, status=status)

    def _chart(self, coin: str, query: Mapping[str, str], *, paid: bool) -> Reply:
        if query["days"] == "max" or (int(query["days"]) > 365 and not paid):
            return self._error(10012, TOO_LONG, 401)
        start = self.now - int(query["days"]) * DAY
        daily = query.get("interval") == "daily" or int(query["days"]) > 90
        step = DAY if daily else timedelta(hours=1)
        known = self.prices[coin]
        times = [at for at in sorted(known) if start <= at <= self.now and on(at, step)]
        points = [[_ms(at), known[at]] for at in times]
        latest = max((at for at in known if at <= self.now), default=None)
        if latest and not on(self.now, step):
            points.append([_ms(self.now), known[latest]])
        chart = {
            "prices": points,
            "market_caps": [[at, price * 2e7] for at, price in points],
            "total_volumes": [[at, price * 5e5] for at, price in points],
        }
        return Reply.json(chart)

    def _candles(self, coin: str, query: Mapping[str, str]) -> Reply:
        days = int(query["days"])
        if days not in (1, 7, 14, 30, 90, 180, 365):
            return Reply.json({"error": "Invalid days parameter"}, status=422)
        hours = 0.5 if days <= 2 else 4 if days <= 30 else 96
        start = self.now - days * DAY
        return Reply.json(self._of(coin, timedelta(hours=hours), start, self.now))

    def _of(self, coin: str, step: timedelta, first: datetime, last: datetime) -> list[Any]:
        """Candles that close between two times."""
        known = self.prices[coin]
        found: dict[datetime, list[float]] = {}
        for at in sorted(known):
            if at < self.now:
                since = (at - datetime(1970, 1, 1, tzinfo=UTC)) % step
                found.setdefault(at - since + step, []).append(known[at])
        return [[_ms(close), prices[0], max(prices), min(prices), prices[-1]]
                for close, prices in found.items() if first <= close <= last]  # fmt: skip


def on(at: datetime, step: timedelta) -> bool:
    """Whether a time is one of those that steps from midnight lead to."""
    return not (at - datetime(1970, 1, 1, tzinfo=UTC)) % step


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
