"""Sharpe ratios of a bar."""

from referee.results import Floats

import numpy as np

NO_VARIANCE = 1e-10  # of the mean square: less is rounding


def ratio(beyond: Floats) -> float:
    """Sharpe ratio of a bar; undefined where nothing varies."""
    if len(beyond) < 2:
        return np.nan
    variance = np.var(beyond, ddof=1)
    varies = variance > NO_VARIANCE * np.mean(beyond**2)
    return float(np.mean(beyond) / np.sqrt(variance)) if varies else np.nan


def ratio_of_sums(bars: Floats, total: Floats, squares: Floats, less: float = 0.0) -> Floats:
    """`ratio`, (...), from sums over so many bars; of the mean less a number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (squares - total**2 / bars) / (bars - 1)
        varies = (bars > 1) & (variance > NO_VARIANCE * squares / bars)
        return np.where(varies, (total / bars - less) / np.sqrt(variance), np.nan)
