"""From comparisons to positions.

Averages that are equal on paper differ by rounding: two moving averages on prices in ticks tie in
214 of 8.2 million bars, and which is the higher then depends on the order of a sum. So values that
differ by less than `TOLERANCE` of their size are a tie, on every machine and in every currency.

The tolerance is relative, so what is compared must have a size that means something. Prices and
indices have. A value around 0, such as an oscillator's, has not: near 0 all of it may be rounding.
Compare such values *as levels*, added on both sides to what they are small beside: MACD to the
price, a volatility to 1.

Arguments are arrays that broadcast, or numbers; bars are along axis 0. A comparison with NaN is
false.
"""

from tidemark.arrays import Bools, Floats

import numpy as np
from numpy.typing import ArrayLike

TOLERANCE = 1e-10  # of the larger of two values: far above rounding, far below a tick


def above(a: ArrayLike, b: ArrayLike) -> Bools:
    """Where `a` is above `b`, by more than rounding."""
    gap, rounding = _compared(a, b)
    return np.asarray(gap > rounding)


def below(a: ArrayLike, b: ArrayLike) -> Bools:
    """Where `a` is below `b`, by more than rounding."""
    return above(b, a)


def side(a: ArrayLike, b: ArrayLike) -> Floats:
    """1 where `a` is above `b`, -1 where it is below, 0 for a tie, NaN where one is unknown."""
    gap, rounding = _compared(a, b)
    sides: Floats = np.asarray(np.sign(gap))
    sides[np.abs(gap) <= rounding] = 0.0
    return sides


def _compared(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    """a - b, and how much of it may be rounding."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    rounding = np.asarray(np.maximum(np.abs(a), np.abs(b)))
    rounding *= TOLERANCE
    return np.asarray(a - b), rounding


def hold(enter: Bools, leave: Bools) -> Floats:
    """1 from a bar with `enter` until before one with `leave`, else 0; with both, `leave` counts.

    Args:
        enter, leave: (bars, ...), of the same shape.
    """
    event = np.asarray(enter | leave)
    event[:1] = True  # each column begins anew
    at = np.flatnonzero(event.T)
    inside = np.asarray(enter & ~leave).T.ravel()[at]
    turns = np.flatnonzero(np.diff(inside, prepend=~inside[:1]))
    lengths = np.diff(at[turns], append=event.size)
    return np.repeat(inside[turns].astype(np.float64), lengths).reshape(event.T.shape).T
