"""What `make gate` holds results against, and how much worse each may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from tidemark.bounds import Among, Multiplier, Name, Positive
from tidemark.targets import LOSSES, METRICS

from annotated_types import MinLen

# The AUC is left out: it does not follow from sums by date, so two runs cannot be compared by it.
OF_MODELS = tuple(
    name for target in METRICS.values() for name in target.metrics if name not in target.of_pairs
)
OF_STRATEGIES = ("sharpe_ratio", "score", "rank", "guardrails", "verdict")
PAIRED = (*OF_MODELS, "sharpe_ratio")  # on dates that both runs have; so chance can be told
WORDS = ("guardrails", "verdict")
Metric = Annotated[str, Among((*OF_MODELS, *OF_STRATEGIES))]


@dataclass(frozen=True)
class Limit:
    """How much worse is too much: worse by more than everything that is named here.

    Attributes:
        absolute: in the metric's own unit; 0: any worsening.
        relative: as a share of the figure before, 0.05 for 5 %.
        beyond_chance: worse beyond chance on the dates that both have, as `make diff` says.
    """

    absolute: Multiplier | None = None
    relative: Multiplier | None = None
    beyond_chance: bool = False


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """Limits of some metrics; where several name a row, it is held against each of them.

    Attributes:
        metrics: of models or of strategies; the AUC, which cannot be paired, is none of them.
        of: models or strategies by name; null: all of them.
        scenarios: of models; null: all of them.
        warn: the limit beyond which a row is shown.
        fail: the limit beyond which the gate fails.
        not_comparable: what becomes of a row that cannot be looked at, such as that of a model
            that is gone; null: fail, or warn if there is no limit to fail by.
    """

    metrics: Annotated[Sequence[Metric], MinLen(1)]
    of: Annotated[Sequence[Name], MinLen(1)] | None = None
    scenarios: Annotated[Sequence[Name], MinLen(1)] | None = None
    warn: Limit | None = None
    fail: Limit | None = None
    not_comparable: Literal["fail", "warn", "allow"] | None = None


def shipped() -> Mapping[str, Tolerance]:
    """No model may be worse beyond chance; a strategy's verdict that falls is shown.

    The share is far below what matters, and far above what another processor rounds otherwise.
    """
    return {
        "losses": Tolerance(metrics=LOSSES, fail=Limit(beyond_chance=True, relative=1e-4)),
        "verdicts": Tolerance(metrics=("verdict",), warn=Limit(absolute=0.0)),
    }


@dataclass(frozen=True)
class Gate:
    """What results are held against.

    Attributes:
        baseline: name of the baseline; `make gate-update` makes it of the results there are.
        tolerances: by a name of yours, how much worse than the baseline results may be.
        evidence_megabytes: how much of a baseline git may be given beside its figures: what later
            results are paired with, by date; about 0.8 on the sample.
    """

    baseline: Name = "main"
    tolerances: Annotated[Mapping[Name, Tolerance], MinLen(1)] = field(default_factory=shipped)
    evidence_megabytes: Positive = 20.0
