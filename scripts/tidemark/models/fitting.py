"""The models: their settings in, a fitted scikit-learn pipeline out."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tidemark.arrays import Floats
from tidemark.errors import BadValue
from tidemark.models import splits
from tidemark.models.settings import Model

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError, LinAlgWarning
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

Fold = Mapping[str, Any]
Record = dict[str, Any]

NOT_FEATURES = ["timestamp", "ticker", "target", "target_time"]
SCORES = {"mae": mean_absolute_error, "rmse": root_mean_squared_error, "r2": r2_score}
OVER_FOLDS: Mapping[str, Callable[[Sequence[float]], Any]] = {
    "mean": np.mean,
    "lowest": min,
    "highest": max,
}


class NotConvergedError(Exception):
    """A fit that ended without a usable solution."""


def fit(
    model: str,
    specification: Callable[[str], Model],
    train: pd.DataFrame,
    folds: Sequence[Fold],
    seed: Callable[[], int],
) -> tuple[Any, Record]:
    """Fit a model, or the first of its fallbacks that converges.

    Args:
        model: its name among the models of `specification`.
        specification: gives a model's settings; asked for a fallback only when that is needed.
        train: timestamp, ticker, features, target, target_time.
        folds: walk-forward folds as returned by `splits.folds`.
        seed: of random draws; asked for a kind that draws only.

    Returns:
        The fitted pipeline, and a report: model; fitted (the name of the model really fitted);
        estimator; parameters; fallback (None, or from, to, reason); mean, lowest and highest (MAE,
        RMSE and R2 over the folds); folds (the same of each); grid (None, or each candidate's
        parameters and RMSE).

    Raises:
        BadValue: neither the model nor its fallbacks converge.
    """
    failures: dict[str, str] = {}
    name: str | None = model
    while name is not None and name not in failures:
        spec = specification(name)
        try:
            pipeline, report = _fit_one(spec, train, folds, seed() if spec.draws else 0)
        except NotConvergedError as error:
            failures[name] = _first_sentence(str(error))
            name = spec.fallback
            continue
        names = {"model": model, "fitted": name, "fallback": _fallback(model, name, failures)}
        return pipeline, names | report
    raise BadValue(
        model,
        _reasons(failures),
        "name a fallback that always converges, such as a model with estimator linear",
    )


def inputs(frame: pd.DataFrame) -> pd.DataFrame:
    """The feature columns of a frame, in order."""
    return frame.drop(columns=NOT_FEATURES)


def _fallback(model: str, fitted: str, failures: Mapping[str, str]) -> Record | None:
    return {"from": model, "to": fitted, "reason": _reasons(failures)} if failures else None


def _first_sentence(text: str) -> str:
    """What went wrong, without the advice that libraries add."""
    return " ".join(text.split()).split(". ")[0].rstrip(".")


def _reasons(failures: Mapping[str, str]) -> str:
    return "; ".join(f"{name} did not converge: {why}" for name, why in failures.items())


def _fit_one(
    spec: Model, train: pd.DataFrame, folds: Sequence[Fold], seed: int
) -> tuple[Any, Record]:
    """Choose among the grid's candidates by cross-validated RMSE, then fit on all rows."""
    points = ParameterGrid(dict(spec.grid)) if spec.grid else [{}]
    candidates = [_cross_validate(replace(spec, **point), train, folds, seed) for point in points]
    usable = [candidate for candidate in candidates if candidate["failure"] is None]
    if not usable:
        raise NotConvergedError(candidates[0]["failure"])
    best = min(usable, key=lambda candidate: candidate["mean"]["rmse"])
    pipeline = unfitted(replace(spec, **best["parameters"]), seed)
    _fit_or_fail(pipeline, inputs(train), train["target"])
    _predict_or_fail(pipeline, inputs(train.tail(100)))
    return pipeline, {
        "estimator": spec.estimator,
        "parameters": best["parameters"],
        **{name: best[name] for name in (*OVER_FOLDS, "folds")},
        "grid": [_grid_line(candidate) for candidate in candidates] if spec.grid else None,
    }


def _grid_line(candidate: Record) -> Record:
    rmse = candidate["mean"]["rmse"] if candidate["mean"] else None
    return {"parameters": candidate["parameters"], "rmse": rmse, "failure": candidate["failure"]}


def _cross_validate(model: Model, train: pd.DataFrame, folds: Sequence[Fold], seed: int) -> Record:
    """Score one candidate on every fold; `failure` says why if a fit does not converge."""
    candidate: Record = {"parameters": model.parameters()}
    candidate |= dict.fromkeys((*OVER_FOLDS, "folds", "failure"))
    try:
        scores = [_score(unfitted(model, seed), train, fold) for fold in folds]
    except NotConvergedError as error:
        return candidate | {"failure": str(error)}
    return candidate | over_folds(scores) | {"folds": scores}


def over_folds(scores: Sequence[Mapping[str, float]]) -> Record:
    """Mean, lowest and highest of each of SCORES over the folds in which it is defined.

    Args:
        scores: of each fold; NaN where undefined.

    Returns:
        By OVER_FOLDS, then by metric; NaN if no fold has it.
    """
    defined = {key: [s[key] for s in scores if not math.isnan(s[key])] for key in SCORES}
    return {
        name: {key: float(of(values)) if values else math.nan for key, values in defined.items()}
        for name, of in OVER_FOLDS.items()
    }


def _score(pipeline: Any, train: pd.DataFrame, fold: Fold) -> Record:
    fitted, scored = splits.fold_rows(train, fold)
    _fit_or_fail(pipeline, inputs(train[fitted]), train["target"][fitted])
    true = train["target"][scored]
    predicted = _predict_or_fail(pipeline, inputs(train[scored]))
    return {"fold": fold["fold"]} | {
        key: float(score(true, predicted)) for key, score in SCORES.items()
    }


def unfitted(model: Model, seed: int) -> Any:
    """The pipeline of a model, scaled as its kind says."""
    scale = [("scale", StandardScaler())] if model.scaling == "standard" else []
    return Pipeline([*scale, (model.estimator, model.build(seed))])


def _fit_or_fail(pipeline: Any, features: pd.DataFrame, target: pd.Series) -> None:
    """Fit; a solver that warns has failed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", LinAlgWarning)
        try:
            pipeline.fit(features, target)
        except (ConvergenceWarning, LinAlgWarning, LinAlgError) as error:
            raise NotConvergedError(str(error)) from error


def _predict_or_fail(pipeline: Any, features: pd.DataFrame) -> Floats:
    predicted: Floats = pipeline.predict(features)
    if not np.isfinite(predicted).all():
        raise NotConvergedError("its predictions are not finite")
    return predicted
