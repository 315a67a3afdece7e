"""How rows are split, what all models have, and how they are compared."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Literal

from tidemark.bounds import BlockLength, Count, Fraction, IsoDate, Name, Replicates
from tidemark.targets import Target

from annotated_types import Ge, Gt, Le, MinLen

LEAST_EMBARGO = 5  # bars, where none is said

Scaling = Literal["standard", "none"]


@dataclass(frozen=True)
class SplitData:
    """Where the test set begins, and the gap before it.

    Attributes:
        test_start: day on which the test set begins; null: the last quarter of all dates.
        embargo: bars (unique timestamps) left out before what is tested; at least the horizon;
            null: the horizon, or 5 bars if that is less.
        folds: how many walk-forward folds the training dates give.
    """

    test_start: IsoDate | None = None
    embargo: Count | None = None
    folds: Annotated[int, Ge(2), Le(1000)] = 5

    def gap(self, horizon: int) -> int:
        """The embargo that is said; else as many bars as a target of that horizon needs."""
        return max(LEAST_EMBARGO, horizon) if self.embargo is None else self.embargo


@dataclass(frozen=True)
class Search:
    """Where a search looks for a parameter; stands in its annotation, beside its bounds.

    Attributes:
        low, high: both included; integers for a parameter that is one.
        log: whether values are spread evenly over their logarithms.
    """

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class TrainModels:
    """How long a fit may take.

    Attributes:
        time_limit_minutes: for each fit, of which a model has one a fold and candidate of its grid,
            and a last one on all rows; then its fallback is fitted instead.
    """

    time_limit_minutes: Annotated[float, Gt(0), Le(7 * 24 * 60)] = 10.0


@dataclass(frozen=True, kw_only=True)
class Model(ABC):
    """What all models have; the fields of a kind beyond these are its parameters.

    What a kind is, beyond its settings, stands on its class: `target`, what it forecasts (the
    return, or the probability that it is above 0); `draws`, whether it draws random numbers;
    `scaling` and `target_scaling`, whether its features and its target are standardised first (what
    it forecasts is then scaled back); `calibrated`, whether its probabilities
    are calibrated on the last walk-forward fold of the rows, from which it then does not learn;
    `words`, what it does in plain ones, which follow a model's name in the communication report.

    Attributes:
        estimator: which kind of model.
        fallback: the simpler model to use when a fit does not converge or end in time.
        grid: lists of values of parameters to choose from by cross-validation.
    """

    target: ClassVar[Target] = "return"
    draws: ClassVar[bool] = False
    scaling: ClassVar[Scaling] = "standard"
    target_scaling: ClassVar[Scaling] = "none"
    calibrated: ClassVar[bool] = False
    words: ClassVar[str] = ""

    estimator: str
    fallback: Name | None = None
    grid: Mapping[str, Annotated[Sequence[Any], MinLen(1)]] | None = None

    @abstractmethod
    def build(self, seed: int) -> Any:
        """A scikit-learn estimator with these parameters, of features and a target as scaled.

        Args:
            seed: of what it draws; a kind that draws nothing ignores it.
        """

    def of_rows(self, rows: int) -> "Model":
        """The form in which so many training rows are fitted, in all folds alike.

        A kind whose time or memory grows faster than its rows has a limit and another form beyond.
        """
        return self

    def approximation(self) -> str | None:
        """What this form does otherwise than the kind itself, in words; None if nothing."""
        return None

    def parameters(self) -> dict[str, Any]:
        """What a grid may name, with its values."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    @classmethod
    def parameter_names(cls) -> list[str]:
        """The fields that only this kind has."""
        common = {field.name for field in fields(Model)}
        return [field.name for field in fields(cls) if field.name not in common]


@dataclass(frozen=True)
class Evaluate:
    """The baseline of skill, and the bootstrap.

    Attributes:
        baseline: the model that skill is measured against; null: the first one that forecasts the
            mean.
        confidence: level of intervals.
        bootstrap_replicates: of the moving-block bootstrap.
        block_length: dates in a block of it; `auto` chooses by how long errors stay dependent.
        suspicious_r2: R2 on test rows, or Brier skill of a model of direction, above which an
            error is likelier than skill; meant for targets of one bar.
    """

    baseline: Name | None = None
    confidence: Fraction = 0.95
    bootstrap_replicates: Replicates = 2000
    block_length: BlockLength = 21
    suspicious_r2: Annotated[float, Gt(0), Le(1)] = 0.2
