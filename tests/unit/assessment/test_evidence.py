"""Evidence: each figure is the statistic that it names, of the right columns and bars."""

from dataclasses import replace

from tidemark.assessment import evidence, overfitting
from tidemark.assessment.evidence import ALL, Plan, examine, of_winner

import numpy as np
import pandas as pd
import pytest

YEAR = 252.0
PLAN = Plan(YEAR, 0.0, 16, 500, 250, overfitting.Bootstrap(10, 200, 0.9, 7))


@pytest.fixture(scope="module")
def returns():
    draw = np.random.default_rng(3)
    return {
        "a": draw.normal(0.0010, 0.01, (1000, 3)),
        "b": draw.normal(0.0002, 0.01, (1000, 2)),
    }


@pytest.fixture(scope="module")
def benchmark():
    return np.random.default_rng(4).normal(0.0005, 0.01, 1000)


@pytest.fixture(scope="module")
def examined(returns, benchmark):
    return examine(returns, {"a": 2, "b": 0}, benchmark, PLAN).set_index("strategy_name")


def test_the_best_set_is_measured(returns, benchmark, examined):
    best = returns["a"][:, 2]
    row = examined.loc["a"]
    assert row["sharpe"] == pytest.approx(best.mean() / best.std(ddof=1) * np.sqrt(YEAR))
    assert row["annual_return"] == pytest.approx(np.prod(1 + best) ** (YEAR / 1000) - 1)
    assert row["benchmark_return"] == pytest.approx(np.prod(1 + benchmark) ** (YEAR / 1000) - 1)
    assert row["sharpe_lower"] < row["sharpe"] < row["sharpe_upper"]
    difference = row["sharpe"] - row["benchmark_sharpe"]
    assert row["difference_lower"] < difference < row["difference_upper"]


@pytest.mark.parametrize("cash", [0.0, 0.0001])
def test_figures_since_the_first_position_leave_out_what_came_before(returns, benchmark, cash):
    late = returns["a"].copy()
    late[:300, 2] = cash
    plan = replace(PLAN, cash=cash)
    row = examine({"a": late, "b": returns["b"]}, {"a": 2, "b": 0}, benchmark, plan).iloc[0]
    assert row["flat_years"] == pytest.approx(300 / YEAR)
    ours, theirs = (np.prod(1 + one[300:]) ** (YEAR / 700) - 1 for one in (late[:, 2], benchmark))
    assert row["return_since"] == pytest.approx(ours)
    assert row["benchmark_return_since"] == pytest.approx(theirs)


def test_a_set_that_never_held_anything_did_not_begin_at_once(returns, benchmark):
    idle = returns["a"].copy()
    idle[:, 2] = 0.0
    found = examine({"a": idle, "b": returns["b"]}, {"a": 2, "b": 0}, benchmark, PLAN)
    since = found.set_index("strategy_name")[
        ["flat_years", "return_since", "benchmark_return_since"]
    ]
    assert since.loc["a"].isna().all()
    assert since.loc["b", "flat_years"] == 0.0


def test_luck_is_that_of_all_sets_of_all_strategies(returns, examined):
    trials = np.concatenate([each.mean(0) / each.std(0, ddof=1) for each in returns.values()])
    hurdle = overfitting.expected_maximum_sharpe(5, trials.std(ddof=1)) * np.sqrt(YEAR)
    assert examined["chance_hurdle"][["a", "b"]].tolist() == pytest.approx([hurdle, hurdle])
    observed = overfitting.moments(returns["b"][:, [0]])
    expected = overfitting.deflated_sharpe_ratio(observed, trials)[0]
    assert examined.loc["b", "deflated_sharpe"] == pytest.approx(expected)


def test_a_choice_is_among_a_strategys_sets_or_among_all(returns, benchmark, examined):
    everything = np.hstack(list(returns.values()))
    for name, sets in (*returns.items(), (ALL, everything)):
        row = examined.loc[name]
        assert row["sets"] == sets.shape[1]
        expected = overfitting.probability_of_backtest_overfitting(sets, 16)
        assert row["overfitting"] == expected
        walked = overfitting.walk_forward(sets, 500, 250)
        assert row["walk_forward_sharpe"] == pytest.approx(
            walked.mean() / walked.std(ddof=1) * np.sqrt(YEAR)
        )
        later = benchmark[500:]
        assert row["walk_forward_benchmark_sharpe"] == pytest.approx(
            later.mean() / later.std(ddof=1) * np.sqrt(YEAR)
        )


def test_sharpe_ratios_are_beyond_cash_and_returns_are_not(returns, benchmark):
    cash = 0.0002
    plan = Plan(YEAR, cash, 16, 500, 250, PLAN.bootstrap)
    found = examine(returns, {"a": 2, "b": 0}, benchmark, plan).set_index("strategy_name")
    best = returns["a"][:, 2]
    expected = (best - cash).mean() / best.std(ddof=1) * np.sqrt(YEAR)
    assert found.loc["a", "sharpe"] == pytest.approx(expected)
    assert found.loc["a", "sharpe_lower"] < expected < found.loc["a", "sharpe_upper"]
    assert found.loc["a", "annual_return"] == pytest.approx(np.prod(1 + best) ** (YEAR / 1000) - 1)


def test_the_winner_is_judged_by_the_choice_among_all(examined):
    rankings = pd.DataFrame(
        {
            "overall_rank": pd.array([1, 2, None], dtype="Int64"),
            "strategy_name": ["b", "a", "hold"],
            "best_set": ["n=1", "n=3", "none"],
            "guardrails": ["passed", "passed", "is a benchmark"],
        }
    )
    winner = of_winner(rankings, examined.reset_index(), "hold", 0.9, 0.4)
    assert (winner.strategy, winner.parameters, winner.strategies) == ("b", "n=1", 2)
    assert winner.trials == 5
    assert winner.sharpe == examined.loc["b", "sharpe"]
    assert winner.overfitting == examined.loc[evidence.ALL, "overfitting"]
    assert winner.walk_forward_sharpe == examined.loc[ALL, "walk_forward_sharpe"]
    assert winner.agreement == 0.4
