"""Long after a rise over many bars, short after a fall, by the ticker's own return.

Moskowitz, Ooi and Pedersen (2012), Time series momentum: the sign of the last twelve months'
return. Leaving out the latest month, which tends to reverse, follows Jegadeesh and Titman (1993).
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import lag
from tidemark.market.signals import side

CATEGORY = "momentum"
DEFAULTS = {"lookback": 252, "skip": 0}


def valid(lookback: int, skip: int) -> bool:
    """Whether something is left of the lookback."""
    return 0 <= skip < lookback


def targets(prices: Prices, lookback: int, skip: int) -> Floats:
    """The sign of the return from `lookback` to `skip` bars ago."""
    return side(lag(prices.close, skip), lag(prices.close, lookback))
