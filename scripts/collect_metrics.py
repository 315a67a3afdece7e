"""Gather everything measured into artifacts/metrics.duckdb, and keep a snapshot of the metrics."""

from tidemark.config.kinds import KINDS, joined
from tidemark.harness.step import Run, step
from tidemark.market import bars_a_year
from tidemark.tables import database

ASSESSED = (
    "backtest_results",
    "set_rankings",
    "strategy_rankings",
    "scenario_performance",
    "strategy_scores",
    "leaders",
    "paths",
    "evidence",
)
FILES = {name: f"metrics/assessment/{name}.parquet" for name in ASSESSED} | {
    "market_metrics": "metrics/market/market_metrics.parquet"
}


@step()
def collect_metrics(run: Run) -> None:
    """Write artifacts/metrics.duckdb, and metrics/history/NNNNN.json if the metrics changed."""
    scenarios, models = list(run.config["scenarios"]), list(run.config["models"])
    names = [joined(scenario, model) for scenario in scenarios for model in models]
    scores = [run.read.json(f"metrics/{name}.json") for name in names]
    intervals = [run.read.json(f"metrics/{name}_bootstrap.json") for name in names]
    validations = [run.read.json(f"artifacts/{name}_cv.json") for name in names]
    compared = run.read.json("metrics/scenario_compare.json")
    assessed = run.read.json("metrics/assessment/summary.json")
    configured = {name: kind.names(run.config) for name, kind in KINDS.items()}
    checkpoints = run.read.checkpoints()
    accepted = database.accepted_rows(checkpoints)
    markets = run.read.json("data/scenarios/market_scenarios.json")
    rates = run.read.json(bars_a_year.FILE)
    snapshots = run.write.append_history({"metrics": database.metric_rows(scores)})
    folds = database.fold_rows(validations)
    tables = {
        "metrics": database.metric_rows(scores),
        "intervals": database.interval_rows(intervals),
        "cv_scores": folds,
        "cv_summary": database.fold_summary(folds),
        "models": database.model_rows(scores, validations),
        "paired_differences": compared["paired_differences"],
        "comparison": [compared],
        "conclusion": [{"sentence": sentence} for sentence in compared["conclusion"]],
        "step_timings": database.timing_rows(checkpoints, configured),
        "accepted": accepted,
        "accepted_changes": database.accepted_changes(accepted),
        "history": database.history_rows(snapshots),
        "assessment.conclusion": [{"sentence": sentence} for sentence in assessed["conclusion"]],
        "assessment.winner": [database.winner_row(assessed)],
        "assessment.market_scenarios": database.market_rows(markets),
        "assessment.year": [rates["together"]],
        "assessment.bars_a_year": rates["tickers"],
        "assessment.overlaps": database.overlap_rows(markets),
        "assessment.pipeline_runs": database.pipeline_rows(checkpoints, configured),
    }
    files = {f"assessment.{name}": run.read.path(path) for name, path in FILES.items()}
    with run.write.file("artifacts/metrics.duckdb") as path:
        database.build(path, tables, files)
    run.tell.headline(f"{len(tables['metrics'])} metrics, snapshot {len(snapshots)}")


if __name__ == "__main__":
    collect_metrics()
