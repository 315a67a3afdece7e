"""Forecast the test rows with one fitted model, and measure what the forecasts are worth."""

from tidemark.bars.long_form import KEYS
from tidemark.errors import InputError
from tidemark.harness.step import Run, step
from tidemark.layout.evaluate import FORECASTS, MODEL_INTERVALS, MODEL_SCORES, MODEL_SPREAD
from tidemark.layout.split_data import TEST
from tidemark.layout.train_models import CROSS_VALIDATION, MODEL
from tidemark.models import forecast_metrics, spread
from tidemark.models.forecast_metrics import DateSums
from tidemark.statistics import block_length, bootstrap

import pandas as pd


@step(per=("scenario", "model"))
def evaluate(run: Run) -> None:
    """Write the forecasts, metrics and bootstrap intervals of one model on one scenario."""
    choice = run.config["evaluate"]
    names = {"scenario": run.scenario, "model": run.model}
    test = run.read.parquet(run.own(TEST))
    pipeline = run.read.pickle(run.own(MODEL))
    fitted = run.read.json(run.own(CROSS_VALIDATION))["fitted"]
    predicted = pipeline.predict(test[list(pipeline.feature_names_in_)])
    forecasts = test[KEYS].assign(y_true=test["target"], y_pred=predicted)

    baseline = forecasts
    if run.model != choice["baseline"]:
        path = FORECASTS.format(scenario=run.scenario, model=choice["baseline"])
        baseline = run.read.parquet(path)
        if not baseline[KEYS].equals(forecasts[KEYS]):
            raise InputError(path, "has other rows than the test set", "run make again")
    sums = forecast_metrics.per_date(
        test["timestamp"].to_numpy(),
        test["target"].to_numpy(),
        predicted,
        baseline["y_pred"].to_numpy(),
    )
    scores = forecast_metrics.overall(sums)

    # All instances draw the same dates, so equal forecasts have equal intervals.
    level, replicates = choice["confidence"], choice["bootstrap_replicates"]
    length = block_length.chosen(
        choice["block_length"],
        forecast_metrics.excess_errors(sums),
        least=run.config["feature_engineering"]["horizon"],
    )
    starts = bootstrap.block_starts(len(sums.rows), length, replicates, run.common_seed)
    resampled = bootstrap.resample(sums.as_table(), starts, length)
    drawn = forecast_metrics.combine(DateSums.of_table(resampled))

    run.write.parquet(run.own(FORECASTS), forecasts)
    told = {"fitted": fitted, **_extent(forecasts), "metrics": scores}
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
    true, ours = (100.0 * forecasts[name].to_numpy() for name in ("y_true", "y_pred"))
    tenths = spread.tenths(ours, true - ours)
    reach = spread.beyond(true, ours)
    run.write.json(run.own(MODEL_SPREAD), names | reach | {"tenths": tenths})
    if forecast_metrics.suspicious(scores, choice["suspicious_r2"]):
        run.tell.alert(
            f"look for an error: R2 is {scores['r2']:.3f} on the test rows, above"
            f" {choice['suspicious_r2']:g} (evaluate.suspicious_r2); a feature may know the future"
        )
    run.tell.headline(f"RMSE {100 * scores['rmse']:.3f} %, skill {scores['skill']:+.3f}")


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
