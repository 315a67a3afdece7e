"""What a comparison comes to: agreement, the first disagreement, or that nobody could look."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

TOLERANCE = 1e-9  # relative
SMALL = 1e-3  # a figure below it is compared by TOLERANCE * SMALL: sums that cancel have no digits


class DisagreementError(Exception):
    """A figure that is not what its definition says."""

    def __init__(self, file: str, row: str, column: str, found: object, expected: object) -> None:
        self.file, self.row, self.column = file, row, column
        self.found, self.expected = found, expected
        super().__init__(
            f"{file}: {row}: {column}: {_shown(found)} stands there, {_shown(expected)} comes out"
        )


class NotLookedError(Exception):
    """Why a family cannot look at these results; it has not passed."""


class Comparison:
    """Counts what agrees in a file, and how far the worst of it was away."""

    def __init__(self, file: str, tolerance: float = TOLERANCE, small: float = SMALL) -> None:
        self.file = file
        self._tolerance, self._small = tolerance, small
        self.count, self.worst = 0, 0.0

    def number(self, row: str, column: str, found: Any, expected: Any) -> None:
        """Require that two numbers agree; NaN and None are the same."""
        self.numbers(lambda _: row, column, [found], [expected])

    def numbers(
        self, row: Callable[[int], str], column: str, found: Sequence[Any], expected: Sequence[Any]
    ) -> None:
        """Require that numbers agree one by one; `row` names the row of a place."""
        ours, theirs = (np.asarray(_floats(side), dtype=np.float64) for side in (expected, found))
        if ours.shape != theirs.shape:
            raise DisagreementError(self.file, "rows", column, len(theirs), len(ours))
        with np.errstate(invalid="ignore"):
            size = np.maximum(np.maximum(np.abs(ours), np.abs(theirs)), self._small)
            away = np.where(ours == theirs, 0.0, np.abs(ours - theirs) / size)
        away[np.isnan(ours) & np.isnan(theirs)] = 0.0
        far = ~(away <= self._tolerance)
        if far.any():
            place = int(far.argmax())
            raise DisagreementError(
                self.file, row(place), column, theirs[place].item(), ours[place].item()
            )
        self.count += len(ours)
        self.worst = max(self.worst, float(away.max(initial=0.0)))

    def same(self, row: str, column: str, found: object, expected: object) -> None:
        """Require that two values are equal."""
        if found != expected:
            raise DisagreementError(self.file, row, column, found, expected)
        self.count += 1

    def __str__(self) -> str:
        return f"worst relative difference {self.worst:.1e}"


def _floats(side: Sequence[Any]) -> Any:
    if isinstance(side, np.ndarray | pd.Series):
        return side
    return [np.nan if value is None else value for value in side]


def _shown(value: object) -> str:
    return f"{value!r}"
