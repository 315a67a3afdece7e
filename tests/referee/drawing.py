"""Bars or dates drawn again in blocks, and many tests on the same draws."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from referee.results import Floats

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
HALF = 0.5  # of the draws must have a metric, for it to have an interval
FEWEST_DATES = 12  # from which a length of blocks can be told
CONSTANT = 1e-10  # of a statistic: draws that vary by less do not vary


def block_starts(dates: int, length: int, replicates: int, seed: int) -> Integers:
    """(replicates, blocks) where blocks begin, as many as cover the dates."""
    blocks = -(-dates // length)
    generator = np.random.default_rng(seed)
    return generator.integers(0, dates - length + 1, size=(replicates, blocks))


def circular_starts(dates: int, length: int, replicates: int, seed: int) -> Integers:
    """The same, of blocks that go round from the last date to the first."""
    blocks = -(-dates // length)
    return np.random.default_rng(seed).integers(0, dates, size=(replicates, blocks))


def block_length(setting: int | str, series: Sequence[Floats], least: int = 1) -> int:
    """The length that is set, or for `auto` the cubic mean of what arch finds for each series."""
    if setting != "auto":
        return int(setting)
    from arch.bootstrap import optimal_block_length  # here, because it takes long to import

    lengths = [
        float(optimal_block_length(values)["circular"].iloc[0])
        for values in series
        if len(values) >= FEWEST_DATES and np.isfinite(values).all() and np.ptp(values) > 0
    ]
    return max(least, ceil(np.cbrt(np.mean(np.power(lengths, 3))))) if lengths else least


def drawn_sums(values: Floats, starts: Integers, length: int) -> Floats:
    """(replicates, k) sums of (dates, k) values over the drawn blocks; the last one is cut."""
    around = np.vstack([values, values[:length]])
    upto = np.vstack([np.zeros(values.shape[1]), np.cumsum(around, axis=0)])
    last = len(values) - length * (starts.shape[1] - 1)
    total = upto[starts[:, -1] + last] - upto[starts[:, -1]]
    for place in starts[:, :-1].T:
        total += upto[place + length] - upto[place]
    return total


def interval(values: Floats, level: float, least: float = 0.0) -> tuple[float, float]:
    """The percentiles between which `level` of the defined values lie; none of too few."""
    defined = values[np.isfinite(values)]
    if not len(defined) or np.isfinite(values).mean() < least:
        return np.nan, np.nan
    lower, upper = np.percentile(defined, [50 - 50 * level, 50 + 50 * level])
    return float(lower), float(upper)


class Tested(NamedTuple):
    """Adjusted p-values and critical values, and the spread that these multiply; (k,) each."""

    p_values: Floats
    critical: Floats
    spread: Floats


def step_down(
    observed: Floats, drawn: Floats, level: float, *, two_sided: bool, least: float = -np.inf
) -> Tested:
    """Romano and Wolf (2005, 2016): each statistic against the largest of itself and all below it.

    Args:
        observed: (k,).
        drawn: (replicates, k).
        level: of confidence, for all tests together.
        two_sided: whether low statistics count too.
        least: those no higher are left out, with a p-value of 1 (Hansen 2005).
    """
    replicates = len(drawn)
    spread = np.array([np.std(column) for column in drawn.T])
    there = np.isfinite(spread) & (spread > CONSTANT * np.abs(observed))
    shift = (drawn - observed) / np.where(there, spread, 1.0)
    size = observed / np.where(there, spread, 1.0)
    if two_sided:
        shift, size = np.abs(shift), np.abs(size)
    falling = [p for p in np.argsort(-size, kind="stable") if there[p] and size[p] > least]
    tail = int((1 - level) * (1 + replicates) + 1e-6)
    p_values, critical = np.where(there & (size <= least), [[1.0], [np.inf]], np.nan)
    so_far, rejecting, decisive = 0.0, True, np.nan
    largest = np.full((len(falling) + 1, replicates), -np.inf)
    for rank in reversed(range(len(falling))):
        largest[rank] = np.maximum(largest[rank + 1], shift[:, falling[rank]])
    for rank, place in enumerate(falling):
        reached = np.count_nonzero(largest[rank] >= size[place])
        so_far = max(so_far, (1 + reached) / (1 + replicates))
        p_values[place] = so_far
        if rejecting:
            decisive = np.sort(largest[rank])[-tail] if tail else np.inf
            rejecting = size[place] > decisive
        critical[place] = decisive
    return Tested(p_values, critical, np.where(there, spread, np.nan))
