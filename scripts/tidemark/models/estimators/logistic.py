"""Logistic regression of the direction."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Count, Positive
from tidemark.models.settings import Model, Search


@dataclass(frozen=True, kw_only=True)
class Logistic(Model):
    """Logistic regression with an L2 penalty.

    It is not calibrated on later dates: what it minimises is the log loss itself, so that its mean
    forecast is the share of rises that it learned from, and the penalty keeps it from being sure.

    Attributes:
        C: weight of errors against the size of the coefficients of the standardised features; the
            smaller, the closer every forecast is to the base rate.
        max_iter: iterations after which a fit has not converged.
    """

    target = "direction"
    words = "weighs each piece of information and turns the sum into the probability of a rise"

    estimator: Literal["logistic"]
    C: Annotated[Positive, Search(1e-5, 1.0, log=True)] = 0.001
    max_iter: Count = 1000

    def build(self, seed: int) -> Any:
        """Logistic regression; its solver draws nothing."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(**self.parameters())
