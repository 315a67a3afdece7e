"""Scores since a first position: every set is held against it on the same bars."""

from tidemark.assessment import since_first
from tidemark.statistics.returns import drawdown, equity_of, sharpe_of

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

WEIGHTS = {"total_return": 0.5, "sharpe_ratio": 0.3, "max_drawdown": 0.2, "turnover": 0.1}
BARS, FIRST = 200, 120


@pytest.fixture
def daily():
    """A late set that is good once it trades; two that trade all along, one of them worse later."""
    draw = np.random.default_rng(3)
    noise = draw.normal(0, 0.01, (BARS, 3))
    late = np.where(np.arange(BARS) < FIRST, 0.0, 0.002 + noise[:, 0])
    early = np.where(np.arange(BARS) < FIRST, 0.01, -0.001) + noise[:, 1]
    return {
        "late": pd.DataFrame({"n=1": late}),
        "early": pd.DataFrame({"n=1": early, "n=2": -0.001 + noise[:, 2]}),
        "never": pd.DataFrame({"n=1": np.zeros(BARS)}),
    }


def test_both_sides_are_measured_on_the_same_bars(daily):
    best = {"late": "n=1", "early": "n=1", "never": "n=1"}
    found = since_first.scores(daily, best, np.zeros(BARS), WEIGHTS).set_index("strategy_name")
    assert found["flat_bars"].to_dict() == {"late": FIRST, "early": 0, "never": BARS}
    assert found.loc["early", "score_history"] == found.loc["early", "score_since"]
    assert found.loc["late", "score_since"] > found.loc["late", "score_history"]
    assert found.loc["never", ["score_history", "score_since"]].isna().all()
    cut = {name: frame.iloc[FIRST:] for name, frame in daily.items()}
    alone = since_first.scores(cut, {"late": "n=1"}, np.zeros(BARS - FIRST), WEIGHTS)
    assert found.loc["late", "score_since"] == alone["score_history"][0]


def test_the_score_by_hand(daily):
    """Since its first position `late` has the best return and ratio; only `never` falls less."""
    (row,) = since_first.scores(daily, {"late": "n=1"}, np.zeros(BARS), WEIGHTS).itertuples()
    assert row.score_since == pytest.approx((0.5 * 1 + 0.3 * 1 + 0.2 * 2 / 3) / 1.0)


def test_without_a_weight_there_is_no_score(daily):
    (row,) = since_first.scores(
        daily, {"late": "n=1"}, np.zeros(BARS), {"turnover": 1}
    ).itertuples()
    assert np.isnan(row.score_since)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.sampled_from([0.01, 0.3]))
def test_figures_since_each_bar_are_those_of_the_bars_alone(seed, bars, size):
    """Spans that are put together say what one pass over all of them says; some sets are ruined."""
    draw = np.random.default_rng(seed)
    returns = np.maximum(draw.normal(0.0, size, (5, bars)), -1.0)
    returns[0, draw.integers(bars) :] = 0.0
    returns[1, draw.integers(bars)] = -1.0
    cash = np.full(bars, draw.choice([0.0, 1e-4]))
    since = sorted({0, *draw.integers(0, bars, draw.integers(1, 6)).tolist()})
    with np.errstate(all="ignore"):
        found = since_first._figures(returns, cash, since)
        for nth, start in enumerate(since):
            equity = equity_of(returns[:, start:])
            expected = (
                equity[:, -1] - 1.0,
                sharpe_of((returns[:, start:] - cash[start:]).T),
                drawdown(equity, 1.0).min(axis=1),
            )
            np.testing.assert_allclose(found[:, nth], expected, rtol=1e-9, atol=1e-12)


def test_sets_are_measured_and_scored_in_parts(daily, monkeypatch):
    best = {"late": "n=1", "early": "n=2", "never": "n=1"}
    whole = since_first.scores(daily, best, np.zeros(BARS), WEIGHTS)
    monkeypatch.setattr(since_first, "TOGETHER", 3)
    monkeypatch.setattr(since_first, "CELLS", 1)
    told = []
    parts = since_first.scores(
        daily, best, np.zeros(BARS), WEIGHTS, tell=lambda *counts: told.append(counts)
    )
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)
    assert told == [(4, 8), (8, 8)]  # four sets, from the first bar and from that of `late`
