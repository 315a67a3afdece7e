"""Bars in long form, one row for each ticker and time, and the returns of adjusted prices."""

from tidemark.errors import InputError

import pandas as pd

KEYS = ["timestamp", "ticker"]  # no two rows have the same


def require_tidy(prices: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the bars as they are, if tickers are in capitals and have one bar at a time.

    Args:
        prices: `timestamp`, `ticker` and any other columns, with a default index; sorted by ticker
            and time.
        where: the file that they come from, for messages.

    Raises:
        InputError: a ticker has two bars at one time, or is not in capitals.
    """
    for name in prices["ticker"].unique():
        if name != name.strip().upper():
            raise InputError(
                where,
                f"the ticker {name!r} is not in capitals",
                "run make fetch_data with its source",
            )
    twice = prices.duplicated(["ticker", "timestamp"])
    if twice.any():
        row = int(twice.to_numpy().argmax())
        bar = prices.iloc[row]
        raise InputError(
            f"{where}, row {row + 1}",
            f"{bar['ticker']} has two bars at {bar['timestamp']}",
            "decide which is right in the source; bars within a day need bar: intraday",
        )
    return prices


def returns(prices: pd.DataFrame, broken: pd.Series) -> pd.Series:
    """The change of `adj_close` since the ticker's bar before, as a fraction.

    Args:
        prices: `ticker` and `adj_close`; sorted by ticker and time.
        broken: whether a bar is the first after a hole.

    Returns:
        On the index of `prices`; NaN on a ticker's first bar and where `broken`.
    """
    before = prices.groupby("ticker", sort=False)["adj_close"].shift()
    return (prices["adj_close"] / before - 1).mask(broken)
