"""Scores since a first position: every set is held against it on the same bars."""

from tidemark.assessment import since_first

import numpy as np
import pandas as pd
import pytest

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
