"""Verdicts on all comparisons together, also of scenarios that lack dates; how much is drawn."""

from tidemark.errors import BadValue
from tidemark.models import forecast_metrics, verdicts
from tidemark.models.settings import Evaluate
from tidemark.models.worth import WORTH
from tidemark.statistics import bootstrap

import numpy as np
import pytest

SETTINGS = Evaluate(baseline="mean")
ENDS = ("adjusted_lower", "adjusted_upper")


def compared(first: int, last: int, gain: float, seed: int = 1):
    """Dates, and sums of a model whose squared errors lie below the baseline's if gain is above 0.

    What happened on a date does not depend on what else is compared.
    """
    draw = np.random.default_rng(seed)
    true = draw.normal(0, 0.02, (400, 4))[first:last]
    noise = draw.normal(0, 0.002, (400, 4))[first:last]
    dates = np.arange("2011-01-01", "2013-01-01", dtype="datetime64[D]")[first:last]
    forecast = (gain * true + noise).ravel()
    sums = forecast_metrics.per_date(np.repeat(dates, 4), true.ravel(), forecast, 0.0 * forecast)
    return dates, sums


def judged(*parts, length=5, replicates=1000):
    losses = verdicts.losses(parts)
    starts = bootstrap.block_starts(len(losses.rows), length, replicates, seed=3)
    return verdicts.judge(losses, starts, length, 0.95)


def test_scenarios_may_lack_dates():
    """They have no rows there: means are over their own rows, draws over all dates."""
    parts = [compared(0, 400, 0.1), compared(100, 400, 0.1), compared(0, 250, -0.3)]
    losses = verdicts.losses(parts)
    assert losses.rows.sum(axis=0).tolist() == [1600, 1200, 1000]
    own = [WORTH["return"].over_all_dates(sums) for _, sums in parts]

    for mean, values in zip(losses.means(), own, strict=True):
        baseline = values["mse"] / (1 - values["skill"])
        assert mean == pytest.approx(values["mse"] - baseline)
    starts = bootstrap.block_starts(400, 5, 50, seed=3)
    drawn = losses.drawn(starts, 5, np.array([1]))[:, 0]
    for row, found in zip(starts, drawn, strict=True):
        dates = np.concatenate([np.arange(s, s + 5) for s in row])
        rows, differences = losses.rows[dates, 1], losses.differences[dates, 1]
        assert found == pytest.approx(differences.sum() / rows.sum())
    assert [record["verdict"] for record in judged(*parts)] == ["better", "better", "worse"]


def test_a_scenario_that_a_draw_may_miss_is_undefined():
    short, whole = compared(0, 5, 0.9), compared(0, 400, 0.9)
    found = judged(short, whole)
    assert [record["verdict"] for record in found] == ["undefined", "better"]
    (alone,) = judged(whole)
    assert found[1] == alone | {key: pytest.approx(alone[key]) for key in ENDS}


def test_the_baseline_under_another_name_shows_no_difference():
    dates, sums = compared(0, 400, 0.2)
    same = sums._replace(squared_errors=sums.baseline_squared_errors)
    alone, *_ = judged((dates, sums))
    first, second = judged((dates, sums), (dates, same))
    assert first == alone
    assert second == {
        "adjusted_p": 1.0,
        "adjusted_lower": 0.0,
        "adjusted_upper": 0.0,
        "verdict": "no difference shown",
    }


def test_draws_that_are_all_the_same_show_nothing():
    assert judged(compared(0, 400, 0.9), length=400)[0]["verdict"] == "undefined"


def test_draws_grow_with_comparisons_up_to_a_limit():
    assert [verdicts.draws(SETTINGS, n) for n in (0, 1, 12, 25, 354)] == [
        *(2000, 2000, 24_000, 50_000, 50_000)
    ]
    few = Evaluate(baseline="mean", bootstrap_replicates=100, confidence=0.95)
    assert verdicts.draws(few, 2) == 1000  # so that fifty stand in the tail
    many = Evaluate(baseline="mean", bootstrap_replicates=100_000)
    assert verdicts.draws(many, 354) == 100_000


def test_a_confidence_that_too_few_draws_can_show_is_refused():
    assert verdicts.draws(Evaluate(baseline="mean", confidence=0.999), 1) == 50_000
    with pytest.raises(BadValue, match=r"set it to 0\.999 or less") as caught:
        verdicts.draws(Evaluate(baseline="mean", confidence=0.9991), 1)
    assert caught.value.parameter == "confidence"
