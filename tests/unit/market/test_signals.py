"""From comparisons to positions."""

from strategy_bars import rows
from tidemark.market.indicators import sma
from tidemark.market.signals import above, below, hold, side

import hypothesis.extra.numpy as arrays
import numpy as np
from hypothesis import given
from hypothesis import strategies as st


def test_ties_are_ties_whatever_rounding_says():
    close = np.tile([10.1, 10.2, 10.4], 20)[:, None]
    three, nine = sma(close, 3)[8:], sma(close, 9)[8:]
    assert (three != nine).any()
    assert (side(three, nine) == 0.0).all()
    assert not (above(three, nine) | below(three, nine)).any()


def test_the_tolerance_is_small_and_relative():
    for scale in (1e-6, 1.0, 1e6):
        assert above(scale * (1 + 2e-10), scale)
        assert below(scale * (1 - 2e-10), scale)
        assert not above(scale * (1 + 5e-11), scale)
    np.testing.assert_array_equal(
        side(rows([2.0, 1.0, -3.0, np.nan]), rows([1.0, 1.0, -2.0, 1.0])), rows([1, 0, -1, np.nan])
    )


def test_hold_lasts_from_enter_until_leave():
    enter = rows([0, 1, 0, 1, 0, 0, 1, 1, 1]) == 1
    leave = rows([1, 0, 0, 0, 1, 0, 0, 1, 0]) == 1
    assert hold(enter, leave)[:, 0].tolist() == [0, 1, 1, 1, 0, 0, 1, 0, 1]
    assert hold(~leave, leave)[0, 0] == 0
    assert hold(enter[1:], leave[1:])[0, 0] == 1


@given(data=st.data(), shape=st.tuples(st.integers(0, 12), st.integers(0, 4)))
def test_hold_is_what_a_walk_over_the_bars_finds(data, shape):
    enter, leave = (data.draw(arrays.arrays(np.bool_, shape)) for _ in range(2))
    walked = np.zeros(shape)
    for ticker in range(shape[1]):
        inside = False
        for bar in range(shape[0]):
            inside = (inside or enter[bar, ticker]) and not leave[bar, ticker]
            walked[bar, ticker] = inside
    np.testing.assert_array_equal(hold(enter, leave), walked)
    np.testing.assert_array_equal(hold(np.asfortranarray(enter), leave), walked)
