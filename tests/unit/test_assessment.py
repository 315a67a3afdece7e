"""The score, the rankings and their words: by hand, and by what must never change them."""

from dataclasses import replace

from tidemark.backtest import assessment
from tidemark.errors import InputError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HOLD = "buy_and_hold"
WEIGHTS = {"sharpe_ratio": 3.0, "total_return": 2.0, "max_drawdown": 1.0, "win_rate": 1.0}
LENIENT = assessment.Guardrails(0, -99, 1, 1)
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
    return assessment.set_rankings(assessment.scored(frame, weights), guardrails, HOLD)


def scores(*cells: dict, weights=WEIGHTS) -> dict[str, float]:
    found = assessment.scored(pd.DataFrame(cells), weights)
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
    found = assessment.scored(pd.DataFrame(boom + crash + other), {"total_return": 1})
    assert found.groupby("strategy_name")["score"].apply(list).to_dict() == {
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
    before, after = (assessment.scored(f, WEIGHTS) for f in (frame, improved))
    same = (before[assessment.KEYS] == frame.loc[row, assessment.KEYS]).all(axis=1)
    assert after.loc[same, "score"].item() >= before.loc[same, "score"].item()


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_changes_nothing(seed):
    frame = draw_cells(seed)

    def results(cells: pd.DataFrame) -> list[pd.DataFrame]:
        scored = assessment.scored(cells, WEIGHTS)
        sets = assessment.set_rankings(scored, assessment.Guardrails(40, 0, 0.6, 0.7), HOLD)
        return [
            scored,
            sets,
            assessment.strategy_rankings(sets),
            assessment.scenario_performance(scored, HOLD),
            assessment.group_scores(scored),
        ]

    shuffled = frame.sample(frac=1, random_state=seed)
    for one, other in zip(results(frame), results(shuffled), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@given(seed=st.integers(0, 10**6))
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
    """Where a Sharpe ratio is undefined, neither side of the comparison counts the cell."""
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
    limits = assessment.Guardrails(
        min_trades=30, min_sharpe=0.4, max_position_rate=0.9, max_drawdown=0.5
    )
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
            "4.0 trades a ticker, fewer than 30; Sharpe ratio 0.125, below 0.4; "
            "a position on 98.0 % of bars, more than 90.0 %; "
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
    assert found["rsi"] == "9.5 trades a ticker, fewer than 10"
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
    """The same shares, won in other metrics of the same weight, are the same score."""
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
    """Sets with the same scores, on other tickers each, come in the order of the alphabet."""
    draw = np.random.default_rng(1)
    scores = draw.uniform(size=23)
    names = [f"s{n:02}" for n in range(20)]
    rows = [
        cell(name, symbol=f"T{n}", score=score)
        for name in [HOLD, *names]
        for n, score in enumerate(draw.permutation(scores))
    ]
    found = assessment.set_rankings(pd.DataFrame(rows), LENIENT, HOLD)
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
    with pytest.raises(InputError, match=problem):
        rank(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("weights", "where"),
    [
        ({"sharp": 1}, "config.yaml assess.weights.sharp"),
        ({"calmar": -1}, "config.yaml assess.weights.calmar"),
        ({"calmar": np.nan}, "config.yaml assess.weights.calmar"),
        ({"calmar": 0}, "config.yaml assess.weights"),
        ({}, "config.yaml assess.weights"),
    ],
)
def test_weights_that_weigh_nothing(weights, where):
    with pytest.raises(InputError) as caught:
        assessment.scored(pd.DataFrame([cell("cross")]), weights)
    assert caught.value.where == where


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
    found = assessment.strategy_rankings(sets)
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
    assert found["guardrails"][2] == "0.0 trades a ticker, fewer than 1"


def test_the_best_set_is_one_that_passes():
    rows = [cell(HOLD)]
    rows += [cell("cross", set="lucky", total_return=9.0, trades=1), cell("cross", set="sound")]
    limits = replace(LENIENT, min_trades=30)
    found = assessment.strategy_rankings(rank(pd.DataFrame(rows), limits)).iloc[0]
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
    found = assessment.scenario_performance(assessment.scored(pd.DataFrame(rows), WEIGHTS), HOLD)
    columns = ["scenario_name", "top_strategy", "strategies_tested"]
    assert found[columns].to_numpy().tolist() == [["full", "macd", 2], ["crash", "rsi", 3]]
    figures = found[["top_return", "avg_return", "benchmark_return"]].to_numpy()
    assert figures == pytest.approx(np.array([[2.0, 2.0, 7.0], [0.05, -0.05, -0.5]]))
    assert found["group"].tolist() == ["full", "2008"]


def test_group_scores():
    rows = [
        cell(name, scenario, total_return=value)
        for name, values in (("cross", (3, 1, 1)), ("rsi", (2, 2, 3)), (HOLD, (1, 3, 2)))
        for scenario, value in zip(("full", "crisis", "crash"), values, strict=True)
    ]
    found = assessment.group_scores(assessment.scored(pd.DataFrame(rows), {"total_return": 1}))
    assert found.index.tolist() == ["2008", "full"]
    assert found.columns.get_level_values("strategy_name").tolist() == ["cross", "rsi"]
    assert found.to_numpy().tolist() == [[0, 0.75], [1, 0.5]]


# --- In words

PROVEN = assessment.Evidence(
    strategy="cross",
    parameters="fast 20, slow 100",
    strategies=12,
    trials=1234,
    guardrails="passed",
    confidence=0.95,
    sharpe=0.82,
    sharpe_interval=(0.21, 1.44),
    chance_hurdle=0.31,
    deflated_sharpe=0.97,
    overfitting=0.04,
    walk_forward_sharpe=0.61,
    walk_forward_benchmark_sharpe=0.45,
    annual_return=0.123,
    benchmark=HOLD,
    benchmark_return=0.101,
    difference_interval=(0.05, 0.7),
    agreement=0.62,
)


def test_a_proven_winner_is_met_with_suspicion():
    verdict, deflated, overfitted, walked, compared, agreed, past = assessment.in_words(PROVEN)
    assert verdict == (
        "cross (fast 20, slow 100; strategies ranked: 12) ranks first, and all 4 checks below "
        "speak for it or, where they say so, for choosing among all sets. That is rare: look for "
        "an error in the data or the rules before you believe it."
    )
    assert "0.82 a year (95 % interval 0.21 to 1.44)" in deflated
    assert "luckiest of 1,234 sets" in deflated
    assert "97.0 %: luck among so many hardly explains it" in deflated
    assert overfitted.startswith("Choosing among all sets, whatever the strategy: ")
    assert "4.0 % took one that was no better than the middle" in overfitted
    assert overfitted.endswith("the best sets stayed good.")
    assert walked.startswith("Choosing among all sets on the past alone")
    assert "0.61 a year, against 0.45 of buy_and_hold" in walked
    assert "decided in hindsight all the same" in walked
    assert "12.3 % a year after costs, buy_and_hold 10.1 %" in compared
    assert compared.endswith("more for its risk than buy_and_hold, beyond what chance explains.")
    assert "0.62 (Kendall's W" in agreed
    assert "past" in past


@pytest.mark.parametrize(
    ("change", "blamed", "said"),
    [
        ({"deflated_sharpe": 0.9499}, "the deflated Sharpe ratio", "may explain it"),
        ({"overfitting": 0.11}, "overfitting among all sets", "not reliably"),
        ({"walk_forward_sharpe": 0.44}, "walk-forward among all sets", "0.44 a year, against"),
        ({"difference_interval": (-0.1, 0.7)}, "buy_and_hold", "not shown to be better than buy"),
        ({"difference_interval": (-0.7, -0.1)}, "buy_and_hold", "less for its risk than buy"),
    ],
)
def test_each_doubt_is_named(change, blamed, said):
    verdict, *others = assessment.in_words(replace(PROVEN, **change))
    assert "1 of 4 checks do not speak for it" in verdict
    assert blamed in verdict.rsplit("(", 1)[1]
    assert ("luck may explain that" in verdict) == ("deflated_sharpe" in change)
    assert ("not shown to be worth trading" in verdict) == ("deflated_sharpe" not in change)
    assert sum(said in sentence for sentence in others) == 1


def test_likely_luck_is_called_so():
    verdict = assessment.in_words(replace(PROVEN, deflated_sharpe=0.49, overfitting=0.6))[0]
    assert "but that is likely luck: 2 of 4 checks do not speak for it" in verdict


def test_what_is_unknown_speaks_for_nothing():
    nan = float("nan")
    unknown = replace(
        PROVEN,
        deflated_sharpe=nan,
        overfitting=nan,
        walk_forward_sharpe=nan,
        difference_interval=(nan, nan),
        agreement=nan,
    )
    verdict, *others = assessment.in_words(unknown)
    assert "4 of 4 checks do not speak for it" in verdict
    assert not any("nan" in sentence for sentence in [verdict, *others])


def test_a_winner_that_fails_the_guardrails():
    verdict = assessment.in_words(replace(PROVEN, guardrails="a drawdown of 71.0 %"))[0]
    assert verdict.startswith("No strategy passes the guardrails; cross")
    assert "(a drawdown of 71.0 %)" in verdict
