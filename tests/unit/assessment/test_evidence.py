"""Evidence: each figure is the statistic that it names, of the right columns and bars."""

from dataclasses import replace

from tidemark.assessment import overfitting
from tidemark.assessment.data_snooping import joint_test
from tidemark.assessment.evidence import ALL, Plan, examine, of_winner, seconds
from tidemark.assessment.own_dates import OwnDates
from tidemark.statistics import bootstrap

import numpy as np
import pandas as pd
import pytest

YEAR = 252.0
BARS = 1000
PLAN = Plan(YEAR, 16, 500, 250, overfitting.Bootstrap(10, 200, 0.9, 7))
FREE = np.zeros(BARS)
BEST = {"a": "n=3", "b": "n=1"}


def frame(values):
    return pd.DataFrame(values, columns=[f"n={1 + number}" for number in range(values.shape[1])])


@pytest.fixture(scope="module")
def returns():
    draw = np.random.default_rng(3)
    return {
        "a": frame(draw.normal(0.0010, 0.01, (BARS, 3))),
        "b": frame(draw.normal(0.0002, 0.01, (BARS, 2))),
    }


@pytest.fixture(scope="module")
def benchmark():
    return np.random.default_rng(4).normal(0.0005, 0.01, BARS)


@pytest.fixture(scope="module")
def examined(returns, benchmark):
    return of(returns, benchmark)


def of(returns, benchmark, cash=FREE, plan=PLAN, best=BEST):
    return examine(returns, best, benchmark, cash, plan).strategies.set_index("strategy_name")


def late(returns, bars, cash=FREE):
    """The same, but the best set of `a` begins late."""
    waiting = returns["a"].copy()
    waiting.loc[: bars - 1, "n=3"] = cash[:bars]
    return {**returns, "a": waiting}


def annual(returns):
    return np.prod(1 + returns) ** (YEAR / len(returns)) - 1


def ratio(excess):
    return excess.mean() / excess.std(ddof=1) * np.sqrt(YEAR)


def test_the_best_set_is_measured(returns, benchmark, examined):
    best = returns["a"]["n=3"].to_numpy()
    row = examined.loc["a"]
    assert row["sharpe"] == pytest.approx(ratio(best))
    assert row["annual_return"] == pytest.approx(annual(best))
    assert row["benchmark_return"] == pytest.approx(annual(benchmark))
    assert row["difference"] == pytest.approx(ratio(best) - ratio(benchmark))
    assert row["sharpe_lower"] < row["sharpe"] < row["sharpe_upper"]
    assert row["difference_lower"] < row["difference"] < row["difference_upper"]


def test_copies_leave_every_figure_of_the_others(returns, benchmark, examined):
    """By the deflated ratio above all, which 40 copies of one set raise if nobody notices them."""
    names = [f"copy_{number}" for number in range(40)]
    listed = {name: returns["a"][["n=1"]] for name in names} | returns
    found = of(listed, benchmark, best=BEST | dict.fromkeys(names, "n=1")).loc[["a", "b", ALL]]
    assert found.pop("sets").tolist() == [3, 2, 45]
    pd.testing.assert_frame_equal(found, examined.drop(columns="sets"), rtol=0, atol=1e-12)
    assert found["distinct"].tolist() == [3, 2, 5]
    tried = np.column_stack(list(listed.values()))
    observed = overfitting.moments(returns["a"]["n=3"].to_numpy())
    (unnoticed,) = overfitting.deflated_sharpe_ratio(observed, overfitting.moments(tried).sharpe)
    assert abs(unnoticed - found["deflated_sharpe"]["a"]) > 0.05


@pytest.mark.parametrize("rate", [0.0, 0.0001])
def test_figures_since_the_first_position_leave_out_what_came_before(returns, benchmark, rate):
    cash = rate * np.linspace(1.0, 2.0, BARS)  # no one rate: that of all tickers then listed
    waited = late(returns, 300, cash)
    row = of(waited, benchmark, cash).loc["a"]
    best = waited["a"]["n=3"].to_numpy()
    assert row["flat_years"] == pytest.approx(300 / YEAR)
    assert row["return_since"] == pytest.approx(annual(best[300:]))
    assert row["benchmark_return_since"] == pytest.approx(annual(benchmark[300:]))
    ours, theirs = (ratio((one - cash)[300:]) for one in (best, benchmark))
    assert row["sharpe_since"] == pytest.approx(ours)
    assert row["benchmark_sharpe_since"] == pytest.approx(theirs)
    assert row["difference_since"] == pytest.approx(ours - theirs)
    assert row["sharpe_since_lower"] < ours < row["sharpe_since_upper"]
    assert row["difference_since_lower"] < ours - theirs < row["difference_since_upper"]
    assert row["sharpe"] == pytest.approx(ratio(best - cash))


def test_without_waiting_both_intervals_are_of_the_same_draws(examined):
    for end in ("lower", "upper"):
        for name in ("sharpe", "difference"):
            assert examined.loc["a", f"{name}_since_{end}"] == pytest.approx(
                examined.loc["a", f"{name}_{end}"]
            )


ON_OWN_DATES = ["sharpe_since", "difference_since", "sharpe_since_lower", "difference_since_upper"]
TESTED = ["p_zero", "p_benchmark", "deflated_sharpe", "chance_hurdle"]


def test_a_set_that_never_held_anything_did_not_begin_at_once(returns, benchmark):
    found = of(late(returns, BARS), benchmark)
    since = ["flat_years", "return_since", "benchmark_return_since", *ON_OWN_DATES, *TESTED]
    assert found.loc["a", since].isna().all()
    assert found.loc["b", "flat_years"] == 0.0


def test_own_dates_of_few_blocks_are_blank(returns, benchmark):
    found = of(late(returns, BARS - 99), benchmark)
    assert found.loc["a", [*ON_OWN_DATES, *TESTED]].isna().all()
    assert found.loc["b", [*ON_OWN_DATES, *TESTED]].notna().all()
    found = of(late(returns, BARS - 100), benchmark)
    assert found.loc["a", [*ON_OWN_DATES, *TESTED]].notna().all()


def test_luck_is_that_of_all_sets_of_all_strategies(returns, benchmark, examined):
    starts = bootstrap.circular_starts(BARS, 10, 200, 7)
    everything = np.hstack([each.to_numpy() for each in returns.values()])
    joint = joint_test(OwnDates(everything, benchmark, starts, 10, 100), 0.9)
    assert examined["p_zero"][["a", "b"]].tolist() == joint.p_zero[[2, 3]].tolist()
    assert examined["p_benchmark"][["a", "b"]].tolist() == joint.p_benchmark[[2, 3]].tolist()
    luckiest = joint.luckiest * np.sqrt(YEAR)
    assert examined.loc["b", "no_skill_sharpe"] == pytest.approx(luckiest.mean())
    reached = (luckiest >= examined.loc["b", "sharpe"]).mean()
    assert examined.loc["b", "no_skill_share"] == reached
    assert 0 < reached < 1


def test_draws_in_which_nobody_held_anything_are_left_out_of_luck(returns, benchmark):
    """Positions in one block of history: a draw in three has none of its bars."""
    rare = {name: frame.copy() for name, frame in returns.items()}
    for frame in rare.values():
        frame.iloc[10:] = 0.0
    found = of(rare, benchmark).loc["a"]
    everything = np.hstack([frame.to_numpy() for frame in rare.values()])
    starts = bootstrap.circular_starts(BARS, 10, 200, 7)
    luckiest = joint_test(OwnDates(everything, benchmark, starts, 10, 100), 0.9).luckiest
    assert 20 < np.isnan(luckiest).sum() < 180
    luckiest = np.sqrt(YEAR) * luckiest[np.isfinite(luckiest)]
    assert found["no_skill_sharpe"] == pytest.approx(luckiest.mean())
    assert found["no_skill_share"] == (luckiest >= found["sharpe"]).mean()


def test_long_waits_are_known_before():
    """13 ms a set of 13 years and 2,000 draws, and the square of the sets once they are many."""
    assert seconds(139, 3270, 2000) < 3
    assert seconds(1000, 3270, 2000) == pytest.approx(14, abs=1)
    assert seconds(10_000, 3270, 2000) == pytest.approx(260, abs=10)


def test_every_set_has_its_p_values(returns, benchmark, examined):
    sets = examine(returns, BEST, benchmark, FREE, PLAN).sets
    assert sets["strategy_name"].tolist() == [*"aaabb"]
    assert sets["set"].tolist() == ["n=1", "n=2", "n=3", "n=1", "n=2"]
    assert sets.loc[2, "p_zero"] == examined.loc["a", "p_zero"]
    assert sets.loc[3, "sharpe_since"] == pytest.approx(examined.loc["b", "sharpe_since"])


def test_the_published_figure_takes_all_sets_on_the_own_dates_of_one(returns, benchmark):
    waited = late(returns, 300)
    found = of(waited, benchmark)
    everything = np.hstack([each.to_numpy() for each in waited.values()])
    for name, column, first in (("a", 2, 300), ("b", 3, 0)):
        since = everything[first:]
        tried = since.mean(0) / since.std(0, ddof=1)
        hurdle = overfitting.expected_maximum_sharpe(5, tried.std(ddof=1)) * np.sqrt(YEAR)
        assert found.loc[name, "chance_hurdle"] == pytest.approx(hurdle)
        observed = overfitting.moments(since[:, [column]])
        expected = overfitting.deflated_sharpe_ratio(observed, tried)[0]
        assert found.loc[name, "deflated_sharpe"] == pytest.approx(expected)


def test_copies_and_cheats_elsewhere_turn_no_p_value(returns, benchmark, examined):
    draw = np.random.default_rng(9)
    cheats = frame(np.abs(draw.normal(0, 0.01, (BARS, 4))) + 0.001)
    copies = frame(np.repeat(returns["b"][["n=2"]].to_numpy(), 60, axis=1))
    more = {**returns, "cheats": cheats, "copies": copies}
    best = {**BEST, "cheats": "n=1", "copies": "n=1"}
    found = examine(more, best, benchmark, FREE, PLAN).strategies.set_index("strategy_name")
    for name in ("p_zero", "p_benchmark"):
        assert found.loc[["a", "b"], name].tolist() == examined.loc[["a", "b"], name].tolist()
        assert found.loc["cheats", name] == pytest.approx(1 / 201)


def test_a_choice_is_among_a_strategys_sets_or_among_all(returns, benchmark, examined):
    everything = frame(np.hstack([each.to_numpy() for each in returns.values()]))
    for name, each in (*returns.items(), (ALL, everything)):
        row, sets = examined.loc[name], each.to_numpy()
        assert row["sets"] == sets.shape[1]
        assert row["overfitting"] == overfitting.probability_of_backtest_overfitting(sets, 16)
        assert row["left_out"] == ""
        walked = overfitting.walk_forward(sets, 500, 250)
        assert row["walk_forward_sharpe"] == pytest.approx(ratio(walked))
        assert row["walk_forward_benchmark_sharpe"] == pytest.approx(ratio(benchmark[500:]))


def test_who_holds_nothing_in_a_block_of_history_is_left_out_of_overfitting(returns, benchmark):
    """Blocks are of 62 bars; the first three, and a part of the fourth, hold nothing."""
    waiting = returns["b"].copy()
    waiting.loc[:200] = 0.0
    found = of({**returns, "b": waiting}, benchmark)
    assert np.isnan(found.loc["b", "overfitting"])
    assert found.loc["b", "left_out"] == "a position in 13 of 16 blocks"
    assert found.loc[["a", "b", ALL], "overfitting_sets"].tolist() == [3, 0, 3]
    assert found.loc[ALL, "left_out"] == "b: a position in 13 of 16 blocks"
    assert found.loc[ALL, "overfitting"] == found.loc["a", "overfitting"]
    assert found.loc[ALL, "sets"] == 5


def test_a_block_without_one_set_is_no_reason_if_another_trades(returns, benchmark):
    found = of(late(returns, 300), benchmark)
    assert found["left_out"].eq("").all()
    assert found["overfitting"].notna().all()


def test_nothing_is_left_to_choose_from(returns, benchmark):
    idle = {
        name: frame(np.where(np.arange(BARS)[:, None] < 90, 0, each))
        for name, each in returns.items()
    }
    found = of(idle, benchmark)
    assert found["overfitting"].isna().all()
    assert found.loc[ALL, "left_out"].count("a position in 15 of 16 blocks") == 2


def test_sharpe_ratios_are_beyond_cash_and_returns_are_not(returns, benchmark):
    cash = np.full(BARS, 0.0002)
    found = of(returns, benchmark, cash)
    best = returns["a"]["n=3"].to_numpy()
    expected = ratio(best - cash)
    assert found.loc["a", "sharpe"] == pytest.approx(expected)
    assert found.loc["a", "sharpe_lower"] < expected < found.loc["a", "sharpe_upper"]
    assert found.loc["a", "annual_return"] == pytest.approx(annual(best))


def test_the_winner_is_judged_by_the_choice_among_all(examined):
    rankings = pd.DataFrame(
        {
            "overall_rank": pd.array([1, 2, None], dtype="Int64"),
            "strategy_name": ["b", "a", "hold"],
            "best_set": ["n=1", "n=3", "none"],
            "guardrails": ["passed", "passed", "is a benchmark"],
            "same_as": [None, "b", None],
        }
    )
    plan = replace(PLAN, bootstrap=replace(PLAN.bootstrap, replicates=2000, confidence=0.95))
    winner = of_winner(rankings, examined.reset_index(), "hold", plan, 0.4)
    assert (winner.strategy, winner.parameters, winner.strategies) == ("b", "n=1", 2)
    assert (winner.tried, winner.draws_beyond, winner.level) == (5, 50, 0.05)
    assert (winner.strategies, winner.strategies_distinct) == (2, 1)
    assert winner.block_length == PLAN.bootstrap.block_length
    assert (winner.fewest_dates, winner.least_beyond) == (100, 50)
    assert winner.sharpe == examined.loc["b", "sharpe"]
    assert winner.p_benchmark == examined.loc["b", "p_benchmark"]
    assert winner.difference_since_interval[1] == examined.loc["b", "difference_since_upper"]
    assert winner.overfitting == examined.loc[ALL, "overfitting"]
    assert winner.walk_forward_sharpe == examined.loc[ALL, "walk_forward_sharpe"]
    assert winner.overfitting_sets == 5
    assert winner.agreement == 0.4
