"""Rank the strategies over all tickers and market scenarios, and say what the ranking is worth."""

from dataclasses import asdict

from tidemark.backtest import assessment, evidence, overfitting
from tidemark.backtest.prices import periods_per_year
from tidemark.errors import InputError
from tidemark.step import Run, step

import pandas as pd

FOLDER = "metrics/assessment"


@step()
def assess(run: Run) -> None:
    """Write metrics/assessment/: scores, rankings, evidence, and a summary in words."""
    settings = run.config["assess"]
    benchmark, names = settings["benchmark"], list(run.config["strategies"])
    cells = pd.concat(
        [run.read_parquet(f"metrics/backtests/{name}.parquet") for name in names], ignore_index=True
    )
    results = assessment.scored(cells, run.plain(settings["weights"]))
    guardrails = assessment.Guardrails(**run.plain(settings["guardrails"]))
    sets = assessment.set_rankings(results, guardrails, benchmark)
    rankings = assessment.strategy_rankings(sets)
    examined = _examined(run, rankings)
    scenarios = assessment.scenario_performance(results, benchmark)
    stability = overfitting.rank_stability(assessment.group_scores(results).to_numpy())
    winner = evidence.of_winner(
        rankings, examined, benchmark, settings["confidence"], stability.kendalls_w
    )
    for name, table in {
        "backtest_results": results,
        "set_rankings": sets,
        "strategy_rankings": rankings,
        "scenario_performance": scenarios,
        "evidence": examined,
    }.items():
        run.write_parquet(f"{FOLDER}/{name}.parquet", table)
    run.write_json(
        f"{FOLDER}/summary.json",
        {
            "conclusion": assessment.in_words(winner),
            "winner": asdict(winner),
            "rank_stability": asdict(stability),
            "cells": len(results),
            "sets": len(sets),
            "benchmark": benchmark,
        },
    )
    passed = int(rankings["passed"].sum())
    run.headline(f"{len(results):,} cells; {winner.strategy} first, {passed} strategies pass")


def _examined(run: Run, rankings: pd.DataFrame) -> pd.DataFrame:
    """The evidence for each ranked strategy, from daily returns on full history."""
    settings = run.config["assess"]
    ranked = rankings[rankings["overall_rank"].notna()].set_index("strategy_name")
    frames = {
        name: run.read_parquet(f"data/backtests/{name}.parquet")
        for name in [*ranked.index, settings["benchmark"]]
    }
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
    yearly = periods_per_year(timestamp.to_numpy())
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
