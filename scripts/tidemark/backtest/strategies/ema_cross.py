"""Long while a fast exponential moving average is above a slow one, short while it is below.

It answers sooner than simple averages of the same length, because recent bars weigh most. See
Murphy (1999), Technical analysis of the financial markets, chapter 9.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import ema
from tidemark.market.signals import side

CATEGORY = "trend"
DEFAULTS = {"fast": 12, "slow": 50}


def valid(fast: int, slow: int) -> bool:
    """Whether the averages differ, the right way round."""
    return 1 <= fast < slow


def targets(prices: Prices, fast: int, slow: int) -> Floats:
    """1 where the average of `fast` bars is above that of `slow` bars, -1 where it is below."""
    return side(ema(prices.close, fast), ema(prices.close, slow))
