"""Copies and near-copies: what others are worth does not hang on how often a set is listed."""

from tidemark.assessment import copies, overfitting, rankings, scoring
from tidemark.assessment.averages import Averages
from tidemark.assessment.settings import Guardrails
from tidemark.errors import InputError
from tidemark.statistics.returns import sharpe_of

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HOLD = "buy_and_hold"
WEIGHTS = {"sharpe_ratio": 0.4, "total_return": 0.3, "max_drawdown": 0.2, "turnover": 0.1}
BARS = 400


def draw_sets(seed: int, bars: int = BARS) -> dict[str, pd.DataFrame]:
    """(bars, sets) returns: grids whose neighbours are alike to different degrees, and `hold`."""
    draw = np.random.default_rng(seed)
    found = {HOLD: pd.DataFrame({"none": 0.01 * draw.standard_t(4, size=bars)})}
    for name, own in (("calm", 0.1), ("wild", 0.4), ("apart", 1.0)):
        middle = 0.01 * draw.standard_t(4, size=(bars, 1)) + 3e-4 * draw.normal()
        grid = middle + own * 0.01 * draw.normal(size=(bars, 4))
        found[name] = pd.DataFrame(grid, columns=[f"n={n}" for n in range(4)])
    return found


def cells_of(returns: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Cells in two historical windows and full history, measured from the returns alone."""
    stretches = {"full": slice(None), "first": slice(0, 190), "second": slice(190, None)}
    rows = [
        {
            "strategy_name": name,
            "strategy_category": "benchmark" if name == HOLD else "trend",
            "set": text,
            "symbol": "IBM",
            "scenario_name": stretch,
            "scenario_kind": "full" if stretch == "full" else "historical",
            "group": stretch,
            "total_return": np.prod(1 + values[bars]) - 1,
            "annual_return": values[bars].mean() * 252,
            "sharpe_ratio": values[bars].mean() / values[bars].std(),
            "max_drawdown": values[bars].min(),
            **dict.fromkeys(("trades", "win_rate", "exposure", "costs"), 0.5),
            "turnover": round(float(np.abs(values[bars]).mean()), 4),
        }
        for name, frame in returns.items()
        for text, values in frame.to_dict("series").items()
        for stretch, bars in stretches.items()
    ]
    return pd.DataFrame(rows)


def assessed(returns: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Rankings of sets and of strategies, and the figures on the whole list."""
    alike = copies.table(returns)
    scored = scoring.scored(cells_of(returns), WEIGHTS, alike)
    averages = Averages.of(scored, HOLD, alike)
    sets = rankings.set_rankings(averages, Guardrails(0, -99, 1, 1))
    rivals = np.column_stack([own for name, own in returns.items() if name != HOLD])
    different = copies.clusters(rivals).means(rivals)
    hurdle = overfitting.chance_hurdle(sharpe_of(different))
    stability = overfitting.rank_stability(averages.group_scores().to_numpy())
    figures = {
        "hurdle": hurdle,
        "count": different.shape[1],
        "overfitting": overfitting.probability_of_backtest_overfitting(different, 8),
        "agreement": stability.kendalls_w,
    }
    return sets, rankings.strategy_rankings(sets), figures


def others(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    kept = table[table["strategy_name"].isin(names)].reset_index(drop=True)
    numbers = ["overall_rank", "category_rank", "cluster", "twin", "same_as", "copy_of"]
    return kept.drop(columns=numbers, errors="ignore")


# --- Clusters


def test_near_copies_are_one_and_others_are_not():
    draw = np.random.default_rng(1)
    apart = draw.normal(size=(2000, 3))
    near = apart[:, :1] + 0.1 * draw.normal(size=(2000, 2))
    found = copies.clusters(np.column_stack([apart, near, apart[:, 1]]))
    one, two, three, *rest = found.of_sets
    assert len({one, two, three}) == 3
    assert rest == [one, one, two]
    assert found.count == 3
    assert found.weights == pytest.approx([1 / 3, 1 / 2, 1, 1 / 3, 1 / 3, 1 / 2])


def test_any_two_of_a_cluster_are_alike():
    """A grid that drifts step by step is not one cluster, though neighbours are alike."""
    steps = np.random.default_rng(2).normal(size=(3000, 40))
    grid = np.stack([steps[:, n : n + 20].sum(axis=1) for n in range(20)], axis=1)
    found = copies.clusters(grid)
    alike = np.corrcoef(grid.T)
    assert np.diag(alike, 1).min() > 0.93
    for number in range(found.count):
        members = np.flatnonzero(found.of_sets == np.unique(found.of_sets)[number])
        assert alike[np.ix_(members, members)].min() >= copies.ALIKE
    assert 8 <= found.count <= 20


def test_sets_without_variance_are_one_cluster():
    returns = np.column_stack(
        [np.zeros(50), np.random.default_rng(0).normal(size=50), -np.zeros(50)]
    )
    found = copies.clusters(np.column_stack([returns, np.full(50, 1e-4)]))
    flat, moving, negative, constant = found.of_sets
    assert flat == negative == constant != moving
    assert found.twin[0] == found.twin[2] != found.twin[3]


def test_mean_of_a_cluster_is_over_its_different_members():
    draw = np.random.default_rng(4)
    a = draw.normal(size=500)
    b, c = a + 0.05 * draw.normal(size=500), draw.normal(size=500)
    found = copies.clusters(np.column_stack([a, b, c, a, a]))
    means = found.means(np.array([[1.0, 3.0, 7.0, 1.0, 1.0]]))
    assert sorted(means[0]) == [2.0, 7.0]


def test_beyond_the_limit_sets_join_leaders(monkeypatch):
    """The same clusters where they lie far apart, and a set is always alike to its leader."""
    draw = np.random.default_rng(5)
    middles = draw.normal(size=(300, 6))
    returns = np.repeat(middles, 7, axis=1) + 0.05 * draw.normal(size=(300, 42))
    pairs = copies.clusters(returns).of_sets
    monkeypatch.setattr(copies, "MOST", 10)
    monkeypatch.setattr(copies, "AT_ONCE", 5)
    leaders = copies.clusters(returns).of_sets
    assert len(set(zip(pairs, leaders, strict=True))) == len(set(pairs)) == 6


# --- What others are worth


@given(
    seed=st.integers(0, 10**6),
    times=st.lists(st.sampled_from(["calm", "wild", "apart", HOLD]), min_size=1, max_size=8),
    place=st.integers(0, 3),
)
@settings(max_examples=4, deadline=None)
def test_exact_copies_change_nothing(seed, times, place):
    returns = draw_sets(seed)
    more = {}
    for number, name in enumerate(times):
        column = place % returns[name].shape[1]
        more[f"a{number}"] = returns[name].iloc[:, [column, column]].set_axis(list("xy"), axis=1)
    listed = more | returns
    before, after = assessed(returns), assessed(listed)
    for one, other in zip(before[:2], after[:2], strict=True):
        kept = others(other, list(returns))
        pd.testing.assert_frame_equal(others(one, list(returns)), kept, rtol=0, atol=1e-12)
    if HOLD not in times:  # a copy of the benchmark that competes is one set more
        assert after[2] == pytest.approx(before[2], rel=0, abs=1e-12)


def test_a_hundred_copies_of_one_set_turned_the_ranking():
    """What the copies do without being noticed, so that the test above shows something."""
    returns = draw_sets(3)
    worst = min(returns["apart"], key=lambda text: returns["apart"][text].mean())
    listed = returns | {f"copy_{n}": returns["apart"][[worst]] for n in range(100)}

    def scores(found: dict[str, pd.DataFrame], alike: pd.DataFrame | None) -> pd.Series:
        scored = scoring.scored(cells_of(found), WEIGHTS, alike)
        table = rankings.set_rankings(Averages.of(scored, HOLD, alike), Guardrails(0, -99, 1, 1))
        return table.set_index(copies.NAMES)["avg_score"].loc[list(returns)].sort_index()

    noticed = scores(listed, copies.table(listed)) - scores(returns, copies.table(returns))
    unnoticed = scores(listed, None) - scores(returns, None)
    assert np.abs(noticed).max() < 1e-12
    assert np.abs(unnoticed).max() > 0.15


def test_a_long_grid_of_near_copies_moves_little():
    returns = draw_sets(7)
    one = returns["wild"].iloc[:, 0].to_numpy()
    noise = np.random.default_rng(8).normal(size=(BARS, 100))
    grid = pd.DataFrame(one[:, None] + 1e-4 * noise).rename(columns=str)
    before, after = assessed(returns), assessed(returns | {"grid": grid})
    keyed = (table[0].set_index(copies.NAMES)["avg_score"] for table in (before, after))
    old, new = keyed
    assert np.abs(new.reindex(old.index) - old).max() < 0.01
    assert after[2]["count"] == before[2]["count"]
    assert after[2]["hurdle"] == pytest.approx(before[2]["hurdle"], abs=2e-3)
    assert after[1].set_index("strategy_name")["sets_distinct"]["grid"] == 1


def test_a_strategy_counts_its_own_near_copies_once():
    """Its averages hang on its own grid alone: copies of half of it elsewhere tilt nothing."""
    returns = draw_sets(9)
    first = returns["apart"].iloc[:, 0]
    returns["apart"] = pd.concat(
        [returns["apart"], first.rename("n=4"), first.rename("n=5")], axis=1
    )
    sets, strategies, _ = assessed(returns)
    of_apart = sets[sets["strategy_name"] == "apart"].set_index("set")
    assert of_apart["share"].sum() == pytest.approx(4)
    assert of_apart["share"][["n=0", "n=4", "n=5"]].tolist() == pytest.approx([1 / 3] * 3)
    expected = of_apart["avg_score"][["n=0", "n=1", "n=2", "n=3"]].mean()
    found = strategies.set_index("strategy_name").loc["apart"]
    assert found["avg_score"] == pytest.approx(expected, abs=1e-11)
    assert (found["sets_tested"], found["sets_distinct"]) == (6, 4)


def test_where_only_some_copies_were_tried_the_cluster_counts_once():
    """Copies that are missing in a market leave their share to those that are there."""
    returns = draw_sets(11)
    listed = returns | {"copy": returns["apart"].iloc[:, [0]]}
    cells = cells_of(listed)
    cells = cells[(cells["strategy_name"] != "copy") | (cells["scenario_name"] == "first")]
    keys = [*copies.NAMES, "scenario_name"]
    one = scoring.scored(cells_of(returns), WEIGHTS, copies.table(returns))
    two = scoring.scored(cells, WEIGHTS, copies.table(listed))
    both = one.astype(dict.fromkeys(keys, str)).merge(two.astype(dict.fromkeys(keys, str)), on=keys)
    assert (both["score_x"] - both["score_y"]).abs().max() < 1e-12


def test_a_set_without_daily_returns_is_named():
    returns = draw_sets(0)
    with pytest.raises(InputError, match=r"without returns of each bar: calm, n=3"):
        scoring.scored(cells_of(returns), WEIGHTS, copies.table(returns).drop(("calm", "n=3")))


# --- Strategies


def test_strategies_that_are_copies_of_others_are_named():
    returns = draw_sets(6)
    apart, first = returns["apart"], returns["apart"].iloc[:, :1]
    near = first + 1e-4 * np.random.default_rng(7).normal(size=first.shape)
    returns |= {"twin": apart.copy(), "part": apart.iloc[:, :2].copy(), "near": near}
    returns["also_hold"] = returns[HOLD].copy()
    sets, strategies, _ = assessed(returns)
    best = sets.drop_duplicates("strategy_name").set_index("strategy_name")
    found = strategies.set_index("strategy_name")
    ranked = [name for name in strategies["strategy_name"] if name != HOLD]
    for number, name in enumerate(ranked):
        before = [
            other for other in ranked[:number] if best["cluster"][other] == best["cluster"][name]
        ]
        assert found["same_as"][name] == before[0] if before else pd.isna(found["same_as"][name])
    copy, original = sorted(("apart", "twin"), key=ranked.index, reverse=True)
    assert found["copy_of"].dropna().to_dict() == {copy: original}
    twins = sets.groupby("twin")["strategy_name"].agg(set)
    assert {"apart", "twin", "part"} in twins.tolist()
    assert {HOLD, "also_hold"} in twins.tolist()
