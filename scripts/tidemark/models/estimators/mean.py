"""The mean: what a model has to beat."""

from dataclasses import dataclass
from typing import Any, Literal

from tidemark.models.settings import Model


@dataclass(frozen=True, kw_only=True)
class Mean(Model):
    """Predicts the mean of the training targets."""

    words = "always forecasts the average return of the past, whatever the data say"

    estimator: Literal["mean"]

    def build(self, seed: int) -> Any:
        """The mean of the target, whatever the features."""
        from sklearn.dummy import DummyRegressor

        return DummyRegressor(strategy="mean")
