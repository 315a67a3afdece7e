"""Support vector regression."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Count, Multiplier, Positive
from tidemark.models.settings import Model, Search


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
    C: Annotated[Positive, Search(0.01, 10.0, log=True)] = 1.0
    epsilon: Annotated[Multiplier, Search(0.1, 2.0)] = 1.0
    gamma: Annotated[Literal["scale", "auto"] | Positive, Search(1e-3, 1.0, log=True)] = "scale"
    kernel: Literal["rbf", "linear", "poly", "sigmoid"] = "rbf"
    max_iter: Count = 100_000

    def build(self, seed: int) -> Any:
        """Support vector regression that scales the target, and its forecasts back."""
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVR

        return TransformedTargetRegressor(SVR(**self.parameters()), transformer=StandardScaler())
