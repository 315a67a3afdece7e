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
    }
