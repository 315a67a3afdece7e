"""Probabilities of a rise: classifiers fitted again, and what their forecasts are worth."""

from collections.abc import Mapping
from typing import Any

from referee.results import Floats, Results

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

KEYS = ["timestamp", "ticker"]
BINS = 100  # of forecasts by rank, in a drawn area under the curve
GROUPS = 10  # of forecasts by size, whose reliability is told
SUREST = 2.0**-52
ON_LATER = ("gradient_boosting_classifier",)  # learn from all but the last fold, calibrated on it


def classifiers(given: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The kinds of models of direction, to be built."""
    return {
        "logistic": lambda: LogisticRegression(**given),
        "gradient_boosting_classifier": lambda: HistGradientBoostingClassifier(
            random_state=seed, early_stopping=False, **given
        ),
    }


class Chances:
    """A pipeline that is fitted to returns, and says how probable it is that one is above 0."""

    def __init__(self, pipeline: Any, later: tuple[int, int] | None) -> None:
        self.pipeline, self.later = pipeline, later  # folds and embargo, if it is calibrated
        self.slope, self.shift = 1.0, 0.0

    def fit(self, rows: pd.DataFrame, names: Any) -> "Chances":
        """Fit to the rows of a training set: names of features, target, timestamp, target_time."""
        if self.later is None:
            self.pipeline.fit(rows[names], rows["target"] > 0)
            return self
        folds, embargo = self.later
        dates = sorted(rows["timestamp"].unique())
        last = len(dates) - len(dates) // (folds + 1)
        early = rows[
            (rows["timestamp"] <= dates[last - embargo - 1]) & (rows["target_time"] < dates[last])
        ]
        late = rows[rows["timestamp"] >= dates[last]]
        self.pipeline.fit(early[names], early["target"] > 0)
        said = self.pipeline.decision_function(late[names])
        self.slope, self.shift = sigmoid(said, (late["target"] > 0).to_numpy())
        return self

    def predict(self, features: pd.DataFrame) -> Floats:
        """The probability of a rise."""
        return np.asarray(
            expit(self.slope * self.pipeline.decision_function(features) + self.shift)
        )


def sigmoid(said: Floats, rose: np.ndarray) -> tuple[float, float]:
    """Platt (1999): slope and shift by Newton's method, to targets a little inside 0 and 1."""
    up, down = rose.sum(), (~rose).sum()
    wanted = np.where(rose, (up + 1) / (up + 2), 1 / (down + 2))
    columns = np.column_stack([said, np.ones_like(said)])
    weights = np.array([0.0, np.log((up + 1) / (down + 1))])
    for _ in range(100):
        chance = expit(columns @ weights)
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns
        step = np.linalg.solve(curvature, columns.T @ (chance - wanted))
        weights -= step
        if np.abs(step).max() < 1e-12:
            break
    return float(weights[0]), float(weights[1])


def scores(rose: Floats, said: Floats) -> dict[str, float]:
    """What scikit-learn says of a fold."""
    area = roc_auc_score(rose, said) if 0 < np.mean(rose) < 1 else np.nan
    return {
        "brier_score": brier_score_loss(rose, said, pos_label=1),
        "log_loss": log_loss(rose, said, labels=[0, 1]),
        "auc": area,
    }


class Sums:
    """What each date adds to the metrics of a model's probabilities, or of the base rate's."""

    def __init__(self, made: pd.DataFrame, *, of_base_rate: bool = False) -> None:
        made = made.sort_values(KEYS, kind="stable")
        rose = made["y_true"].to_numpy() == 1
        said = made["y_base" if of_base_rate else "y_pred"].to_numpy()
        below = rankdata(said, "min") - 1
        bins = pd.factorize(said, sort=True)[0]
        if bins.max() >= BINS:
            bins = pd.factorize((BINS * below) // len(said), sort=True)[0]
        truth = np.where(rose, said, 1 - said)
        terms = {
            "rows": np.ones(len(said)),
            "squared": (said - rose) ** 2,
            "base": (made["y_base"].to_numpy() - rose) ** 2,
            "log": -np.log(np.clip(truth, SUREST, 1 - SUREST)),
        }
        self.frame = pd.DataFrame(terms).groupby(made["timestamp"].to_numpy()).sum()
        self.wins = np.tril(np.ones((bins.max() + 1,) * 2), -1)
        for place in range(bins.max() + 1):
            ups, downs = said[(bins == place) & rose], said[(bins == place) & ~rose]
            pairs = np.sign(ups[:, None] - downs[None, :])
            self.wins[place, place] = (pairs.mean() + 1) / 2 if pairs.size else 0.5
        held = pd.crosstab(made["timestamp"].to_numpy(), [np.where(rose, "up", "down"), bins])
        every = pd.MultiIndex.from_product([["up", "down"], range(bins.max() + 1)])
        self.counts = held.reindex(columns=every, fill_value=0).astype(float)

    def table(self) -> Floats:
        """(dates, k)."""
        return np.hstack([self.frame.to_numpy(), self.counts.to_numpy()])

    def metrics(self, sums: Floats) -> dict[str, Floats]:
        """The metrics of (replicates, k) sums."""
        rows, squared, base, losses = sums[:, :4].T
        ups, downs = np.hsplit(sums[:, 4:], 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "brier_score": squared / rows,
                "log_loss": losses / rows,
                "auc": ((ups @ self.wins) * downs).sum(1) / (ups.sum(1) * downs.sum(1)),
                "brier_skill": 1 - squared / base,
            }


def forecasts(results: Results, scenario: str, model: str) -> pd.DataFrame:
    """What a model said, with the base rate beside it if it is one of direction."""
    made = results.table(f"data/predictions/{scenario}_{model}.parquet")
    return made.astype({"ticker": str})


def reliability(made: pd.DataFrame) -> tuple[pd.DataFrame, list[Floats]]:
    """Groups of forecasts by size, and (dates, 2) rises and rows of each group."""
    inner = np.percentile(made["y_pred"], np.arange(10, 100, 10))
    group = pd.factorize((made["y_pred"].to_numpy()[:, None] > inner).sum(axis=1), sort=True)[0]
    of = made.assign(rows=1.0).groupby(group)
    told = pd.DataFrame(
        {
            "rows": of.size(),
            "forecast": of["y_pred"].mean(),
            "observed": of["y_true"].mean(),
            "lowest": of["y_pred"].min(),
            "highest": of["y_pred"].max(),
        }
    )
    dates = np.unique(made["timestamp"])
    parts = [
        part.groupby("timestamp")[["y_true", "rows"]].sum().reindex(dates, fill_value=0.0)
        for _, part in of
    ]
    return told, [part.to_numpy(float) for part in parts]
