"""Ridge on products of features, made some rows at a time."""

from collections.abc import Iterator
from typing import Any

from tidemark.arrays import Floats

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.utils.validation import validate_data

PRODUCTS = 16_000_000  # held at a time: 0.13 GB, 70,000 rows of the second degree of 20 features


class PolynomialRidge(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """What scikit-learn's PolynomialFeatures, StandardScaler and Ridge do in a row, to the bit.

    Products are many times as large as their features, so they are made some rows at a time, and
    of them the sums of products alone are kept, which are what Ridge solves. Beyond PRODUCTS the
    order of these sums, and with it the last bits, differ from those of one product.
    """

    def __init__(self, degree: int, alpha: float) -> None:
        self.degree, self.alpha = degree, alpha

    def fit(self, X: Any, y: Any) -> "PolynomialRidge":
        """Solve for the coefficients of the standardised products.

        Raises:
            LinAlgError: the products have no solution.
        """
        features, target = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        self.powers_ = PolynomialFeatures(self.degree, include_bias=False).fit(features[:1])
        self.scale_ = StandardScaler()
        for _, products in self._parts(features):
            self.scale_.partial_fit(products)
        rows, width = len(features), self.powers_.n_output_features_
        mean = np.zeros(width)
        for part, products in self._parts(features):
            standard = self.scale_.transform(products)
            mean += len(features[part]) / rows * np.average(standard, axis=0)
        squares, moments, target_mean = np.zeros((width, width)), np.zeros(width), target.mean()
        for part, products in self._parts(features):
            standard = self.scale_.transform(products) - mean
            squares += standard.T @ standard
            moments += standard.T @ (target[part] - target_mean)
        squares.flat[:: width + 1] += self.alpha
        self.coef_ = linalg.solve(squares, moments, assume_a="pos", overwrite_a=True)
        self.intercept_ = target_mean - mean @ self.coef_
        return self

    def predict(self, X: Any) -> Floats:
        """The forecast of each row."""
        features = validate_data(self, X, reset=False, dtype=np.float64)
        parts = (self.scale_.transform(products) for _, products in self._parts(features))
        return np.concatenate([part @ self.coef_ + self.intercept_ for part in parts])

    def _parts(self, features: Floats) -> Iterator[tuple[slice, Floats]]:
        """Rows, and the products of their features."""
        rows = max(PRODUCTS // self.powers_.n_output_features_, 1)
        for start in range(0, len(features), rows):
            part = slice(start, start + rows)
            yield part, self.powers_.transform(features[part])
