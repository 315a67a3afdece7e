"""Go with a bar's move that is large beside the average true range, until one goes the other way.

Williams (1999), Long-term secrets to short-term trading, calls this a volatility breakout.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import atr, lag
from tidemark.market.signals import above, below, hold

CATEGORY = "volatility"
DEFAULTS = {"window": 10, "width": 1.0}


def valid(window: int, width: float) -> bool:
    """Whether there is a range to exceed."""
    return window >= 1 and width > 0


def targets(prices: Prices, window: int, width: float) -> Floats:
    """Long from a rise from close to close of over `width` ranges, short from such a fall.

    The range is the average of the `window` bars before.
    """
    before = lag(prices.close, 1)
    reach = width * lag(atr(prices.high, prices.low, prices.close, window), 1)
    up, down = above(prices.close, before + reach), below(prices.close, before - reach)
    return hold(up, down) - hold(down, up)
