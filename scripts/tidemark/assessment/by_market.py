"""Which strategies are good in which market: by market scenario, by group, and by kind.

Benchmarks stand beside, but do not compete.
"""

from collections.abc import Collection

from tidemark.assessment.averages import MARKETS, SCENARIO, STRATEGY, Averages, over_sets
from tidemark.assessment.scoring import DIGITS, GROUP, SET
from tidemark.backtest.settings import BENCHMARK
from tidemark.market.scenarios.kinds import ScenarioKind

import pandas as pd

PLACES = 3


def scenario_performance(averages: Averages, benchmark: str) -> pd.DataFrame:
    """What earned most in each market scenario, by mean total return over sets and tickers.

    Args:
        averages: of all cells.
        benchmark: name of the strategy whose return stands beside.

    Returns:
        scenario_kind, scenario_name, group, top_strategy, top_return, avg_return (over strategies),
        benchmark_return, benchmark_drawdown (its deepest on each ticker, the mean over them),
        benchmark_lost (of a stress: how far it ended below what it ended with on all of history,
        0 or less for a loss; else NaN), strategies_tested; one row a market scenario that a rival
        was tried in.
    """
    means = averages.returns.round(DIGITS)
    scenario = ["scenario_kind", "scenario_name", "group"]
    rivals = means[means["strategy_category"] != BENCHMARK].sort_values(
        ["total_return", "strategy_name"], ascending=[False, True]
    )
    reference = means[means["strategy_name"] == benchmark].set_index(scenario)
    ended = 1.0 + reference["total_return"]
    in_history = ended[ended.index.get_level_values("scenario_kind") == ScenarioKind.FULL].mean()
    stressed = ended.index.get_level_values("scenario_kind") == ScenarioKind.STRESS
    beside = pd.DataFrame(
        {
            "benchmark_return": reference["total_return"],
            "benchmark_drawdown": reference["max_drawdown"],
            "benchmark_lost": (ended / in_history - 1.0).where(stressed),
        }
    )
    grouped = rivals.groupby(scenario)
    first = rivals.drop_duplicates(scenario).set_index(scenario)
    table = pd.DataFrame(
        {
            "top_strategy": first["strategy_name"],
            "top_return": first["total_return"],
            "avg_return": grouped["total_return"].mean(),
            **beside.reindex(first.index).to_dict("series"),
            "strategies_tested": grouped.size(),
        }
    )
    return table.round(DIGITS).sort_index().reset_index()


def window_returns(averages: Averages, years: Collection[str]) -> pd.DataFrame:
    """Mean total return of each set in each historical window, over tickers; benchmarks too.

    Args:
        averages: of all cells.
        years: the windows that are calendar years.

    Returns:
        scenario_kind, group, scenario_name, SET, total_return, calendar_year (whether the window
        is one), sorted.
    """
    windows = averages.in_windows.sort_values([*SCENARIO, *SET], ignore_index=True)
    return windows.assign(calendar_year=windows["scenario_name"].isin(list(years)))


def strategy_scores(averages: Averages) -> pd.DataFrame:
    """Mean score of each strategy in each group of market scenarios, over its sets and all tickers.

    Returns:
        GROUP, market_scenarios (how many are in the group), STRATEGY, score; a row for each group
        that the strategy was tried in, sorted.
    """
    key = [*GROUP, *STRATEGY]
    of_sets = averages.sums[["score"]] / averages.counts[["score"]]
    sizes = averages.returns[SCENARIO].drop_duplicates().groupby(GROUP).size().rename(MARKETS)
    scores = over_sets(of_sets, key, averages.alike).round(DIGITS).reset_index()
    return scores.join(sizes, on=GROUP)[[*GROUP, MARKETS, *STRATEGY, "score"]]


def leaders(scores: pd.DataFrame) -> pd.DataFrame:
    """The best strategies in each kind of market scenario, by their mean score over its groups.

    Args:
        scores: as returned by `strategy_scores`.

    Returns:
        scenario_kind, place (1 to PLACES), strategy_name, score. Equals stand in
        alphabetical order; a strategy that was not tried in every group of the kind is left out.
    """
    rivals = scores[scores["strategy_category"] != BENCHMARK]
    grouped = rivals.groupby(["scenario_kind", "strategy_name"])["score"]
    table = grouped.agg(score="mean", groups="size").reset_index()
    most = table.groupby("scenario_kind")["groups"].transform("max")
    table = table[table["groups"] == most].assign(score=table["score"].round(DIGITS))
    table = table.sort_values(
        ["scenario_kind", "score", "strategy_name"], ascending=[True, False, True]
    )
    table["place"] = table.groupby("scenario_kind").cumcount() + 1
    best = table[table["place"] <= PLACES]
    return best[["scenario_kind", "place", "strategy_name", "score"]].reset_index(drop=True)


def paths(performance: pd.DataFrame) -> pd.DataFrame:
    """What the simulated paths of each method say together.

    Args:
        performance: as returned by `scenario_performance`.

    Returns:
        method, first_path (by name), paths (how many), top_strategy (that was best in most of them;
        of equals the first by name), wins (in how many), avg_return and benchmark_return (means
        over paths); a row a method, by name.
    """
    simulated = performance[performance["scenario_kind"] == ScenarioKind.STOCHASTIC]
    wins = simulated.groupby(["group", "top_strategy"]).size().rename("wins").reset_index()
    wins = wins.sort_values(["wins", "top_strategy"], ascending=[False, True])
    table = simulated.groupby("group").agg(
        first_path=("scenario_name", "min"),
        paths=("scenario_name", "size"),
        avg_return=("avg_return", "mean"),
        benchmark_return=("benchmark_return", "mean"),
    )
    best = wins.drop_duplicates("group").set_index("group")
    columns = ["first_path", "paths", "top_strategy", "wins", "avg_return", "benchmark_return"]
    return table.round(DIGITS).join(best)[columns].rename_axis("method").reset_index()
