"""What a provider's own client reads from its fake, as JSON: `reading.py PROVIDER BASE`.

Runs in an environment of the clients' own, so it imports nothing of the project.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Rows = list[list[Any]]


def yahoo(base: str) -> Mapping[str, Rows]:
    """By yfinance: its addresses are constants, and its cookies come from another host."""
    import yfinance
    import yfinance.base
    import yfinance.scrapers.history
    from yfinance.data import YfData

    for module in (yfinance.base, yfinance.scrapers.history):
        module._BASE_URL_ = base
    YfData._get_cookie_and_crumb = lambda self, timeout=30: (None, "basic")
    found: dict[str, Rows] = {}
    for symbol, interval, start, end in (
        ("AAPL", "1d", "2005-02-22", "2005-03-05"),
        ("PAYS", "1d", "2012-11-05", "2012-11-10"),
        ("7203.T", "1d", "2005-02-22", "2005-03-05"),
        ("HOURS", "1h", "2005-03-03", "2005-03-04"),
    ):
        frame = yfinance.Ticker(symbol).history(
            start=start, end=end, interval=interval, auto_adjust=False, keepna=True
        )
        names = ["Open", "High", "Low", "Close", "Volume", "Adj Close"]
        found[symbol] = [
            [at.isoformat(), *row]
            for at, row in zip(frame.index, frame[names].values.tolist(), strict=True)
        ]
        for name in ("Dividends", "Stock Splits"):
            events = frame[name][frame[name] != 0]
            found[f"{symbol} {name}"] = [[at.isoformat(), value] for at, value in events.items()]
    return found


def massive(base: str) -> Mapping[str, Rows]:
    """By massive, which follows the pages itself."""
    from massive import RESTClient

    client = RESTClient("massive key", base=base)

    def rows(bars: Iterable[Any]) -> Rows:
        return [[b.timestamp, b.open, b.high, b.low, b.close, b.volume] for b in bars]

    ends = ("2005-02-22", "2005-03-04")
    splits = client.list_stocks_splits(ticker="AAPL")
    dividends = client.list_stocks_dividends(ticker="PAYS", sort="ex_dividend_date.asc")
    return {
        "AAPL": rows(client.list_aggs("AAPL", 1, "day", *ends, adjusted=False, limit=50_000)),
        "HOURS": rows(client.list_aggs("HOURS", 1, "hour", *ends, adjusted=False, limit=50_000)),
        "splits": [[s.execution_date, s.split_to, s.split_from] for s in splits],
        "dividends": [[d.ex_dividend_date, d.cash_amount, d.currency] for d in dividends],
    }


def coingecko(base: str) -> Mapping[str, Rows]:
    """By pycoingecko, whose keys go in the query."""
    from pycoingecko import CoinGeckoAPI

    demo, pro = CoinGeckoAPI(demo_api_key="demo key"), CoinGeckoAPI("pro key")
    demo.api_base_url = pro.api_base_url = f"{base}/api/v3/"
    chart = demo.get_coin_market_chart_by_id("bitcoin", "usd", 9, interval="daily")
    return {
        "prices": chart["prices"],
        "total_volumes": chart["total_volumes"],
        "4h": demo.get_coin_ohlc_by_id("bitcoin", "usd", 7),
        "daily": pro.get_coin_ohlc_by_id_range(
            "bitcoin", "usd", 1_763_424_000, 1_764_028_800, "daily"
        ),
        "coins": [[coin["id"], coin["symbol"]] for coin in demo.get_coins_list()],
    }


READERS: Mapping[str, Callable[[str], Mapping[str, Rows]]] = {
    "yahoo": yahoo,
    "massive": massive,
    "coingecko": coingecko,
}

if __name__ == "__main__":
    print(json.dumps(READERS[sys.argv[1]](sys.argv[2])))
