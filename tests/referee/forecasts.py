"""Forecasts of models fitted again by plain scikit-learn, what they are worth, and intervals."""

from collections.abc import Mapping
from typing import Any

from referee import chances
from referee.drawing import HALF, block_length, block_starts, drawn_sums, interval
from referee.results import Floats, Results
from referee.verdict import Comparison

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import ElasticNet, LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVR

KEYS = ["timestamp", "ticker"]
NOT_FEATURES = [*KEYS, "target", "target_time"]
FITTED = 1e-7  # relative: solvers stop, and sums of products round, where they like
SCORES = {"mae": mean_absolute_error, "rmse": root_mean_squared_error, "r2": r2_score}
ONCE = ("svr",)  # estimators so slow that their folds are not fitted again
UNSCALED = ("gradient_boosting", "gradient_boosting_classifier")
CALIBRATED = 1e-4  # relative: what a sigmoid adds, whose solver stops sooner
FEWEST_TICKERS = 3  # of a date, for a rank correlation


def look(results: Results, cells: int, seed: int) -> str:
    """Fit, score and draw again every model in every scenario."""
    fits, figures, worst, others = 0, 0, 0.0, set()
    for scenario in results.config["scenarios"]:
        for model in results.config["models"]:
            report = results.json(f"artifacts/{scenario}_{model}_cv.json")
            seed = results.seed(f"train_models_{scenario}_{model}")
            pipeline = regression(report["estimator"], report["parameters"], seed)
            if pipeline is None or "approximation" in report:
                others.add(model)
            else:
                fits += _hold_fit(results, scenario, model, report, pipeline)
            for held in _hold_worth(results, scenario, model):
                figures, worst = figures + held.count, max(worst, held.worst)
    alone = f"; not looked at: fits of {', '.join(sorted(others))}" if others else ""
    return (
        f"{fits} fits agree within {FITTED:g}; {figures:,} metrics and ends of intervals agree"
        f" (worst relative difference {worst:.1e}){alone}"
    )


def regression(estimator: str, given: Mapping[str, Any], seed: int) -> Any:
    """What is fitted; None for a kind of model that is not written down here."""
    kinds = {
        "mean": lambda: DummyRegressor(),
        "linear": lambda: LinearRegression(),
        "ridge": lambda: Ridge(**given),
        "elastic_net": lambda: of_scaled_target(ElasticNet(**given)),
        "svr": lambda: of_scaled_target(SVR(**_without_limits(given))),
        "random_forest": lambda: RandomForestRegressor(random_state=seed, **given),
        "gradient_boosting": lambda: HistGradientBoostingRegressor(
            random_state=seed, early_stopping=False, **given
        ),
        "polynomial": lambda: make_pipeline(
            PolynomialFeatures(given["degree"], include_bias=False),
            StandardScaler(),
            Ridge(alpha=given["alpha"]),
        ),
        **chances.classifiers(given, seed),
    }
    if estimator not in kinds:
        return None
    scaled = [] if estimator in UNSCALED else [StandardScaler()]
    return make_pipeline(*scaled, kinds[estimator]())


def _without_limits(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of SVR alone, which say nothing of how it is approximated."""
    return {key: given[key] for key in given if key not in ("max_rows", "components")}


def of_scaled_target(regressor: Any) -> Any:
    """Fitted to the target in standard deviations about its mean."""
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def _hold_fit(
    results: Results, scenario: str, model: str, report: Mapping[str, Any], pipeline: Any
) -> int:
    """Require forecasts of the test set, and the scores of each fold; returns how many fits."""
    train = results.table(f"data/splits/{scenario}_train.parquet")
    test = results.table(f"data/splits/{scenario}_test.parquet")
    names = train.columns.drop(NOT_FEATURES)
    made = results.table(f"data/predictions/{scenario}_{model}.parquet")
    of_direction, tolerance = "y_base" in made, FITTED
    if of_direction:
        later = None
        if report["estimator"] in chances.ON_LATER:
            plan = results.config["split_data"]
            later, tolerance = (plan["folds"], plan["embargo"]), CALIBRATED
        chance = chances.Chances(pipeline, later)
    held = Comparison(f"data/predictions/{scenario}_{model}.parquet", tolerance, small=1e-6)

    def fitted(rows: pd.DataFrame) -> Any:
        if of_direction:
            return chance.fit(rows, names)
        return pipeline.fit(rows[names], rows["target"])

    def true(rows: pd.DataFrame) -> Floats:
        returns = rows["target"].to_numpy()
        return (returns > 0) * 1.0 if of_direction else returns

    where = test[KEYS]

    def row(place: int) -> str:
        return f"{where['ticker'][place]}, {where['timestamp'][place]}"

    held.numbers(row, "y_pred", made["y_pred"], fitted(train).predict(test[names]))
    held.numbers(row, "y_true", made["y_true"], true(test))
    if of_direction:
        held.numbers(row, "y_base", made["y_base"], np.full(len(test), true(train).mean()))
    if report["estimator"] in ONCE:
        return 1
    scored = Comparison(f"artifacts/{scenario}_{model}_cv.json", tolerance, small=1e-6)
    folds = results.json(f"data/splits/{scenario}_folds.json")
    for fold, scores in zip(folds, report["folds"], strict=True):
        end, start, last = (
            pd.Timestamp(fold[name]) for name in ("train_end", "test_start", "test_end")
        )
        inside = train[(train["timestamp"] <= end) & (train["target_time"] < start)]
        outside = train[train["timestamp"].between(start, last)]
        predicted, seen = fitted(inside).predict(outside[names]), true(outside)
        if of_direction:
            expected = chances.scores(seen, predicted)
        else:
            expected = {name: score(seen, predicted) for name, score in SCORES.items()}
        for name, value in expected.items():
            scored.number(f"fold {fold['fold']}", name, scores[name], value)
    return 1 + len(folds)


def _hold_worth(results: Results, scenario: str, model: str) -> list[Comparison]:
    """Require the metrics of the forecasts, and their intervals."""
    plan = results.config["evaluate"]
    sums, table, metrics_of = summed(results, scenario, model)
    points = Comparison(f"metrics/{scenario}_{model}.json")
    found = results.json(points.file)["metrics"]
    for name, expected in metrics_of(table.sum(axis=0, keepdims=True)).items():
        points.number("metrics", name, found[name], expected[0])
    ends = Comparison(f"metrics/{scenario}_{model}_bootstrap.json")
    record = results.json(ends.file)
    told = record["intervals"]
    beyond = sums["squared"] - sums["squared"].sum() / sums["rows"].sum() * sums["rows"]
    least = results.config["feature_engineering"]["horizon"]
    length = block_length(plan["block_length"], [beyond.to_numpy()], least)
    ends.same("all", "block_length", record["block_length"], length)
    seed = results.seed("evaluate")
    starts = block_starts(len(sums), length, plan["bootstrap_replicates"], seed)
    replicates = metrics_of(drawn_sums(table, starts, length))
    for name, values in replicates.items():
        for end, expected in zip((0, 1), interval(values, plan["confidence"], HALF), strict=True):
            ends.number(name, ("lower", "upper")[end], told[name][end], expected)
    held = [points, ends]
    made = chances.forecasts(results, scenario, model)
    if "y_base" in made:
        exact = chances.scores(made["y_true"].to_numpy(), made["y_pred"].to_numpy())
        for name, expected in exact.items():
            points.number("metrics", name, found[name], expected)
        held.append(_hold_reliability(results, scenario, model, made, starts, length))
    return held


def _hold_reliability(
    results: Results,
    scenario: str,
    model: str,
    made: pd.DataFrame,
    starts: Any,
    length: int,
) -> Comparison:
    """Require the groups of forecasts, what share of each rose, and the ends of its interval."""
    held = Comparison(f"metrics/spread/{scenario}_{model}.json")
    told = results.json(held.file)["reliability"]
    groups, parts = chances.reliability(made)
    held.same("all", "groups", len(told), len(groups))
    level = results.config["evaluate"]["confidence"]
    for record, (_, group), part in zip(told, groups.iterrows(), parts, strict=True):
        row = f"group {record['group']}"
        for name, expected in group.items():
            held.number(row, str(name), record[name], expected)
        rose, rows = drawn_sums(part, starts, length).T
        with np.errstate(invalid="ignore"):
            ends = interval(rose / rows, level)
        held.number(row, "lower", record["lower"], ends[0])
        held.number(row, "upper", record["upper"], ends[1])
    return held


def summed(
    results: Results,
    scenario: str,
    model: str,
    rows: pd.DataFrame | None = None,
    *,
    of_base_rate: bool = False,
) -> tuple[pd.DataFrame, Floats, Any]:
    """Sums of each date by name, the same as a table, and what makes metrics of sums of tables."""
    made = chances.forecasts(results, scenario, model)
    if "y_base" in made:
        made = made if rows is None else made.merge(rows.astype({"ticker": str}), on=KEYS)
        of = chances.Sums(made, of_base_rate=of_base_rate)
        return of.frame, of.table(), of.metrics
    sums = per_date(results, scenario, model, rows)
    return sums, sums.to_numpy(), lambda t: metrics(pd.DataFrame(t, columns=sums.columns))


def per_date(
    results: Results, scenario: str, model: str, rows: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What each date adds to the metrics of a model's forecasts, of these rows or of all."""
    made, base = (
        results.table(f"data/predictions/{scenario}_{name}.parquet").astype({"ticker": str})
        for name in (model, results.config["evaluate"]["baseline"])
    )
    both = made.merge(base[[*KEYS, "y_pred"]], on=KEYS, suffixes=("", "_base"), validate="1:1")
    if rows is not None:
        both = both.merge(rows, on=KEYS)
    true, said = both["y_true"], both["y_pred"]
    about = true - true.mean()
    directed = (true != 0) & (said != 0)
    terms = pd.DataFrame(
        {
            "rows": 1.0,
            "absolute": (said - true).abs(),
            "squared": (said - true) ** 2,
            "base": (both["y_pred_base"] - true) ** 2,
            "true": about,
            "true_squared": about**2,
            "right": (directed & (np.sign(true) == np.sign(said))).astype(float),
            "directed": directed.astype(float),
        }
    )
    sums = terms.groupby(both["timestamp"]).sum()
    ranks = both.groupby("timestamp")[["y_true", "y_pred"]].rank()
    wide = both[KEYS].join(ranks).pivot(index="timestamp", columns="ticker")
    a, b = (wide[name].to_numpy() for name in ("y_true", "y_pred"))
    a, b = (side - np.nanmean(side, axis=1, keepdims=True) for side in (a, b))
    size = np.sqrt(np.nansum(a**2, axis=1) * np.nansum(b**2, axis=1))
    there = (np.isfinite(a).sum(axis=1) >= FEWEST_TICKERS) & (size > 0)
    correlation = np.where(there, np.nansum(a * b, axis=1) / np.where(there, size, 1.0), 0.0)
    return sums.assign(correlation=correlation, correlated=there.astype(float))


def metrics(sums: pd.DataFrame) -> dict[str, Floats]:
    """The metrics that follow from sums over dates, a row each."""
    with np.errstate(divide="ignore", invalid="ignore"):
        s = {name: sums[name].to_numpy() for name in sums}
        return {
            "mae": s["absolute"] / s["rows"],
            "mse": s["squared"] / s["rows"],
            "rmse": np.sqrt(s["squared"] / s["rows"]),
            "r2": 1 - s["squared"] / (s["true_squared"] - s["true"] ** 2 / s["rows"]),
            "directional_accuracy": s["right"] / s["directed"],
            "information_coefficient": s["correlation"] / s["correlated"],
            "skill": 1 - s["squared"] / s["base"],
        }
