"""Long while the price is near its high of many bars, which buyers are slow to believe.

George and Hwang (2004), The 52-week high and momentum investing.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import rolling_max
from tidemark.market.signals import above

import numpy as np

CATEGORY = "momentum"
DEFAULTS = {"window": 252, "nearness": 0.9}


def valid(window: int, nearness: float) -> bool:
    """Whether there is a high to be near to."""
    return window >= 2 and 0 < nearness < 1


def targets(prices: Prices, window: int, nearness: float) -> Floats:
    """1 while the close is above `nearness` times the high of the last `window` bars, else 0."""
    near = above(prices.close, nearness * rolling_max(prices.high, window))
    return near.astype(np.float64)
