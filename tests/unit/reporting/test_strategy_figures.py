"""The figures of the assessment: what is computed for them, what they say, and the same bytes."""

from itertools import product

from tidemark.assessment import best_sets
from tidemark.assessment.averages import TRADING
from tidemark.backtest import strategies
from tidemark.backtest.strategies import describe, described
from tidemark.files import store
from tidemark.reporting import strategy_figures as figures
from tidemark.reporting.strategy_figures import heat_map, pages, tear_sheet
from tidemark.reporting.strategy_figures.assessed import Assessment

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

KINDS = {
    "full": ("full", "full"),
    "crisis": ("historical", "crisis"),
    "year_2012": ("historical", "crisis"),
    "costly": ("stress", "stress"),
    "gbm_001": ("stochastic", "gbm"),
}
SETS = {
    "cross": [
        f"fast={fast} slow={slow} kind={kind}"
        for fast, slow, kind in product((5, 10), (20, 50, 100), "ab")
    ],
    "rise": ["apart=1"],
    "hold": ["no parameters"],
}
EVIDENCE = (
    *("annual_return", "return_lower", "return_upper", "benchmark_return", "overfitting"),
    *("sharpe", "sharpe_lower", "sharpe_upper", "benchmark_sharpe", "deflated_sharpe"),
    *("walk_forward_sharpe", "walk_forward_benchmark_sharpe"),
    *("return_since", "benchmark_return_since", "sharpe_since", "benchmark_sharpe_since"),
    *("p_zero", "p_benchmark"),
)
CATEGORIES = {"cross": "trend", "rise": "momentum", "hold": "benchmark"}


def found_of(*, tickers=2, scenarios=KINDS, returns=None, top=("cross", "rise")):
    """An assessment of three strategies; the second fails and was not tried in simulations."""
    draw = np.random.default_rng(3)
    cells = pd.DataFrame(
        [
            {
                "strategy_name": name,
                "strategy_category": CATEGORIES[name],
                "set": text,
                "scenario_name": scenario,
                "scenario_kind": kind,
                "group": group,
                "symbol": f"T{ticker}",
            }
            for name, sets in SETS.items()
            for text in sets
            for scenario, (kind, group) in scenarios.items()
            for ticker in range(tickers)
            if name != "rise" or kind in ("full", "historical")
        ]
    )
    metrics = (
        "total_return",
        "sharpe_ratio",
        "trades",
        "win_rate",
        "exposure",
        "turnover",
        "costs",
    )
    cells = cells.assign(**{name: draw.normal(0, 1, len(cells)) for name in metrics})
    cells["score"] = draw.uniform(0, 1, len(cells))
    sets = cells.groupby(["strategy_name", "set"])["score"].mean().rename("avg_score").reset_index()
    rankings = pd.DataFrame(
        {
            "overall_rank": [1.0, 2.0, np.nan],
            "strategy_name": list(SETS),
            "strategy_category": list(CATEGORIES.values()),
            "avg_score": [0.6, 0.7, 0.5],
            "best_set": [texts[0] for texts in SETS.values()],
            "passed": [True, False, False],
            "copy_of": [None, None, None],
        }
    )
    evidence = pd.DataFrame({"strategy_name": ["cross", "rise"]}).assign(
        **{name: [0.125, np.nan] for name in EVIDENCE}
    )
    if returns is None:
        returns = draw.normal(0.0005, 0.01, 600)
    index = pd.DatetimeIndex(pd.bdate_range("2011-03-01", periods=len(returns)), name="timestamp")
    columns = {name: np.roll(returns, k) for k, name in enumerate([*top, "hold"])}
    frame = pd.DataFrame(columns, index=index)
    courses = best_sets.courses(frame)
    best = rankings[["strategy_name", "best_set"]].rename(columns={"best_set": "set"})
    return Assessment(
        cells=cells.merge(best),
        sets=sets,
        rankings=rankings,
        scores=scores_of(cells),
        evidence=evidence,
        windows=cells[cells["scenario_kind"] == "historical"]
        .groupby(["scenario_name", "strategy_name", "set"])["total_return"]
        .mean()
        .reset_index()
        .assign(calendar_year=lambda windows: windows["scenario_name"] == "year_2012"),
        years=best_sets.calendar_years(frame),
        trading=best.rename(columns={"set": "best_set"}).assign(
            deepest_drawdown=-0.25, **dict.fromkeys(TRADING, 0.5)
        ),
        tried={
            "sets": len(sets) - 1,
            "distinct": len(sets) - 2,
            "cells": len(cells),
            "tickers": tickers,
            "market_scenarios": len(scenarios),
        },
        benchmark="hold",
        confidence=0.95,
        equity=courses.pivot(index="timestamp", columns="strategy_name", values="equity")[[*frame]],
        drawdowns=courses.pivot(index="timestamp", columns="strategy_name", values="drawdown")[
            [*frame]
        ],
    )


def scores_of(cells):
    sizes = cells.groupby(["scenario_kind", "group"])["scenario_name"].nunique()
    means = cells.groupby(["scenario_kind", "group", "strategy_name"])["score"].mean()
    return means.reset_index().join(sizes.rename("market_scenarios"), on=["scenario_kind", "group"])


def drawn(found):
    return {plot.name: plot.draw() for plot in figures.plots(found)}


def words(figure):
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return " | ".join(text.get_text() for text in texts)


def labels(axes):
    return [text.get_text() for text in axes.get_yticklabels()]


def test_scores_by_group_take_history_first_and_leave_gaps():
    found = found_of()
    table = figures.by_group(found.scores)
    assert list(table.columns) == [
        *(("full", "full", 1), ("historical", "crisis", 2)),
        *(("stress", "stress", 1), ("stochastic", "gbm", 1)),
    ]
    assert table.loc["rise"].isna().tolist() == [False, False, True, True]
    crisis = found.scores.query("strategy_name == 'cross' and group == 'crisis'")
    assert table.loc["cross"].iloc[1] == crisis["score"].item()


def test_parameters_are_read_from_the_name_of_a_set():
    assert described("fast=5 slow=50 limit=1.5") == {
        "fast": "5",
        "slow": "50",
        "limit": "1.5",
    }
    assert described(describe({})) == {}
    odd = {"a": "two words", "b": "x=y", "c": "", "d": "it's", "e": [1, 2]}
    assert described(describe(odd)) == {key: str(value) for key, value in odd.items()}
    tried = pd.DataFrame([described(text) for text in SETS["cross"]])
    assert heat_map.varied(tried) == ["slow", "fast", "kind"]
    assert heat_map.in_order(["100", "20", "50", "20"]) == ["20", "50", "100"]
    assert heat_map.in_order(["b", "a"]) == ["a", "b"]


def test_every_category_has_a_colour():
    assert {*figures.COLORS, "benchmark"} == {*strategies.CATEGORIES}


def test_figures_that_there_are():
    assert [(plot.name, plot.strategy) for plot in figures.plots(found_of())] == [
        ("strategy_leaderboard", None),
        ("strategy_scenarios", None),
        ("strategy_equity", None),
        ("strategy_heatmap_cross", "cross"),
        ("strategy_sheet_cross", "cross"),
        ("strategy_sheet_rise", "rise"),
    ]


def test_what_they_say():
    figure = drawn(found_of())
    assert "13 sets of parameters, of which 12 differ; 2 tickers, 5 market scenarios" in words(
        figure["strategy_leaderboard"]
    )
    assert "0.60 | 0.70  fails the guardrails | hold 0.50" in words(figure["strategy_leaderboard"])
    assert labels(figure["strategy_leaderboard"].axes[0]) == ["cross", "rise"]
    assert "stress\n(simulated)" in words(figure["strategy_scenarios"])
    assert labels(figure["strategy_scenarios"].axes[0]) == ["cross", "rise", "hold"]
    heat_map = figure["strategy_heatmap_cross"]
    assert [axes.get_title() for axes in heat_map.axes[:2]] == ["kind = a", "kind = b"]
    assert labels(heat_map.axes[0]) == ["20", "50", "100"]
    assert "best set: fast=5 slow=20 kind=a" in words(figure["strategy_sheet_cross"])
    historical = figure["strategy_sheet_cross"].axes[3]
    assert labels(historical) == ["crisis"]  # calendar years have bars of their own


def test_a_key_figure_just_below_zero_has_no_sign():
    found = found_of()
    found.evidence.loc[:, ["sharpe", "walk_forward_sharpe", "annual_return"]] = -0.0004
    rows = {label: own for label, own, _ in tear_sheet.key_figures(found, "cross")}
    assert rows["Sharpe ratio"] == rows["Walk-forward Sharpe"] == "0.00"
    assert rows["Return a year"] == "0.0 %"


def test_undefined_key_figures_are_a_dash():
    found = found_of()
    assert tear_sheet.key_figures(found, "cross")[0] == ("Return a year", "12.5 %", "12.5 %")
    assert tear_sheet.key_figures(found, "rise")[:3] == [
        ("Return a year", "–", "–"),
        ("  95 % interval", "–", ""),
        ("  since the first position", "–", "–"),
    ]


@pytest.mark.parametrize(
    "found",
    [
        found_of(returns=np.zeros(40), top=("cross",)),
        found_of(returns=np.array([0.0, -1.0, *[0.0] * 30]), top=("rise",)),
        found_of(tickers=40, scenarios={"full": KINDS["full"]}, top=("cross",)),
    ],
    ids=["no returns", "ruin", "many tickers, no windows"],
)
def test_what_is_odd_can_be_drawn(found):
    for figure in drawn(found).values():
        store.figure_bytes(figure, 40)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.4, 6.0, [0.5, 1, 2, 5]),
        (1e-4, 60.0, [1e-4, 1e-3, 1e-2, 0.1, 1, 10]),
        (0.9, 1.3, [0.9, 1.0, 1.1, 1.2, 1.3]),
        (0.52, 1.7, [0.6, 0.8, 1.0, 1.2, 1.4, 1.6]),
    ],
)
def test_ticks_of_equity_are_round_and_few(low, high, ticks):
    assert pages._log_ticks(low, high) == pytest.approx(ticks)


def test_many_tickers_are_shown_in_part():
    sheet = drawn(found_of(tickers=40, top=("rise",)))["strategy_sheet_rise"]
    assert len(labels(sheet.axes[4])) == tear_sheet.MOST_BARS


def test_of_one_ticker_nothing_is_said_by_ticker():
    drawings = drawn(found_of(tickers=1, top=("rise",)))
    sheet = drawings["strategy_sheet_rise"]
    assert [axes.get_title("left") for axes in sheet.axes[3:]] == [
        "Return in historical windows (%)",
        "",
    ]
    assert "equal part" not in words(sheet)
    assert "Trades | " in words(sheet)
    assert "; 1 ticker, 5 market" in words(drawings["strategy_leaderboard"])


@pytest.mark.parametrize(
    ("tickers", "titles"), [(1, ["", ""]), (2, ["Sharpe ratio by ticker", ""])]
)
def test_without_windows_none_are_drawn(tickers, titles):
    found = found_of(tickers=tickers, scenarios={"full": KINDS["full"]}, top=("cross",))
    sheet = drawn(found)["strategy_sheet_cross"]
    assert [axes.get_title("left") for axes in sheet.axes[3:]] == titles
    told = [text.get_text() for axes in sheet.axes[3:] for text in axes.texts]
    assert {label for label, *_ in tear_sheet.key_figures(found, "cross")} <= {*told}


def test_key_figures_alone_are_as_wide_as_what_stands_above_them():
    found = found_of(tickers=1, scenarios={"full": KINDS["full"]}, top=("cross",))
    sheet = drawn(found)["strategy_sheet_cross"]
    left, right = (axes.get_position() for axes in sheet.axes[3:])
    years = sheet.axes[2].get_position()
    assert (left.x0, right.x1) == pytest.approx((years.x0, years.x1))
    assert left.x1 < right.x0
    assert left.height < 1.5 * years.height


def test_no_course_lies_under_the_legend():
    """Highest in the first years, where the legend is."""
    returns = np.where(np.arange(400) < 60, 0.01, -0.002)
    figure = drawn(found_of(returns=returns))["strategy_equity"]
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[1]
    box = axes.get_legend().get_window_extent()
    for line in axes.get_lines():
        across, up = axes.transData.transform(line.get_xydata()).T
        assert up[(across >= box.x0) & (across <= box.x1)].max() < box.y0


def test_many_windows_are_shown_in_part():
    windows = {f"crisis_{k}": ("historical", "crisis") for k in range(tear_sheet.MOST_BARS + 1)}
    sheet = drawn(found_of(scenarios=KINDS | windows, top=("rise",)))["strategy_sheet_rise"]
    assert len(labels(sheet.axes[3])) == tear_sheet.MOST_BARS
    assert sheet.axes[3].get_title("left") == "Return in historical windows (%), 12 worst"


def test_windows_are_shown_whatever_their_name_unless_they_are_calendar_years():
    scenarios = {**KINDS, "year_1987": ("historical", "year_1987")}
    sheet = drawn(found_of(scenarios=scenarios, top=("cross",)))["strategy_sheet_cross"]
    assert sorted(labels(sheet.axes[3])) == ["crisis", "year_1987"]


def test_same_bytes_each_time():
    one, two = ([store.figure_bytes(f, 40) for f in drawn(found_of()).values()] for _ in range(2))
    assert one == two


def test_a_bar_that_cannot_be_seen_has_its_number():
    table = pd.DataFrame({"own": [0.0, -0.3, 120.0, np.nan], "benchmark": [2.0, 0.0, 1.3, 0.5]})
    assert tear_sheet._faint(table, "own") == [(0, "0"), (1, "-0.3")]
    assert tear_sheet._faint(table, "benchmark") == [(1, "0"), (3, "0.5")]
