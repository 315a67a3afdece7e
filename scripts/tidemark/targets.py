"""What models forecast, the names of what its forecasts are measured by, and which way is better.

Names alone, so that tables and reports can be declared without a library of mathematics.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Target = Literal["return", "direction"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metrics:
    """The names of a target's metrics.

    Attributes:
        better: all of them, and which way is better.
        of_pairs: those that are sums over pairs of rows, so that they do not follow from sums by
            date.
        of_folds: those that are known of a fold, where there is no baseline.
        chosen_by: the one of these that decides among candidates of a grid; less is better.
        loss: the metric that is the mean squared error, on which verdicts rest.
        follows: those that rise and fall with another one, whatever is forecast, and that one.
        skill: the share of the squared error that a model takes from what it is held against.
        explained: the share of all variation that forecasts account for; too much of it is likelier
            an error than skill.
        explained_in_words: its name.
    """

    better: Mapping[str, Better]
    of_pairs: tuple[str, ...]
    of_folds: tuple[str, ...]
    chosen_by: str
    loss: str
    follows: Mapping[str, str]
    skill: str
    explained: str
    explained_in_words: str

    @property
    def metrics(self) -> tuple[str, ...]:
        """All of them, by name."""
        return tuple(self.better)


METRICS: Mapping[Target, Metrics] = {
    "return": Metrics(
        better={
            "mae": "lower",
            "mse": "lower",
            "rmse": "lower",
            "r2": "higher",
            "directional_accuracy": "higher",
            "information_coefficient": "higher",
            "skill": "higher",
        },
        of_pairs=(),
        of_folds=("mae", "rmse", "r2"),
        chosen_by="rmse",
        loss="mse",
        follows={"rmse": "mse"},
        skill="skill",
        explained="r2",
        explained_in_words="R2",
    ),
    "direction": Metrics(
        better={
            "brier_score": "lower",
            "log_loss": "lower",
            "auc": "higher",
            "brier_skill": "higher",
        },
        of_pairs=("auc",),
        of_folds=("brier_score", "log_loss", "auc"),
        chosen_by="brier_score",
        loss="brier_score",
        follows={},
        skill="brier_skill",
        explained="brier_skill",
        explained_in_words="the Brier skill",
    ),
}
LOSSES = tuple(names.loss for names in METRICS.values())
BETTER: Mapping[str, Better] = {
    name: way for names in METRICS.values() for name, way in names.better.items()
}
