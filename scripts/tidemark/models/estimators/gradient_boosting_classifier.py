"""Gradient boosting of the direction, on histograms."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Count, Multiplier, Share
from tidemark.models.settings import Model, Search

from annotated_types import Ge, Le


@dataclass(frozen=True, kw_only=True)
class GradientBoostingClassifier(Model):
    """Shallow trees one after another, each on what those before it got wrong about the direction.

    Trees learn from the same rows again and again, and so become too sure of them. They learn from
    all but the last walk-forward fold of the rows, and a sigmoid fitted on that one, of later
    dates, takes their sureness back. As `gradient_boosting`, it never stops early.

    Attributes:
        learning_rate: share of each tree's answer that counts.
        max_iter: trees.
        max_depth: questions that a tree asks in a row; 1 is one feature at a time.
        min_samples_leaf: rows that an answer stands for, at least.
        l2_regularization: penalty on what trees answer; of rows of even chances, each adds a
            quarter to what stands against it.
        max_features: share of the features among which each question is chosen.
    """

    target = "direction"
    draws = True
    scaling = "none"
    calibrated = True
    words = (
        "asks short lists of questions, each learned from what those before it got wrong, and "
        "turns the sum of their answers into the probability of a rise"
    )

    estimator: Literal["gradient_boosting_classifier"]
    learning_rate: Annotated[Share, Search(0.005, 0.2, log=True)] = 0.02
    max_iter: Annotated[int, Ge(1), Le(10_000), Search(20, 500, log=True)] = 100
    max_depth: Annotated[int, Ge(1), Le(50), Search(1, 5)] = 2
    min_samples_leaf: Annotated[Count, Search(20, 2000, log=True)] = 200
    l2_regularization: Annotated[Multiplier, Search(0.25, 2.5e3, log=True)] = 25.0
    max_features: Annotated[Share, Search(0.2, 1.0)] = 1.0

    def build(self, seed: int) -> Any:
        """Log loss; the seed draws features, and the rows that bins are made of if many."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            **self.parameters(), early_stopping=False, random_state=seed
        )
