"""Long while a fast simple moving average is above a slow one, short while it is below.

This is the oldest mechanical trend rule. Brock, Lakonishok and LeBaron (1992), Simple technical
trading rules and the stochastic properties of stock returns, tested it on a century of the Dow.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import sma
from tidemark.market.signals import side

CATEGORY = "trend"
DEFAULTS = {"fast": 20, "slow": 100}


def valid(fast: int, slow: int) -> bool:
    """Whether the averages differ, the right way round."""
    return 1 <= fast < slow


def targets(prices: Prices, fast: int, slow: int) -> Floats:
    """1 where the average of `fast` bars is above that of `slow` bars, -1 where it is below."""
    return side(sma(prices.close, fast), sma(prices.close, slow))
