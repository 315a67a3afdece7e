"""Bars in their normal form, and the returns of adjusted prices."""

from tidemark.errors import InputError

import pandas as pd


def normalise(prices: pd.DataFrame, where: str) -> pd.DataFrame:
    """Tickers in capitals without blanks, one bar a ticker and time, sorted by both.

    Args:
        prices: `timestamp`, `ticker` and any other columns, with a default index.
        where: the file they come from, for messages.

    Raises:
        InputError: two bars coincide once their tickers are written alike.
    """
    tidy = prices.assign(ticker=prices["ticker"].str.strip().str.upper())
    twice = tidy.duplicated(["ticker", "timestamp"])
    if twice.any():
        row = int(twice.to_numpy().argmax())
        bar = tidy.iloc[row]
        raise InputError(
            f"{where}, row {row + 1}",
            f"{bar['ticker']} has two bars at {bar['timestamp']} once tickers are in capitals",
            "write each ticker in one way in the source, and each bar once",
        )
    return tidy.sort_values(["ticker", "timestamp"], kind="stable", ignore_index=True)


def returns(prices: pd.DataFrame) -> pd.Series:
    """Change of `adj_close` since the ticker's bar before, as a fraction; NaN on its first bar.

    Args:
        prices: `ticker` and `adj_close`; sorted by ticker and time.
    """
    before = prices.groupby("ticker", sort=False)["adj_close"].shift()
    return prices["adj_close"] / before - 1
