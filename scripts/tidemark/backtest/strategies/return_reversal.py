"""Bet against a large move of the last bars, which liquidity pressure overdoes.

Lehmann (1990), Fads, martingales, and market efficiency; Jegadeesh (1990), Evidence of predictable
behavior of security returns. A move is large beside the ticker's own volatility.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import lag, volatility
from tidemark.market.signals import above, below

import numpy as np

CATEGORY = "mean_reversion"
DEFAULTS = {"lookback": 5, "threshold": 1.0, "window": 63}


def valid(lookback: int, threshold: float, window: int) -> bool:
    """Whether there is a move and a volatility."""
    return lookback >= 1 and threshold >= 0 and window >= 2


def targets(prices: Prices, lookback: int, threshold: float, window: int) -> Floats:
    """-1 after a rise of `lookback` bars by over `threshold` deviations, 1 after such a fall.

    A deviation is the volatility of the last `window` bars times the root of `lookback`.
    """
    past = lag(prices.close, lookback)
    large = threshold * volatility(prices.close, window) * np.sqrt(lookback)
    fell = below(prices.close, past * (1.0 - large))
    rose = above(prices.close, past * (1.0 + large))
    return fell.astype(np.float64) - rose
