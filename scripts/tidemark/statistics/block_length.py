"""How long the blocks of a block bootstrap should be, by what the series themselves show.

Politis and White 2004, Automatic Block-Length Selection for the Dependent Bootstrap, Econometric
Reviews 23, 53-70, as corrected by Patton, Politis and White 2009, Econometric Reviews 28, 372-375;
for blocks of equal length, as `bootstrap.block_starts` draws them.
"""

import math

from tidemark.arrays import Floats

import numpy as np

AUTO = "auto"  # in place of a length
FEWEST = 12  # dates from which a length can be estimated
NO_VARIANCE = 1e-24  # of the mean square: less is rounding


def chosen(setting: int | str, series: Floats, least: int = 1) -> int:
    """The length that a setting gives, or for AUTO the one that suits all of (dates, k) series.

    That is the cubic mean of the lengths that suit each series, rounded up. What one length costs
    a series is bias**2 / length**2 + noise * length (Politis and White's expansion of the error of
    a variance, relative to the variance), and the cubic mean makes the sum over all series least.
    Series of which nothing can be said (they do not vary, or hold NaN) are left out; where that are
    all, or the dates are fewer than FEWEST, a block is of the `least` length, which any has.
    """
    if not isinstance(setting, str):
        return setting
    if len(series) < FEWEST:
        return least
    lengths = optimal_lengths(series)
    lengths = lengths[np.isfinite(lengths)]
    return max(least, math.ceil(np.cbrt((lengths**3).mean()))) if len(lengths) else least


def optimal_lengths(series: Floats) -> Floats:
    """The length of block at which the variance of each mean is estimated best.

    Args:
        series: (dates, k), at least FEWEST dates.

    Returns:
        (k,) lengths, not rounded, at most 3 * sqrt(dates) and a third of the dates, as in Patton's
        and arch's code; NaN for a series that does not vary or holds NaN.
    """
    dates = len(series)
    centred = series - series.mean(axis=0)
    in_a_row = max(5, int(math.log10(dates)))  # so many small correlations are the end of them
    furthest = math.ceil(math.sqrt(dates)) + in_a_row
    covariances = np.stack([_lagged(centred, centred, lag) for lag in range(furthest + 1)]) / dates
    bandwidth = _bandwidth(centred, covariances, in_a_row)
    lags = np.arange(1, furthest + 1)[:, np.newaxis]
    flat_top = np.clip(2.0 * (1.0 - lags / bandwidth), 0.0, 1.0)  # (lags, k)
    weighted = 2.0 * flat_top * covariances[1:]
    long_run = covariances[0] + weighted.sum(axis=0)
    slope = (lags * weighted).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        lengths = np.cbrt(1.5 * dates * (slope / long_run) ** 2)
    most = math.ceil(min(3.0 * math.sqrt(dates), dates / 3.0))
    varies = covariances[0] > NO_VARIANCE * (series**2).mean(axis=0)
    return np.asarray(np.where(varies, np.minimum(lengths, most), np.nan))


def _bandwidth(centred: Floats, covariances: Floats, in_a_row: int) -> Floats:
    """(k,) lags that are looked at: twice those after which correlations stay small."""
    dates, furthest = len(centred), len(covariances) - 1
    squares = centred**2
    small = np.empty((furthest, centred.shape[1]), dtype=np.bool_)
    limit = 2.0 * math.sqrt(math.log10(dates) / dates)
    for lag in range(furthest):
        # The two sums leave out one date more than the covariance does, as in Patton's code.
        norm = squares[lag + 1 :].sum(axis=0) * squares[: dates - lag - 1].sum(axis=0)
        small[lag] = np.abs(covariances[lag]) * dates < limit * np.sqrt(norm)
    runs = np.stack(
        [small[first : first + in_a_row].all(axis=0) for first in range(furthest - in_a_row + 1)]
    )
    last = np.where(runs.any(axis=0), np.argmax(runs, axis=0), furthest)
    return np.clip(2.0 * last, 2.0, float(furthest))


def _lagged(ahead: Floats, behind: Floats, lag: int) -> Floats:
    """(k,) sums of products of what lies `lag` dates apart."""
    total: Floats = np.einsum("tk,tk->k", ahead[lag:], behind[: len(behind) - lag])
    return total
