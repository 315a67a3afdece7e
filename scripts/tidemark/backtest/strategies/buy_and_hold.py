"""Always all in: what every other strategy is measured against."""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices

import numpy as np

CATEGORY = "benchmark"
DEFAULTS: dict[str, float] = {}


def targets(prices: Prices) -> Floats:
    """1 on every bar."""
    return np.ones_like(prices.close)
