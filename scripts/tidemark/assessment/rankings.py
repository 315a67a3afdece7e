"""Rank sets of parameters, and strategies, over every ticker and market scenario.

A strategy's averages are those of all its sets, not of the luckiest. Strategies of the category
`benchmark` are listed and scored, but not ranked; strategies that fail the guardrails come after
all that pass.
"""

from collections.abc import Iterator
from typing import Any

from tidemark.assessment.averages import TIE, Averages, shares
from tidemark.assessment.copies import NAMES
from tidemark.assessment.scoring import DIGITS
from tidemark.assessment.settings import Guardrails
from tidemark.backtest.settings import BENCHMARK

import numpy as np
import pandas as pd

AVERAGES = {
    "avg_score": "score",
    "avg_return": "annual_return",
    "avg_sharpe": "sharpe_ratio",
    "benchmark_return": "benchmark_return",
    "benchmark_sharpe": "benchmark_sharpe",
    "return_difference": "return_difference",
    "sharpe_difference": "sharpe_difference",
    "beats_benchmark": "beats_benchmark",
}


def set_rankings(averages: Averages, guardrails: Guardrails) -> pd.DataFrame:
    """Every set, best first; those that fail the guardrails come after those that pass.

    Ties go to the higher Sharpe ratio, the higher return, then the alphabet.

    Args:
        averages: of all cells.
        guardrails: what must hold on full history.

    Returns:
        overall_rank and category_rank (none for benchmarks), SET, avg_score, avg_return (annual,
        over the cells long enough for that), avg_sharpe, benchmark_return and benchmark_sharpe
        (over those of the same cells in which both are defined), return_difference and
        sharpe_difference (to it), beats_benchmark (share of cells with the higher total return),
        guardrails (`passed`, or every reason why not), passed, cluster (its number, by the best
        rank in it: sets that earn nearly the same), twin (the same of exact copies) and share (of
        the set in the averages of its strategy, in which near-copies count once).
    """
    means = averages.over_groups()[list(AVERAGES.values())]
    table = means.set_axis(list(AVERAGES), axis=1)
    failures = _failures(averages, guardrails).reindex(
        table.index, fill_value="not on full history"
    )
    passed = failures == ""
    table = table.assign(guardrails=failures.mask(passed, "passed"), passed=passed)
    ranked = _ranked(table.reset_index(), NAMES)
    names = pd.MultiIndex.from_frame(ranked[NAMES])
    alike = averages.alike
    numbers = {
        same: pd.factorize(names if alike is None else alike[same].reindex(names))[0] + 1
        for same in ("cluster", "twin")
    }
    return ranked.assign(**numbers, share=shares(names, alike).round(DIGITS))


def strategy_rankings(sets: pd.DataFrame) -> pd.DataFrame:
    """Every strategy, best first, by the averages of all its sets; ordered as `set_rankings`.

    Near-copies among its sets count once.

    A strategy passes the guardrails if one of its sets does.

    Args:
        sets: as returned by `set_rankings`.

    Returns:
        The columns of `set_rankings` but those of a set alone, and best_set (the best that passes,
        else the best), best_score, sets_tested, sets_distinct (clusters among them), sets_passed,
        same_as (the first strategy whose best set is in the same cluster) and copy_of (the first
        that has the same sets but for exact copies); both missing for that first one, and for
        benchmarks. `guardrails` speaks of the best set.
    """
    key = "strategy_name"
    best = sets.drop_duplicates(key).set_index(key)
    grouped = sets.groupby(key, observed=True)
    values, share = sets[list(AVERAGES)], sets["share"]
    whose = sets[key].to_numpy()
    total = values.mul(share, axis=0).groupby(whose, sort=True).sum(min_count=1)
    weight = values.notna().mul(share, axis=0).groupby(whose, sort=True).sum()
    means = (total / weight).rename_axis(key)
    table = pd.concat([best["strategy_category"], means], axis=1).assign(
        best_set=best["set"],
        best_score=best["avg_score"],
        sets_tested=grouped.size(),
        sets_distinct=grouped["share"].sum().round().astype(np.int64),
        sets_passed=grouped["passed"].sum(),
        guardrails=best["guardrails"],
        passed=best["passed"],
    )
    ranked = _ranked(table.reset_index(), [key])
    own = grouped["twin"].agg(lambda twins: tuple(sorted(set(twins))))
    return ranked.assign(
        same_as=_first_like(ranked, best["cluster"]), copy_of=_first_like(ranked, own)
    )


def _first_like(ranked: pd.DataFrame, what: pd.Series) -> pd.Series:
    """The best strategy of which `what` is the same; missing if it is the row's own."""
    rivals = ranked.loc[ranked["overall_rank"].notna(), "strategy_name"].astype("str")
    first = rivals.groupby(rivals.map(what)).transform("first")
    return first.where(first != rivals).reindex(ranked.index)


def _failures(averages: Averages, guardrails: Guardrails) -> pd.Series:
    """Every reason why a set does not pass, for each set; empty if it passes.

    A set is judged by its means over tickers on full history, and by the share of market scenarios
    that it was tried in, because averages over few of them are of other markets.
    """
    full = averages.on_full_history()
    full["tried"] = averages.markets().reindex(full.index)
    most = averages.returns["scenario_name"].nunique()
    each = " a ticker" if len(averages.tickers) > 1 else ""
    failures = ["; ".join(_reasons(one, guardrails, most, each)) for one in full.itertuples()]
    return pd.Series(failures, index=full.index, dtype="str")


def _reasons(mean: Any, limits: Guardrails, markets: int, each: str) -> Iterator[str]:
    if mean.tried / markets < limits.min_markets:
        least = percent(limits.min_markets)
        yield f"tried in {mean.tried} of {markets} market scenarios, fewer than {least}"
    if not mean.exposure > 0:
        yield "never a position: its rule asks for none, or the data lack what it needs"
        return
    if not mean.trades >= limits.min_trades:
        least = f"{limits.min_trades:g}"
        yield f"{mean.trades:.1f} trades (spells of one sign){each}, fewer than {least}"
    if np.isnan(mean.sharpe_ratio):
        yield "no Sharpe ratio: its returns do not vary, or span less than a year"
    elif mean.sharpe_ratio < limits.min_sharpe:
        yield f"Sharpe ratio {mean.sharpe_ratio:.3f}, below {limits.min_sharpe:g}"
    if not mean.exposure <= limits.max_position_rate:
        most = percent(limits.max_position_rate)
        yield f"a position on {percent(mean.exposure)} of bars, more than {most}"
    if not -mean.max_drawdown <= limits.max_drawdown:
        deepest = percent(limits.max_drawdown)
        yield f"a drawdown of {percent(-mean.max_drawdown)}, deeper than {deepest}"


def _ranked(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Sort and number the rows; benchmarks come last and have no rank."""
    judged = table["strategy_category"] != BENCHMARK
    table = table.assign(
        guardrails=table["guardrails"].where(judged, "is a benchmark"),
        passed=judged & table["passed"],
        judged=judged,
        **{name: table[name].round(DIGITS) for name in AVERAGES},
    )
    order = ["judged", "passed", "avg_score", "avg_sharpe", "avg_return"]
    table = table.sort_values(
        [*order, *names],
        ascending=[False] * len(order) + [True] * len(names),
        ignore_index=True,
        key=lambda column: column.round(TIE) if column.name in AVERAGES else column,
    )
    judged = table.pop("judged")
    within = table.groupby("strategy_category", observed=True).cumcount() + 1
    table.insert(0, "overall_rank", pd.Series(table.index + 1, dtype="Int64").where(judged))
    table.insert(1, "category_rank", within.astype("Int64").where(judged))
    return table


def percent(fraction: float) -> str:
    """0.128 -> 12.8 %."""
    return f"{100 * fraction:z.1f} %"
