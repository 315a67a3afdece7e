"""The direction of returns, and the chance of it that takes no model to know."""

from typing import Any

from tidemark.arrays import Floats

import numpy as np
import pandas as pd

BASE_RATE = "base rate"  # a model's name has no blank, so that none is called so


def rises(returns: pd.Series) -> Floats:
    """(rows,) 1 where a return is above 0, else 0: a return of exactly 0 is no rise."""
    return np.asarray(returns.to_numpy() > 0, dtype=np.float64)


def base_rate(returns: pd.Series) -> float:
    """The share of the returns that are above 0: what to forecast knowing nothing else."""
    return float(rises(returns).mean())


def is_forecast(forecasts: pd.DataFrame) -> bool:
    """Whether these are probabilities of a rise, which have their base rate beside them."""
    return "y_base" in forecasts


def of_base_rate(forecasts: pd.DataFrame) -> pd.DataFrame:
    """The same rows, with the base rate for a forecast."""
    return forecasts.assign(y_pred=forecasts["y_base"])


def probabilities(classifier: Any, features: pd.DataFrame) -> Floats:
    """(rows,) what a fitted classifier says is the chance of a rise."""
    of_rise = list(classifier.classes_).index(1.0)
    return np.asarray(classifier.predict_proba(features)[:, of_rise], dtype=np.float64)


def calibration(fitted: Any) -> Any:
    """A sigmoid of what a fitted classifier says, yet to be fitted on rows it did not learn from.

    Platt 1999, Probabilistic Outputs for Support Vector Machines, in Advances in Large Margin
    Classifiers, 61-74. It has two numbers, so the dates of one fold are enough for it. Where these
    dates show the opposite of what was learned, it turns the forecasts' order round.
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    return CalibratedClassifierCV(FrozenEstimator(fitted), method="sigmoid")
