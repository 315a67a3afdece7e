"""Buy what has fallen too fast by the relative strength index, sell short what has risen too fast.

Wilder (1978), New concepts in technical trading systems. Short windows with extreme thresholds
follow Connors and Alvarez (2009), Short term trading strategies that work.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import rsi
from tidemark.market.signals import above, below, hold

CATEGORY = "mean_reversion"
DEFAULTS = {"window": 14, "oversold": 30.0}


def valid(window: int, oversold: float) -> bool:
    """Whether oversold lies below the middle, 50."""
    return window >= 2 and 0 < oversold < 50


def targets(prices: Prices, window: int, oversold: float) -> Floats:
    """Long from RSI below `oversold` until above 50; short from above 100 - `oversold` likewise."""
    index = rsi(prices.close, window)
    high, low = above(index, 50.0), below(index, 50.0)
    return hold(below(index, oversold), high) - hold(above(index, 100.0 - oversold), low)
