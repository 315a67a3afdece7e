"""How far forecasts, returns and errors reach, as figures show them: a scale, and what lies beyond.

The scale follows from the true returns alone, so it is the same for all models of a test set.
"""

import math

from tidemark.arrays import Floats

import numpy as np

COVERED = 0.995  # share of the returns that the scale holds, at least
LEAST_REACH = 0.001  # percent; applies if all returns are zero
MAGNIFICATION = 4  # of a scale of forecasts, which vary far less than returns do


def reach(true: Floats) -> float:
    """A limit, in percent, beyond which almost no return lies: round, and at least LEAST_REACH.

    Args:
        true: (rows,) returns in percent.
    """
    wide = max(float(np.quantile(np.abs(true), COVERED)), LEAST_REACH)
    unit = 10.0 ** math.floor(math.log10(wide)) / 2
    return math.ceil(wide / unit) * unit


def beyond(true: Floats, predicted: Floats) -> dict[str, float]:
    """The reach, and how many of the rows lie beyond it.

    Args:
        true, predicted: (rows,) returns in percent.

    Returns:
        reach (percent); outside (rows whose return or forecast lies beyond it), outside_magnified
        (likewise with the forecasts' limit MAGNIFICATION times smaller), errors_outside (with the
        error, true minus predicted, in place of the return), errors_beyond (errors alone).
    """
    limit = reach(true)
    returns, forecasts, errors = (
        np.abs(values) > limit for values in (true, predicted, true - predicted)
    )
    magnified = np.abs(predicted) > limit / MAGNIFICATION
    return {
        "reach": limit,
        "outside": int((forecasts | returns).sum()),
        "outside_magnified": int((magnified | returns).sum()),
        "errors_outside": int((magnified | errors).sum()),
        "errors_beyond": int(errors.sum()),
    }
