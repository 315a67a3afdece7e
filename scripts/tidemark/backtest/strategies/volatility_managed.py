"""Long, with less when volatility is above its usual level, so that risk stays the same.

Moreira and Muir (2017), Volatility-managed portfolios; here without leverage, and with the usual
level of the past, not of the whole sample.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import volatility
from tidemark.market.signals import TOLERANCE

import numpy as np

CATEGORY = "volatility"
DEFAULTS = {"fast": 21, "slow": 252}


def valid(fast: int, slow: int) -> bool:
    """Whether both are volatilities, and differ the right way round."""
    return 2 <= fast < slow


def targets(prices: Prices, fast: int, slow: int) -> Floats:
    """Volatility of the last `slow` bars over that of the last `fast` bars, at most 1."""
    now, usual = volatility(prices.close, fast), volatility(prices.close, slow)
    moves = np.where(usual > TOLERANCE, usual, np.nan)  # else there is no risk to manage
    share: Floats = moves / np.maximum(now, moves)
    return share
