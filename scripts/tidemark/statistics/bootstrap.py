"""Moving-block bootstrap over dates: how far a figure could have come out otherwise.

Blocks of consecutive dates are drawn with replacement, which keeps the dependence between nearby
dates; all tickers of a date stay together, which keeps the dependence between them (Kuensch 1989,
The Annals of Statistics 17, 1217-1241). Drawn samples are simulation, made of real dates.
"""

from tidemark.arrays import Floats, Integers
from tidemark.errors import InputError

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

CHUNK = 500  # replicates added up at once, so that they stay in the cache


def block_starts(dates: int, block_length: int, replicates: int, seed: int) -> Integers:
    """Draw where the blocks of each replicate begin.

    Use the same starts for two forecasts, and their replicates are of the same dates: paired.

    Returns:
        (replicates, blocks) positions; as many blocks as cover `dates` dates.

    Raises:
        InputError: a block is longer than the dates.
    """
    if block_length > dates:
        raise InputError(
            "config.yaml evaluate.block_length",
            f"a block of {block_length} dates is longer than the {dates} dates tested",
            f"set it to {dates} or less, far less for a trustworthy interval",
        )
    blocks = -(-dates // block_length)
    generator = np.random.default_rng(seed)
    return generator.integers(0, dates - block_length + 1, size=(replicates, blocks))


def resample(statistics: Floats, starts: Integers, block_length: int) -> Floats:
    """Sum per-date statistics over the dates of each replicate.

    Args:
        statistics: (dates, k) sums of each date.
        starts: (replicates, blocks) from `block_starts`; the last block is cut so that each
            replicate has as many dates as the sample.
        block_length: dates in a block.

    Returns:
        (replicates, k) sums.

    Raises:
        ValueError: a block begins so late that it does not fit.
    """
    last = len(statistics) - (starts.shape[1] - 1) * block_length
    whole, rest = _block_sums(statistics, block_length), _block_sums(statistics, last)
    if starts.min() < 0 or starts.max() >= len(whole):
        raise ValueError("a block does not lie within the dates")
    total = np.zeros((len(starts), statistics.shape[1]))
    for first in range(0, len(starts), CHUNK):
        some, drawn = total[first : first + CHUNK], starts[first : first + CHUNK].T
        block = np.empty_like(some)
        for place in drawn[:-1]:
            some += np.take(whole, place, axis=0, out=block, mode="clip")
        some += rest[drawn[-1]]
    return total


def interval(replicates: Floats, level: float) -> tuple[float, float]:
    """Percentile interval that holds `level` of the replicates; undefined ones are left out."""
    defined = replicates[np.isfinite(replicates)]
    if not len(defined):
        return float("nan"), float("nan")
    lower, upper = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def _block_sums(statistics: Floats, length: int) -> Floats:
    """(dates - length + 1, k) sums over every run of `length` dates."""
    sums: Floats = sliding_window_view(statistics, length, axis=0).sum(axis=-1)
    return sums
