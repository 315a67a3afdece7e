"""Long from a close above a channel of average true ranges about the mean until back at the mean.

Short below the channel likewise. Keltner (1960), How to make money in commodities; with an
exponential average and the true range, as later users have it.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import atr, ema
from tidemark.market.signals import above, below, hold

CATEGORY = "breakout"
DEFAULTS = {"window": 20, "width": 2.0}


def valid(window: int, width: float) -> bool:
    """Whether there is a channel."""
    return window >= 2 and width > 0


def targets(prices: Prices, window: int, width: float) -> Floats:
    """The mean and the true range are exponential averages of `window` bars."""
    close, mean = prices.close, ema(prices.close, window)
    reach = width * atr(prices.high, prices.low, close, window)
    long = hold(above(close, mean + reach), below(close, mean))
    return long - hold(below(close, mean - reach), above(close, mean))
