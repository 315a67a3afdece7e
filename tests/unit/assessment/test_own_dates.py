"""Ratios on own dates: by a plain loop over the bars drawn, whatever is kept or cut in parts."""

from tidemark.assessment import own_dates
from tidemark.assessment.own_dates import OwnDates, fewest_dates
from tidemark.statistics import bootstrap

import numpy as np
import pytest

BARS, LENGTH = 71, 3
FIRST = [0, 7, 40, 42, BARS]  # 71 - 42 bars are fewer than ten blocks
YEAR = 100.0


def sets_of(length=LENGTH):
    draw = np.random.default_rng(5)
    excess = draw.normal(0.001, 0.01, (BARS, len(FIRST)))
    for column, first in enumerate(FIRST):
        excess[:first, column] = 0.0
    excess[50, 0] = 0.0  # out of the market for a bar, on its own dates all the same
    starts = bootstrap.circular_starts(BARS, length, 8, seed=1)
    return OwnDates(
        excess, draw.normal(0.0005, 0.01, BARS), starts, length, fewest_dates(length, YEAR)
    )


def ratio(returns):
    return returns.mean() / returns.std(ddof=1)


def drawn_bars(sets):
    for starts in sets.starts:
        yield (starts[:, None] + np.arange(sets.block_length)).ravel()[:BARS] % BARS


def test_ratios_are_those_of_the_own_bars_that_were_drawn():
    sets = sets_of()
    found = sets.drawn(np.arange(4))
    for replicate, bars in enumerate(drawn_bars(sets)):
        for column in range(4):
            own = bars[bars >= FIRST[column]]
            excess = sets.excess[:, column]
            assert found.own[replicate, column] == pytest.approx(ratio(excess[own]))
            assert found.benchmark[replicate, column] == pytest.approx(ratio(sets.benchmark[own]))
            drawn = excess[bars]
            assert found.without_skill[replicate, column] == pytest.approx(
                (drawn.mean() - excess.mean()) / drawn.std(ddof=1)
            )


def test_observed_ratios_need_ten_blocks_of_own_dates():
    sets = sets_of()
    assert sets.first.tolist() == FIRST
    found = sets.observed()
    for column, first in enumerate(FIRST[:3]):
        assert found.own[column] == pytest.approx(ratio(sets.excess[first:, column]))
        assert found.benchmark[column] == pytest.approx(ratio(sets.benchmark[first:]))
    assert np.isnan([found.own[3:], found.benchmark[3:]]).all()


@pytest.mark.parametrize(("length", "year", "fewest"), [(21, 252, 210), (1, 251.4, 63), (1, 8, 10)])
def test_own_dates_are_ten_blocks_and_a_quarter_of_a_year(length, year, fewest):
    """Ten blocks of a bar, as of `block_length: auto` where returns do not hang together."""
    assert fewest_dates(length, year) == fewest
    excess = np.zeros((300, 2))
    excess[300 - fewest :, 0] = excess[301 - fewest :, 1] = 0.01
    starts = bootstrap.circular_starts(300, length, 8, seed=1)
    assert OwnDates(excess, excess[:, 0], starts, length, fewest).enough.tolist() == [True, False]


def test_a_set_that_never_held_anything_has_no_ratio_and_stops_nothing():
    found = sets_of().drawn(np.array([4, 0]))
    assert np.isnan([found.own[:, 0], found.benchmark[:, 0], found.without_skill[:, 0]]).all()
    assert np.isfinite(found.own[:, 1]).all()


def test_blocks_as_long_as_the_own_dates_leave_them_blank():
    assert np.isnan(sets_of(length=30).observed().own).all()


@pytest.mark.parametrize("bound", [{"KEPT": 0}, {"CHUNK": 2 * BARS}])
def test_bounds_of_memory_change_nothing(monkeypatch, bound):
    places = np.array([2, 0])
    whole = sets_of().drawn(places)
    for name, value in bound.items():
        monkeypatch.setattr(own_dates, name, value)
    parts = sets_of().drawn(places)
    for name in ("own", "benchmark", "without_skill"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))
