from tidemark.market.scenarios.lengths import plan
from tidemark.market.scenarios.settings import Stochastic

import pytest


@pytest.mark.parametrize(
    ("bars", "yearly", "lengths"),
    [
        (3270, 251.5, (503, 252, 1006)),  # thirteen years of days
        (600, 252.0, (200, 150, 300)),
        (120, 12.0, (24, 12, 48)),  # ten years of months
        (3, 252.0, (1, 1, 1)),
    ],
)
def test_lengths_that_are_not_said_fit_history(bars, yearly, lengths):
    made = plan(Stochastic(), bars, yearly)
    assert (made.horizon, made.warm_up, made.min_history) == lengths


def test_lengths_that_are_said_stand():
    made = plan(Stochastic({"gbm": 1}, 504, 0, 10, 2000), 300, 252.0)
    assert made == plan(made, 9, 1.0)
    assert (made.horizon, made.warm_up, made.block_length, made.min_history) == (504, 0, 10, 2000)
