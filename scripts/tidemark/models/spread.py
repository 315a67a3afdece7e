"""How far forecasts, returns and errors reach, as figures show them: a scale, and what lies beyond;
and how errors lie in each tenth of the forecasts.

The scale follows from the true returns alone, so it is the same for all models of a test set.
"""

import math
from typing import Any

from tidemark.arrays import Floats, Integers

import numpy as np

COVERED = 0.995  # share of the returns that the scale holds, at least
LEAST_REACH = 0.001  # percent; applies if all returns are zero
MAGNIFICATION = 4  # of a scale of forecasts, which vary far less than returns do
BARS = 70  # of a histogram
HEADROOM = 1.3  # how much higher than its highest bar of returns a histogram may be


def of_returns(true: Floats, predicted: Floats) -> dict[str, Any]:
    """What `beyond` returns, and as `tenths` what that returns.

    Args:
        true, predicted: (rows,) returns in percent.
    """
    return beyond(true, predicted) | {"tenths": tenths(predicted, true - predicted)}


def reach(true: Floats) -> float:
    """A limit, in percent, beyond which almost no return lies: round, and at least LEAST_REACH.

    Args:
        true: (rows,) returns in percent.
    """
    wide = max(float(np.quantile(np.abs(true), COVERED)), LEAST_REACH)
    unit = 10.0 ** math.floor(math.log10(wide)) / 2
    return math.ceil(wide / unit) * unit


def bins(limit: float) -> Floats:
    """The edges of a histogram's bars, from minus the limit to the limit."""
    return np.linspace(-limit, limit, BARS + 1)


def ceiling(bars: Integers) -> float:
    """How high the axis of a histogram reaches, by the bars of the returns themselves."""
    return HEADROOM * max(int(bars.max()), 1)


def beyond(true: Floats, predicted: Floats) -> dict[str, float]:
    """The reach, and how many of the rows lie beyond it.

    Args:
        true, predicted: (rows,) returns in percent.

    Returns:
        reach (percent); outside (rows whose return or forecast lies beyond it), outside_magnified
        (the same with the forecasts' limit MAGNIFICATION times smaller), errors_outside (with the
        error, true minus predicted, in place of the return), errors_beyond (errors alone), bars_cut
        (bars of the histogram of errors that are higher than its axis).
    """
    limit, error = reach(true), true - predicted
    returns, forecasts, errors = (np.abs(values) > limit for values in (true, predicted, error))
    edges = bins(limit)
    of_returns, of_errors = (np.histogram(values, edges)[0] for values in (true, error))
    magnified = np.abs(predicted) > limit / MAGNIFICATION
    return {
        "reach": limit,
        "outside": int((forecasts | returns).sum()),
        "outside_magnified": int((magnified | returns).sum()),
        "errors_outside": int((magnified | errors).sum()),
        "errors_beyond": int(errors.sum()),
        "bars_cut": int((of_errors > ceiling(of_returns)).sum()),
    }


def tenths(predicted: Floats, errors: Floats) -> list[dict[str, float]]:
    """Where the errors of each tenth of the forecasts lie.

    Args:
        predicted, errors: (rows,) in percent.

    Returns:
        tenth (from 1), forecast (median), low, middle and high (the 10, 50 and 90 % quantiles of
        the errors); nothing if so many forecasts are equal that there are no tenths.
    """
    edges = np.quantile(predicted, np.linspace(0.0, 1.0, 11))
    if (np.diff(edges) <= 0).any():
        return []
    number = np.clip(np.searchsorted(edges, predicted, side="right") - 1, 0, 9)
    found = []
    for tenth in range(10):
        low, middle, high = np.quantile(errors[number == tenth], [0.1, 0.5, 0.9]).tolist()
        place = float(np.median(predicted[number == tenth]))
        found.append(
            {"tenth": tenth + 1, "forecast": place, "low": low, "middle": middle, "high": high}
        )
    return found
