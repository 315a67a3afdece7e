"""Tables on strategies: cells, scores, rankings, evidence, and the markets they were tried in."""

import json
from collections.abc import Sequence
from typing import Any

from tidemark.layout.assess import ASSESSED, ASSESSMENT
from tidemark.layout.backtest import LOOK_AHEAD, NOT_TRIED
from tidemark.layout.market_metrics import MARKET_METRICS
from tidemark.layout.market_scenarios import BARS_A_YEAR, MARKET_SCENARIOS
from tidemark.tables.table import (
    ParquetFile,
    Record,
    Records,
    Rows,
    Table,
    View,
    as_time,
    count,
    flag,
    real,
    text,
    time,
)

STRATEGY = {
    "strategy_name": text("by its name in config.yaml"),
    "strategy_category": text("trend, momentum, ..., or benchmark"),
}
SET = text("values of the parameters, such as fast=5 slow=50; quoted where they have blanks")
KIND = text("full (all of history), historical, stress or stochastic")
WHOLE = flag("whether it was found from a year or more of bars")
GROUP = text("market scenarios that overlap, and count once together")
MARKET = {"scenario_kind": KIND, "scenario_name": text("market scenario"), "group": GROUP}
RANKED = {
    "overall_rank": count("1 is the best; null for benchmarks"),
    "category_rank": count("within the category; null for benchmarks"),
    **STRATEGY,
}
CELL = {
    **STRATEGY,
    "set": SET,
    "scenario_name": MARKET["scenario_name"],
    "scenario_kind": KIND,
    "group": GROUP,
    "symbol": text("ticker"),
    "total_return": real("equity after the last bar / before the first - 1"),
    "annual_return": real("compound return a year"),
    "volatility": real("standard deviation of returns, annual"),
    "sharpe_ratio": real("of returns beyond cash, annual"),
    "sortino": real("mean return beyond cash / downside deviation, annual"),
    "calmar": real("annual_return / -max_drawdown"),
    "max_drawdown": real("lowest equity / highest before - 1: 0 or less"),
    "value_at_risk": real("5 % quantile of the returns of a bar; a loss is negative"),
    "expected_shortfall": real("mean of the returns at or below that quantile"),
    "trades": real("spells of one sign"),
    "win_rate": real("share of trades in which equity grew"),
    "exposure": real("share of bars with a position"),
    "turnover": real("shares of equity bought and sold, a year"),
    "costs": real("sum over fills of the share of equity lost to cost and slippage"),
    "bars": real("bars on which the ticker is listed"),
    "score": real(
        "share of other sets beaten on this ticker in this market, 0 to 1; near-copies once"
    ),
}
AVERAGES = {
    "avg_score": real("mean score: share of other sets beaten; 0.5 is the middle"),
    "avg_return": real("mean return a year, net, over cells of a year or more"),
    "avg_sharpe": real("mean Sharpe ratio, annual, over cells that have one"),
    "benchmark_return": real("mean return a year of the benchmark, on the same cells"),
    "benchmark_sharpe": real("mean Sharpe ratio of the benchmark, on the same cells"),
    "return_difference": real("return a year less the benchmark's, mean"),
    "sharpe_difference": real("Sharpe ratio less the benchmark's, mean"),
    "beats_benchmark": real("share of cells with a higher total return than the benchmark's"),
}
JUDGED = {
    "guardrails": text("passed, or every reason why not"),
    "passed": flag("whether the guardrails hold"),
}
LEVEL = "of the interval at winner.confidence"
P_ZERO = real(
    "probability that the best of all sets shows as much by luck, 0 to 1: p-value of a Sharpe ratio"
    " above 0 on own dates, adjusted for all sets (step-down)"
)
P_BENCHMARK = real("the same of a Sharpe ratio above the benchmark's")
VERDICT = text("what p_zero and p_benchmark say, in a few words; null of all strategies together")
SINCE = {
    "flat_years": real("years before the first position; null if there never was one"),
    "return_since": real("return a year from the first position on: on own dates"),
    "benchmark_return_since": real("return a year of the benchmark on the same dates"),
    "sharpe_since": real("Sharpe ratio on own dates, annual; null if these are too few"),
    "sharpe_since_lower": real(f"lower end {LEVEL}"),
    "sharpe_since_upper": real(f"upper end {LEVEL}"),
    "benchmark_sharpe_since": real("Sharpe ratio of the benchmark on the same dates, annual"),
    "difference_since": real("Sharpe ratio less the benchmark's, on own dates"),
    "difference_since_lower": real(f"lower end {LEVEL}"),
    "difference_since_upper": real(f"upper end {LEVEL}"),
}
DIFFERENCE = {
    "difference": real("Sharpe ratio less the benchmark's, on all dates"),
    "difference_lower": real(f"lower end {LEVEL}"),
    "difference_upper": real(f"upper end {LEVEL}"),
}
LUCK = {
    "no_skill_sharpe": real(
        "Sharpe ratio of the best of all sets on all dates, had none skill: mean over draws of"
        " centred returns, which keep their correlations"
    ),
    "no_skill_share": real("share of draws in which that is at least the best set's, 0 to 1"),
    "chance_hurdle": real(
        "Sharpe ratio expected of the luckiest of so many independent sets, by the spread of all"
        " sets' ratios on the best set's own dates"
    ),
    "deflated_sharpe": real(
        "confidence that the true Sharpe ratio on own dates is above chance_hurdle, 0 to 1"
    ),
}
CHOSEN = {
    **DIFFERENCE,
    **SINCE,
    "p_zero": P_ZERO,
    "p_benchmark": P_BENCHMARK,
    "verdict": VERDICT,
    **LUCK,
}
ALL = "all strategies"
FEWEST = ("cuts", "cuts_of_history", "paying_cuts")
CHOICE = {
    "overfitting": real(
        "probability of backtest overfitting, of choosing among the sets, 0 to 1; null without"
        " positions in every block of history"
    ),
    "overfitting_sets": count("sets that differ among which that is asked; 0 if it is not"),
    "left_out": text("blocks of history without a position, and whom that leaves out of a choice"),
    "walk_forward_sharpe": real("Sharpe ratio of choosing a set by the past alone, annual"),
    "walk_forward_return": real("return a year of choosing a set by the past alone"),
    "walk_forward_benchmark_sharpe": real("Sharpe ratio of the benchmark on the same bars"),
}


ALIKE = (
    *("volatility", "excess_kurtosis", "absolute_autocorrelation", "mean_correlation"),
    *("mean_range", "overnight_share"),
)
LIKENESS = f"""
    WITH likened AS (
        SELECT coalesce(scenarios."group", scenario_name) AS method, metric, value,
            coalesce(scenarios.rowid, -1) AS place
        FROM assessment.market_metrics LEFT JOIN assessment.market_scenarios AS scenarios
            USING (scenario_name)
        WHERE (scenario_kind = 'stochastic' OR scenario_name = 'drawn_from') AND isfinite(value))
    SELECT method, {", ".join(f"avg(value) FILTER (metric = '{name}') AS {name}" for name in ALIKE)}
    FROM likened GROUP BY method ORDER BY min(place)"""


def market_rows(results: Sequence[Sequence[Record]]) -> Rows:
    """Table assessment.market_scenarios."""
    return [
        {
            **record,
            "scenario_name": record["name"],
            "scenario_kind": record["kind"],
            "first": record["first"] and as_time(record["first"]),
            "last": record["last"] and as_time(record["last"]),
            "covered": json.dumps(record["covered"]),
            "source": record["parameters"].get("source"),
            "parameters": json.dumps(record["parameters"]),
        }
        for record in results[0]
    ]


def overlap_rows(results: Sequence[Sequence[Record]]) -> Rows:
    """Table assessment.overlaps: the historical windows of each group that has several."""
    groups: dict[str, list[str]] = {}
    for record in results[0]:
        if record["kind"] == "historical" and record["bars"]:
            groups.setdefault(record["group"], []).append(record["name"])
    return [{"members": ", ".join(names)} for names in groups.values() if len(names) > 1]


def look_ahead_rows(tried: Sequence[Record]) -> Rows:
    """Table assessment.look_ahead: a row for each strategy, and one of the least that was tried."""
    least = {name: min(record[name] for record in tried) for name in FEWEST}
    most = {name: max(record[name] for record in tried) for name in ("share", "share_of_history")}
    sets = {name: sum(record[name] for record in tried) for name in ("sets", "sets_shortened")}
    levels = {"sets_of_levels": sum(record["sets_of_levels"] for record in tried)}
    return [*map(dict, tried), {"strategy_name": ALL, **sets, **least, **most, **levels}]


def not_tried_rows(tried: Sequence[Record]) -> Rows:
    """Table assessment.not_tried: a row for each strategy and what the data lack for it."""
    return [
        {"strategy_name": record["strategy_name"], **row}
        for record in tried
        for row in record["not_tried"]
    ]


def winner_rows(results: Sequence[Record]) -> Rows:
    """Table assessment.winner."""
    (summary,) = results
    winner, stability = summary["winner"], summary["rank_stability"]
    ends: dict[str, Any] = {
        f"{name}_{end}": value
        for name in ("sharpe", "difference_since")
        for end, value in zip(("lower", "upper"), winner[f"{name}_interval"], strict=True)
    }
    return [{**winner, **ends, **stability, **summary["tested"], "groups": stability["scenarios"]}]


def _assessed(name: str) -> ParquetFile:
    return ParquetFile(ASSESSED.format(table=name))


TABLES = (
    Table(
        "assessment.cells",
        "A cell: a set of parameters on a ticker in a market scenario. Returns are net decimal"
        " fractions, annual figures are null for less than a year of bars.",
        _assessed("backtest_results"),
        CELL,
        format=2,
    ),
    Table(
        "assessment.set_rankings",
        "A set of parameters with its averages over tickers and groups of market scenarios, best"
        " first; those that fail the guardrails come after those that pass.",
        _assessed("set_rankings"),
        {
            **RANKED,
            "set": SET,
            **AVERAGES,
            **JUDGED,
            "cluster": count("number of the cluster: sets that earn nearly the same count once"),
            "twin": count("number of the returns: exact copies have the same"),
            "share": real("weight of the set in the averages of its strategy"),
        },
        format=2,
    ),
    Table(
        "assessment.scenario_performance",
        "A market scenario, with the strategy that earned most in it, by the mean total return over"
        " sets and tickers.",
        _assessed("scenario_performance"),
        {
            **MARKET,
            "top_strategy": text("strategy that earned most"),
            "top_return": real("its mean total return"),
            "avg_return": real("mean total return of strategies, without benchmarks"),
            "benchmark_return": real("mean total return of the benchmark"),
            "benchmark_drawdown": real("its max_drawdown, mean over tickers"),
            "benchmark_lost": real(
                "of a stress: what the benchmark ended with / what it ended with on all of history"
                " - 1; else null"
            ),
            "strategies_tested": count("how many, without benchmarks"),
        },
    ),
    Table(
        "assessment.strategy_scores",
        "The mean score of a strategy in a group of market scenarios, over sets and tickers.",
        _assessed("strategy_scores"),
        {
            "scenario_kind": KIND,
            "group": GROUP,
            "market_scenarios": count("how many are in the group"),
            **STRATEGY,
            "score": real("mean, 0 to 1"),
        },
        format=2,
    ),
    Table(
        "assessment.window_returns",
        "What a set of parameters, or the benchmark, earned in a historical window: mean over"
        " tickers, net.",
        _assessed("window_returns"),
        {
            **{name: MARKET[name] for name in ("scenario_kind", "group", "scenario_name")},
            **STRATEGY,
            "set": SET,
            "total_return": real("of the whole window, not a year's"),
            "calendar_year": flag("whether the window is one"),
        },
    ),
    Table(
        "assessment.courses",
        "A bar of all of history in the course of a strategy's best set, or of the benchmark: an"
        " equal part in each ticker, net.",
        _assessed("courses"),
        {
            "strategy_name": STRATEGY["strategy_name"],
            "timestamp": time("the bar"),
            "net_return": real("of the bar"),
            "equity": real("what 1 has grown to"),
            "drawdown": real("equity / highest so far - 1: 0 or less"),
        },
    ),
    Table(
        "assessment.calendar_years",
        "What that course earned in a calendar year; the first and the last may be parts of one.",
        _assessed("calendar_years"),
        {
            "strategy_name": STRATEGY["strategy_name"],
            "year": count("AD"),
            "total_return": real("compound"),
        },
    ),
    Table(
        "assessment.best_sets",
        "How the best set of a strategy, or the benchmark, traded on all of history: means over"
        " tickers, but for the drawdown and what is kept, which are of an equal part in each.",
        _assessed("best_sets"),
        {
            "strategy_name": STRATEGY["strategy_name"],
            "set": SET,
            "deepest_drawdown": real("lowest drawdown in assessment.courses"),
            "trades": CELL["trades"],
            "win_rate": CELL["win_rate"],
            "exposure": CELL["exposure"],
            "turnover": CELL["turnover"],
            "costs": CELL["costs"],
            "kept_within": real(
                "shares of equity traded without cost, a year, to keep each position at its share"
            ),
            "kept_between": real("the same, to keep equal parts in all tickers"),
            "keeping_cost": real("share of equity that both would have lost to costs, a year"),
        },
    ),
    Table(
        "assessment.leaders",
        "The best three strategies in a kind of market scenario, by their mean score over its"
        " groups.",
        _assessed("leaders"),
        {
            "scenario_kind": KIND,
            "place": count("1 to 3"),
            "strategy_name": STRATEGY["strategy_name"],
            "score": real("mean, 0 to 1"),
        },
        format=2,
    ),
    Table(
        "assessment.paths",
        "What the simulated paths of a method say together.",
        _assessed("paths"),
        {
            "method": text("of simulation: a group of market scenarios"),
            "first_path": text("market scenario that is first by name"),
            "paths": count("how many"),
            "top_strategy": text("strategy that earned most in most of them"),
            "wins": count("in how many of them"),
            "avg_return": real("mean total return of strategies, over paths"),
            "benchmark_return": real("mean total return of the benchmark, over paths"),
        },
    ),
    Table(
        "assessment.evidence",
        "What a strategy's place is worth, from returns of an equal part in each ticker on all of"
        " history; the last row is of choosing among the sets of all strategies.",
        _assessed("evidence"),
        {
            "strategy_name": text("by its name in config.yaml; or all strategies"),
            "sharpe": real("Sharpe ratio of the best set, annual"),
            "sharpe_lower": real(f"lower end {LEVEL}"),
            "sharpe_upper": real(f"upper end {LEVEL}"),
            "annual_return": real("compound return a year of the best set, net"),
            "return_lower": real(f"lower end {LEVEL}"),
            "return_upper": real(f"upper end {LEVEL}"),
            "benchmark_sharpe": real("Sharpe ratio of the benchmark, annual"),
            "benchmark_return": real("compound return a year of the benchmark"),
            **CHOSEN,
            "sets": count("tried"),
            "distinct": count("how many of these differ: a cluster of near-copies counts once"),
            **CHOICE,
        },
        format=2,
    ),
    Table(
        "assessment.set_evidence",
        "What the test of all sets together says of a set of parameters, from returns of an equal"
        " part in each ticker on all of history.",
        _assessed("set_evidence"),
        {
            "strategy_name": STRATEGY["strategy_name"],
            "set": SET,
            "flat_years": SINCE["flat_years"],
            "sharpe": real("Sharpe ratio on all dates, annual"),
            "sharpe_since": SINCE["sharpe_since"],
            "benchmark_sharpe_since": SINCE["benchmark_sharpe_since"],
            "p_zero": P_ZERO,
            "p_benchmark": P_BENCHMARK,
        },
    ),
    Table(
        "assessment.strategy_rankings",
        "A strategy with its averages over all its sets, best first, beside the evidence for its"
        " best set.",
        ParquetFile(
            ASSESSED.format(table="strategy_rankings"),
            """
            SELECT rankings.*,
                evidence.sharpe AS history_sharpe, sharpe_lower, sharpe_upper,
                evidence.annual_return AS history_return, return_lower, return_upper,
                evidence.benchmark_sharpe AS history_benchmark_sharpe,
                evidence.benchmark_return AS history_benchmark_return,
                evidence.* EXCLUDE (strategy_name, sets, "distinct", sharpe, sharpe_lower,
                    sharpe_upper, annual_return, return_lower, return_upper, benchmark_sharpe,
                    benchmark_return)
            FROM read_parquet($path) AS rankings
                LEFT JOIN assessment.evidence AS evidence USING (strategy_name)
            ORDER BY overall_rank NULLS LAST, strategy_name""",
        ),
        {
            **RANKED,
            **AVERAGES,
            "best_set": text("the best set that passes the guardrails, else the best"),
            "best_score": real("its mean score"),
            "sets_tested": count("how many"),
            "sets_distinct": count("how many, near-copies among them counting once"),
            "sets_passed": count("how many pass the guardrails"),
            **JUDGED,
            "same_as": text("first strategy whose best set is in the same cluster; null if none"),
            "copy_of": text("first strategy with the same sets, all exact copies; null if none"),
            "history_sharpe": real("Sharpe ratio of the best set on all of history, annual"),
            "sharpe_lower": real(f"lower end {LEVEL}"),
            "sharpe_upper": real(f"upper end {LEVEL}"),
            "history_return": real("compound return a year of the best set on all of history"),
            "return_lower": real(f"lower end {LEVEL}"),
            "return_upper": real(f"upper end {LEVEL}"),
            "history_benchmark_sharpe": real("Sharpe ratio of the benchmark on all of history"),
            "history_benchmark_return": real("return a year of the benchmark on all of history"),
            **CHOSEN,
            **CHOICE,
        },
        format=2,
    ),
    Table(
        "assessment.market_metrics",
        "What the market was like for a ticker in a market scenario; returns are decimal fractions,"
        " nothing is annualised.",
        ParquetFile(MARKET_METRICS),
        {
            "family": text("statistical, technical, event or model"),
            "ticker": text("or all, for all tickers together"),
            "scenario_name": text(
                "market scenario; or drawn_from, the stretch of history that paths are drawn from"
            ),
            "metric": text("such as volatility or rsi_14_mean"),
            "value": real("null if undefined"),
        },
    ),
    Table(
        "assessment.conclusion",
        "What the assessment of strategies shows, a sentence a row, the verdict first.",
        Records((ASSESSMENT,), lambda results: list(results[0]["conclusion"])),
        {
            "about": text("verdict; set: the winner's; choice: among all sets; or limits"),
            "sentence": text("in English"),
        },
    ),
    Table(
        "assessment.winner",
        "The strategy that ranks first, and what was tried to find it; one row.",
        Records((ASSESSMENT,), winner_rows),
        {
            "strategy": STRATEGY["strategy_name"],
            "parameters": SET,
            "strategies": count("ranked"),
            "strategies_distinct": count(
                "how many of these differ: best sets that are near-copies count once"
            ),
            "tried": count("sets, over all ranked strategies"),
            "distinct": count("how many of these differ: a cluster of near-copies counts once"),
            "guardrails": JUDGED["guardrails"],
            "confidence": real("of the intervals"),
            "level": real("of the tests: a p-value that is no higher is more than luck"),
            "draws_beyond": count("of the bootstrap, beyond each end of an interval"),
            "least_beyond": count("of these from which an end is steady"),
            "block_length": count("bars in a block of the bootstrap"),
            "fewest_dates": count("bars since its first position from which a set is judged"),
            "p_zero": P_ZERO,
            "p_benchmark": P_BENCHMARK,
            "sharpe": real("Sharpe ratio on all of history, annual"),
            "sharpe_lower": real("lower end of its interval"),
            "sharpe_upper": real("upper end of its interval"),
            **LUCK,
            "overfitting": CHOICE["overfitting"],
            "overfitting_sets": CHOICE["overfitting_sets"],
            "left_out": CHOICE["left_out"],
            "winner_left_out": flag("whether the winner is among those left out of the choice"),
            "walk_forward_sharpe": CHOICE["walk_forward_sharpe"],
            "walk_forward_benchmark_sharpe": CHOICE["walk_forward_benchmark_sharpe"],
            "annual_return": real("compound return a year on all of history, net"),
            "benchmark": text("name of the benchmark"),
            "benchmark_return": real("return a year of the benchmark"),
            **{name: SINCE[name] for name in SINCE if not name.startswith("sharpe_since_")},
            "kendalls_w": real("agreement of stretches of history on the order of sets, 0 to 1"),
            "mean_spearman": real("mean rank correlation of two stretches' orders"),
            "groups": count("stretches of history: groups of windows, and the whole as one"),
            "cells": count("tried, of all ranked strategies"),
            "alike": real("correlation of daily returns from which sets are near-copies"),
            "tickers": count("tried"),
            "market_scenarios": count("tried"),
        },
        format=2,
    ),
    Table(
        "assessment.market_scenarios",
        "A market scenario: a stretch of history, a stress or a simulated path; those that the data"
        " do not reach have no bars.",
        Records((MARKET_SCENARIOS,), market_rows),
        {
            "scenario_name": MARKET["scenario_name"],
            "scenario_kind": KIND,
            "simulated": flag("whether anything in it is"),
            "group": GROUP,
            "first": time("first bar that counts; null without bars"),
            "last": time("last bar; null without bars"),
            "bars": count("that count"),
            "warm_up": count("bars before the first that counts"),
            "cost_multiplier": real("of trading costs"),
            "slippage_multiplier": real("of slippage"),
            "cash_rate_change": real("of what cash earns a year"),
            "covered_share": real("share of days that the data hold, mean over tickers"),
            "covered": text("the same for each ticker, as JSON"),
            "note": text("what is missing; empty if nothing is"),
            "partly": text(
                "the first tickers held in part only, with the share, and how many more"
            ),
            "source": text("of a window's dates or a stress's loss; null if they are no one's"),
            "parameters": text("what it was made with, as JSON"),
        },
    ),
    Table(
        "assessment.likeness",
        "How like history the simulated paths of a method are: means over tickers and paths; the"
        " first row is of the bars that they are drawn from.",
        View(LIKENESS),
        {
            "method": text("of simulation; drawn_from: history"),
            "volatility": real("standard deviation of returns of a bar"),
            "excess_kurtosis": real("of the same, 0 for normal ones"),
            "absolute_autocorrelation": real("of the sizes of consecutive returns"),
            "mean_correlation": real("of returns with those of other tickers"),
            "mean_range": real("of log(high / low)"),
            "overnight_share": real("of the variance of log returns, from close to open"),
        },
    ),
    Table(
        "assessment.year",
        "How many bars a year has for all tickers together, and for single ones; one row.",
        Records((BARS_A_YEAR,), lambda results: [results[0]["together"]]),
        {
            "bars_a_year": real("of all tickers together"),
            "basis": text("what it was found from"),
            "whole": WHOLE,
            "lowest": real("of single tickers"),
            "highest": real("of single tickers"),
            "shorter": count("tickers with less than a year of bars"),
        },
    ),
    Table(
        "assessment.bars_a_year",
        "How many bars a year has for a ticker.",
        Records((BARS_A_YEAR,), lambda results: results[0]["tickers"]),
        {
            "ticker": text("its name"),
            "bars_a_year": real("of the ticker"),
            "basis": text("what it was found from"),
            "whole": WHOLE,
        },
    ),
    Table(
        "assessment.look_ahead",
        "How a strategy was held against the check that nothing looks ahead; the last row has the"
        " fewest cuts and the largest shares of all strategies, and their sets together.",
        Records((LOOK_AHEAD,), look_ahead_rows),
        {
            "strategy_name": text("by its name in config.yaml; or all strategies"),
            "sets": count("of parameters, each of which was tried"),
            "sets_shortened": count("of these, tried with shortened bars too"),
            "cuts": count("drawn at random, each of a ticker at a bar; all sets are tried at each"),
            "cuts_of_history": count("of these, in what really happened"),
            "paying_cuts": count("beyond these, of all tickers where its targets gained most"),
            "share": real(
                "of bars on which a set must look one bar ahead to be found with 99 in 100"
            ),
            "share_of_history": real("the same, for a set that does so in what really happened"),
            "sets_of_levels": count(
                "whose targets change if all prices of a ticker do, so that they know later splits"
            ),
        },
    ),
    Table(
        "assessment.scores_since",
        "Scores of each ranked strategy's best set on all of history and since its first position,"
        " when all other sets are held against it on the same bars; of an equal part in each"
        " ticker, by total return, Sharpe ratio and drawdown alone.",
        _assessed("scores_since"),
        {
            "strategy_name": text("by its name in config.yaml"),
            "set": SET,
            "flat_bars": count("bars of history before the first that earned anything but cash"),
            "score_history": real("score on all bars of history"),
            "score_since": real("score on the bars since the first position"),
        },
    ),
    Table(
        "assessment.not_tried",
        "Cells that a strategy was not tried in: it reads what the ticker's bars have no value of,"
        " and never wanted a position.",
        Records((NOT_TRIED,), not_tried_rows),
        {
            "strategy_name": text("by its name in config.yaml"),
            "lacks": text("the columns of bars that it reads and that have no value"),
            "cells": count("that were not tried"),
            "sets_not_tried": count("of parameters, with such a cell"),
            "sets": count("of parameters that the strategy has"),
            "market_scenarios": count("with such a cell"),
            "tickers": count("with such a cell"),
            "of_market_scenarios": count("that the strategy was to be tried in"),
        },
    ),
    Table(
        "assessment.overlaps",
        "Historical windows that overlap and therefore count once together.",
        Records((MARKET_SCENARIOS,), overlap_rows),
        {"members": text("their names, separated by commas")},
    ),
)
