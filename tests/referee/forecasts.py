"""Forecasts of models fitted again by plain scikit-learn, what they are worth, and intervals."""

from collections.abc import Mapping
from typing import Any

from referee.drawing import block_length, block_starts, drawn_sums, interval
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
UNSCALED = ("gradient_boosting",)
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
    alone = f"; not fitted here: {', '.join(sorted(others))}" if others else ""
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
    held = Comparison(f"data/predictions/{scenario}_{model}.parquet", FITTED, small=1e-6)
    made = results.table(held.file)
    pipeline.fit(train[names], train["target"])
    where = test[KEYS]

    def row(place: int) -> str:
        return f"{where['ticker'][place]}, {where['timestamp'][place]}"

    held.numbers(row, "y_pred", made["y_pred"], pipeline.predict(test[names]))
    held.numbers(row, "y_true", made["y_true"], test["target"])
    if report["estimator"] in ONCE:
        return 1
    scored = Comparison(f"artifacts/{scenario}_{model}_cv.json", FITTED, small=1e-6)
    folds = results.json(f"data/splits/{scenario}_folds.json")
    for fold, scores in zip(folds, report["folds"], strict=True):
        end, start, last = (
            pd.Timestamp(fold[name]) for name in ("train_end", "test_start", "test_end")
        )
        inside = train[(train["timestamp"] <= end) & (train["target_time"] < start)]
        outside = train[train["timestamp"].between(start, last)]
        predicted = pipeline.fit(inside[names], inside["target"]).predict(outside[names])
        for name, score in SCORES.items():
            expected = score(outside["target"], predicted)
            scored.number(f"fold {fold['fold']}", name, scores[name], expected)
    return 1 + len(folds)


def _hold_worth(results: Results, scenario: str, model: str) -> list[Comparison]:
    """Require the metrics of the forecasts, and their intervals."""
    plan = results.config["evaluate"]
    sums = per_date(results, scenario, model)
    points = Comparison(f"metrics/{scenario}_{model}.json")
    found = results.json(points.file)["metrics"]
    for name, expected in metrics(sums.sum(axis=0).to_frame().T).items():
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
    drawn = drawn_sums(sums.to_numpy(), starts, length)
    replicates = metrics(pd.DataFrame(drawn, columns=sums.columns))
    for name, values in replicates.items():
        for end, expected in zip((0, 1), interval(values, plan["confidence"]), strict=True):
            ends.number(name, ("lower", "upper")[end], told[name][end], expected)
    return [points, ends]


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
