"""Linear regression."""

from dataclasses import dataclass
from typing import Any, Literal

from tidemark.models.settings import Model


@dataclass(frozen=True, kw_only=True)
class Linear(Model):
    """Ordinary least squares."""

    words = "weighs each piece of information and adds them up"

    estimator: Literal["linear"]

    def build(self, seed: int) -> Any:
        """Least squares; of minimal norm where features are collinear."""
        from sklearn.linear_model import LinearRegression

        return LinearRegression(copy_X=False)  # the scaled features are its own
