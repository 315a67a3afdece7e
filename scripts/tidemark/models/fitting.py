"""The models: an estimator's name and parameters in, a fitted scikit-learn pipeline out.

To add a model, write one function here under `@estimator`, give its parameters a class in
settings.py, and name it in config.yaml. The function's name is the estimator's, its parameters
are those of config.yaml, and it returns the regressor that follows the `StandardScaler`. None of
these estimators draws random numbers; one that does takes its `random_state` as a parameter.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidemark.arrays import Floats
from tidemark.errors import InputError
from tidemark.models import splits

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError, LinAlgWarning
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVR

Fold = Mapping[str, Any]
Record = dict[str, Any]

NOT_FEATURES = ["timestamp", "ticker", "target", "target_time"]
NOT_PARAMETERS = ("estimator", "fallback", "grid")
SCORES = {"mae": mean_absolute_error, "rmse": root_mean_squared_error, "r2": r2_score}

ESTIMATORS: dict[str, Callable[..., Any]] = {}


def estimator(build: Callable[..., Any]) -> Callable[..., Any]:
    """Register a function that builds a regressor under the function's name."""
    ESTIMATORS[build.__name__] = build
    return build


@estimator
def mean() -> Any:
    """The mean of the training targets, whatever the features say."""
    return DummyRegressor(strategy="mean")


@estimator
def linear() -> Any:
    """Ordinary least squares; of minimal norm where features are collinear."""
    return LinearRegression()


@estimator
def ridge(alpha: float) -> Any:
    """Least squares with an L2 penalty on the coefficients of the standardised features."""
    return Ridge(alpha=alpha)


@estimator
def svr(C: float, epsilon: float, gamma: str | float, kernel: str, max_iter: int) -> Any:
    """Support vector regression; `epsilon` is in standard deviations of the target."""
    regressor = SVR(C=C, epsilon=epsilon, gamma=gamma, kernel=kernel, max_iter=max_iter)
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


@estimator
def polynomial(degree: int, alpha: float) -> Any:
    """Ridge on all products of up to `degree` features, standardised once more."""
    powers = PolynomialFeatures(degree, include_bias=False)
    return make_pipeline(powers, StandardScaler(), Ridge(alpha=alpha))


class NotConvergedError(Exception):
    """A fit that ended without a usable solution."""


def fit(
    model: str,
    specification: Callable[[str], Mapping[str, Any]],
    train: pd.DataFrame,
    folds: Sequence[Fold],
) -> tuple[Any, Record]:
    """Fit a model, or the first of its fallbacks that converges.

    Args:
        model: its name in config.yaml.
        specification: gives a model's section of config.yaml: estimator, all its parameters, and
            optionally fallback and grid. Asked for a fallback only when that is needed.
        train: timestamp, ticker, features, target, target_time.
        folds: walk-forward folds as of `splits.folds`.

    Returns:
        The fitted pipeline, and a report: model; fitted (the name of the model really fitted);
        estimator; parameters; fallback (None, or from, to, reason); mean (MAE, RMSE and R2 over
        the folds); folds (the same of each); grid (None, or each candidate's parameters and RMSE).

    Raises:
        InputError: neither the model nor its fallbacks converge.
    """
    failures: dict[str, str] = {}
    name: str | None = model
    while name is not None and name not in failures:
        spec = specification(name)
        try:
            pipeline, report = _fit_one(spec, train, folds)
        except NotConvergedError as error:
            failures[name] = _first_sentence(str(error))
            name = spec.get("fallback")
            continue
        names = {"model": model, "fitted": name, "fallback": _fallback(model, name, failures)}
        return pipeline, names | report
    raise InputError(
        f"config.yaml models.{model}",
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
    spec: Mapping[str, Any], train: pd.DataFrame, folds: Sequence[Fold]
) -> tuple[Any, Record]:
    """Choose among the grid's candidates by cross-validated RMSE, then fit on all rows."""
    name, grid = spec["estimator"], spec.get("grid")
    fixed = {key: value for key, value in spec.items() if key not in NOT_PARAMETERS}
    points = ParameterGrid(dict(grid)) if grid else [{}]
    candidates = [_cross_validate(name, fixed | point, train, folds) for point in points]
    usable = [candidate for candidate in candidates if candidate["failure"] is None]
    if not usable:
        raise NotConvergedError(candidates[0]["failure"])
    best = min(usable, key=lambda candidate: candidate["mean"]["rmse"])
    pipeline = _pipeline(name, best["parameters"])
    _fit_or_fail(pipeline, inputs(train), train["target"])
    _predict_or_fail(pipeline, inputs(train.tail(100)))
    return pipeline, {
        "estimator": name,
        "parameters": best["parameters"],
        "mean": best["mean"],
        "folds": best["folds"],
        "grid": [_grid_line(candidate) for candidate in candidates] if grid else None,
    }


def _grid_line(candidate: Record) -> Record:
    rmse = candidate["mean"]["rmse"] if candidate["mean"] else None
    return {"parameters": candidate["parameters"], "rmse": rmse, "failure": candidate["failure"]}


def _cross_validate(
    name: str, parameters: Record, train: pd.DataFrame, folds: Sequence[Fold]
) -> Record:
    """Score one candidate on every fold; `failure` says why if a fit does not converge."""
    candidate: Record = {"parameters": parameters, "mean": None, "folds": None, "failure": None}
    try:
        scores = [_score(_pipeline(name, parameters), train, fold) for fold in folds]
    except NotConvergedError as error:
        return candidate | {"failure": str(error)}
    means = {key: float(np.mean([score[key] for score in scores])) for key in SCORES}
    return candidate | {"mean": means, "folds": scores}


def _score(pipeline: Any, train: pd.DataFrame, fold: Fold) -> Record:
    fitted, scored = splits.fold_rows(train, fold)
    _fit_or_fail(pipeline, inputs(train[fitted]), train["target"][fitted])
    true = train["target"][scored]
    predicted = _predict_or_fail(pipeline, inputs(train[scored]))
    return {"fold": fold["fold"]} | {
        key: float(score(true, predicted)) for key, score in SCORES.items()
    }


def _pipeline(name: str, parameters: Mapping[str, Any]) -> Any:
    return Pipeline([("scale", StandardScaler()), (name, ESTIMATORS[name](**parameters))])


def _fit_or_fail(pipeline: Any, features: pd.DataFrame, target: pd.Series) -> None:
    """Fit, and take a solver's doubts for a failure."""
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
