"""What returns were worth: Sharpe ratio, return a year, drawdown.

Returns are net decimal fractions a bar. Sums or means that are known already are taken as they
are: the engine has them for (sets, tickers) at once, a bootstrap for its replicates. Ratios are per
bar; sqrt(bars a year) times that is annual.
"""

from tidemark.arrays import Floats

import numpy as np

NO_VARIANCE = 1e-10  # of the mean square: less is rounding


def deviation(variance: Floats, mean_square: Floats) -> Floats:
    """Standard deviation of returns; 0 where they vary by no more than rounding.

    Args:
        variance: (...) with ddof 1.
        mean_square: (...) of the same returns, beside which the variance is looked at.
    """
    spread: Floats = np.sqrt(np.where(variance > NO_VARIANCE * mean_square, variance, 0.0))
    return spread


def sharpe_ratio(mean: Floats, spread: Floats) -> Floats:
    """Sharpe ratio per bar, (...): mean over standard deviation; NaN where nothing varies.

    Sharpe 1994, The Sharpe Ratio, The Journal of Portfolio Management 21, 49-58.

    Args:
        mean: (...) of returns beyond cash.
        spread: (...) their `deviation`.
    """
    ratio: Floats = mean / np.where(spread > 0.0, spread, np.nan)
    return ratio


def sharpe_of_sums(bars: Floats | int, total: Floats, squares: Floats) -> Floats:
    """Sharpe ratio per bar, (...), from (...) sums of returns beyond cash and of their squares.

    Args:
        bars: how many were added up, one number or (...); the ratio of fewer than two is NaN.
        total, squares: (...).
    """
    counted = np.where(np.asarray(bars) < 2, np.nan, bars)
    variance = (squares - total**2 / counted) / (counted - 1.0)
    return sharpe_ratio(total / counted, deviation(variance, squares / counted))


def sharpe_of(returns: Floats) -> Floats:
    """Sharpe ratio per bar of (bars, sets) returns beyond cash, (sets,)."""
    return sharpe_of_sums(len(returns), returns.sum(axis=0), (returns**2).sum(axis=0))


def annual_return(growth: Floats, bars: Floats | int, bars_a_year: Floats | float) -> Floats:
    """Compound return a year, (...), of what 1 grew to over so many bars, (...)."""
    annual: Floats = growth ** (1.0 / (bars / bars_a_year)) - 1.0
    return annual


def annual_return_of_logs(growth: Floats, bars: int, bars_a_year: float) -> Floats:
    """`annual_return` of log growth, whose sums a bootstrap draws; a total loss is log 0."""
    annual: Floats = np.expm1(growth * bars_a_year / bars)
    return annual


def equity_of(returns: Floats) -> Floats:
    """(..., bars) what 1 has grown to after each bar."""
    return np.asarray(np.cumprod(1.0 + returns, axis=-1))


def drawdown(equity: Floats, before: Floats | float = 0.0) -> Floats:
    """How far below its highest so far equity is: 0 or less.

    Args:
        equity: (..., bars).
        before: (..., 1) or one for all, the highest before these bars; 1 for `equity_of`.
    """
    highest: Floats = np.maximum.accumulate(equity, axis=-1)
    np.maximum(highest, before, out=highest)
    return np.asarray(equity / highest - 1.0)
