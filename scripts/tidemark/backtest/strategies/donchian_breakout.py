"""Long from a close above the highest high of many bars until one below the lowest low of fewer.

Short the other way round. Donchian's four-week rule in the form of Faith (2003), The original
Turtle trading rules: 20 in and 10 out, or 55 in and 20 out; here on closes, without pyramiding.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices
from tidemark.market.indicators import lag, rolling_max, rolling_min
from tidemark.market.signals import above, below, hold

CATEGORY = "breakout"
DEFAULTS = {"entry": 20, "exit": 10}


def valid(entry: int, exit: int) -> bool:
    """Whether the way out is no further than the way in."""
    return 1 <= exit <= entry


def targets(prices: Prices, entry: int, exit: int) -> Floats:
    """The channels are those of the `entry` and `exit` bars before this one."""
    high, low, close = lag(prices.high, 1), lag(prices.low, 1), prices.close
    long = hold(above(close, rolling_max(high, entry)), below(close, rolling_min(low, exit)))
    short = hold(below(close, rolling_min(low, entry)), above(close, rolling_max(high, exit)))
    return long - short
