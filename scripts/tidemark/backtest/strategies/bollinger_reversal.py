"""Buy below the lower Bollinger band, sell short above the upper one, until the mean is reached.

Bollinger (2001), Bollinger on Bollinger bands. It is the same as a z-score of the price beyond
`width`.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import bollinger
from tidemark.market.signals import above, below, hold

CATEGORY = "mean_reversion"
DEFAULTS = {"window": 20, "width": 2.0}


def valid(window: int, width: float) -> bool:
    """Whether a close can be so far from a mean that it is part of."""
    return window >= 2 and 0 < width < (window - 1) ** 0.5


def targets(prices: Prices, window: int, width: float) -> Floats:
    """Long from below the lower band until above the mean; short from the upper one likewise."""
    upper, mean, lower = bollinger(prices.close, window, width)
    high, low = above(prices.close, mean), below(prices.close, mean)
    return hold(below(prices.close, lower), high) - hold(above(prices.close, upper), low)
