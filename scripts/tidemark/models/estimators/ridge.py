"""Ridge regression."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Positive
from tidemark.models.settings import Model, Search


@dataclass(frozen=True, kw_only=True)
class Ridge(Model):
    """Least squares with an L2 penalty.

    Attributes:
        alpha: weight of the penalty on the coefficients of the standardised features; it shrinks
            that of a feature alone by rows / (rows + alpha).
    """

    words = (
        "weighs each piece of information too, but is held back from trusting any one of them too "
        "much"
    )

    estimator: Literal["ridge"]
    alpha: Annotated[Positive, Search(0.1, 1e6, log=True)] = 1.0

    def build(self, seed: int) -> Any:
        """Least squares with the penalty."""
        from sklearn import linear_model

        return linear_model.Ridge(alpha=self.alpha, copy_X=False)  # the scaled features are its own
