"""Rank the strategies over all tickers and market scenarios, and say what the ranking is worth."""

from collections.abc import Iterator
from dataclasses import asdict

from tidemark.assessment import by_market, evidence, overfitting, rankings, scoring, verdict
from tidemark.assessment.averages import Averages
from tidemark.assessment.settings import Guardrails
from tidemark.errors import InputError
from tidemark.harness.step import Run, step
from tidemark.layout.market_scenarios import BARS_A_YEAR

import pandas as pd

FOLDER = "metrics/assessment"
CELLS = 250_000  # scored at a time, which takes some 0.3 GB


@step()
def assess(run: Run) -> None:
    """Write metrics/assessment/: scores, rankings, evidence, and a summary in words."""
    settings = run.config["assess"]
    benchmark = settings["benchmark"]
    cells, found = _scored(run)
    sets = rankings.set_rankings(found, run.settings(Guardrails, settings["guardrails"]))
    ranked = rankings.strategy_rankings(sets)
    examined = _examined(run, ranked)
    stability = overfitting.rank_stability(found.group_scores().to_numpy())
    winner = evidence.of_winner(
        ranked, examined, benchmark, settings["confidence"], stability.kendalls_w
    )
    performance = by_market.scenario_performance(found, benchmark)
    scores = by_market.strategy_scores(found)
    for name, table in {
        "set_rankings": sets,
        "strategy_rankings": ranked,
        "scenario_performance": performance,
        "strategy_scores": scores,
        "leaders": by_market.leaders(scores),
        "paths": by_market.paths(performance),
        "evidence": examined,
    }.items():
        run.write.parquet(f"{FOLDER}/{name}.parquet", table)
    run.write.json(
        f"{FOLDER}/summary.json",
        {
            "conclusion": verdict.in_words(winner),
            "winner": asdict(winner),
            "rank_stability": asdict(stability),
            "tested": {
                "cells": cells,
                "tickers": len(found.tickers),
                "market_scenarios": found.returns["scenario_name"].nunique(),
            },
        },
    )
    passed = int(ranked["passed"].sum())
    run.tell.headline(f"{cells:,} cells; {winner.strategy} first, {passed} strategies pass")


def _scored(run: Run) -> tuple[int, Averages]:
    """Score the cells a part at a time, into backtest_results; how many, and their averages."""
    settings = run.config["assess"]
    weights = run.plain(settings["weights"])
    found: list[Averages] = []

    def parts() -> Iterator[pd.DataFrame]:
        for names in _parts(run):
            results = scoring.scored(_cells(run, names), weights)
            averages = Averages.of(results, settings["benchmark"])
            found[:] = [found[0] + averages] if found else [averages]
            yield scoring.with_names(results)

    with run.write.parquet_parts(f"{FOLDER}/backtest_results.parquet") as written:
        for part in parts():
            written.write(part)
    return written.rows, found[0]


def _parts(run: Run) -> list[list[str]]:
    """Market scenarios to score together."""
    key = ["scenario_name"]
    named = run.read.parquet_rows(_paths(run), {}, columns=key, categories=key)
    return scoring.in_parts(named.value_counts("scenario_name").to_dict(), CELLS)


def _cells(run: Run, names: list[str]) -> pd.DataFrame:
    """All cells of these market scenarios."""
    return run.read.parquet_rows(_paths(run), {"scenario_name": names}, categories=scoring.LABELS)


def _paths(run: Run) -> list[str]:
    return [f"metrics/backtests/{name}.parquet" for name in run.config["strategies"]]


def _examined(run: Run, ranked: pd.DataFrame) -> pd.DataFrame:
    """The evidence for each ranked strategy, from daily returns on full history."""
    settings = run.config["assess"]
    ranked = ranked[ranked["overall_rank"].notna()].set_index("strategy_name")
    frames = {
        name: run.read.parquet(f"data/backtests/{name}.parquet")
        for name in [*ranked.index, settings["benchmark"]]
    }
    times = frames[settings["benchmark"]]["timestamp"]
    for name, frame in frames.items():
        if not frame["timestamp"].equals(times):
            where = f"data/backtests/{name}.parquet"
            raise InputError(where, "has other bars than the benchmark", "run make again")
    returns = {name: frame.drop(columns="timestamp") for name, frame in frames.items()}
    benchmark = returns.pop(settings["benchmark"]).iloc[:, 0].to_numpy()
    return evidence.examine(
        {name: table.to_numpy() for name, table in returns.items()},
        {name: table.columns.get_loc(ranked["best_set"][name]) for name, table in returns.items()},
        benchmark,
        _plan(run, next(iter(frames.values()))["timestamp"]),
    )


def _plan(run: Run, timestamp: pd.Series) -> evidence.Plan:
    settings = run.config["assess"]
    yearly = run.read.json(BARS_A_YEAR)["together"]["bars_a_year"]
    first = round(settings["walk_forward"]["first_years"] * yearly)
    if first >= len(timestamp):
        raise InputError(
            "config.yaml assess.walk_forward.first_years",
            f"the data hold {len(timestamp) / yearly:.1f} years",
            "choose fewer, so that some are left to trade",
        )
    return evidence.Plan(
        yearly,
        (1.0 + run.config["backtest"]["cash_rate"]) ** (1.0 / yearly) - 1.0,
        settings["blocks"],
        first,
        max(1, round(settings["walk_forward"]["every_years"] * yearly)),
        overfitting.Bootstrap(
            settings["block_length"],
            settings["bootstrap_replicates"],
            settings["confidence"],
            run.seed,
        ),
    )


if __name__ == "__main__":
    assess()
