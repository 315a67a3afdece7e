"""Long in calm markets, out while volatility is well above its usual level.

Kritzman and Li (2010), Skulls, financial turbulence, and risk management, for a single asset.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import volatility
from tidemark.market.signals import side

import numpy as np

CATEGORY = "volatility"
DEFAULTS = {"fast": 21, "slow": 252, "limit": 1.25}


def valid(fast: int, slow: int, limit: float) -> bool:
    """Whether both are volatilities, and differ the right way round."""
    return 2 <= fast < slow and limit > 0


def targets(prices: Prices, fast: int, slow: int, limit: float) -> Floats:
    """0 while volatility over `fast` bars is above `limit` times that over `slow` bars, else 1."""
    now, usual = volatility(prices.close, fast), volatility(prices.close, slow)
    calm = side(1.0 + now, 1.0 + limit * usual) <= 0.0  # as levels: see `signals`
    return calm.astype(np.float64)
