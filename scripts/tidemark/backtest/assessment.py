"""Rank strategies over every ticker and market scenario, and say what the ranking is worth.

The score of a cell (one set of parameters x ticker x market scenario) compares it with all other
sets on the same ticker in the same market scenario: for each metric the share of them that it
beats, a tie counting half; then the mean over metrics, weighted as config.yaml says. 1 is the best
in everything, 0 the worst, 0.5 the middle. So

- only order counts: units, outliers and the length of a window have no weight of their own;
- a better metric never lowers a score; an undefined one (NaN, infinite) ranks last;
- where nobody has a metric, such as an annual figure of a short window, all tie and it is neutral;
- a further set that is worse than all others in every metric of every cell moves their scores
  alike and keeps their order. One that is good in some cells may change it, as in any ranking by
  ranks.

Averages are taken within a group of overlapping windows first and then over groups, so that a
crash seen through two windows counts once. Full history and the stresses hold the days of every
window, and are groups of their own all the same. A strategy's averages are those of all its sets,
not of the luckiest. Strategies of the category `benchmark` are listed and scored, but not ranked.

Fractions are decimal, returns net, drawdowns negative, Sharpe ratios annual.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tidemark.errors import InputError

import numpy as np
import pandas as pd

SET = ["strategy_name", "strategy_category", "set"]
MARKET = ["scenario_name", "symbol"]
KEYS = [*SET, *MARKET]
BENCHMARK = "benchmark"
FULL = "full"
PASSED = "passed"

DIRECTIONS = {
    "total_return": 1,
    "annual_return": 1,
    "sharpe_ratio": 1,
    "sortino": 1,
    "calmar": 1,
    "max_drawdown": 1,  # negative: nearer to 0 is better
    "win_rate": 1,
    "volatility": -1,
    "turnover": -1,
    "costs": -1,
}
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
DIGITS = 12  # scores that agree so far are ties, whatever rounding says

CONFIDENT = 0.95  # deflated Sharpe ratio from which luck is no sufficient explanation
LIKELY_LUCK = 0.5  # below this the luckiest of the trials would be expected to show more
LOW_OVERFITTING = 0.1  # 10 sets of pure noise get below it about once in twenty histories


@dataclass(frozen=True)
class Guardrails:
    """What a set must keep on full history, on average over tickers; and where it must be tried."""

    min_trades: float  # a ticker
    min_sharpe: float  # a year
    max_position_rate: float  # share of bars with a position
    max_drawdown: float  # positive: 0.5 allows a fall by half
    min_markets: float = 1.0  # share of the market scenarios that any set was tried in


@dataclass(frozen=True)
class Evidence:
    """What is known of a winner; Sharpe ratios annual, intervals (lower, upper), NaN if unknown."""

    strategy: str
    parameters: str  # the set, as text
    strategies: int  # that were ranked
    trials: int  # sets tried, over all strategies
    guardrails: str  # `passed`, or why not
    confidence: float  # of the intervals
    sharpe: float
    sharpe_interval: tuple[float, float]
    chance_hurdle: float  # expected of the luckiest trial
    deflated_sharpe: float
    overfitting: float  # probability of backtest overfitting, of choosing among all sets
    walk_forward_sharpe: float  # likewise of choosing among all sets
    walk_forward_benchmark_sharpe: float  # on the same bars
    annual_return: float
    benchmark: str
    benchmark_return: float
    difference_interval: tuple[float, float]  # Sharpe ratio less the benchmark's
    agreement: float  # Kendall's W over market scenarios


def scored(cells: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """The cells with their score, sorted by strategy, set, scenario and ticker.

    Args:
        cells: KEYS, scenario_kind, group and the metrics, one row a cell in any order.
        weights: metric to weight, of DIRECTIONS; only their proportions matter.

    Raises:
        InputError: an unknown metric, weights that are negative or all 0, a cell twice, or one
            that does not say what it is of.
    """
    _check_weights(weights)
    ordered = cells.sort_values(KEYS, ignore_index=True)
    _check_cells(ordered)
    market = ordered.groupby(MARKET, observed=True, sort=False).ngroup()
    parts = (weight * _share_beaten(ordered[m], m, market) for m, weight in weights.items())
    return ordered.assign(score=(sum(parts) / sum(weights.values())).round(DIGITS))


def set_rankings(cells: pd.DataFrame, guardrails: Guardrails, benchmark: str) -> pd.DataFrame:
    """Every set, best first; those that fail the guardrails come after those that pass.

    Ties go to the higher Sharpe ratio, the higher return, then the alphabet.

    Args:
        cells: of `scored`.
        guardrails: what must hold on full history.
        benchmark: name of the strategy to compare with, which has one set.

    Returns:
        overall_rank and category_rank (none for benchmarks), SET, avg_score, avg_return (annual,
        over the cells long enough for that), avg_sharpe, benchmark_return and benchmark_sharpe
        (over those of the same cells in which both are defined), return_difference and
        sharpe_difference (to it), beats_benchmark (share of cells with the higher total return),
        guardrails (`passed`, or every reason why not), passed.

    Raises:
        InputError: the benchmark was not tested, not on every cell, or with several sets.
    """
    beside = _beside_benchmark(cells, benchmark)
    averages = _over_groups(beside, list(AVERAGES.values()))
    table = averages.rename(columns={column: name for name, column in AVERAGES.items()})
    verdicts = _judge(cells, guardrails).reindex(table.index, fill_value="not on full history")
    return _ranked(table.assign(guardrails=verdicts).reset_index(), ["strategy_name", "set"])


def strategy_rankings(sets: pd.DataFrame) -> pd.DataFrame:
    """Every strategy, best first, by the averages of all its sets; ordered as `set_rankings`.

    A strategy passes the guardrails if one of its sets does.

    Args:
        sets: of `set_rankings`.

    Returns:
        The columns of `set_rankings` without `set`, and best_set (the best that passes, else the
        best), best_score, sets_tested, sets_passed. `guardrails` speaks of that set.
    """
    key = "strategy_name"
    best = sets.drop_duplicates(key).set_index(key)
    grouped = sets.groupby(key, observed=True)
    table = pd.concat([best["strategy_category"], grouped[list(AVERAGES)].mean()], axis=1).assign(
        best_set=best["set"],
        best_score=best["avg_score"],
        sets_tested=grouped.size(),
        sets_passed=grouped["passed"].sum(),
        guardrails=best["guardrails"],
    )
    return _ranked(table.reset_index(), [key])


def scenario_performance(cells: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """Who earned most in each market scenario, by the mean total return over sets and tickers.

    Args:
        cells: of `scored`.
        benchmark: name of the strategy whose return stands beside.

    Returns:
        scenario_name, scenario_kind, group, top_strategy, top_return, avg_return (over strategies),
        benchmark_return, strategies_tested; one row a scenario. Benchmarks do not compete.
    """
    scenario = ["scenario_kind", "scenario_name", "group"]
    key = [*scenario, "strategy_name", "strategy_category"]
    means = cells.groupby(key, observed=True)["total_return"].mean().reset_index()
    rivals = means[means["strategy_category"] != BENCHMARK].sort_values(
        ["total_return", "strategy_name"], ascending=[False, True]
    )
    reference = means[means["strategy_name"] == benchmark].set_index(scenario)["total_return"]
    grouped = rivals.groupby(scenario, observed=True)
    first = rivals.drop_duplicates(scenario).set_index(scenario)
    table = pd.DataFrame(
        {
            "top_strategy": first["strategy_name"],
            "top_return": first["total_return"],
            "avg_return": grouped["total_return"].mean(),
            "benchmark_return": reference.reindex(first.index),
            "strategies_tested": grouped.size(),
        }
    )
    return table.sort_index().reset_index()


def group_scores(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean score of each ranked set in each group of market scenarios: (groups, sets).

    What `overfitting.rank_stability` asks: do the markets agree on the order?
    """
    rivals = cells[cells["strategy_category"] != BENCHMARK]
    return rivals.pivot_table("score", index="group", columns=SET, aggfunc="mean", observed=True)


def in_words(evidence: Evidence) -> list[str]:
    """What the figures mean for the winner, one sentence or two a figure, the verdict first."""
    return [
        _verdict(evidence),
        _deflated(evidence),
        _overfitted(evidence),
        _walked(evidence),
        _compared(evidence),
        f"Over the market scenarios, the order of the sets agrees to {evidence.agreement:.2f} "
        "(Kendall's W: 1 is the same order everywhere, near 0 none in common)."
        if np.isfinite(evidence.agreement)
        else "There are too few market scenarios to see whether they agree on an order.",
        "All this is about the past, and about the tickers that were tested.",
    ]


def _check_weights(weights: Mapping[str, float]) -> None:
    for metric, weight in weights.items():
        if metric not in DIRECTIONS:
            raise InputError(
                f"config.yaml assess.weights.{metric}",
                "is no metric that can be scored",
                f"choose from {', '.join(DIRECTIONS)}",
            )
        if not 0 <= weight < np.inf:
            raise InputError(
                f"config.yaml assess.weights.{metric}",
                f"{weight} is no weight",
                "give a number that is 0 or more",
            )
    if sum(weights.values()) == 0:
        raise InputError("config.yaml assess.weights", "are all 0", "give one metric a weight")


def _check_cells(cells: pd.DataFrame) -> None:
    named = cells[[*KEYS, "scenario_kind", "group"]]
    for wrong, problem in (
        (named.isna().any(axis=1), "has a cell without a name, kind or group"),
        (named.duplicated(KEYS), "has a cell twice"),
    ):
        if wrong.any():
            cell = ", ".join(map(str, named.loc[wrong.idxmax()]))
            cure = "name every strategy, set, ticker and market scenario, each once"
            raise InputError("metrics/backtests", f"{problem}: {cell}", cure)


def _share_beaten(values: pd.Series, metric: str, market: pd.Series) -> pd.Series:
    """Share of the other cells of the same market that each beats; half for being alone."""
    directed = DIRECTIONS[metric] * values.astype(np.float64)
    comparable = directed.where(np.isfinite(directed), -np.inf).groupby(market)
    others = comparable.transform("size") - 1
    return ((comparable.rank() - 1) / others.where(others > 0)).fillna(0.5)


def _beside_benchmark(cells: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """The cells with the benchmark's figures in the same market, and the differences to it."""
    where = "metrics/backtests"
    metrics = ["total_return", "annual_return", "sharpe_ratio"]
    reference = cells.loc[cells["strategy_name"] == benchmark, [*MARKET, *metrics]]
    if reference.duplicated(MARKET).any():
        raise InputError(where, f"{benchmark} has several sets", "give the benchmark one set")
    reference = reference.rename(columns={metric: f"their_{metric}" for metric in metrics})
    both = cells.merge(reference, on=MARKET, how="left", indicator="found")
    lacking = both["found"] != "both"
    if lacking.any():
        cell = ", ".join(both.loc[lacking.idxmax(), MARKET])
        raise InputError(
            where,
            f"{benchmark} was not tested on {cell}",
            "add it to the strategies, or name another under assess.benchmark",
        )
    by_return = both["annual_return"] - both["their_annual_return"]
    by_sharpe = both["sharpe_ratio"] - both["their_sharpe_ratio"]
    return both.assign(
        benchmark_return=both["their_annual_return"].where(by_return.notna()),
        benchmark_sharpe=both["their_sharpe_ratio"].where(by_sharpe.notna()),
        return_difference=by_return,
        sharpe_difference=by_sharpe,
        beats_benchmark=(both["total_return"] > both["their_total_return"]).astype(np.float64),
    )


def _over_groups(cells: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Means of each set, first within groups of overlapping windows, then over groups."""
    within = cells.groupby([*SET, "group"], observed=True)[columns].mean()
    return within.groupby(SET, observed=True).mean()


def _judge(cells: pd.DataFrame, guardrails: Guardrails) -> pd.Series:
    """`passed`, or every reason why not, of each set.

    By its means over tickers on full history; and by the share of market scenarios it was tried in,
    since averages over few are of other markets than those of the rest.
    """
    measured = ["trades", "sharpe_ratio", "exposure", "max_drawdown"]
    full = cells[cells["scenario_kind"] == FULL].groupby(SET, observed=True)[measured].mean()
    full["tried"] = cells.groupby(SET, observed=True)["scenario_name"].nunique()
    most = cells["scenario_name"].nunique()
    verdicts = [
        "; ".join(_reasons(of_set, guardrails, most)) or PASSED for of_set in full.itertuples()
    ]
    return pd.Series(verdicts, index=full.index, dtype="str")


def _reasons(mean: Any, limits: Guardrails, markets: int) -> Iterator[str]:
    if mean.tried / markets < limits.min_markets:
        least = _percent(limits.min_markets)
        yield f"tried in {mean.tried} of {markets} market scenarios, fewer than {least}"
    if not mean.trades >= limits.min_trades:
        yield f"{mean.trades:.1f} trades a ticker, fewer than {limits.min_trades:g}"
    if np.isnan(mean.sharpe_ratio):
        yield "no Sharpe ratio: its returns do not vary, or span less than a year"
    elif mean.sharpe_ratio < limits.min_sharpe:
        yield f"Sharpe ratio {mean.sharpe_ratio:.3f}, below {limits.min_sharpe:g}"
    if not mean.exposure <= limits.max_position_rate:
        most = _percent(limits.max_position_rate)
        yield f"a position on {_percent(mean.exposure)} of bars, more than {most}"
    if not -mean.max_drawdown <= limits.max_drawdown:
        deepest = _percent(limits.max_drawdown)
        yield f"a drawdown of {_percent(-mean.max_drawdown)}, deeper than {deepest}"


def _ranked(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """In order, with ranks; benchmarks come last and have none."""
    judged = table["strategy_category"] != BENCHMARK
    table = table.assign(
        guardrails=table["guardrails"].where(judged, "is a benchmark"),
        passed=judged & (table["guardrails"] == PASSED),
        judged=judged,
        **{name: table[name].round(DIGITS) for name in AVERAGES},
    )
    order = ["judged", "passed", "avg_score", "avg_sharpe", "avg_return"]
    table = table.sort_values(
        [*order, *names],
        ascending=[False] * len(order) + [True] * len(names),
        ignore_index=True,
    )
    judged = table.pop("judged")
    within = table.groupby("strategy_category", observed=True).cumcount() + 1
    table.insert(0, "overall_rank", pd.Series(table.index + 1, dtype="Int64").where(judged))
    table.insert(1, "category_rank", within.astype("Int64").where(judged))
    return table


def _checks(evidence: Evidence) -> dict[str, bool]:
    """What speaks for skill; what is unknown does not. Two are of choosing, whatever was chosen."""
    return {
        "the deflated Sharpe ratio": evidence.deflated_sharpe >= CONFIDENT,
        "the probability of backtest overfitting among all sets": (
            evidence.overfitting <= LOW_OVERFITTING
        ),
        "the walk-forward among all sets": (
            evidence.walk_forward_sharpe > evidence.walk_forward_benchmark_sharpe
        ),
        f"the comparison with {evidence.benchmark}": evidence.difference_interval[0] > 0,
    }


def _verdict(evidence: Evidence) -> str:
    name, among = (
        evidence.strategy,
        f"{evidence.parameters}; strategies ranked: {evidence.strategies}",
    )
    first = (
        f"{name} ({among}) ranks first"
        if evidence.guardrails == PASSED
        else f"No strategy passes the guardrails; {name} ({among}) ranks first all the same "
        f"({evidence.guardrails})"
    )
    checks = _checks(evidence)
    against = [check for check, holds in checks.items() if not holds]
    if not against:
        return (
            f"{first}, and all {len(checks)} checks below speak for it or, where they say so, for "
            "choosing among all sets. That is rare: "
            "look for an error in the data or the rules before you believe it."
        )
    if evidence.deflated_sharpe < LIKELY_LUCK:
        doubt = "that is likely luck"
    elif evidence.deflated_sharpe < CONFIDENT:
        doubt = "luck may explain that"
    else:
        doubt = "is not shown to be worth trading"
    return (
        f"{first}, but {doubt}: {len(against)} of {len(checks)} checks do not speak for it "
        f"({', '.join(against)})."
    )


def _deflated(evidence: Evidence) -> str:
    if not np.isfinite(evidence.deflated_sharpe):
        return "Whether its Sharpe ratio is more than luck cannot be computed."
    lower, upper = evidence.sharpe_interval
    meaning = (
        "luck among so many hardly explains it, though a rising market may"
        if evidence.deflated_sharpe >= CONFIDENT
        else f"with less than {100 * CONFIDENT:g} %, luck among so many may explain it"
    )
    return (
        f"Its Sharpe ratio is {evidence.sharpe:.2f} a year ({100 * evidence.confidence:g} % "
        f"interval {lower:.2f} to {upper:.2f}). The luckiest of {evidence.trials:,} sets tried, "
        f"had none any skill, would be expected to show {evidence.chance_hurdle:.2f}. The "
        "confidence that the true ratio is above that, the deflated Sharpe ratio, is "
        f"{_percent(evidence.deflated_sharpe)}: {meaning}."
    )


def _overfitted(evidence: Evidence) -> str:
    if np.isnan(evidence.overfitting):
        return "The probability of backtest overfitting needs two sets or more to choose from."
    low = evidence.overfitting <= LOW_OVERFITTING
    meaning = "the best sets stayed good" if low else "the best sets did not reliably stay good"
    return (
        "Choosing among all sets, whatever the strategy: of all ways to take the best on one half "
        f"of history, {_percent(evidence.overfitting)} took one that was no better than the middle "
        "on the other half (probability of backtest overfitting; choosing blindly gives 50 % on "
        f"average): {meaning}."
    )


def _walked(evidence: Evidence) -> str:
    ours, theirs = evidence.walk_forward_sharpe, evidence.walk_forward_benchmark_sharpe
    if not np.isfinite([ours, theirs]).all():
        return "Choosing among all sets on the past alone (walk-forward) gave nothing to compare."
    return (
        "Choosing among all sets on the past alone and trading what came next (walk-forward) gave "
        f"a Sharpe ratio of {ours:.2f} a year, against {theirs:.2f} of {evidence.benchmark} on the "
        "same dates. Which strategies, parameters and tickers there were to choose from was "
        "decided in hindsight all the same."
    )


def _compared(evidence: Evidence) -> str:
    lower, upper = evidence.difference_interval
    returns = (
        f"It returned {_percent(evidence.annual_return)} a year after costs, {evidence.benchmark} "
        f"{_percent(evidence.benchmark_return)}"
    )
    if not np.isfinite([lower, upper]).all():
        return f"{returns}; their Sharpe ratios cannot be compared."
    if lower > 0:
        meaning = f"more for its risk than {evidence.benchmark}, beyond what chance explains"
    elif upper < 0:
        meaning = f"less for its risk than {evidence.benchmark}"
    else:
        meaning = f"not shown to be better than {evidence.benchmark}"
    return (
        f"{returns}; the difference of their Sharpe ratios lies in {lower:.2f} to {upper:.2f} "
        f"({100 * evidence.confidence:g} % interval): {meaning}."
    )


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
