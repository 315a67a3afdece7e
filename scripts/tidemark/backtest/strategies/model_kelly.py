"""A position in proportion to a model's forecast and against risk: a fraction of Kelly's bet.

Kelly (1956), A new interpretation of information rate; for returns, mean over variance: Thorp
(2006), The Kelly criterion. Forecasts are uncertain, so only a small fraction of it is bet.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import volatility
from tidemark.market.signals import TOLERANCE

import numpy as np

CATEGORY = "model"
DEFAULTS = {"fraction": 0.1, "window": 63}


def valid(fraction: float, window: int) -> bool:
    """Whether there is a bet and a risk."""
    return fraction > 0 and window >= 2


def targets(prices: Prices, forecasts: Floats, fraction: float, window: int) -> Floats:
    """`fraction` of forecast over variance of the last `window` returns, within -1 and 1."""
    risk = volatility(prices.close, window)
    variance = np.where(risk > TOLERANCE, risk * risk, np.nan)
    return np.clip(fraction * forecasts / variance, -1.0, 1.0)
