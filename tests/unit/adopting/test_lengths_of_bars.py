"""Lengths that were meant for days, in bars of another length."""

from dataclasses import replace

from tidemark.adopting.proposal import history, lengths

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

TIMES = pd.date_range("2020-01-01", periods=600, freq="D")
PRICES = pd.DataFrame({"timestamp": TIMES, "ticker": "A", "close": 1.0, "adj_close": 1.0}).assign(
    open=np.nan, high=np.nan, low=np.nan, volume=np.nan
)
HISTORY = history.of(PRICES, "daily")


@pytest.mark.parametrize(
    ("bar", "a_year", "meant_for", "bars"),
    [
        ("monthly", 12, "daily", 1 / 21),
        ("weekly", 50.4, "daily", 0.2),
        ("intraday", 8820, "daily", 35),
        ("intraday", 251, "daily", 1),  # a bar a day, at an hour
        ("daily", 365, "daily", 1),
        ("monthly", 12, "monthly", 1),
    ],
)
def test_bars_a_day(bar, a_year, meant_for, bars):
    of = replace(HISTORY, bar=bar, a_year=a_year)
    assert lengths.bars_a_day(of, meant_for) == pytest.approx(bars)


@pytest.mark.parametrize(
    ("value", "by", "length"),
    [
        (63, 1 / 21, 3),
        (5, 1 / 21, 1),
        (0, 1 / 21, 0),
        (2.5, 0.2, 2.5),
        (True, 0.2, True),
        (7, 1, 7),
    ],
)
def test_whole_numbers_are_lengths(value, by, length):
    scaled = lengths.scaled(value, by)
    assert (scaled, type(scaled)) == (length, type(length))


@pytest.mark.parametrize(
    ("bars", "time"), [(21, "21 hours"), (1, "60 minutes"), (252, "10.5 days")]
)
def test_how_long_bars_of_hours_last(bars, time):
    assert lengths.of_time(bars, replace(HISTORY, a_year=8766.0)) == time


@pytest.mark.parametrize(
    ("shock", "by", "bars", "fitted"),
    [
        ({"at": [0.5], "fall": 355}, 1 / 21, 180, {"fall": 17}),
        ({"at": [0.3, 0.7], "fall": 10, "recovery": 60}, 1 / 21, 180, {"fall": 1, "recovery": 3}),
        ({"at": [0.5]}, 1 / 21, 180, {}),
        ({"at": [0.5]}, 35, 8000, {"fall": 35}),
        ({"at": [0.5], "fall": 355}, 1, 400, {"fall": 200}),  # the end comes sooner
    ],
)
def test_a_shock_lasts_as_many_days_as_before(shock, by, bars, fitted):
    assert lengths.shock(shock, by, bars) == {"at": shock["at"], **fitted}


@given(
    at=st.lists(st.integers(0, 9).map(lambda tenth: tenth / 10), min_size=1, unique=True),
    fall=st.integers(1, 500),
    by=st.floats(0.01, 400),
    bars=st.integers(60, 10_000),
)
def test_every_fall_is_complete_where_the_next_begins(at, fall, by, bars):
    held = lengths.shock({"at": at, "fall": fall}, by, bars)["fall"]
    starts = [*sorted(int(share * bars) for share in at), bars]
    assert held <= 1 + min(np.diff(starts))
