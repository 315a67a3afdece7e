"""Verdicts and paired differences between models and scenarios."""

from dataclasses import replace

from tidemark.errors import BadValue, InputError
from tidemark.models import comparison, forecast_metrics
from tidemark.models.settings import Evaluate
from tidemark.statistics import bootstrap

import numpy as np
import pandas as pd
import pytest

SETTINGS = Evaluate(
    baseline="mean", confidence=0.95, bootstrap_replicates=200, block_length=5, suspicious_r2=1.0
)


def test_work_counts_pairs_of_scenarios():
    """They grow with the square: 24 scenarios of 5 models have 1,380, beside 96 comparisons."""
    pairs = [(f"s{s}", m) for s in range(24) for m in ("mean", "a", "b", "c", "d")]
    work = comparison.work(pairs, SETTINGS)
    assert (work.comparisons, work.pairs) == (96, 1380)
    drawn = 96 * work.draws + 1380 * 200
    assert work.seconds == pytest.approx(comparison.DRAW * drawn)


def forecasts_of(weights: dict[str, float], dates: int = 80, drop: int = 0, seed: int = 2):
    """Forecasts that are `weight` times the truth plus noise, without the first `drop` rows."""
    draw = np.random.default_rng(seed)
    times = np.repeat(pd.date_range("2011-01-03", periods=dates).astype("datetime64[us]"), 4)
    rows = pd.DataFrame({"timestamp": times, "ticker": list("ABCD") * dates})
    rows["y_true"] = draw.normal(0, 0.02, len(rows))
    noise = draw.normal(0, 0.001, len(rows))
    found = {}
    for model, weight in weights.items():
        predicted = 0.0005 if model == "mean" else weight * rows["y_true"] + noise
        found[model] = rows.assign(y_pred=predicted)[drop:].reset_index(drop=True)
    return found


def compared(*scenarios: tuple[str, dict[str, pd.DataFrame]], settings: Evaluate = SETTINGS):
    forecasts = {(s, m): frame for s, models in scenarios for m, frame in models.items()}
    scores, intervals = {}, {}
    for (s, m), frame in forecasts.items():
        baseline = forecasts[s, "mean"]["y_pred"]
        sums = forecast_metrics.per_date(
            *(frame[c] for c in ("timestamp", "y_true", "y_pred")), baseline
        )
        values = forecast_metrics.overall(sums)
        scores[s, m] = {"fitted": m, "metrics": values}
        intervals[s, m] = {
            "intervals": {name: [-1.0, 1.0] for name in values},
            "block_length": 5,
        }
    return comparison.compare(forecasts, scores, intervals, settings, horizon=1, seed=1)


def verdicts(result):
    return {(row["scenario"], row["model"]): row["verdict"] for row in result["table"]}


def test_verdicts_follow_the_difference():
    weights = {"mean": 0, "good": 0.5, "bad": -0.5, "same": 0.0}
    result = compared(("s", forecasts_of(weights)))
    assert verdicts(result) == {
        ("s", "mean"): "is the baseline",
        ("s", "good"): "better",
        ("s", "bad"): "worse",
        ("s", "same"): "no difference shown",
    }
    assert result["conclusion"] == [
        "Better than the baseline: good.",
        "Worse than the baseline: bad.",
        "No difference from the baseline is shown for same.",
    ]


def test_what_is_too_good_to_be_true_comes_first():
    made = {"mean": 0, "good": 0.5, "fair": 0.05}
    careful = replace(SETTINGS, suspicious_r2=0.2)
    result = compared(("s", forecasts_of(made)), settings=careful)
    assert result["suspicious_r2"] == 0.2
    assert result["conclusion"][0] == (
        "Look for an error: 1 of 3 models have an R² above 0.2 on the test rows, at most 0.745"
        " (s, good); a feature or the target may know the future."
    )
    assert result["conclusion"][1].startswith("Better than the baseline")


def test_an_undefined_difference_is_not_called_none():
    made = forecasts_of({"mean": 0, "good": 0.5})
    made["good"] = made["good"].assign(y_pred=np.nan)
    result = compared(("s", made))
    assert verdicts(result)["s", "good"] == "undefined"
    assert result["conclusion"][1:] == [
        "The difference from the baseline is undefined for good.",
    ]


def test_says_plainly_when_nothing_beats_the_baseline():
    result = compared(("s", forecasts_of({"mean": 0, "bad": -0.5})))
    assert result["conclusion"][0] == "No model beats the baseline in any scenario."


def test_a_verdict_in_some_scenarios_names_them():
    good, bad = ({"mean": 0, "m": weight} for weight in (0.5, -0.5))
    result = compared(("one", forecasts_of(good)), ("two", forecasts_of(bad)))
    assert result["conclusion"] == [
        "Better than the baseline: m (in one).",
        "Worse than the baseline: m (in two).",
    ]


def test_the_adjusted_interval_says_what_the_verdict_says():
    weights = {"mean": 0, "a": 0.004, "b": 0.2, "c": -0.02}
    result = compared(("one", forecasts_of(weights)), ("two", forecasts_of(weights, seed=3)))
    assert result["comparisons"] == 6
    judged = [record for record in result["paired_differences"] if record["verdict"]]
    assert len({record["verdict"] for record in judged}) == 3
    for record in judged:
        assert record["adjusted_lower"] < record["difference"] < record["adjusted_upper"]
        decided = record["adjusted_lower"] > 0 or record["adjusted_upper"] < 0
        assert decided == (record["verdict"] != "no difference shown")
        assert decided == (record["adjusted_p"] <= 0.05)


def test_differences_by_hand():
    frames = forecasts_of({"mean": 0, "m": 0.3})
    result = compared(("s", frames))
    squared = [(frames[m]["y_true"] - frames[m]["y_pred"]) ** 2 for m in ("m", "mean")]
    record = next(r for r in result["paired_differences"] if r["metric"] == "mse")
    assert record["difference"] == pytest.approx((squared[0] - squared[1]).mean())
    daily = (squared[0] - squared[1]).groupby(frames["m"]["timestamp"]).sum().to_numpy()
    starts = bootstrap.block_starts(80, 5, result["draws"], seed=1)
    drawn = bootstrap.resample(daily[:, None], starts, 5)[:, 0] / 320
    assert (record["lower"], record["upper"]) == pytest.approx(bootstrap.interval(drawn, 0.95))


def test_scenarios_are_compared_on_the_rows_that_both_have():
    weights = {"mean": 0, "m": 0.3}
    long, short = forecasts_of(weights), forecasts_of({"mean": 0, "m": 0.6}, drop=40)
    result = compared(("long", long), ("short", short))
    record = next(
        r
        for r in result["paired_differences"]
        if (r["scenario"], r["less_scenario"], r["model"], r["metric"])
        == ("short", "long", "m", "mae")
    )
    errors = [
        (frames["m"]["y_true"] - frames["m"]["y_pred"]).abs().tail(280).mean()
        for frames in (short, long)
    ]
    assert record["difference"] == pytest.approx(errors[0] - errors[1])
    assert record["verdict"] is None
    assert record["adjusted_lower"] is None


def test_scenarios_with_the_same_forecasts_are_named():
    frames = forecasts_of({"mean": 0, "m": 0.3})
    result = compared(("one", frames), ("two", frames))
    assert result["conclusion"][-1].startswith("one and two led to the same forecasts")


def test_the_table_has_everything_side_by_side():
    (baseline, row) = compared(("s", forecasts_of({"mean": 0, "m": 0.3})))["table"]
    for name in forecast_metrics.METRICS:
        assert {name, f"{name}_lower", f"{name}_upper"} <= row.keys()
    assert row["skill_difference"] == pytest.approx(row["skill"])
    assert row["mse_difference"] < row["mse_difference_adjusted_upper"]
    assert baseline["mse_difference"] is None
    assert baseline.keys() == row.keys()


def test_the_baseline_alone_is_no_comparison():
    result = compared(("s", forecasts_of({"mean": 0})))
    assert result["comparisons"] == 0
    assert result["paired_differences"] == []


def test_blocks_must_fit_the_dates():
    with pytest.raises(BadValue, match="longer than the 4 dates"):
        compared(("s", forecasts_of({"mean": 0, "m": 1}, dates=4)))


@pytest.mark.parametrize(("shorter", "longer"), [("mean", "good"), ("good", "mean")])
def test_models_of_a_scenario_must_have_forecast_the_same_rows(shorter, longer):
    made = forecasts_of({"mean": 0, "good": 0.5})
    made[shorter] = made[shorter][4:].reset_index(drop=True)
    told = rf"s_{longer}\.parquet: 4 of 320 rows have no partner in"
    with pytest.raises(InputError, match=told):
        comparison.compare(
            {("s", model): frame for model, frame in made.items()}, {}, {}, SETTINGS, 1, seed=1
        )


def test_rows_that_only_one_scenario_has_are_counted():
    weights = {"mean": 0, "good": 0.5}
    result = compared(("s", forecasts_of(weights)), ("t", forecasts_of(weights, drop=8)))
    assert result["conclusion"][-1] == (
        "s and t are compared on the 312 rows that both have, of 320 and 312."
    )
