"""What the best set of a strategy did: its course, its years, its trading, worked by hand."""

from tidemark.assessment import best_sets, by_market
from tidemark.assessment.averages import TRADING, Averages

import numpy as np
import pandas as pd

BARS = pd.DatetimeIndex(["2011-12-30", "2011-12-31", "2012-01-03"], name="timestamp")
RETURNS = pd.DataFrame({"rise": [0.5, -0.5, 0.25], "hold": [-0.5, 0.5, 1.0]}, index=BARS)


def cells(**columns) -> pd.DataFrame:
    """Two sets of a strategy, and the benchmark, on two tickers in three market scenarios."""
    markets = [
        *(("full", "full"), ("historical", "crisis")),
        ("stochastic", "gbm"),
    ]
    frame = pd.DataFrame(
        [
            {"strategy_name": name, "strategy_category": category, "set": text}
            | {"scenario_kind": kind, "group": market, "scenario_name": market, "symbol": symbol}
            for name, category, text in (
                *(("rise", "trend", "a=1"), ("rise", "trend", "a=2")),
                ("hold", "benchmark", "none"),
            )
            for kind, market in markets
            for symbol in ("A", "B")
        ]
    )
    number = pd.Series(range(len(frame)), dtype="float64")
    measured = ("total_return", "annual_return", "sharpe_ratio", "max_drawdown", "score")
    return frame.assign(**dict.fromkeys((*measured, *TRADING), number), **columns)


def test_a_course_falls_from_what_was_there_before_the_first_bar():
    found = best_sets.courses(RETURNS)
    assert found["strategy_name"].to_list() == ["rise"] * 3 + ["hold"] * 3
    assert found["equity"].to_list() == [1.5, 0.75, 0.9375, 0.5, 0.75, 1.5]
    assert found["drawdown"].to_list() == [0.0, -0.5, -0.375, -0.5, -0.25, 0.0]
    assert found["net_return"].to_list()[:3] == [0.5, -0.5, 0.25]


def test_what_runs_are_compared_by_is_beyond_cash():
    found = best_sets.by_date(RETURNS, {"rise": "a=2", "hold": "none"}, np.full(3, 0.25), 250.0)
    assert found["strategy_name"].to_list() == ["rise"] * 3 + ["hold"] * 3
    assert found["set"].to_list() == ["a=2"] * 3 + ["none"] * 3
    assert found["timestamp"].to_list() == [*BARS, *BARS]
    assert found["excess_return"].to_list() == [0.25, -0.75, 0.0, -0.75, 0.25, 0.75]
    assert set(found["bars_a_year"]) == {250.0}


def test_returns_compound_within_calendar_years():
    found = best_sets.calendar_years(RETURNS)
    assert found.to_dict("list") == {
        "strategy_name": ["rise", "rise", "hold", "hold"],
        "year": [2011, 2012, 2011, 2012],
        "total_return": [-0.25, 0.25, -0.25, 1.0],
    }


def test_trading_is_the_mean_over_tickers_on_all_of_history_of_the_set_that_was_chosen():
    found = Averages.of(cells(), "hold")
    best = {"rise": "a=2", "hold": "none"}
    names = pd.DataFrame({"strategy_name": ["hold", "rise", "rise"], "set": ["none", "a=1", "a=2"]})
    kept = names.assign(kept_within=[0.0, 1.0, 2.0], kept_between=3.0, keeping_cost=[0.1, 0.2, 0.3])
    table = best_sets.trading(best, found, best_sets.courses(RETURNS), kept)
    own = ["deepest_drawdown", *TRADING, "kept_within", "kept_between", "keeping_cost"]
    assert list(table.columns) == ["strategy_name", "set", *own]
    assert table["kept_within"].to_list() == [2.0, 0.0]
    assert table["keeping_cost"].to_list() == [0.3, 0.1]
    assert table["set"].to_list() == ["a=2", "none"]
    assert table["deepest_drawdown"].to_list() == [-0.5, -0.5]
    assert table["turnover"].to_list() == [6.5, 12.5]


def test_windows_are_historical_alone_and_means_over_tickers():
    found = Averages.of(cells(), "hold")
    table = by_market.window_returns(found, years=[])
    assert table[["scenario_name", "strategy_name", "set", "total_return"]].to_numpy().tolist() == [
        ["crisis", "hold", "none", 14.5],
        ["crisis", "rise", "a=1", 2.5],
        ["crisis", "rise", "a=2", 8.5],
    ]
    assert not table["calendar_year"].any()
    assert by_market.window_returns(found, years=["crisis"])["calendar_year"].all()
