"""Bootstrap over dates: how far a figure, or history, could have come out otherwise.

Blocks of consecutive dates are drawn with replacement, which keeps the dependence between nearby
dates; all tickers of a date stay together, which keeps the dependence between them (Kuensch 1989,
The Annals of Statistics 17, 1217-1241). Drawn samples are simulation, made of real dates.

Blocks that end where history does draw its first and last dates less often than the rest. Where a
figure must not hang on when returns came, as in a test, blocks go round instead
(`circular_starts`).

Intervals add up what `block_starts` drew (`resample`, `times_drawn`); paths take the dates
themselves, from `moving_blocks` or `stationary_blocks`.
"""

from tidemark.arrays import Floats, Integers
from tidemark.errors import BadValue

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LEAST_BEYOND = 50  # draws beyond an end or a critical value, for it to be steady
DEFINED = 0.5  # share of draws with a metric, for its interval to speak of all draws
CHUNK = 500  # replicates added up at once, so that they stay in the cache


def block_starts(dates: int, block_length: int, replicates: int, seed: int) -> Integers:
    """Draw where the blocks of each replicate begin.

    Use the same starts for two forecasts, and their replicates are of the same dates: paired.

    Returns:
        (replicates, blocks) positions; as many blocks as cover `dates` dates.

    Raises:
        BadValue: a block is longer than the dates.
    """
    _require_block(dates, block_length)
    return _starts(dates, block_length, dates, replicates, np.random.default_rng(seed))


def circular_starts(dates: int, block_length: int, replicates: int, seed: int) -> Integers:
    """Draw where blocks begin that go on with the first date after the last; as `block_starts`.

    So each date is drawn as often as any other: Politis and Romano 1992, A Circular
    Block-Resampling Procedure for Stationary Data, in Exploring the Limits of Bootstrap, 263-270.
    """
    _require_block(dates, block_length)
    blocks = -(-dates // block_length)
    return np.random.default_rng(seed).integers(0, dates, size=(replicates, blocks))


def moving_blocks(
    dates: int, block_length: int, drawn: int, generator: np.random.Generator
) -> Integers:
    """Draw (drawn,) dates in blocks of equal length; the last block is cut."""
    starts = _starts(dates, block_length, drawn, 1, generator)[0]
    chosen: Integers = (starts[:, np.newaxis] + np.arange(block_length)).ravel()[:drawn]
    return chosen


def stationary_blocks(
    dates: int, mean_length: int, drawn: int, generator: np.random.Generator
) -> Integers:
    """Draw (drawn,) dates in blocks of geometric length; the date after the last is the first.

    Politis and Romano 1994, The Stationary Bootstrap, Journal of the American Statistical
    Association 89, 1303-1313.
    """
    places = np.arange(drawn)
    fresh = generator.random(drawn) < 1.0 / mean_length
    begun = np.maximum.accumulate(np.where(fresh, places, 0))
    starts = generator.integers(0, dates, size=drawn)
    chosen: Integers = (starts[begun] + places - begun) % dates
    return chosen


def resample(statistics: Floats, starts: Integers, block_length: int) -> Floats:
    """Sum per-date statistics over the dates of each replicate.

    Args:
        statistics: (dates, k) sums of each date.
        starts: (replicates, blocks) from `block_starts` or `circular_starts`; the last block is
            cut so that each replicate has as many dates as the sample.
        block_length: dates in a block.

    Returns:
        (replicates, k) sums.

    Raises:
        ValueError: a block does not begin within the dates.
    """
    last = len(statistics) - (starts.shape[1] - 1) * block_length
    if starts.min() < 0 or starts.max() >= len(statistics):
        raise ValueError("a block does not begin within the dates")
    around = np.concatenate([statistics, statistics[: block_length - 1]])
    whole, rest = _block_sums(around, block_length), _block_sums(around, last)
    total = np.zeros((len(starts), statistics.shape[1]))
    for first in range(0, len(starts), CHUNK):
        some, drawn = total[first : first + CHUNK], starts[first : first + CHUNK].T
        block = np.empty_like(some)
        for place in drawn[:-1]:
            some += np.take(whole, place, axis=0, out=block, mode="clip")
        some += rest[drawn[-1]]
    return total


def times_drawn(starts: Integers, dates: int, block_length: int) -> Floats:
    """How often each replicate draws each date, (replicates, dates).

    Matrix products with it are the sums of `resample`, sooner where there are many statistics, but
    rounded otherwise.

    Args:
        starts: (replicates, blocks) from `block_starts` or `circular_starts`; the last block is
            cut as in `resample`.
        dates: how many there are.
        block_length: dates in a block.
    """
    replicates, blocks = starts.shape
    lengths = np.full(blocks, block_length)
    lengths[-1] = dates - (blocks - 1) * block_length
    changes = np.zeros((replicates, dates + block_length + 1))
    row = np.arange(replicates)[:, np.newaxis]
    np.add.at(changes, (row, starts), 1.0)
    np.subtract.at(changes, (row, starts + lengths), 1.0)
    times = np.cumsum(changes, axis=1)
    times[:, :block_length] += times[:, dates:-1]  # what went round
    return np.asarray(times[:, :dates])


def interval(replicates: Floats, level: float, least: float = 0.0) -> tuple[float, float]:
    """The percentile interval that holds `level` of the replicates; undefined ones are left out.

    Args:
        replicates: (replicates,) of a figure.
        level: such as 0.95.
        least: share of the replicates that must be defined, for there to be an interval.
    """
    defined = replicates[np.isfinite(replicates)]
    if not len(defined) or len(defined) < least * len(replicates):
        return float("nan"), float("nan")
    lower, upper = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def left_out(replicates: Floats) -> int:
    """How many replicates an interval leaves out because they are undefined, beside others."""
    undefined = int(np.count_nonzero(~np.isfinite(replicates)))
    return undefined if undefined < len(replicates) else 0


def _require_block(dates: int, block_length: int) -> None:
    if block_length > dates:
        raise BadValue(
            "block_length",
            f"a block of {block_length} dates is longer than the {dates} dates tested",
            f"set it to {dates} or less, far less for a trustworthy interval",
        )


def _starts(
    dates: int, block_length: int, covered: int, replicates: int, generator: np.random.Generator
) -> Integers:
    """(replicates, blocks) first dates of as many blocks as cover `covered` dates."""
    blocks = -(-covered // block_length)
    return generator.integers(0, dates - block_length + 1, size=(replicates, blocks))


def _block_sums(statistics: Floats, length: int) -> Floats:
    """(dates - length + 1, k) sums over every run of `length` dates."""
    sums: Floats = sliding_window_view(statistics, length, axis=0).sum(axis=-1)
    return sums
