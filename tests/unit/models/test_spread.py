"""How far forecasts, returns and errors reach: a round scale, and what lies beyond it, by hand."""

from tidemark.models import spread

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("returns", "reach"), [([1.0, -1.2], 1.5), ([0.0], 0.001), ([7.0, 1.0], 7.0), ([34.0], 35.0)]
)
def test_the_reach_is_a_round_limit(returns, reach):
    assert spread.reach(np.array(returns)) == pytest.approx(reach)


def test_rows_beyond_are_counted_once_each():
    true = np.array([1.0, -1.0, 0.5, 0.0, 1.0])
    predicted = np.array([0.0, 0.1, 0.3, 2.0, -0.2])
    assert spread.beyond(true, predicted) == {
        "reach": 1.0,
        "outside": 1,  # the forecast of 2
        "outside_magnified": 2,  # and that of 0.3, beyond a quarter
        "errors_outside": 4,  # and errors of -1.1 and 1.2
        "errors_beyond": 3,
        "bars_cut": 0,
    }


def test_bars_of_errors_that_rise_above_the_axis_are_counted():
    true = np.array([0.91, 0.92, -0.91, -0.92, 0.11])  # no bar of returns is higher than 2
    assert spread.beyond(true, true - 0.51)["bars_cut"] == 1  # all errors are 0.51
    assert spread.beyond(true, true - np.array([0.51, 0.51, -0.3, -0.3, 0.0]))["bars_cut"] == 0


def test_a_tenth_has_the_median_and_the_middle_of_its_errors():
    predicted = np.arange(110.0)
    errors = np.where(predicted < 55, np.arange(110.0) % 11, -1.0)
    first, *_, last = spread.tenths(predicted[::-1], errors[::-1])
    assert first == {"tenth": 1, "forecast": 5.0, "low": 1.0, "middle": 5.0, "high": 9.0}
    assert last == {"tenth": 10, "forecast": 104.0, "low": -1.0, "middle": -1.0, "high": -1.0}
    assert spread.tenths(np.zeros(20), np.arange(20.0)) == []
