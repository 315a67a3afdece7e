"""What a model was worth within a stretch of the market: its forecasts, and its features."""

from collections.abc import Iterable
from typing import Any

from tidemark.arrays import Floats
from tidemark.errors import BadValue
from tidemark.models import forecast_metrics
from tidemark.models.worth import WORTH

import numpy as np
import pandas as pd

Values = dict[str, Floats]


def forecast_accuracy(
    forecasts: pd.DataFrame, tickers: Iterable[str], first: Any, last: Any
) -> Values:
    """What a model's forecasts were worth within a window; see `forecast_metrics`.

    Args:
        forecasts: timestamp (when the forecast was made), ticker, y_true, y_pred, and y_base, the
            baseline's forecasts.
        tickers: to measure.
        first, last: times, both included.

    Returns:
        Each of the metrics: a value for each ticker, then one for all rows together, which alone
        has an information coefficient.
    """
    time = forecasts["timestamp"]
    within = forecasts[(time >= first) & (time <= last)]
    parts = [within[within["ticker"] == ticker] for ticker in tickers]
    scores = [_accuracy(part) for part in (*parts, within)]
    return {name: np.array([score[name] for score in scores]) for name in WORTH["return"].metrics}


def _accuracy(rows: pd.DataFrame) -> dict[str, float]:
    if rows.empty:
        return dict.fromkeys(WORTH["return"].metrics, float("nan"))
    columns = (rows[name].to_numpy() for name in ("timestamp", "y_true", "y_pred", "y_base"))
    return WORTH["return"].overall(forecast_metrics.per_date(*columns))


def feature_importance(
    pipeline: Any, test: pd.DataFrame, most_rows: int, repeats: int, seed: int
) -> Values:
    """How much the RMSE of a fitted model rises when one feature is shuffled among the test rows.

    Permutation importance (Breiman 2001, Machine Learning 45, 5-32), by scikit-learn. Read it with
    care where features say nearly the same, as those made from one price do: they may stand in for
    each other and all look unimportant, or cancel each other in the model, and then shuffling one
    costs more than it ever gave. Costs repeats x features predictions of the rows used.

    Args:
        pipeline: fitted, with `feature_names_in_`.
        test: rows that it was not fitted on: the features and `target`.
        most_rows: if there are more with a target, every second, third, ... is used.
        repeats: shuffles of each feature.
        seed: of the shuffles.

    Returns:
        importance_{feature} and importance_{feature}_deviation (standard deviation over the
        shuffles), each of one value, for all rows together; in the unit of the target.

    Raises:
        BadValue: no test row has a target.
    """
    from sklearn.inspection import permutation_importance

    rows = test[test["target"].notna()]
    if rows.empty:
        raise BadValue("test", "no row has a target", "give rows that have one")
    rows = rows.iloc[:: -(-len(rows) // most_rows)]
    names = list(pipeline.feature_names_in_)
    importance = permutation_importance(
        pipeline,
        rows[names],
        rows["target"],
        scoring="neg_root_mean_squared_error",
        n_repeats=repeats,
        random_state=seed,
    )
    pairs = zip(names, importance.importances_mean, importance.importances_std, strict=True)
    return {
        key: np.array([value])
        for name, mean, deviation in pairs
        for key, value in (
            (f"importance_{name}", mean),
            (f"importance_{name}_deviation", deviation),
        )
    }
