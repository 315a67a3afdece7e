"""Long when a model forecasts a rise, short when it forecasts a fall; flat when it expects little.

It trades the models of this pipeline. Only dates that no model was trained on have forecasts.
"""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices

import numpy as np

CATEGORY = "model"
DEFAULTS = {"threshold": 0.0}


def valid(threshold: float) -> bool:
    """Whether the threshold can stand on both sides of 0."""
    return threshold >= 0


def targets(prices: Prices, forecasts: Floats, threshold: float) -> Floats:
    """The sign of the forecast return a bar where it is beyond `threshold`, else 0."""
    return np.where(np.abs(forecasts) <= threshold, 0.0, np.sign(forecasts))
