"""Polynomial regression."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Positive
from tidemark.models.settings import Model, Search

from annotated_types import Ge, Le


@dataclass(frozen=True, kw_only=True)
class Polynomial(Model):
    """Ridge on polynomial features.

    Attributes:
        degree: of the highest products of features.
        alpha: weight of the penalty on the coefficients.
    """

    words = "weighs the pieces of information and how each two of them act together"

    estimator: Literal["polynomial"]
    degree: Annotated[int, Ge(2), Le(3), Search(2, 3)] = 2
    alpha: Annotated[Positive, Search(0.1, 1e6, log=True)] = 1.0

    def build(self, seed: int) -> Any:
        """Ridge on all products of up to `degree` features, standardised once more."""
        from tidemark.models.polynomial_ridge import PolynomialRidge

        return PolynomialRidge(self.degree, self.alpha)
