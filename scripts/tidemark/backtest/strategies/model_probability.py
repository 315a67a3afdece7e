"""Long when a rise is probable enough, short when a fall is; flat between.

It trades the models of direction of this pipeline. Only dates that no model was trained on have
forecasts.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices

import numpy as np

CATEGORY = "model"
DEFAULTS = {"threshold": 0.5}


def valid(threshold: float) -> bool:
    """Whether a rise and a fall cannot both be that probable."""
    return 0.5 <= threshold < 1.0


def targets(prices: Prices, probabilities: Floats, threshold: float) -> Floats:
    """1 where the probability of a rise is above `threshold`, -1 where it is below 1 less that."""
    rise, fall = probabilities > threshold, probabilities < 1.0 - threshold
    return np.where(np.isnan(probabilities), np.nan, rise.astype(float) - fall)
