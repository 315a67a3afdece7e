"""The metrics against scikit-learn, SciPy and values by hand."""

from tidemark import targets
from tidemark.models import fitting, forecast_metrics
from tidemark.models.forecast_metrics import DateSums
from tidemark.models.worth import WORTH

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

WORTH_OF = WORTH["return"]


def draw_forecasts(dates: int = 40, tickers: int = 6, seed: int = 5):
    """Rows of dates x tickers in shuffled order, with ties and zeros among the values."""
    draw = np.random.default_rng(seed)
    day = np.repeat(np.datetime64("2012-01-01") + np.arange(dates), tickers)
    true = np.round(draw.normal(0, 0.02, dates * tickers), 3)
    predicted = np.round(0.2 * true + draw.normal(0, 0.01, true.size), 3)
    order = draw.permutation(true.size)
    return day[order], true[order], predicted[order]


def overall(day, true, predicted, baseline):
    return WORTH_OF.overall(forecast_metrics.per_date(day, true, predicted, baseline))


def test_errors_agree_with_scikit_learn():
    day, true, predicted = draw_forecasts()
    found = overall(day, true, predicted, np.full(true.size, 0.001))
    mse = mean_squared_error(true, predicted)
    assert found["mae"] == pytest.approx(mean_absolute_error(true, predicted), rel=1e-12)
    assert found["mse"] == pytest.approx(mse, rel=1e-12)
    assert found["rmse"] == pytest.approx(np.sqrt(mse), rel=1e-12)
    assert found["r2"] == pytest.approx(r2_score(true, predicted), rel=1e-10)
    reference = mean_squared_error(true, np.full(true.size, 0.001))
    assert found["skill"] == pytest.approx(1 - mse / reference, rel=1e-12)
    assert tuple(found) == WORTH_OF.metrics


def test_information_coefficient_agrees_with_scipy():
    day, true, predicted = draw_forecasts()
    daily = [spearmanr(true[day == d], predicted[day == d]).statistic for d in np.unique(day)]
    found = overall(day, true, predicted, predicted)
    assert found["information_coefficient"] == pytest.approx(np.mean(daily), rel=1e-12)
    _, number = np.unique(day, return_inverse=True)
    ours = forecast_metrics.rank_correlations(number, true, predicted)
    assert ours == pytest.approx(daily, rel=1e-12)


def test_directions_by_hand():
    true = np.array([0.01, -0.01, 0.02, 0.0, 0.03, -0.02])
    predicted = np.array([0.001, 0.002, 0.003, 0.001, 0.0, -0.001])
    found = overall(np.arange(6), true, predicted, predicted)
    assert found["directional_accuracy"] == 3 / 4


def test_no_direction_at_all():
    found = overall(np.arange(3), np.array([0.01, -0.01, 0.02]), np.zeros(3), np.ones(3))
    assert np.isnan(found["directional_accuracy"])


def test_skill_of_the_baseline_is_zero_and_of_the_truth_is_one():
    day, true, predicted = draw_forecasts()
    assert overall(day, true, predicted, predicted)["skill"] == 0
    assert overall(day, true, true, predicted)["skill"] == 1


@pytest.mark.parametrize(
    ("true", "predicted"),
    [
        ([0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.5, 0.5]),  # forecasts without an order
        ([0.1, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4]),  # returns without an order
    ],
)
def test_no_information_coefficient_without_an_order(true, predicted):
    found = overall(np.zeros(4), np.array(true), np.array(predicted), np.ones(4))
    assert np.isnan(found["information_coefficient"])


def test_dates_with_two_tickers_have_no_information_coefficient():
    day = np.array([1, 1, 2, 2, 2])
    true = np.array([0.1, 0.2, 0.1, 0.2, 0.3])
    predicted = np.array([0.2, 0.1, 0.3, 0.2, 0.1])
    found = overall(day, true, predicted, predicted)
    assert found["information_coefficient"] == -1
    assert np.isnan(forecast_metrics.rank_correlations(day - 1, true, predicted)[0])


def test_r2_of_equal_returns_is_undefined():
    found = overall(np.arange(3), np.full(3, 0.01), np.zeros(3), np.zeros(3))
    assert np.isnan(found["r2"])


def test_metrics_of_some_dates_follow_from_their_sums():
    day, true, predicted = draw_forecasts()
    sums = forecast_metrics.per_date(day, true, predicted, np.full(true.size, 0.001))
    some = np.isin(day, np.unique(day)[10:25])
    alone = overall(day[some], true[some], predicted[some], np.full(some.sum(), 0.001))
    together = WORTH_OF.overall(DateSums(*(field[10:25] for field in sums)))
    for name in WORTH_OF.metrics:
        assert together[name] == pytest.approx(alone[name], rel=1e-9), name


@pytest.mark.parametrize("target", WORTH)
def test_names_of_metrics_are_those_that_are_worked_out(target):
    names = targets.METRICS[target]
    day, true = np.array([0, 0, 0, 1, 1, 1]), np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    sums = WORTH[target].per_date(day, true, np.linspace(0.2, 0.7, 6), np.full(6, 0.5))
    assert tuple(sums.metrics()) == names.metrics
    assert {*names.of_folds, names.loss, names.skill, names.explained} <= {*names.metrics}
    assert names.chosen_by in names.of_folds
    assert WORTH[target].overall(sums)[names.loss] == pytest.approx(sums.squared_errors.sum() / 6)
    assert tuple(fitting.SCORES) == targets.METRICS["return"].of_folds
