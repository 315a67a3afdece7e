"""Support vector regression whose cost grows with its rows, not with their square.

Nystroem (Williams and Seeger 2001) replaces the kernel by products of `components` features; what
is then linear is solved by stochastic gradient descent with averaging (Polyak and Juditsky 1992).
Rows pass by in blocks, so memory is flat.
"""

import math
import warnings
from collections.abc import Iterator
from typing import Any

from tidemark.arrays import Floats

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import SGDRegressor

BLOCK = 8192  # rows
SWEEPS = 2  # over all rows; solutions are averaged over the last
VISITS = 2_000_000  # steps of the descent at least, however few rows there are
FIRST_STEP = 16.0  # of the descent, in features whose mean square norm is 1
DEGREE, OFFSET = 3, 0.0  # of the kernels poly and sigmoid, as SVR has them
WORSE = 1.05  # than a constant: the descent went astray, and did not just end near it


class ApproximateSVR(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """What scikit-learn's SVR minimises, over weights of approximate kernel features.

    Args:
        kernel: rbf, poly, sigmoid; or linear, which needs no approximation.
        gamma: as in SVR: a number, `auto` (1 / features) or `scale` (1 / (features x variance), or
            1 where all features are constant).
        C, epsilon: as in SVR.
        components: kernel features.
        random_state: of the rows whose kernel is kept, and of the order of all.
    """

    def __init__(
        self,
        kernel: str = "rbf",
        gamma: str | float = "scale",
        C: float = 1.0,
        epsilon: float = 0.1,
        components: int = 500,
        random_state: int = 0,
    ) -> None:
        self.kernel, self.gamma, self.C, self.epsilon = kernel, gamma, C, epsilon
        self.components, self.random_state = components, random_state

    def fit(self, X: Floats, y: Floats) -> "ApproximateSVR":
        """Fit (rows, features) to (rows,).

        Warns:
            ConvergenceWarning: a constant forecast is no worse.
        """
        order = np.random.default_rng(self.random_state).permutation(len(X))
        self.map_ = self._map(X)
        first = order[:BLOCK]
        mapped = self._mapped(X[first])
        self.scale_ = math.sqrt(np.mean(np.sum(mapped**2, axis=1))) or 1.0
        low, high = y.min(), y.max()
        if high - low <= 2.0 * self.epsilon:  # no error costs, so the flattest function it is
            self.linear_ = DummyRegressor(strategy="constant", constant=(low + high) / 2.0)
            self.linear_.fit(mapped, y[first])
            return self
        self._descend(X, y, order)
        if self._loss(self._forecasts(mapped), y[first]) > WORSE * self._loss(
            np.median(y), y[first]
        ):
            warnings.warn(
                "Gradient descent went astray: a constant forecast is better",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X: Floats) -> Floats:
        """Forecasts of (rows, features), (rows,)."""
        blocks = _blocks(np.arange(len(X)), 1)
        return np.concatenate([self._forecasts(self._mapped(X[block])) for block in blocks])

    def _descend(self, X: Floats, y: Floats, order: NDArray[np.intp]) -> None:
        rows = len(X)
        copies = max(BLOCK // rows, 1)  # of few rows in one block, as a call costs more than a row
        calls = math.ceil(VISITS / (SWEEPS * rows * copies))  # in a row for each block
        self.linear_ = SGDRegressor(
            loss="epsilon_insensitive",
            epsilon=self.epsilon,
            alpha=1.0 / (self.C * rows * self.scale_**2),
            eta0=FIRST_STEP,
            learning_rate="invscaling",
            power_t=0.5,
            average=(SWEEPS - 1) * calls * copies * rows + 1,
            random_state=self.random_state,
        )
        for block in _blocks(order, SWEEPS):
            features = np.tile(self._mapped(X[block]) / self.scale_, (copies, 1))
            target = np.tile(y[block], copies)
            for _ in range(calls):
                self.linear_.partial_fit(features, target)

    def _map(self, X: Floats) -> Nystroem | None:
        if self.kernel == "linear":
            return None
        gamma = self.gamma
        if gamma == "auto":
            gamma = 1.0 / X.shape[1]
        elif gamma == "scale":
            gamma = 1.0 / (X.shape[1] * X.var()) if X.var() else 1.0
        shape = {} if self.kernel == "rbf" else {"coef0": OFFSET}
        shape |= {"degree": DEGREE} if self.kernel == "poly" else {}
        return Nystroem(
            kernel=self.kernel,
            gamma=gamma,
            n_components=min(self.components, len(X)),
            random_state=self.random_state,
            **shape,
        ).fit(X)

    def _mapped(self, X: Floats) -> Floats:
        mapped: Floats = self.map_.transform(X) if self.map_ else X
        return mapped

    def _forecasts(self, mapped: Floats) -> Floats:
        forecasts: Floats = self.linear_.predict(mapped / self.scale_)
        return forecasts

    def _loss(self, forecasts: Any, y: Floats) -> float:
        """The mean error beyond epsilon."""
        return float(np.maximum(np.abs(y - forecasts) - self.epsilon, 0.0).mean())


def _blocks(order: NDArray[np.intp], sweeps: int) -> Iterator[NDArray[np.intp]]:
    for _ in range(sweeps):
        yield from (order[start : start + BLOCK] for start in range(0, len(order), BLOCK))
