"""Forecast the test rows with one fitted model, and measure what the forecasts are worth."""

from tidemark.bars.long_form import KEYS
from tidemark.errors import InputError
from tidemark.harness.step import Run, step
from tidemark.layout.evaluate import (
    FORECASTS,
    MODEL_EVIDENCE,
    MODEL_INTERVALS,
    MODEL_SCORES,
    MODEL_SPREAD,
)
from tidemark.layout.split_data import TEST
from tidemark.layout.train_models import CROSS_VALIDATION, MODEL
from tidemark.models import by_date, direction
from tidemark.models.by_target import BY_TARGET
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
    worth, of_target = WORTH[report["target"]], BY_TARGET[report["target"]]
    forecasts = of_target.made(pipeline, test, report)
    dates, true, predicted = (
        forecasts[name].to_numpy() for name in ("timestamp", "y_true", "y_pred")
    )
    sums = worth.per_date(dates, true, predicted, _base(run, forecasts).to_numpy())
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

    lost = {name: bootstrap.left_out(values) for name, values in drawn.items()}
    intervals = {
        name: bootstrap.interval(values, level, bootstrap.DEFINED) for name, values in drawn.items()
    }
    fewer = {name: replicates - count for name, count in lost.items() if count}
    for name, used in fewer.items():
        none = used < bootstrap.DEFINED * replicates
        then = "it has no interval" if none else "left out of its interval"
        run.tell.note(f"{name} is undefined in {lost[name]:,} of {replicates:,} draws: {then}")

    run.write.parquet(run.own(FORECASTS), forecasts)
    run.write.parquet(run.own(MODEL_EVIDENCE), by_date.table(dates, sums))
    told = {"fitted": report["fitted"], **_extent(forecasts), "metrics": scores}
    run.write.json(run.own(MODEL_SCORES), names | told)
    run.write.json(
        run.own(MODEL_INTERVALS),
        {
            **names,
            "level": level,
            "replicates": replicates,
            "block_length": length,
            "intervals": intervals,
            **({"replicates_used": fewer} if fewer else {}),
        },
    )
    seen = of_target.seen(dates, true, predicted, starts, length, level)
    run.write.json(run.own(MODEL_SPREAD), names | seen)
    if scores[worth.explained] > choice["suspicious_r2"]:
        run.tell.alert(
            f"look for an error: {worth.explained_in_words} is {scores[worth.explained]:.3f} on the"
            f" test rows, above {choice['suspicious_r2']:g} (evaluate.suspicious_r2); a feature may"
            " know the future"
        )
    run.tell.headline(of_target.in_words(scores))


def _base(run: Run, forecasts: pd.DataFrame) -> pd.Series:
    """What forecasts are held against: their base rate, or the baseline's of the same rows."""
    if direction.is_forecast(forecasts):
        return forecasts["y_base"]
    baseline = run.config["evaluate"]["baseline"]
    if run.model == baseline:
        return forecasts["y_pred"]
    path = FORECASTS.format(scenario=run.scenario, model=baseline)
    made = run.read.parquet(path)
    if not made[KEYS].equals(forecasts[KEYS]):
        raise InputError(path, "has other rows than the test set", "run make again")
    return made["y_pred"]


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
