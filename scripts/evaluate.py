"""Forecast the test rows with one fitted model, and measure what the forecasts are worth."""

from collections.abc import Mapping

from tidemark.bars.long_form import KEYS
from tidemark.errors import InputError
from tidemark.harness.step import Run, step
from tidemark.layout.evaluate import FORECASTS, MODEL_INTERVALS, MODEL_SCORES, MODEL_SPREAD
from tidemark.layout.split_data import TEST
from tidemark.layout.train_models import CROSS_VALIDATION, MODEL
from tidemark.models import direction, estimators, reliability, spread
from tidemark.models.worth import WORTH, excess_errors
from tidemark.statistics import block_length, bootstrap

import pandas as pd


@step(per=("scenario", "model"))
def evaluate(run: Run) -> None:
    """Write the forecasts, metrics and bootstrap intervals of one model on one scenario."""
    choice = run.config["evaluate"]
    names = {"scenario": run.scenario, "model": run.model}
    test = run.read.parquet(run.own(TEST))
    pipeline = run.read.pickle(run.own(MODEL))
    report = run.read.json(run.own(CROSS_VALIDATION))
    target = estimators.kind(report["estimator"]).target
    worth = WORTH[target]
    features = test[list(pipeline.feature_names_in_)]
    if target == "direction":
        chance = direction.probabilities(pipeline, features)
        forecasts = test[KEYS].assign(y_true=direction.rises(test["target"]), y_pred=chance)
        forecasts["y_base"] = report["base_rate"]
        base = forecasts["y_base"]
    else:
        forecasts = test[KEYS].assign(y_true=test["target"], y_pred=pipeline.predict(features))
        base = _baseline(run, forecasts)["y_pred"]
    dates = test["timestamp"].to_numpy()
    true, predicted = (forecasts[name].to_numpy() for name in ("y_true", "y_pred"))
    sums = worth.per_date(dates, true, predicted, base.to_numpy())
    scores = worth.overall(sums)

    # All instances draw the same dates, so equal forecasts have equal intervals.
    level, replicates = choice["confidence"], choice["bootstrap_replicates"]
    length = block_length.chosen(
        choice["block_length"],
        excess_errors(sums),
        least=run.config["feature_engineering"]["horizon"],
    )
    starts = bootstrap.block_starts(len(sums.rows), length, replicates, run.common_seed)
    drawn = worth.drawn(sums, starts, length)

    run.write.parquet(run.own(FORECASTS), forecasts)
    told = {"fitted": report["fitted"], **_extent(forecasts), "metrics": scores}
    run.write.json(run.own(MODEL_SCORES), names | told)
    run.write.json(
        run.own(MODEL_INTERVALS),
        {
            **names,
            "level": level,
            "replicates": replicates,
            "block_length": length,
            "intervals": {name: bootstrap.interval(drawn[name], level) for name in drawn},
        },
    )
    if target == "direction":
        seen = {"reliability": reliability.groups(dates, true, predicted, starts, length, level)}
    else:
        seen = spread.of_returns(100.0 * true, 100.0 * predicted)
    run.write.json(run.own(MODEL_SPREAD), names | seen)
    if scores[worth.explained] > choice["suspicious_r2"]:
        run.tell.alert(
            f"look for an error: {worth.explained_in_words} is {scores[worth.explained]:.3f} on the"
            f" test rows, above {choice['suspicious_r2']:g} (evaluate.suspicious_r2); a feature may"
            " know the future"
        )
    run.tell.headline(_headline(scores))


def _baseline(run: Run, forecasts: pd.DataFrame) -> pd.DataFrame:
    """The baseline's forecasts of the same rows."""
    baseline = run.config["evaluate"]["baseline"]
    if run.model == baseline:
        return forecasts
    path = FORECASTS.format(scenario=run.scenario, model=baseline)
    made = run.read.parquet(path)
    if not made[KEYS].equals(forecasts[KEYS]):
        raise InputError(path, "has other rows than the test set", "run make again")
    return made


def _headline(scores: Mapping[str, float]) -> str:
    if "brier_score" in scores:
        brier, auc = scores["brier_score"], scores["auc"]
        return f"Brier score {brier:.4f}, AUC {auc:.3f}, skill {scores['brier_skill']:+.3f}"
    return f"RMSE {100 * scores['rmse']:.3f} %, skill {scores['skill']:+.3f}"


def _extent(forecasts: pd.DataFrame) -> dict[str, object]:
    """How many rows and dates were forecast, and from when to when."""
    dates = forecasts["timestamp"]
    return {
        "rows": len(forecasts),
        "dates": dates.nunique(),
        "first": dates.min().isoformat(),
        "last": dates.max().isoformat(),
    }


if __name__ == "__main__":
    evaluate()
