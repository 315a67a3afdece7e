"""The score, the averages and the rankings: by hand, and by what must never change them."""

from dataclasses import replace

from tidemark.assessment import by_market, rankings, scoring
from tidemark.assessment.averages import WHOLE, Averages
from tidemark.assessment.settings import Guardrails
from tidemark.errors import BadValue, InputError

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

HOLD = "buy_and_hold"
WEIGHTS = {"sharpe_ratio": 3.0, "total_return": 2.0, "max_drawdown": 1.0, "win_rate": 1.0}
LENIENT = Guardrails(0, -99, 1, 1)
CATEGORIES = {HOLD: "benchmark", "cross": "trend", "rsi": "mean_reversion", "macd": "trend"}
KINDS = {"full": "full", "crisis": "historical", "crash": "historical", "path": "stochastic"}
GROUPS = {"full": "full", "crisis": "2008", "crash": "2008", "path": "path"}


def cell(strategy: str, scenario: str = "full", symbol: str = "IBM", **values) -> dict:
    """A cell of middling figures; `values` replace them."""
    return {
        "strategy_name": strategy,
        "strategy_category": CATEGORIES.get(strategy, "trend"),
        "set": "{}",
        "symbol": symbol,
        "scenario_name": scenario,
        "scenario_kind": KINDS[scenario],
        "group": GROUPS[scenario],
        "total_return": 0.5,
        "annual_return": 0.1,
        "sharpe_ratio": 1.0,
        "max_drawdown": -0.2,
        "win_rate": 0.5,
        "volatility": 0.2,
        "trades": 50,
        "exposure": 0.5,
        "turnover": 2.0,
        "costs": 0.01,
    } | values


def draw_cells(seed: int, sets: int = 3) -> pd.DataFrame:
    """All strategies x sets x scenarios x two tickers, with ties and undefined figures."""
    draw = np.random.default_rng(seed)
    rows = [
        cell(strategy, scenario, symbol, set=f'{{"n": {n}}}')
        for strategy in CATEGORIES
        for n in range(1 if strategy == HOLD else sets)
        for scenario in KINDS
        for symbol in ("IBM", "MSFT")
    ]
    frame = pd.DataFrame(rows)
    for name in ("total_return", "annual_return", "sharpe_ratio"):
        frame[name] = np.round(draw.normal(size=len(frame)), 1)
    frame["max_drawdown"] = -np.round(draw.uniform(size=len(frame)), 1)
    frame.loc[draw.uniform(size=len(frame)) < 0.1, "sharpe_ratio"] = np.nan
    frame["trades"] = draw.integers(0, 100, len(frame))
    frame["exposure"] = draw.uniform(size=len(frame))
    return frame


def rank(frame: pd.DataFrame, guardrails=LENIENT, weights=WEIGHTS) -> pd.DataFrame:
    return rankings.set_rankings(averages(frame, weights), guardrails)


def averages(frame: pd.DataFrame, weights=WEIGHTS) -> Averages:
    return Averages.of(scoring.scored(frame, weights), HOLD)


def in_parts(frame: pd.DataFrame, most: int) -> tuple[list[pd.DataFrame], Averages]:
    """The frame scored as the step does it, with at most so many cells at a time."""
    counts = frame["scenario_name"].value_counts().to_dict()
    parts = [
        scoring.scored(frame[frame["scenario_name"].isin(names)], WEIGHTS)
        for names in scoring.in_parts(counts, most)
    ]
    found = [Averages.of(part, HOLD) for part in parts]
    return parts, sum(found[1:], start=found[0])


def tables(found: Averages, guardrails=LENIENT) -> list[pd.DataFrame]:
    """All tables that are made from the averages."""
    sets = rankings.set_rankings(found, guardrails)
    performance = by_market.scenario_performance(found, HOLD)
    scores = by_market.strategy_scores(found)
    return [
        sets,
        rankings.strategy_rankings(sets),
        performance,
        scores,
        by_market.leaders(scores),
        by_market.paths(performance),
        found.group_scores(),
    ]


def scores(*cells: dict, weights=WEIGHTS) -> dict[str, float]:
    found = scoring.scored(pd.DataFrame(cells), weights)
    return dict(zip(found["strategy_name"], found["score"], strict=True))


# --- The score


def test_score_by_hand():
    """Sharpe 1/2, 1, 0 of those beaten; return 0, tied 3/4 twice; only proportions matter."""
    found = scores(
        cell("a", sharpe_ratio=1.0, total_return=0.1),
        cell("b", sharpe_ratio=7.0, total_return=0.4),
        cell("c", sharpe_ratio=-3.0, total_return=0.4),
        weights={"sharpe_ratio": 6, "total_return": 2},
    )
    expected = {"a": 0.75 * 0.5, "b": 0.75 + 0.25 * 0.75, "c": 0.25 * 0.75}
    assert found == pytest.approx(expected)


def test_only_order_counts():
    cells = [cell(name, sharpe_ratio=ratio) for name, ratio in zip("abc", (1, 2, 3), strict=True)]
    wild = [
        cell(name, sharpe_ratio=ratio) for name, ratio in zip("abc", (-9e9, 2, 2.001), strict=True)
    ]
    assert scores(*cells) == scores(*wild)


def test_each_market_is_its_own_contest():
    """A large return in a boom beats nothing in a crash."""
    boom = [cell("a", "full", total_return=90.0), cell("b", "full", total_return=80.0)]
    crash = [cell("a", "crash", total_return=-0.5), cell("b", "crash", total_return=-0.4)]
    other = [cell("a", symbol="AAPL", total_return=0.1), cell("b", symbol="AAPL", total_return=0.2)]
    found = scoring.scored(pd.DataFrame(boom + crash + other), {"total_return": 1})
    assert found.groupby("strategy_name", observed=True)["score"].apply(list).to_dict() == {
        "a": [0, 0, 1],  # crash, full on AAPL, full on IBM
        "b": [1, 1, 0],
    }


def test_less_is_better_of_volatility_and_a_shallow_drawdown_is_better():
    cells = (
        cell("a", volatility=0.1, max_drawdown=-0.6),
        cell("b", volatility=0.3, max_drawdown=-0.1),
    )
    assert scores(*cells, weights={"volatility": 1}) == {"a": 1, "b": 0}
    assert scores(*cells, weights={"max_drawdown": 1}) == {"a": 0, "b": 1}


@pytest.mark.parametrize("undefined", [np.nan, np.inf, -np.inf])
def test_undefined_ranks_last(undefined):
    cells = [cell("a", sharpe_ratio=undefined), cell("b", sharpe_ratio=-50.0), cell("c")]
    assert scores(*cells, weights={"sharpe_ratio": 1}) == {"a": 0, "b": 0.5, "c": 1}
    cells = [cell(name, volatility=value) for name, value in (("a", undefined), ("b", 9.0))]
    assert scores(*cells, weights={"volatility": 1}) == {"a": 0, "b": 1}


def test_undefined_for_all_is_neutral():
    cells = [cell(name, annual_return=np.nan, total_return=r) for name, r in (("a", 1), ("b", 2))]
    found = scores(*cells, weights={"annual_return": 1, "total_return": 1})
    assert found == {"a": 0.25, "b": 0.75}
    assert scores(cell("a")) == {"a": 0.5}


@given(seed=st.integers(0, 10**6), column=st.sampled_from(list(WEIGHTS)), better=st.floats(0, 9))
@settings(max_examples=40, deadline=None)
def test_a_better_figure_never_lowers_the_score(seed, column, better):
    frame = draw_cells(seed)
    row = seed % len(frame)
    improved = frame.copy()
    improved.loc[row, column] += better
    before, after = (scoring.scored(f, WEIGHTS) for f in (frame, improved))
    same = (before[scoring.KEYS] == frame.loc[row, scoring.KEYS]).all(axis=1)
    assert after.loc[same, "score"].item() >= before.loc[same, "score"].item()


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_changes_nothing(seed):
    frame = draw_cells(seed)

    def results(cells: pd.DataFrame) -> list[pd.DataFrame]:
        scored = scoring.scored(cells, WEIGHTS)
        limits = Guardrails(40, 0, 0.6, 0.7)
        return [scored, *tables(Averages.of(scored, HOLD), limits)]

    shuffled = frame.sample(frac=1, random_state=seed)
    for one, other in zip(results(frame), results(shuffled), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("most", [1, 21, 45])
def test_parts_give_the_same_as_all_cells_at_once(seed, most):
    """A part consists of whole market scenarios of 20 cells each, so there are 4, 4 and 2 parts."""
    frame = draw_cells(seed)
    (whole,), at_once = in_parts(frame, len(frame))
    parts, found = in_parts(frame, most)
    assert len(parts) == {1: 4, 21: 4, 45: 2}[most]
    assert whole["scenario_name"].is_monotonic_increasing
    rows = pd.concat([scoring.with_names(part) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(rows, scoring.with_names(whole), check_exact=True)
    limits = Guardrails(40, 0, 0.6, 0.7)
    for one, other in zip(tables(found, limits), tables(at_once, limits), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_averages_do_not_grow_with_tickers_or_paths_of_a_group():
    """What is kept is a row for each set and group, and one for each strategy and scenario."""
    frame = draw_cells(0)
    more = pd.concat([frame, *(frame.assign(symbol=frame["symbol"] + str(n)) for n in range(20))])
    few, many = averages(frame), averages(more)
    assert len(many.sums) == len(few.sums) == 10 * 3
    assert len(many.counts) == len(few.counts)
    assert len(many.returns) == len(few.returns) == 4 * 4
    assert len(many.in_windows) == len(few.in_windows) == 10 * 2
    assert (len(few.tickers), len(many.tickers)) == (2, 42)


def test_parts_are_filled_in_order_and_hold_whole_scenarios():
    cells = {"c": 3, "a": 2, "b": 2, "huge": 50, "d": 1, "z": 4}
    assert scoring.in_parts(cells, 5) == [["a", "b"], ["c", "d"], ["huge"], ["z"]]
    assert scoring.in_parts(cells, 1000) == [sorted(cells)]
    assert scoring.in_parts({}, 5) == []


@given(seed=st.integers(0, 10**6))
@example(seed=232)  # two sets tie, but their averages differ in the twelfth digit
@settings(max_examples=12, deadline=None)
def test_a_dominated_strategy_keeps_the_order_of_the_others(seed):
    frame = draw_cells(seed).fillna({"sharpe_ratio": -8.0})
    worse = frame[frame["strategy_name"] == HOLD].assign(
        strategy_name="worst", strategy_category="trend"
    )
    worse[list(WEIGHTS)] = -99.0
    key = ["strategy_name", "set"]
    before, after = rank(frame), rank(pd.concat([worse, frame]))
    assert after.query("strategy_name == 'worst'")["avg_score"].item() == 0
    others = after.query("strategy_name != 'worst'").reset_index(drop=True)
    pd.testing.assert_frame_equal(before[key], others[key])


# --- Sets


def test_overlapping_windows_count_once():
    """Ahead in two windows of one crash, behind in one other market: even."""
    markets = {"crisis": (1.0, 0.4), "crash": (1.0, 0.2), "full": (0.0, 0.8)}
    rows = [
        row
        for scenario, (ours, annual) in markets.items()
        for row in (
            cell("cross", scenario, total_return=ours, annual_return=annual),
            cell(HOLD, scenario, total_return=1 - ours, annual_return=0.1),
        )
    ]
    best = rank(pd.DataFrame(rows), weights={"total_return": 1}).iloc[0]
    assert best["strategy_name"] == "cross"
    assert best["avg_score"] == 0.5
    assert best["avg_return"] == pytest.approx((0.3 + 0.8) / 2)
    assert best["beats_benchmark"] == 0.5
    assert best["return_difference"] == pytest.approx((0.2 + 0.7) / 2)


def test_the_benchmark_stands_beside_on_the_same_cells():
    """A cell whose Sharpe ratio is undefined counts on neither side of the comparison."""
    rows = [
        cell("cross", "full", sharpe_ratio=0.5, annual_return=0.08, total_return=2.0),
        cell("cross", "path", sharpe_ratio=np.nan, annual_return=0.0, total_return=0.0),
        cell(HOLD, "full", sharpe_ratio=0.3, annual_return=0.10, total_return=3.0),
        cell(HOLD, "path", sharpe_ratio=-0.9, annual_return=-0.2, total_return=-0.4),
    ]
    ours, theirs = rank(pd.DataFrame(rows)).to_dict("records")
    assert ours["avg_sharpe"] == 0.5
    assert ours["benchmark_sharpe"] == 0.3
    assert ours["sharpe_difference"] == pytest.approx(0.2)
    assert ours["avg_return"] == 0.04
    assert ours["benchmark_return"] == pytest.approx(-0.05)
    assert ours["return_difference"] == pytest.approx(0.09)
    assert ours["beats_benchmark"] == 0.5
    assert theirs["strategy_name"] == HOLD
    assert theirs["avg_sharpe"] == pytest.approx(-0.3)
    assert theirs["sharpe_difference"] == 0
    assert pd.isna(theirs["overall_rank"])
    assert pd.isna(theirs["category_rank"])
    assert theirs["guardrails"] == "is a benchmark"
    assert not theirs["passed"]


def test_every_reason_is_given_and_nobody_dropped():
    limits = Guardrails(min_trades=30, min_sharpe=0.4, max_position_rate=0.9, max_drawdown=0.5)
    bad = {"trades": 4, "sharpe_ratio": 0.125, "exposure": 0.98, "max_drawdown": -0.625}
    good = {"trades": 30, "sharpe_ratio": 0.4, "exposure": 0.9, "max_drawdown": -0.5}
    rows = [
        cell(HOLD, total_return=9.0, **bad),
        cell("cross", total_return=5.0, **bad),
        cell("rsi", total_return=0.1, **good),
        cell("macd", total_return=4.0, **good | {"sharpe_ratio": np.nan}),
    ]
    found = rank(pd.DataFrame(rows), limits, {"total_return": 1})
    assert found[["strategy_name", "guardrails"]].to_numpy().tolist() == [
        ["rsi", "passed"],
        [
            "cross",
            "4.0 trades (spells of one sign), fewer than 30; "
            "Sharpe ratio 0.125, below 0.4; a position on 98.0 % of bars, more than 90.0 %; "
            "a drawdown of 62.5 %, deeper than 50.0 %",
        ],
        ["macd", "no Sharpe ratio: its returns do not vary, or span less than a year"],
        [HOLD, "is a benchmark"],
    ]
    assert found["overall_rank"].tolist() == [1, 2, 3, pd.NA]
    assert found["passed"].tolist() == [True, False, False, False]


def test_guardrails_look_at_full_history_on_average_over_tickers():
    limits = replace(LENIENT, min_trades=10)
    rows = [
        cell(HOLD, scenario, symbol) for scenario in ("full", "crash") for symbol in ("IBM", "FB")
    ]
    rows += [cell("cross", "full", symbol, trades=n) for symbol, n in (("IBM", 19), ("FB", 1))]
    rows += [cell("cross", "crash", symbol, trades=0) for symbol in ("IBM", "FB")]
    rows += [cell("rsi", "full", symbol, trades=n) for symbol, n in (("IBM", 18), ("FB", 1))]
    rows += [cell("rsi", "crash"), cell("macd", "crash")]
    found = rank(pd.DataFrame(rows), limits).set_index("strategy_name")["guardrails"]
    assert found["cross"] == "passed"
    assert found["rsi"] == "9.5 trades (spells of one sign) a ticker, fewer than 10"
    assert found["macd"] == "not on full history"


def test_who_was_not_tried_everywhere_does_not_pass():
    rows = [cell(name, scenario) for name in (HOLD, "a") for scenario in ("full", "crash")]
    rows += [cell("b", "full", sharpe_ratio=9.0, total_return=9.0)]
    found = rank(pd.DataFrame(rows)).set_index("strategy_name")
    reason = "tried in 1 of 2 market scenarios, fewer than 100.0 %"
    assert found["guardrails"]["b"] == reason
    assert found["overall_rank"][["a", "b"]].tolist() == [1, 2]


@pytest.mark.parametrize(("share", "passes"), [(0.0, True), (0.5, True), (0.51, False)])
def test_who_was_tried_in_enough_passes(share, passes):
    rows = [cell(name, scenario) for name in (HOLD, "a") for scenario in ("full", "crash")]
    limits = replace(LENIENT, min_markets=share)
    found = rank(pd.DataFrame([*rows, cell("b")]), limits).set_index("strategy_name")
    assert found["passed"]["b"] == passes


def test_ties_go_to_sharpe_return_and_the_alphabet():
    rows = [cell(HOLD)]
    rows += [cell("a", sharpe_ratio=1.0, annual_return=0.9), cell("b", sharpe_ratio=2.0)]
    rows += [cell("d"), cell("c"), cell("e", annual_return=0.11), cell("f", sharpe_ratio=np.nan)]
    found = rank(pd.DataFrame(rows), weights={"win_rate": 1})
    assert found["strategy_name"].tolist() == ["b", "a", "e", "c", "d", "f", HOLD]


def test_rounding_breaks_no_tie():
    """The same shares, won in other metrics of the same weight, give the same score."""
    metrics = ("total_return", "sharpe_ratio", "win_rate")
    rows = [
        cell(name, **dict(zip(metrics, values, strict=True)))
        for name, values in zip(
            "abcde", [(1, 2, 3), (2, 3, 1), (3, 1, 2), (0, 0, 0), (4, 4, 4)], strict=True
        )
    ]
    found = scores(*rows, weights=dict.fromkeys(metrics, 0.1))
    assert found["a"] == found["b"] == found["c"]


def test_the_order_of_tickers_breaks_no_tie():
    """Sets with the same scores, each on other tickers, come in alphabetical order."""
    draw = np.random.default_rng(1)
    scores = draw.uniform(size=23)
    names = [f"s{n:02}" for n in range(20)]
    rows = [
        cell(name, symbol=f"T{n}", score=score)
        for name in [HOLD, *names]
        for n, score in enumerate(draw.permutation(scores))
    ]
    found = rankings.set_rankings(Averages.of(pd.DataFrame(rows), HOLD), LENIENT)
    assert found["strategy_name"].tolist() == [*names, HOLD]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([cell("cross"), cell("cross")], "a cell twice: cross, trend, {}, full, IBM"),
        ([cell("cross") | {"group": None}], "without a name, kind or group: cross, trend"),
        ([cell("cross"), cell(HOLD, "crash")], "buy_and_hold was not tested on full, IBM"),
        ([cell("cross")], "buy_and_hold was not tested on full, IBM"),
        ([cell(HOLD), cell(HOLD, set='{"n": 1}')], "buy_and_hold has several sets"),
    ],
)
def test_cells_that_cannot_be_ranked(rows, problem):
    with pytest.raises((InputError, BadValue), match=problem):
        rank(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("weights", "parameter"),
    [
        ({"sharp": 1}, "weights.sharp"),
        ({"calmar": -1}, "weights.calmar"),
        ({"calmar": np.nan}, "weights.calmar"),
        ({"calmar": 0}, "weights"),
        ({}, "weights"),
    ],
)
def test_weights_that_weigh_nothing(weights, parameter):
    with pytest.raises(BadValue) as caught:
        scoring.scored(pd.DataFrame([cell("cross")]), weights)
    assert caught.value.parameter == parameter


# --- Strategies, scenarios


def test_a_strategy_is_the_mean_of_its_sets_not_the_luckiest():
    rows = [cell(HOLD, total_return=0.0, annual_return=0.02)]
    for n, (ours, theirs) in enumerate([(9.0, 2.0), (0.1, 2.1), (0.2, 2.2)]):
        parameters = f'{{"n": {n}}}'
        rows.append(cell("cross", set=parameters, total_return=ours, annual_return=n / 10))
        rows.append(cell("macd", set=parameters, total_return=theirs, sharpe_ratio=n))
        rows.append(cell("rsi", set=parameters, total_return=-1.0 - n, trades=0))
    sets = rank(pd.DataFrame(rows), replace(LENIENT, min_trades=1), {"total_return": 1})
    assert sets.iloc[0][["strategy_name", "set"]].tolist() == ["cross", '{"n": 0}']
    found = rankings.strategy_rankings(sets)
    assert found["strategy_name"].tolist() == ["macd", "cross", "rsi", HOLD]
    assert found["overall_rank"].tolist() == [1, 2, 3, pd.NA]
    assert found["category_rank"].tolist() == [1, 2, 1, pd.NA]
    assert found["avg_score"].tolist()[:2] == pytest.approx([(6 + 7 + 8) / 27, (9 + 4 + 5) / 27])
    assert found["best_set"].tolist()[:2] == ['{"n": 2}', '{"n": 0}']
    assert found["best_score"].tolist()[:2] == pytest.approx([8 / 9, 1])
    assert found["sets_tested"].tolist() == [3, 3, 3, 1]
    assert found["sets_passed"].tolist() == [3, 3, 0, 0]
    assert found["avg_sharpe"][0] == 1
    assert found["avg_return"][1] == pytest.approx(0.1)
    assert found["return_difference"][1] == pytest.approx(0.08)
    assert found["guardrails"][2] == "0.0 trades (spells of one sign), fewer than 1"


def test_the_best_set_is_one_that_passes():
    rows = [cell(HOLD)]
    rows += [cell("cross", set="lucky", total_return=9.0, trades=1), cell("cross", set="sound")]
    limits = replace(LENIENT, min_trades=30)
    found = rankings.strategy_rankings(rank(pd.DataFrame(rows), limits)).iloc[0]
    assert found["best_set"] == "sound"
    assert found["passed"]
    assert found["sets_passed"] == 1


def test_scenario_performance():
    rows = [
        cell(HOLD, "crash", total_return=-0.5),
        cell("cross", "crash", set="1", total_return=0.3),
        cell("cross", "crash", set="2", total_return=-0.4),
        cell("rsi", "crash", total_return=0.05),
        cell("macd", "crash", total_return=-0.15),
        cell(HOLD, "full", total_return=7.0),
        cell("rsi", "full", total_return=2.0),
        cell("macd", "full", total_return=2.0),
    ]
    found = by_market.scenario_performance(averages(pd.DataFrame(rows)), HOLD)
    columns = ["scenario_name", "top_strategy", "strategies_tested"]
    assert found[columns].to_numpy().tolist() == [["full", "macd", 2], ["crash", "rsi", 3]]
    figures = found[["top_return", "avg_return", "benchmark_return"]].to_numpy()
    assert figures == pytest.approx(np.array([[2.0, 2.0, 7.0], [0.05, -0.05, -0.5]]))
    assert found["group"].tolist() == ["full", "2008"]


def test_what_the_benchmark_lost_in_a_stress():
    """On two tickers 8 became 3, and 2 became 2: 10 became 5, half of what history left."""
    ends = {"full": (8.0, 2.0), "path": (3.0, 2.0), "crisis": (0.5, 0.5)}
    rows = pd.DataFrame(
        cell(name, market, ticker, total_return=end - 1.0, max_drawdown=-0.1 * end)
        for name in (HOLD, "cross")
        for market, both in ends.items()
        for ticker, end in zip("AB", both, strict=True)
    ).replace({"scenario_kind": {"stochastic": "stress"}})
    found = by_market.scenario_performance(averages(rows), HOLD).set_index("scenario_name")
    assert found["benchmark_drawdown"].to_dict() == {"full": -0.5, "path": -0.25, "crisis": -0.05}
    assert found["benchmark_lost"]["path"] == -0.5
    assert found["benchmark_lost"][["full", "crisis"]].isna().all()


def test_group_scores():
    rows = [
        cell(name, scenario, total_return=value)
        for name, values in (("cross", (3, 1, 1)), ("rsi", (2, 2, 3)), (HOLD, (1, 3, 2)))
        for scenario, value in zip(("full", "crisis", "crash"), values, strict=True)
    ]
    found = averages(pd.DataFrame(rows), {"total_return": 1}).group_scores()
    assert [group for _, group in found.index] == [WHOLE, "2008"]
    assert found.columns.get_level_values("strategy_name").tolist() == ["cross", "rsi"]
    assert found.to_numpy().tolist() == [[1, 0.5], [0, 0.75]]


def test_nobody_passes_without_full_history():
    found = rank(pd.DataFrame([cell(HOLD, "crash"), cell("cross", "crash")]))
    assert found["guardrails"].tolist() == ["not on full history", "is a benchmark"]


def test_strategy_scores():
    """Over sets and tickers, by group; 2 sets, of which the windows of 2008 are one group."""
    frame = draw_cells(1, sets=2)
    frame = frame[(frame["strategy_name"] != "rsi") | (frame["scenario_name"] != "path")]
    scored = scoring.with_names(scoring.scored(frame, WEIGHTS))
    found = by_market.strategy_scores(Averages.of(scoring.scored(frame, WEIGHTS), HOLD))
    assert found.columns.tolist() == [
        *("scenario_kind", "group", "market_scenarios"),
        *("strategy_name", "strategy_category", "score"),
    ]
    sizes = found.drop_duplicates("group").set_index("group")["market_scenarios"]
    assert sizes.to_dict() == {"full": 1, "2008": 2, "path": 1}
    assert set(found.loc[found["group"] == "path", "strategy_name"]) == set(CATEGORIES) - {"rsi"}
    expected = scored.groupby(["group", "strategy_name"])["score"].mean()
    keyed = found.set_index(["group", "strategy_name"])["score"]
    pd.testing.assert_series_equal(keyed.sort_index(), expected, rtol=1e-12)


def test_leaders_are_the_best_over_groups_that_all_tried():
    rows = [
        ("historical", "2008", "cross", "trend", 0.9),
        ("historical", "2011", "cross", "trend", 0.3),
        ("historical", "2008", "rsi", "mean_reversion", 0.7),
        ("historical", "2011", "rsi", "mean_reversion", 0.5),
        ("historical", "2008", "macd", "trend", 0.5),
        ("historical", "2011", "macd", "trend", 0.8),
        ("historical", "2008", "late", "model", 1.0),
        ("historical", "2008", "last", "trend", 0.1),
        ("historical", "2011", "last", "trend", 0.1),
        ("historical", "2008", HOLD, "benchmark", 0.9),
        ("historical", "2011", HOLD, "benchmark", 0.9),
        ("full", "full", "late", "model", 0.4),
    ]
    columns = ["scenario_kind", "group", "strategy_name", "strategy_category", "score"]
    found = by_market.leaders(pd.DataFrame(rows, columns=columns))
    assert found.to_numpy().tolist() == [
        ["full", 1, "late", 0.4],
        ["historical", 1, "macd", 0.65],
        ["historical", 2, "cross", 0.6],  # same score as rsi, but earlier in the alphabet
        ["historical", 3, "rsi", 0.6],
    ]


def test_paths_of_a_method_together():
    rows = [
        ("stochastic", "gbm_002", "gbm", "macd", 0.3, 0.1),
        ("stochastic", "gbm_001", "gbm", "cross", 0.1, 0.2),
        ("stochastic", "gbm_003", "gbm", "macd", -0.1, 0.6),
        ("stochastic", "block_1", "block", "rsi", 0.0, 0.5),
        ("stochastic", "block_2", "block", "cross", 0.5, 0.5),
        ("stress", "costly", "stress", "rsi", 0.2, 0.3),
    ]
    columns = ["scenario_kind", "scenario_name", "group", "top_strategy", "avg_return"]
    found = by_market.paths(pd.DataFrame(rows, columns=[*columns, "benchmark_return"]))
    assert found.columns.tolist() == [
        *("method", "first_path", "paths", "top_strategy", "wins"),
        *("avg_return", "benchmark_return"),
    ]
    block, gbm = found.to_numpy().tolist()
    assert block == ["block", "block_1", 2, "cross", 1, 0.25, 0.5]
    assert gbm == ["gbm", "gbm_001", 3, "macd", 2, pytest.approx(0.1), pytest.approx(0.3)]


def test_without_simulations_there_are_no_paths_and_columns_keep_their_types():
    frame = draw_cells(2)
    some, none = (
        by_market.paths(by_market.scenario_performance(averages(cells), HOLD))
        for cells in (frame, frame[frame["scenario_name"] != "path"])
    )
    assert len(some) == 1
    assert none.empty
    assert none.dtypes.to_dict() == some.dtypes.to_dict()
