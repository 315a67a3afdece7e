"""Gather everything measured into artifacts/metrics.duckdb, and append the metrics to history."""

from tidemark.config.kinds import KINDS, joined
from tidemark.harness.step import Run, step
from tidemark.layout.market_scenarios import BARS_A_YEAR
from tidemark.tables import database, history

ASSESSED = (
    "set_rankings",
    "strategy_rankings",
    "scenario_performance",
    "strategy_scores",
    "leaders",
    "paths",
    "evidence",
)
FILES = {f"assessment.{name}": f"metrics/assessment/{name}.parquet" for name in ASSESSED} | {
    "assessment.cells": "metrics/assessment/backtest_results.parquet",
    "assessment.market_metrics": "metrics/market/market_metrics.parquet",
}


@step()
def collect_metrics(run: Run) -> None:
    """Write artifacts/metrics.duckdb, and append to metrics/history/ what changed."""
    scenarios, models = list(run.config["scenarios"]), list(run.config["models"])
    names = [joined(scenario, model) for scenario in scenarios for model in models]
    scores = [run.read.json(f"metrics/{name}.json") for name in names]
    intervals = [run.read.json(f"metrics/{name}_bootstrap.json") for name in names]
    validations = [run.read.json(f"artifacts/{name}_cv.json") for name in names]
    compared = run.read.json("metrics/scenario_compare.json")
    assessed = run.read.json("metrics/assessment/summary.json")
    configured = {name: kind.names(run.config) for name, kind in KINDS.items()}
    markets = run.read.json("data/scenarios/market_scenarios.json")
    rates = run.read.json(BARS_A_YEAR)
    metrics = database.metric_rows(scores)
    folds = database.fold_rows(validations)
    tables = {
        "metrics": metrics,
        "intervals": database.interval_rows(intervals),
        "cv_scores": folds,
        "cv_summary": database.fold_summary(folds),
        "models": database.model_rows(scores, validations),
        "paired_differences": compared["paired_differences"],
        "comparison": [compared],
        "conclusion": [{"sentence": sentence} for sentence in compared["conclusion"]],
        "configured": database.configured_rows(configured),
        "assessment.conclusion": [{"sentence": sentence} for sentence in assessed["conclusion"]],
        "assessment.winner": [database.winner_row(assessed)],
        "assessment.market_scenarios": database.market_rows(markets),
        "assessment.year": [rates["together"]],
        "assessment.bars_a_year": rates["tickers"],
        "assessment.overlaps": database.overlap_rows(markets),
    }
    files = {name: run.read.path(path) for name, path in FILES.items()}
    with run.write.file("artifacts/metrics.duckdb") as path:
        database.build(path, tables, files)
    run.write.append(history.log(run.tree), {"metrics": metrics})
    run.tell.headline(f"{len(metrics)} metrics")


if __name__ == "__main__":
    collect_metrics()
