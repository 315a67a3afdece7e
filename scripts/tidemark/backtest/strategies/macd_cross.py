"""Long while MACD is above its signal line, short while it is below: the trend gains or loses pace.

Appel (1979), The moving average convergence-divergence trading method.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import macd
from tidemark.market.signals import side

CATEGORY = "trend"
DEFAULTS = {"fast": 12, "slow": 26, "signal": 9}


def valid(fast: int, slow: int, signal: int) -> bool:
    """Whether the averages differ, the right way round; a signal over 1 bar is MACD itself."""
    return 1 <= fast < slow and signal >= 2


def targets(prices: Prices, fast: int, slow: int, signal: int) -> Floats:
    """1 where MACD is above its signal line, -1 where it is below."""
    line, average = macd(prices.close, fast, slow, signal)
    return side(prices.close + line, prices.close + average)  # as levels: see `signals`
