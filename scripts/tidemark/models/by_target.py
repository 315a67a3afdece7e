"""What a fitted model says of test rows, by what it forecasts, and what people are shown of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tidemark.arrays import Floats, Integers
from tidemark.bars.long_form import KEYS
from tidemark.models import direction, reliability, spread
from tidemark.targets import Target

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Report = Mapping[str, Any]
Scores = Mapping[str, float]


class Seen(Protocol):
    """What figures show of forecasts."""

    def __call__(
        self,
        dates: NDArray[np.generic],
        true: Floats,
        predicted: Floats,
        starts: Integers,
        block_length: int,
        level: float,
    ) -> dict[str, Any]:
        """Of (rows,) each; for what is drawn again, see `reliability.groups`."""


@dataclass(frozen=True)
class OfTarget:
    """Forecasts of one target.

    Attributes:
        made: a fitted pipeline, test rows and the report of the fit to timestamp, ticker, y_true
            and y_pred, and where it is held against its base rate, that as y_base.
        seen: what figures show of them.
        in_words: a line on their scores.
    """

    made: Callable[[Any, pd.DataFrame, Report], pd.DataFrame]
    seen: Seen
    in_words: Callable[[Scores], str]


def _returns(pipeline: Any, test: pd.DataFrame, report: Report) -> pd.DataFrame:
    predicted = pipeline.predict(_features(pipeline, test))
    return test[KEYS].assign(y_true=test["target"], y_pred=predicted)


def _chances(pipeline: Any, test: pd.DataFrame, report: Report) -> pd.DataFrame:
    chance = direction.probabilities(pipeline, _features(pipeline, test))
    rose = direction.rises(test["target"])
    return test[KEYS].assign(y_true=rose, y_pred=chance, y_base=report["base_rate"])


def _features(pipeline: Any, test: pd.DataFrame) -> pd.DataFrame:
    return test[list(pipeline.feature_names_in_)]


def _spread(
    dates: NDArray[np.generic], true: Floats, predicted: Floats, *_: object, **__: object
) -> dict[str, Any]:
    return spread.of_returns(100.0 * true, 100.0 * predicted)


def _reliability(
    dates: NDArray[np.generic],
    true: Floats,
    predicted: Floats,
    starts: Integers,
    block_length: int,
    level: float,
) -> dict[str, Any]:
    drawn = (starts, block_length, level)
    return {"reliability": reliability.groups(dates, true, predicted, *drawn)}


BY_TARGET: Mapping[Target, OfTarget] = {
    "return": OfTarget(
        _returns,
        _spread,
        lambda scores: f"RMSE {100 * scores['rmse']:.3f} %, skill {scores['skill']:+.3f}",
    ),
    "direction": OfTarget(
        _chances,
        _reliability,
        lambda scores: (
            f"Brier score {scores['brier_score']:.4f}, AUC {scores['auc']:.3f},"
            f" skill {scores['brier_skill']:+.3f}"
        ),
    ),
}
