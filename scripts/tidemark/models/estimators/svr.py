"""Support vector regression."""

from dataclasses import dataclass
from typing import Any, Literal

from tidemark.bounds import Count, Multiplier, Positive
from tidemark.models.settings import Model


@dataclass(frozen=True, kw_only=True)
class Svr(Model):
    """Support vector regression on a scaled target.

    Attributes:
        C: weight of errors against flatness.
        epsilon: error that costs nothing, in standard deviations of the target.
        gamma: width of the kernel.
        kernel: by which rows are compared.
        max_iter: iterations after which a fit has not converged.
    """

    estimator: Literal["svr"]
    C: Positive = 1.0
    epsilon: Multiplier = 1.0
    gamma: Literal["scale", "auto"] | Positive = "scale"
    kernel: Literal["rbf", "linear", "poly", "sigmoid"] = "rbf"
    max_iter: Count = 100_000

    def build(self, seed: int) -> Any:
        """Support vector regression that scales the target, and its forecasts back."""
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVR

        return TransformedTargetRegressor(SVR(**self.parameters()), transformer=StandardScaler())
