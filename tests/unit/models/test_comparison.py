"""Verdicts and paired differences between models and scenarios."""

from dataclasses import replace

from tidemark.errors import BadValue, InputError
from tidemark.models import comparison
from tidemark.models.settings import Evaluate
from tidemark.models.worth import WORTH
from tidemark.statistics import bootstrap

import numpy as np
import pandas as pd
import pytest

SETTINGS = Evaluate(
    baseline="mean", confidence=0.95, bootstrap_replicates=200, block_length=5, suspicious_r2=1.0
)


def test_work_counts_pairs_of_scenarios():
    """They grow with the square: 24 scenarios of 5 models have 1,380, beside 96 comparisons."""
    models = ("mean", "a", "b", "c", "d")
    made = {(f"s{s}", m): pd.DataFrame() for s in range(24) for m in models}
    work = comparison.work(made, SETTINGS)
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
        worth = WORTH["direction" if "y_base" in frame else "return"]
        baseline = frame["y_base"] if "y_base" in frame else forecasts[s, "mean"]["y_pred"]
        columns = (frame[c].to_numpy() for c in ("timestamp", "y_true", "y_pred"))
        values = worth.overall(worth.per_date(*columns, baseline.to_numpy()))
        scores[s, m] = {"fitted": m, "metrics": values}
        intervals[s, m] = {
            "intervals": {name: [-1.0, 1.0] for name in values},
            "block_length": 5,
        }
    return comparison.compare(forecasts, scores, intervals, settings, horizon=1, seed=1)


def chances_of(weights: dict[str, float], drop: int = 0, seed: int = 2, base: float = 0.52):
    """Probabilities that lie `weight` times as far from one half as the truth does, plus noise."""
    rows = forecasts_of({"mean": 0}, drop=drop, seed=seed)["mean"]
    rose = (rows["y_true"] > 0).astype(float)
    noise = np.random.default_rng(seed).normal(0, 0.02, len(rows))
    return {
        model: rows.assign(y_true=rose, y_pred=0.5 + weight * (rose - 0.5) + noise, y_base=base)
        for model, weight in weights.items()
    }


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
    for name in WORTH["return"].metrics:
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


MIXED = {"mean": 0, "good": 0.5, "poor": -0.5}
CHANCES = {"sharp": 0.3, "blind": -0.3}


def test_models_of_direction_are_held_against_the_base_rate():
    chances = chances_of(CHANCES)
    result = compared(("s", forecasts_of(MIXED) | chances))
    assert (result["comparisons"], result["of_direction"]) == (4, 2)
    assert verdicts(result) == {
        ("s", "mean"): "is the baseline",
        ("s", "good"): "better",
        ("s", "poor"): "worse",
        ("s", "sharp"): "better",
        ("s", "blind"): "worse",
    }
    assert result["conclusion"] == [
        "Better than the baseline: good.",
        "Worse than the baseline: poor.",
        "Better than the base rate: sharp.",
        "Worse than the base rate: blind.",
    ]
    (record,) = [
        r
        for r in result["paired_differences"]
        if (r["model"], r["metric"]) == ("sharp", "brier_score")
    ]
    rose, said = chances["sharp"]["y_true"], chances["sharp"]["y_pred"]
    squared = (rose - said) ** 2 - (rose - 0.52) ** 2
    assert (record["less_scenario"], record["less_model"]) == ("s", "base rate")
    assert record["difference"] == pytest.approx(squared.mean())
    daily = squared.groupby(chances["sharp"]["timestamp"]).sum().to_numpy()
    starts = bootstrap.block_starts(80, 5, result["draws"], seed=1)
    drawn = bootstrap.resample(daily[:, None], starts, 5)[:, 0] / 320
    assert (record["lower"], record["upper"]) == pytest.approx(bootstrap.interval(drawn, 0.95))


def test_one_family_holds_models_of_both_targets():
    """What a model is tested beside, of whatever target, is allowed for in its verdict."""
    faint = {"mean": 0, "faint": 0.006}
    alone = compared(("s", forecasts_of(faint)))
    rows, draw = chances_of({"m": 0.0})["m"], np.random.default_rng(4)
    blind = {f"m{k}": rows.assign(y_pred=0.52 + draw.normal(0, 0.002, 320)) for k in range(9)}
    beside = compared(("s", forecasts_of(faint) | blind))
    ours, theirs = (
        next(r for r in result["paired_differences"] if r["metric"] == "mse")["adjusted_p"]
        for result in (alone, beside)
    )
    assert ours + 0.2 < theirs


def test_no_metric_of_one_target_is_told_of_the_other():
    result = compared(("s", forecasts_of(MIXED) | chances_of(CHANCES)))
    assert len({tuple(row) for row in result["table"]}) == 1
    for own, others in (("return", "direction"), ("direction", "return")):
        rows = [row for row in result["table"] if row["target"] == own]
        assert rows
        for row in rows:
            assert all(row[name] is not None for name in WORTH[own].metrics if "skill" not in name)
            assert all(row[name] is None for name in WORTH[others].metrics)
    told = {(r["model"], r["metric"]) for r in result["paired_differences"]}
    assert {metric for model, metric in told if model in CHANCES} == {*WORTH["direction"].metrics}


def test_a_model_of_direction_across_scenarios():
    long, short = chances_of({"m": 0.1}), chances_of({"m": 0.2}, drop=40)
    mean = forecasts_of({"mean": 0}), forecasts_of({"mean": 0}, drop=40)
    result = compared(("long", mean[0] | long), ("short", mean[1] | short))
    record = next(
        r
        for r in result["paired_differences"]
        if (r["scenario"], r["less_scenario"], r["metric"]) == ("short", "long", "brier_score")
        and r["model"] == "m"
    )
    losses = [((f["m"]["y_true"] - f["m"]["y_pred"]) ** 2).tail(280).mean() for f in (short, long)]
    assert record["difference"] == pytest.approx(losses[0] - losses[1])
    assert record["verdict"] is None


def test_a_direction_that_is_known_too_well_is_told_first():
    careful = replace(SETTINGS, suspicious_r2=0.2)
    made = forecasts_of({"mean": 0}) | chances_of({"sharp": 0.9, "dull": 0.0})
    assert compared(("s", made), settings=careful)["conclusion"][0].startswith(
        "Look for an error: 1 of 2 models of direction have a Brier skill above 0.2 on the test"
    )
