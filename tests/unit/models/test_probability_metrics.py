"""The metrics of probabilities against scikit-learn, on all dates and on dates drawn again."""

import time

from tidemark.models import probability_metrics, reliability
from tidemark.models.worth import WORTH
from tidemark.statistics import bootstrap
from tidemark.tables.forecasts import interval_rows

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

WORTH_OF = WORTH["direction"]


def draw_forecasts(dates=60, tickers=6, seed=5, digits=3, skill=1.0):
    """Rows of dates x tickers in shuffled order; the fewer digits, the more ties."""
    draw = np.random.default_rng(seed)
    day = np.repeat(np.arange(dates), tickers)
    signal = draw.normal(size=day.size)
    predicted = np.round(1 / (1 + np.exp(-signal)), digits)
    true = (draw.random(day.size) < 1 / (1 + np.exp(-skill * signal))).astype(float)
    order = draw.permutation(day.size)
    return day[order], true[order], predicted[order]


def overall(day, true, predicted, base=0.5):
    sums = probability_metrics.per_date(day, true, predicted, np.full(true.size, base))
    return WORTH_OF.overall(sums)


@pytest.mark.parametrize("digits", [1, 2, 12])
@pytest.mark.parametrize("seed", range(3))
def test_metrics_agree_with_scikit_learn(digits, seed):
    day, true, predicted = draw_forecasts(seed=seed, digits=digits)
    found = overall(day, true, predicted, 0.52)
    brier = brier_score_loss(true, predicted)
    assert found["brier_score"] == pytest.approx(brier, rel=1e-12)
    assert found["log_loss"] == pytest.approx(log_loss(true, predicted), rel=1e-12)
    assert found["auc"] == pytest.approx(roc_auc_score(true, predicted), rel=1e-12)
    base = brier_score_loss(true, np.full(true.size, 0.52))
    assert found["brier_skill"] == pytest.approx(1 - brier / base, rel=1e-12)
    assert tuple(found) == WORTH_OF.metrics


def test_a_wrong_certainty_costs_what_scikit_learn_says():
    true, predicted = np.array([0.0, 1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0])
    found = overall(np.arange(4), true, predicted)
    assert found["log_loss"] == pytest.approx(log_loss(true, predicted), rel=1e-12)
    assert found["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps) / 2)


def test_no_area_where_all_rows_rose():
    found = overall(np.arange(3), np.ones(3), np.array([0.4, 0.5, 0.6]))
    assert np.isnan(found["auc"])
    assert found["brier_score"] == pytest.approx((0.36 + 0.25 + 0.16) / 3)


def test_equal_forecasts_have_no_order():
    day, true, _ = draw_forecasts()
    assert overall(day, true, np.full(true.size, 0.52), 0.52) == pytest.approx(
        {
            "brier_score": ((0.52 - true) ** 2).mean(),
            "log_loss": log_loss(true, np.full(true.size, 0.52)),
            "auc": 0.5,
            "brier_skill": 0.0,
        }
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    digits=st.integers(1, 2),
    length=st.integers(1, 9),
    tickers=st.integers(1, 5),
)
def test_a_replicate_is_what_scikit_learn_says_of_its_rows(seed, digits, length, tickers):
    """With at most a hundred forecasts that differ, each is a bin, and nothing is approximate."""
    day, true, predicted = draw_forecasts(30, tickers, seed, digits)
    sums = probability_metrics.per_date(day, true, predicted, np.full(true.size, 0.5))
    starts = bootstrap.block_starts(30, length, 3, seed)
    drawn = WORTH_OF.drawn(sums, starts, length)
    times = bootstrap.times_drawn(starts, 30, length).astype(int)
    for replicate in range(3):
        rows = np.repeat(np.arange(true.size), times[replicate][day])
        assert drawn["brier_score"][replicate] == pytest.approx(
            brier_score_loss(true[rows], predicted[rows], pos_label=1), rel=1e-12
        )
        expected = np.nan
        if 0 < true[rows].mean() < 1:
            expected = roc_auc_score(true[rows], predicted[rows])
        assert drawn["auc"][replicate] == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("skill", [0.0, 0.2, 3.0])
def test_areas_of_replicates_hardly_differ_from_those_of_their_rows(skill):
    """More than a hundred forecasts that differ: bins move no replicate by 5 % of the spread."""
    day, true, predicted = draw_forecasts(200, 5, digits=15, skill=skill)
    sums = probability_metrics.per_date(day, true, predicted, np.full(true.size, 0.5))
    assert sums.ups.shape == (200, probability_metrics.BINS)
    starts = bootstrap.block_starts(200, 5, 60, 3)
    found = WORTH_OF.drawn(sums, starts, 5)["auc"]
    times = bootstrap.times_drawn(starts, 200, 5)
    exact = np.array([roc_auc_score(true, predicted, sample_weight=drawn[day]) for drawn in times])
    assert np.abs(found - exact).max() < 0.05 * exact.std()
    assert found.std() == pytest.approx(exact.std(), rel=0.01)


def test_drawing_costs_no_more_with_more_tickers():
    """A date is some 200 numbers, whatever it holds; so is a second for 2,000 of 674 dates."""
    few, many = (
        probability_metrics.per_date(day, true, predicted, np.full(true.size, 0.5))
        for day, true, predicted in (draw_forecasts(674, tickers, digits=15) for tickers in (5, 50))
    )
    assert few.as_table().shape == many.as_table().shape == (674, 5 + 2 * probability_metrics.BINS)
    starts = bootstrap.block_starts(674, 21, 2000, 1)
    began = time.process_time()
    WORTH_OF.drawn(few, starts, 21)
    assert time.process_time() - began < 1.0


def grouped(day, true, predicted, length=5):
    starts = bootstrap.block_starts(len(np.unique(day)), length, 400, 2)
    return reliability.groups(day, true, predicted, starts, length, 0.9)


@pytest.mark.parametrize("digits", [1, 12])
def test_reliability_agrees_with_scikit_learn(digits):
    day, true, predicted = draw_forecasts(digits=digits)
    found = pd.DataFrame(grouped(day, true, predicted))
    observed, forecast = calibration_curve(true, predicted, n_bins=10, strategy="quantile")
    assert found["observed"].to_numpy() == pytest.approx(observed, rel=1e-12)
    assert found["forecast"].to_numpy() == pytest.approx(forecast, rel=1e-12)
    assert found["rows"].sum() == true.size
    assert (found["lower"] < found["observed"]).all()
    assert (found["upper"] > found["observed"]).all()
    assert (found["highest"].shift() < found["lowest"])[1:].all()


def test_ends_of_a_group_by_hand():
    day, true, predicted = draw_forecasts(digits=1)
    first = grouped(day, true, predicted)[0]
    starts = bootstrap.block_starts(60, 5, 400, 2)
    times, own = bootstrap.times_drawn(starts, 60, 5), predicted <= first["highest"]
    shares = [np.average(true[own], weights=drawn[day[own]]) for drawn in times]
    assert (first["lower"], first["upper"]) == pytest.approx(np.quantile(shares, [0.05, 0.95]))


def test_equal_forecasts_are_one_group():
    (found,) = grouped(np.arange(4), np.array([1.0, 0, 1, 1]), np.full(4, 0.6), length=1)
    assert (found["rows"], found["forecast"], found["observed"]) == (4, 0.6, 0.75)


def test_a_draw_of_one_direction_has_no_auc_and_leaves_the_interval_to_the_others():
    """Of three dates two have rises only: a draw without the third tells nothing apart."""
    day, true = np.repeat([0, 1, 2], 4), np.array([1.0] * 8 + [0.0, 1.0, 0.0, 1.0])
    predicted = np.linspace(0.3, 0.7, 12)
    sums = probability_metrics.per_date(day, true, predicted, np.full(12, 0.5))
    drawn = WORTH_OF.drawn(sums, np.array([[0, 1, 0], [2, 1, 0], [1, 1, 1], [2, 2, 0]]), 1)
    assert np.isnan(drawn["auc"]).tolist() == [True, False, True, False]
    assert [bootstrap.left_out(drawn[name]) for name in WORTH_OF.metrics] == [0, 0, 2, 0]
    kept = drawn["auc"][[1, 3]]
    assert bootstrap.interval(drawn["auc"], 0.9) == bootstrap.interval(kept, 0.9)
    assert bootstrap.left_out(np.full(3, np.nan)) == 0  # there is no interval to leave it out of


def test_the_table_of_intervals_counts_the_draws_that_have_the_metric():
    record = {"scenario": "s", "model": "m", "level": 0.9, "replicates": 200, "block_length": 1}
    record["intervals"] = {"brier_score": [0.2, 0.3], "auc": [None, None], "log_loss": [None, None]}
    rows = interval_rows([record | {"replicates_used": {"auc": 35}}])
    assert {row["metric"]: row["draws"] for row in rows} == {
        "brier_score": 200, "auc": 35, "log_loss": 0,
    }  # fmt: skip
