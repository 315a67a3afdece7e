"""Gradient boosting on histograms."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Count, Multiplier, Share
from tidemark.models.settings import Model, Search

from annotated_types import Ge, Le


@dataclass(frozen=True, kw_only=True)
class GradientBoosting(Model):
    """Shallow trees one after another, each on what those before it left unexplained.

    Features are put into at most 255 bins, so their scale does not matter. It never stops early:
    scikit-learn would judge when to stop by rows drawn at random, whose dates it has learned from.
    How many trees there are is a parameter like others, to be chosen over walk-forward folds
    (`grid`).

    Attributes:
        learning_rate: share of each tree's answer that counts.
        max_iter: trees.
        max_depth: questions that a tree asks in a row; 1 is one feature at a time.
        min_samples_leaf: rows that an answer stands for, at least.
        l2_regularization: rows without any return that each answer counts beside its own.
        max_features: share of the features among which each question is chosen.
    """

    draws = True
    scaling = "none"
    words = (
        "asks short lists of questions, each learned from what those before it got wrong, and "
        "adds up their answers"
    )

    estimator: Literal["gradient_boosting"]
    learning_rate: Annotated[Share, Search(0.005, 0.2, log=True)] = 0.02
    max_iter: Annotated[int, Ge(1), Le(10_000), Search(20, 500, log=True)] = 100
    max_depth: Annotated[int, Ge(1), Le(50), Search(1, 5)] = 2
    min_samples_leaf: Annotated[Count, Search(20, 2000, log=True)] = 200
    l2_regularization: Annotated[Multiplier, Search(1.0, 1e4, log=True)] = 100.0
    max_features: Annotated[Share, Search(0.2, 1.0)] = 1.0

    def build(self, seed: int) -> Any:
        """Squared error; the seed draws features, and the rows that bins are made of if many."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(
            **self.parameters(), early_stopping=False, random_state=seed
        )
