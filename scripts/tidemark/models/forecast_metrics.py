"""What a forecast is worth, in metrics that follow from sums over dates.

`per_date` reduces forecasts to one row of sums a date, `combine` turns sums over any dates into the
metrics. The estimate and each bootstrap replicate are so the same formula over different dates.

Errors are in the unit of the returns (decimal fractions), MSE in its square.
"""

from tidemark.arrays import Floats, Integers

import numpy as np
from numpy.typing import NDArray

METRICS = (
    "mae",
    "mse",
    "rmse",
    "r2",
    "directional_accuracy",
    "information_coefficient",
    "skill",
)
MIN_TICKERS = 3  # of a date, for a rank correlation across tickers to mean anything


def per_date(
    dates: NDArray[np.generic], true: Floats, predicted: Floats, baseline: Floats
) -> Floats:
    """Sums over each date's rows, from which `combine` computes the metrics.

    Args:
        dates: (rows,) date of each row, in any order.
        true, predicted, baseline: (rows,) returns, the model's and the baseline's forecasts.

    Returns:
        (dates, 10), dates ascending: rows, absolute errors, squared errors, squared errors of the
        baseline, returns, squared returns, right directions, rows with a direction, rank
        correlation, whether there is one. Returns are taken about their overall mean, which
        changes no metric and spares digits.
    """
    _, day = np.unique(dates, return_inverse=True)
    error, centred = predicted - true, true - true.mean()
    directed = (true != 0) & (predicted != 0)
    right = directed & (np.sign(true) == np.sign(predicted))
    correlation = rank_correlations(day, true, predicted)
    ranked = np.isfinite(correlation)
    by_row = (
        np.ones_like(error),
        np.abs(error),
        error**2,
        (baseline - true) ** 2,
        centred,
        centred**2,
        right.astype(np.float64),
        directed.astype(np.float64),
    )
    sums = [_daily_sums(day, values) for values in by_row]
    return np.column_stack([*sums, np.where(ranked, correlation, 0.0), ranked])


def combine(sums: Floats) -> dict[str, Floats]:
    """The metrics from sums over dates.

    Args:
        sums: (..., 10) as of `per_date`, added up over dates.

    Returns:
        Name to (...) values; NaN where a metric is undefined.
        R2 is against the mean of the same rows. Directional accuracy leaves out rows where return
        or forecast is 0. The information coefficient is the mean over dates of the Spearman rank
        correlation across tickers. Skill is 1 - MSE / MSE of the baseline (Murphy 1988, Monthly
        Weather Review 116, 2417-2424): 0 for the baseline itself, positive for better.
    """
    rows, absolute, squared, reference, total, total_squared, right, directed, ranks, ranked = (
        np.moveaxis(sums, -1, 0)
    )
    mse = _ratio(squared, rows)
    variation = total_squared - _ratio(total**2, rows)
    return {
        "mae": _ratio(absolute, rows),
        "mse": mse,
        "rmse": np.sqrt(mse),
        "r2": 1.0 - _ratio(squared, variation),
        "directional_accuracy": _ratio(right, directed),
        "information_coefficient": _ratio(ranks, ranked),
        "skill": 1.0 - _ratio(squared, reference),
    }


def overall(sums: Floats) -> dict[str, float]:
    """The metrics over all dates, from the (dates, 10) sums of `per_date`."""
    return {name: float(value) for name, value in combine(sums.sum(axis=0)).items()}


def rank_correlations(day: Integers, true: Floats, predicted: Floats) -> Floats:
    """Spearman's rank correlation across the rows of each day, ties sharing their mean rank.

    Args:
        day: (rows,) number of the day, 0 to days - 1.
        true, predicted: (rows,) values.

    Returns:
        (days,) correlations; NaN with fewer than 3 rows, or where all values of a side are equal.
    """
    count = np.bincount(day)
    x, y = _centred_ranks(day, true), _centred_ranks(day, predicted)
    xy, xx, yy = (_daily_sums(day, product) for product in (x * y, x * x, y * y))
    correlation = _ratio(xy, np.sqrt(xx * yy))
    return np.where(count >= MIN_TICKERS, correlation, np.nan)


def _centred_ranks(day: Integers, values: Floats) -> Floats:
    """Rank of each value within its day, less the day's mean rank."""
    order = np.lexsort((values, day))
    same = (np.diff(day[order]) == 0) & (np.diff(values[order]) == 0)
    tie = np.concatenate([[0], np.cumsum(~same)])
    place = np.arange(len(values), dtype=np.float64)
    ranks = np.empty(len(values))
    ranks[order] = (_daily_sums(tie, place) / np.bincount(tie))[tie]
    return np.asarray(ranks - (_daily_sums(day, ranks) / np.bincount(day))[day])


def _daily_sums(day: Integers, values: Floats) -> Floats:
    return np.bincount(day, weights=values).astype(np.float64)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Division that gives NaN, without a warning, where the denominator is 0."""
    quotient: Floats = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
