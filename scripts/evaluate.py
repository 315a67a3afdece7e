"""Forecast the test rows with one fitted model, and measure what the forecasts are worth."""

from tidemark.arrays import Floats
from tidemark.config.kinds import joined
from tidemark.errors import InputError
from tidemark.harness.step import Run, step
from tidemark.models import forecast_metrics
from tidemark.models.forecast_metrics import DateSums
from tidemark.statistics import bootstrap

import pandas as pd

KEYS = ["timestamp", "ticker"]


@step(per=("scenario", "model"))
def evaluate(run: Run) -> None:
    """Write the forecasts, metrics and bootstrap intervals of one model on one scenario."""
    name = run.instance.stem
    test = run.read.parquet(f"data/splits/{run.scenario}_test.parquet")
    pipeline = run.read.pickle(f"models/{name}.pkl")
    fitted = run.read.json(f"artifacts/{name}_cv.json")["fitted"]
    predicted = pipeline.predict(test[list(pipeline.feature_names_in_)])
    forecasts = test[KEYS].assign(y_true=test["target"], y_pred=predicted)
    sums = forecast_metrics.per_date(
        test["timestamp"].to_numpy(),
        test["target"].to_numpy(),
        predicted,
        _baseline(run, forecasts),
    )
    scores = forecast_metrics.overall(sums)
    run.write.parquet(f"data/predictions/{name}.parquet", forecasts)
    run.write.json(f"metrics/{name}.json", _record(run, fitted, forecasts, scores))
    run.write.json(f"metrics/{name}_bootstrap.json", _intervals(run, sums))
    run.tell.headline(f"RMSE {100 * scores['rmse']:.3f} %, skill {scores['skill']:+.3f}")


def _baseline(run: Run, forecasts: pd.DataFrame) -> Floats:
    """What the baseline model forecast for the same rows."""
    baseline = run.config["evaluate"]["baseline"]
    if run.model == baseline:
        return forecasts["y_pred"].to_numpy()
    path = f"data/predictions/{joined(run.scenario, baseline)}.parquet"
    other = run.read.parquet(path)
    if not other[KEYS].equals(forecasts[KEYS]):
        raise InputError(path, "has other rows than the test set", "run make again")
    return other["y_pred"].to_numpy()


def _record(
    run: Run, fitted: str, forecasts: pd.DataFrame, scores: dict[str, float]
) -> dict[str, object]:
    dates = forecasts["timestamp"]
    return {
        "scenario": run.scenario,
        "model": run.model,
        "fitted": fitted,
        "rows": len(forecasts),
        "dates": dates.nunique(),
        "first": dates.min().isoformat(),
        "last": dates.max().isoformat(),
        "metrics": scores,
    }


def _intervals(run: Run, sums: DateSums) -> dict[str, object]:
    """Intervals of every metric from one moving-block bootstrap over dates.

    All instances draw the same dates, so equal forecasts have equal intervals.
    """
    choice = run.config["evaluate"]
    level, length = choice["confidence"], choice["block_length"]
    replicates = choice["bootstrap_replicates"]
    starts = bootstrap.block_starts(len(sums.rows), length, replicates, run.common_seed)
    resampled = bootstrap.resample(sums.as_table(), starts, length)
    drawn = forecast_metrics.combine(DateSums.of_table(resampled))
    return {
        "scenario": run.scenario,
        "model": run.model,
        "level": level,
        "replicates": replicates,
        "block_length": length,
        "intervals": {name: bootstrap.interval(values, level) for name, values in drawn.items()},
    }


if __name__ == "__main__":
    evaluate()
