"""Prices at or below zero, such as that of crude oil on 2020-04-20: real, but without returns.

A return divides by the price before it, so none leads from such a price, and none to it either: a
loss of more than everything has no meaning for what is bought for its price. Such a bar is left
out, and the bar after it is a break, as after a hole (`holes`).
"""

from collections.abc import Iterator

from tidemark.bars.corporate_actions import days
from tidemark.ohlcv import OHLC

import pandas as pd

PRICES = [*OHLC, "adj_close"]


def undefined(bars: pd.DataFrame) -> pd.Series:
    """Whether the `adj_close` of each bar is known and not above zero."""
    return bars["adj_close"] <= 0


def emptied(bars: pd.DataFrame) -> pd.DataFrame:
    """The bars, each price that is not above zero as missing; the same frame if all are above."""
    known = [name for name in PRICES if name in bars]
    low = bars[known] <= 0
    return bars.assign(**bars[known].mask(low)) if low.any(axis=None) else bars


def in_words(bars: pd.DataFrame) -> Iterator[str]:
    """Ticker, day and price of each bar that `undefined` finds: `WTI 2020-04-20 (-36.98)`."""
    low = bars[undefined(bars)]
    for ticker, day, price in zip(low["ticker"], days(low), low["adj_close"], strict=True):
        yield f"{ticker} {day:%Y-%m-%d} ({price:g})"
