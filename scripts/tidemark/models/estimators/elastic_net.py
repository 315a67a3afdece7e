"""Elastic net."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Count, Positive, Share
from tidemark.models.settings import Model, Search


@dataclass(frozen=True, kw_only=True)
class ElasticNet(Model):
    """Least squares with an L1 and an L2 penalty, which leaves out features that say little.

    The target is scaled too, so that `alpha` means the same for returns of a day and of a minute.
    The range of a search is that of Gu, Kelly and Xiu (2020), Empirical Asset Pricing via Machine
    Learning, Review of Financial Studies 33.

    Attributes:
        alpha: weight of both penalties; a feature has a part only if its correlation with what the
            others leave unexplained is above alpha times l1_ratio.
        l1_ratio: share of the L1 penalty, which leaves features out; the rest shrinks all of them.
        max_iter: iterations after which a fit has not converged.
    """

    target_scaling = "standard"
    words = "weighs each piece of information too, and leaves out those that say little"

    estimator: Literal["elastic_net"]
    alpha: Annotated[Positive, Search(1e-4, 0.1, log=True)] = 0.03
    l1_ratio: Annotated[Share, Search(0.1, 1.0)] = 0.5
    max_iter: Count = 10_000

    def build(self, seed: int) -> Any:
        """Coordinate descent, features in turn."""
        from sklearn import linear_model

        return linear_model.ElasticNet(**self.parameters())
