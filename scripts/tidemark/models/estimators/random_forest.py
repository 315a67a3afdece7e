"""Random forest."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Count, Share
from tidemark.models.settings import Model, Search

from annotated_types import Ge, Le


@dataclass(frozen=True, kw_only=True)
class RandomForest(Model):
    """The mean of many shallow trees, each grown on rows and features drawn at random.

    Rows of a date move together and returns are mostly noise, so trees see a tenth of the rows and
    keep large leaves; without that, they learn dates by heart. Its features are standardised
    because scikit-learn's trees take values within 1e-7 of each other for equal, which returns of a
    minute are.

    Attributes:
        n_estimators: trees; cost grows with them, and forecasts only get steadier.
        max_depth: questions that a tree asks in a row.
        min_samples_leaf: rows that an answer stands for, at least.
        max_features: share of the features among which each question is chosen.
        max_samples: share of the rows that a tree is grown on, drawn with replacement.
    """

    draws = True
    words = (
        "asks many short lists of questions, each learned from other parts of the past, and takes "
        "the mean of their answers"
    )

    estimator: Literal["random_forest"]
    n_estimators: Annotated[int, Ge(1), Le(10_000), Search(50, 500, log=True)] = 100
    max_depth: Annotated[int, Ge(1), Le(50), Search(1, 8)] = 3
    min_samples_leaf: Annotated[Count, Search(10, 1000, log=True)] = 50
    max_features: Annotated[Share, Search(0.1, 1.0)] = 0.3
    max_samples: Annotated[Share, Search(0.05, 0.8, log=True)] = 0.1

    def build(self, seed: int) -> Any:
        """Trees that split by squared error, one after another: make runs fits side by side."""
        from sklearn.ensemble import RandomForestRegressor

        return RandomForestRegressor(**self.parameters(), random_state=seed, n_jobs=1)
