"""Support vector regression."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from tidemark.bounds import Count, Multiplier, Positive
from tidemark.models.settings import Model, Search

from annotated_types import Ge, Le

LIMITS = ("max_rows", "components")


@dataclass(frozen=True, kw_only=True)
class Svr(Model):
    """Support vector regression on a scaled target.

    Its time grows with the square of its rows. Beyond `max_rows` its kernel is approximated, by
    rows that are drawn from `seed`.

    Attributes:
        C: weight of errors against flatness.
        epsilon: error that costs nothing, in standard deviations of the target.
        gamma: width of the kernel.
        kernel: by which rows are compared.
        max_iter: iterations after which an exact fit has not converged; the approximation makes as
            many as its rows need.
        max_rows: training rows beyond which the kernel is approximated.
        components: features that then stand for the kernel; more agree better, and take longer.
    """

    target_scaling = "standard"
    words = (
        "looks for moments of the past that resemble the present and follows what came after them"
    )

    estimator: Literal["svr"]
    C: Annotated[Positive, Search(0.01, 10.0, log=True)] = 1.0
    epsilon: Annotated[Multiplier, Search(0.1, 2.0)] = 1.0
    gamma: Annotated[Literal["scale", "auto"] | Positive, Search(1e-3, 1.0, log=True)] = "scale"
    kernel: Literal["rbf", "linear", "poly", "sigmoid"] = "rbf"
    max_iter: Count = 100_000
    max_rows: Count = 50_000
    components: Annotated[int, Ge(10), Le(2000)] = 500

    def build(self, seed: int) -> Any:
        """Support vector regression with all rows."""
        from sklearn.svm import SVR

        given = {key: value for key, value in self.parameters().items() if key not in LIMITS}
        return SVR(**given)

    def of_rows(self, rows: int) -> "Svr":
        """The approximation if there are more than `max_rows`."""
        return _Approximate(**vars(self)) if rows > self.max_rows else self


@dataclass(frozen=True, kw_only=True)
class _Approximate(Svr):
    """The same beyond `max_rows`."""

    draws: ClassVar[bool] = True

    def build(self, seed: int) -> Any:
        from tidemark.models.approximate_svr import ApproximateSVR

        given = {key: getattr(self, key) for key in ("kernel", "gamma", "C", "epsilon")}
        return ApproximateSVR(components=self.components, random_state=seed, **given)

    def approximation(self) -> str:
        how = f"kernel approximation with {self.components:,} components"
        if self.kernel == "linear":
            how = "gradient descent"
        return f"fitted by {how}, above max_rows {self.max_rows:,}"
