"""All in when slow and fast momentum agree, flat when they do not: a turning point may be near.

Goulding, Harvey and Mazzoleni (2023), Momentum turning points: the mean of the signs of a slow (12
months) and a fast (1 month) return.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import lag
from tidemark.market.signals import side

CATEGORY = "momentum"
DEFAULTS = {"fast": 21, "slow": 252}


def valid(fast: int, slow: int) -> bool:
    """Whether the lookbacks differ, the right way round."""
    return 1 <= fast < slow


def targets(prices: Prices, fast: int, slow: int) -> Floats:
    """Mean of the signs of the returns over `fast` and over `slow` bars."""
    close = prices.close
    return (side(close, lag(close, fast)) + side(close, lag(close, slow))) / 2
