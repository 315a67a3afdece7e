"""How rows are split, and how models are compared."""

from dataclasses import dataclass
from typing import Annotated

from tidemark.bounds import Count, Fraction, IsoDate, Name, Replicates

from annotated_types import Ge, Le


@dataclass(frozen=True)
class SplitData:
    """Where the test set begins, and the gap before it.

    Attributes:
        test_start: day on which the test set begins.
        embargo: bars (unique timestamps) left out before what is tested; at least the horizon.
        folds: how many walk-forward folds the training dates give.
    """

    test_start: IsoDate
    embargo: Count
    folds: Annotated[int, Ge(2), Le(1000)]


@dataclass(frozen=True)
class Evaluate:
    """The baseline of skill, and the bootstrap."""

    baseline: Name
    confidence: Fraction = 0.95
    bootstrap_replicates: Replicates = 2000
    block_length: Count = 21
