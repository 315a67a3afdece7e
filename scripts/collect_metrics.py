"""Gather everything measured into artifacts/metrics.duckdb, and keep a snapshot of the metrics."""

from tidemark import database
from tidemark.step import Run, step


@step()
def collect_metrics(run: Run) -> None:
    """Write artifacts/metrics.duckdb, and metrics/history/NNNNN.json if the metrics changed."""
    scenarios, models = list(run.config["scenarios"]), list(run.config["models"])
    names = [f"{scenario}_{model}" for scenario in scenarios for model in models]
    scores = [run.read_json(f"metrics/{name}.json") for name in names]
    intervals = [run.read_json(f"metrics/{name}_bootstrap.json") for name in names]
    validations = [run.read_json(f"artifacts/{name}_cv.json") for name in names]
    compared = run.read_json("metrics/scenario_compare.json")
    snapshots = run.append_history({"metrics": database.metric_rows(scores)})
    tables = {
        "metrics": database.metric_rows(scores),
        "intervals": database.interval_rows(intervals),
        "cv_scores": database.fold_rows(validations),
        "models": database.model_rows(scores, validations),
        "paired_differences": compared["paired_differences"],
        "comparison": [compared],
        "conclusion": [{"sentence": sentence} for sentence in compared["conclusion"]],
        "step_timings": database.timing_rows(
            run.checkpoints(), {"scenario": scenarios, "model": models}
        ),
        "accepted": database.accepted_rows(run.checkpoints()),
        "history": database.history_rows(snapshots),
    }
    with run.writing("artifacts/metrics.duckdb") as path:
        database.build(path, tables)
    run.headline(f"{len(tables['metrics'])} metrics, snapshot {len(snapshots)}")


if __name__ == "__main__":
    collect_metrics()
