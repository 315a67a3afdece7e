"""Whether what was called so probable came so often: forecasts in groups, and what share rose.

A reliability diagram (Murphy and Winkler 1977, Applied Statistics 26, 41-47) of groups of about as
many rows, as scikit-learn's `calibration_curve` with quantiles makes them, and how far each share
could have come out otherwise.
"""

from typing import Any

from tidemark.arrays import Floats, Integers
from tidemark.models.forecast_metrics import ratio
from tidemark.models.probability_metrics import counts
from tidemark.statistics import bootstrap

import numpy as np
from numpy.typing import NDArray

GROUPS = 10


def groups(
    dates: NDArray[np.generic],
    true: Floats,
    predicted: Floats,
    starts: Integers,
    block_length: int,
    level: float,
) -> list[dict[str, Any]]:
    """Forecasts in GROUPS groups by their size; fewer where many are equal, as these stay together.

    Args:
        dates: (rows,) date of each row, in any order.
        true: (rows,) 1 where the return was above 0, else 0.
        predicted: (rows,) forecast probabilities of that.
        starts, block_length: dates drawn again, as `bootstrap.resample` takes them.
        level: of the intervals.

    Returns:
        group (from 1, the lowest forecasts), rows, forecast (mean), observed (share that rose),
        lower, upper (its interval over the draws that hold such forecasts), lowest, highest (of the
        forecasts).
    """
    edges = np.quantile(predicted, np.linspace(0.0, 1.0, GROUPS + 1)[1:-1])
    _, number = np.unique(np.searchsorted(edges, predicted), return_inverse=True)
    _, day = np.unique(dates, return_inverse=True)
    rows = np.bincount(number)
    rose = counts(day, number, len(rows), true > 0)
    there = counts(day, number, len(rows), np.ones_like(true, dtype=np.bool_))
    drawn = ratio(*(bootstrap.resample(table, starts, block_length) for table in (rose, there)))
    made = []
    for place, held in enumerate(rows.tolist()):
        own = predicted[number == place]
        lower, upper = bootstrap.interval(drawn[:, place], level)
        made.append(
            {
                "group": place + 1,
                "rows": held,
                "forecast": float(own.mean()),
                "observed": float(rose[:, place].sum() / held),
                "lower": lower,
                "upper": upper,
                "lowest": float(own.min()),
                "highest": float(own.max()),
            }
        )
    return made
