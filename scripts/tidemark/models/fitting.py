"""The models: their settings in, a fitted scikit-learn pipeline out."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

from tidemark.arrays import Bools, Floats
from tidemark.errors import BadValue, InputError
from tidemark.files import store
from tidemark.isolated import timed
from tidemark.models import direction, estimators, probability_metrics, splits
from tidemark.models.settings import Model
from tidemark.models.time_limit import InTime, NotInTimeError, Tell, unlimited
from tidemark.models.worth import WORTH
from tidemark.targets import METRICS, Target

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError, LinAlgWarning
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

T = TypeVar("T")
Fold = Mapping[str, Any]
Record = dict[str, Any]
LaterRows = Callable[[pd.DataFrame], tuple[Bools, Bools]]

NOT_FEATURES = ["timestamp", "ticker", "target", "target_time"]
SCORES = {"mae": mean_absolute_error, "rmse": root_mean_squared_error, "r2": r2_score}
FEWEST_TO_CALIBRATE = 5  # rows of each direction: as many as scikit-learn divides them into
CURES: Mapping[Target, str] = {
    "return": "name a fallback that always converges, such as a model with estimator linear",
    "direction": "train on more dates (split_data.test_start, fewer split_data.folds), or name a"
    " fallback that needs fewer rows, such as a model with estimator logistic",
}
OVER_FOLDS: Mapping[str, Callable[[Sequence[float]], Any]] = {
    "mean": np.mean,
    "lowest": min,
    "highest": max,
}


class NotConvergedError(Exception):
    """A fit that ended without a usable solution."""


def undivided() -> LaterRows:
    """For callers that fit no kind that is calibrated."""
    raise TypeError("a kind that is calibrated needs `later`")


FAILURES = (NotConvergedError, NotInTimeError)  # after which the fallback is fitted


def fit(
    model: str,
    specification: Callable[[str], Model],
    train: pd.DataFrame,
    folds: Sequence[Fold],
    seed: Callable[[], int],
    alone: InTime = unlimited,
    note: Callable[[str], object] = print,
    later: Callable[[], LaterRows] = undivided,
) -> tuple[bytes, Record]:
    """Fit a model, or the first of its fallbacks that converges in time.

    Args:
        model: its name among the models of `specification`.
        specification: gives a model's settings; asked for a fallback only when that is needed.
        train: timestamp, ticker, features, target, target_time.
        folds: walk-forward folds as returned by `splits.folds`.
        seed: of random draws; asked for a kind that draws only.
        alone: how fits are done that may not end; the same bytes come of it.
        note: told how so many rows are fitted, before they are.
        later: gives what parts any rows that are fitted on into those to learn from, and later ones
            to calibrate by, as `splits.last_fold`; asked for a kind that is calibrated only.

    Returns:
        The fitted pipeline, pickled, and a report: model; fitted (the name of the model really
        fitted); estimator; target; scaling (of features and of the target); parameters; fallback
        (None, or from, to, reason); mean, lowest and
        highest (MAE, RMSE and R2 over the folds; of direction Brier score, log loss and AUC); folds
        (the same of each); grid (None, or each candidate's parameters, RMSE or Brier score, and
        failure). Of direction only: base_rate (share of the training rows that rose). Only where
        there is one: approximation (how so many rows were fitted, in words) and time_limit (model
        and parameters of each candidate that did not end in time).

    Raises:
        BadValue: neither the model nor its fallbacks converge in time.
    """
    failures: dict[str, Exception] = {}
    late: list[Record] = []
    name: str | None = model
    while name is not None and name not in failures:
        spec = specification(name)
        search = _Search(name, spec, train, folds, seed, alone, later)
        for words in search.approximations():
            note(f"{len(train):,} rows: {words}")
        try:
            pipeline, report = search.best()
        except timed.EndedError as error:
            raise BadValue(
                name,
                f"the process of its fit {error}",
                "memory may have run out: use fewer rows or another model",
            ) from error
        except FAILURES as error:
            failures[name] = error
        late += [{"model": name, "parameters": parameters} for parameters in search.late]
        if name in failures:
            name = spec.fallback
            continue
        names = {"model": model, "fitted": name, "fallback": _fallback(model, name, failures)}
        return pipeline, names | report | ({"time_limit": late} if late else {})
    cure = CURES[specification(model).target]
    if late:
        cure += ", raise train_models.time_limit_minutes, or use fewer rows"
    raise BadValue(model, _reasons(failures), cure)


def inputs(frame: pd.DataFrame) -> pd.DataFrame:
    """The feature columns of a frame, in order."""
    return frame.drop(columns=NOT_FEATURES)


def _fallback(model: str, fitted: str, failures: Mapping[str, Exception]) -> Record | None:
    return {"from": model, "to": fitted, "reason": _reasons(failures)} if failures else None


def _first_sentence(text: str) -> str:
    """What went wrong, without the advice that libraries add."""
    return " ".join(text.split()).split(". ")[0].rstrip(".")


def _reasons(failures: Mapping[str, Exception]) -> str:
    return "; ".join(
        f"{name} {error}"
        if isinstance(error, NotInTimeError)
        else f"{name} did not converge: {_first_sentence(str(error))}"
        for name, error in failures.items()
    )


class _Search:
    """Choose among a grid's candidates by cross-validated RMSE, or Brier score; then fit on all
    rows.

    Attributes:
        late: parameters of what did not end in time.
    """

    def __init__(
        self,
        name: str,
        spec: Model,
        train: pd.DataFrame,
        folds: Sequence[Fold],
        seed: Callable[[], int],
        alone: InTime,
        later: Callable[[], LaterRows],
    ) -> None:
        self._name, self._spec, self._train = name, spec, train
        self._folds, self._alone = folds, alone
        points = ParameterGrid(dict(spec.grid)) if spec.grid else [{}]
        self._models = [replace(spec, **point).of_rows(len(train)) for point in points]
        self._seed = seed() if any(model.draws for model in self._models) else 0
        self._later = later() if spec.calibrated else None
        self._by = METRICS[spec.target].chosen_by
        for model in self._models:  # so that what it loads is known, even if it never ends
            with self._of_kind("build"):
                pipeline = unfitted(model, self._seed)
                if spec.calibrated:
                    direction.calibration(pipeline)
        self._fits = len(self._models) * len(folds) + 1
        self.late: list[Record] = []

    def approximations(self) -> list[str]:
        """What its candidates do otherwise with so many rows."""
        return list(dict.fromkeys(filter(None, (each.approximation() for each in self._models))))

    def best(self) -> tuple[bytes, Record]:
        """The best candidate, fitted and pickled, and its part of the report.

        Raises:
            NotConvergedError, NotInTimeError: there is none.
        """
        if self._spec.grid:
            tried = [self._tried(place) for place in range(len(self._models))]
            best = min(tried, key=lambda one: one["mean"][self._by] if one["mean"] else math.inf)
            if best["failure"] is not None:
                raise tried[0]["failure"]
            model = best["model"]
            pipeline = self._done(model, lambda _: self._on_all_rows(model))
            return pipeline, self._told(best) | {
                "grid": [_grid_line(one, self._by) for one in tried]
            }
        (model,) = self._models
        whole = self._done(model, lambda tell: (self._scored(0, tell), self._on_all_rows(model)))
        scores, pipeline = whole
        return pipeline, self._told(self._candidate(0, scores)) | {"grid": None}

    def _told(self, best: Record) -> Record:
        approximation = best["model"].approximation()
        return {
            "estimator": self._spec.estimator,
            "target": self._spec.target,
            "scaling": {"features": self._spec.scaling, "target": self._spec.target_scaling},
            "parameters": best["parameters"],
            **{name: best[name] for name in (*OVER_FOLDS, "folds")},
            **({"approximation": approximation} if approximation else {}),
            **self._base_rate(),
        }

    def _base_rate(self) -> dict[str, float]:
        if self._spec.target == "return":
            return {}
        return {"base_rate": direction.base_rate(self._train["target"])}

    def _tried(self, place: int) -> Record:
        """Score one candidate on every fold; `failure` is why it cannot be chosen."""
        try:
            scores = self._done(self._models[place], lambda tell: self._scored(place, tell))
        except FAILURES as error:
            return self._candidate(place) | {"failure": error}
        return self._candidate(place, scores)

    def _candidate(self, place: int, scores: Sequence[Record] = ()) -> Record:
        model = self._models[place]
        candidate: Record = {"model": model, "parameters": model.parameters()}
        candidate |= dict.fromkeys((*OVER_FOLDS, "folds", "failure"))
        return candidate | (over_folds(scores) | {"folds": scores} if scores else {})

    def _scored(self, place: int, tell: Tell) -> list[Record]:
        scores = []
        for number, fold in enumerate(self._folds, place * len(self._folds) + 1):
            scores.append(self._score(self._models[place], fold))
            tell(number, self._fits)
        return scores

    def _on_all_rows(self, model: Model) -> bytes:
        pipeline = self._fitted(model, self._train)
        with self._of_kind("predict"):
            _predict_or_fail(model, pipeline, self._train.tail(100))
        with self._of_kind("keeping it"):
            return store.pickle_bytes(pipeline)

    @contextmanager
    def _of_kind(self, doing: str) -> Iterator[None]:
        """Tell what the kind's own code raises with its file, its line and the model."""
        try:
            yield
        except (BadValue, InputError, MemoryError, *FAILURES):
            raise
        except NotFittedError as error:
            raise InputError(
                estimators.file_of(self._spec.estimator),
                f"{self._name}: its estimator counts as not fitted after `fit`",
                "set what it learns as attributes that end in _ there, such as self.mean_",
            ) from error
        except Exception as error:
            who = f"{self._name}: {doing}"
            raise estimators.fails(self._spec.estimator, who, error) from error

    def _fitted(self, model: Model, rows: pd.DataFrame) -> Any:
        """As `_learned`, and errors are told with the kind's file."""
        with self._of_kind("fit"):
            return self._learned(model, rows)

    def _learned(self, model: Model, rows: pd.DataFrame) -> Any:
        """Fitted on the rows; or on the earlier ones, and calibrated on the later ones."""
        pipeline, target = unfitted(model, self._seed), _target(model, rows)
        if not model.calibrated:
            _fit_or_fail(model, pipeline, inputs(rows), target)
            return pipeline
        try:
            learned, decided = cast(LaterRows, self._later)(rows)
        except BadValue as error:
            raise NotConvergedError(f"nothing to calibrate on: {error.problem}") from error
        _fit_or_fail(model, pipeline, inputs(rows[learned]), target[learned])
        calibrated, last = direction.calibration(pipeline), rows[decided]
        _fit_or_fail(model, calibrated, inputs(last), target[decided], FEWEST_TO_CALIBRATE)
        return calibrated

    def _score(self, model: Model, fold: Fold) -> Record:
        fitted, scored = splits.fold_rows(self._train, fold)
        pipeline = self._fitted(model, self._train[fitted])
        rows = self._train[scored]
        true = _target(model, rows)
        with self._of_kind("predict"):
            predicted = _predict_or_fail(model, pipeline, rows)
        if model.target == "direction":
            worth = WORTH["direction"].overall(
                probability_metrics.per_date(np.zeros(len(true)), true, predicted, predicted)
            )
            return {"fold": fold["fold"]} | {
                name: worth[name] for name in METRICS["direction"].of_folds
            }
        return {"fold": fold["fold"]} | {
            key: float(score(true, predicted)) for key, score in SCORES.items()
        }

    def _done(self, model: Model, work: Callable[[Tell], T]) -> T:
        """What `work` on a model returns or raises, done alone."""

        def told(tell: Tell) -> tuple[T | None, str | None]:
            try:
                return work(tell), None
            except NotConvergedError as error:  # as a value: it may come from another process
                return None, str(error)

        try:
            result, failure = self._alone(told)
        except NotInTimeError:
            self.late.append(model.parameters())
            raise
        if failure is not None:
            raise NotConvergedError(failure)
        return cast(T, result)


def _grid_line(candidate: Record, by: str) -> Record:
    score = candidate["mean"][by] if candidate["mean"] else None
    failure = candidate["failure"] and str(candidate["failure"])
    return {"parameters": candidate["parameters"], by: score, "failure": failure}


def _target(model: Model, rows: pd.DataFrame) -> Any:
    """What a model is fitted to: returns, or which of them are above 0."""
    returns = rows["target"]
    return direction.rises(returns) if model.target == "direction" else returns


def over_folds(scores: Sequence[Mapping[str, float]]) -> Record:
    """Mean, lowest and highest of each metric over the folds in which it is defined.

    Args:
        scores: of each fold, beside its number; NaN where undefined.

    Returns:
        By OVER_FOLDS, then by metric; NaN if no fold has it.
    """
    metrics = [name for name in scores[0] if name != "fold"]
    defined = {key: [s[key] for s in scores if not math.isnan(s[key])] for key in metrics}
    return {
        name: {key: float(of(values)) if values else math.nan for key, values in defined.items()}
        for name, of in OVER_FOLDS.items()
    }


def unfitted(model: Model, seed: int) -> Any:
    """The pipeline of a model, scaled as its kind says."""
    scale = [("scale", StandardScaler())] if model.scaling == "standard" else []
    estimator = model.build(seed)
    _require_estimator(model, estimator)
    if model.target_scaling == "standard":
        estimator = TransformedTargetRegressor(estimator, transformer=StandardScaler())
    return Pipeline([*scale, (model.estimator, estimator)])


def _require_estimator(model: Model, built: object) -> None:
    asked = "predict_proba" if model.target == "direction" else "predict"
    if lacking := [
        part
        for part in ("fit", asked, "get_params", "__sklearn_tags__")
        if not hasattr(built, part)
    ]:
        kind = "Classifier" if model.target == "direction" else "Regressor"
        raise InputError(
            estimators.file_of(model.estimator),
            f"build gives a {type(built).__name__}, which is no estimator of scikit-learn: it has"
            f" no {lacking[0]}",
            f"derive it from {kind}Mixin and BaseEstimator of sklearn.base, in this order, and"
            f" write fit and {asked}",
        )


def _fit_or_fail(
    model: Model, pipeline: Any, features: pd.DataFrame, target: Any, fewest: int = 1
) -> None:
    """Fit; a solver that warns has failed, and so has a classifier that sees one direction only."""
    if model.target == "direction":
        _require_both(target, fewest)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", LinAlgWarning)
        try:
            pipeline.fit(features, target)
        except (ConvergenceWarning, LinAlgWarning, LinAlgError) as error:
            raise NotConvergedError(str(error)) from error


def _require_both(rises: Floats, fewest: int) -> None:
    """Refuse rows that hold too few rises, or too few others, to tell them apart."""
    up = int(rises.sum())
    if min(up, len(rises) - up) < fewest:
        raise NotConvergedError(
            f"of {len(rises):,} rows {up:,} rose, and {fewest} of each direction are needed"
        )


def _predict_or_fail(model: Model, pipeline: Any, rows: pd.DataFrame) -> Floats:
    features = inputs(rows)
    of_direction = model.target == "direction"
    predicted: Floats = (
        direction.probabilities(pipeline, features) if of_direction else pipeline.predict(features)
    )
    if not np.isfinite(predicted).all():
        raise NotConvergedError("its predictions are not finite")
    return predicted
