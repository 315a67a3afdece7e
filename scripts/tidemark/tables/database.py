"""The metrics database: one DuckDB file with everything measured, built anew from records.

Rows stand in the order given, which is that of config.yaml; times are naive UTC.
"""

import errno
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from tidemark.config.kinds import KINDS

import duckdb
import pyarrow as pa

Record = Mapping[str, Any]
Rows = list[dict[str, Any]]

TEXT, REAL, COUNT, TIME = pa.string(), pa.float64(), pa.int64(), pa.timestamp("us")
_PAIR = {"scenario": TEXT, "model": TEXT}
_INSTANCE = dict.fromkeys(KINDS, TEXT)
_METRIC = {**_PAIR, "metric": TEXT, "value": REAL}

TABLES: dict[str, dict[str, Any]] = {
    "metrics": _METRIC,
    "intervals": {**_PAIR, "metric": TEXT, "lower": REAL, "upper": REAL, "level": REAL},
    "cv_scores": {**_PAIR, "fold": COUNT, "metric": TEXT, "value": REAL},
    "cv_summary": {**_PAIR, "metric": TEXT, "value": REAL, "lower": REAL, "upper": REAL},
    "models": {
        **_PAIR,
        "fitted": TEXT,
        "estimator": TEXT,
        "parameters": TEXT,
        "fallback_reason": TEXT,
        "train_rows": COUNT,
        "train_first": TIME,
        "train_last": TIME,
        "test_rows": COUNT,
        "test_dates": COUNT,
        "test_first": TIME,
        "test_last": TIME,
    },
    "paired_differences": {
        **_PAIR,
        "less_scenario": TEXT,
        "less_model": TEXT,
        "metric": TEXT,
        "difference": REAL,
        "lower": REAL,
        "upper": REAL,
        "adjusted_lower": REAL,
        "adjusted_upper": REAL,
        "verdict": TEXT,
    },
    "comparison": {
        "baseline": TEXT,
        "confidence": REAL,
        "adjusted_confidence": REAL,
        "comparisons": COUNT,
        "block_length": COUNT,
        "bootstrap_replicates": COUNT,
    },
    "conclusion": {"sentence": TEXT},
    "step_timings": {
        "step": TEXT,
        **_INSTANCE,
        "started": TIME,
        "seconds": REAL,
        "cpu_seconds": REAL,
        "peak_memory_bytes": COUNT,
        "run": TEXT,
    },
    "accepted": {
        "step": TEXT,
        **_INSTANCE,
        "who": TEXT,
        "day": TEXT,
        "reason": TEXT,
        "changes": TEXT,
    },
    "accepted_changes": {
        "step": TEXT,
        "who": TEXT,
        "day": TEXT,
        "reason": TEXT,
        "changes": TEXT,
        "instances": COUNT,
        "first": TEXT,
    },
    "history": {"snapshot": COUNT, **_METRIC},
    "assessment.conclusion": {"sentence": TEXT},
    "assessment.winner": {
        "strategy": TEXT,
        "parameters": TEXT,
        "strategies": COUNT,
        "trials": COUNT,
        "guardrails": TEXT,
        "confidence": REAL,
        "sharpe": REAL,
        "sharpe_lower": REAL,
        "sharpe_upper": REAL,
        "chance_hurdle": REAL,
        "deflated_sharpe": REAL,
        "overfitting": REAL,
        "walk_forward_sharpe": REAL,
        "walk_forward_benchmark_sharpe": REAL,
        "annual_return": REAL,
        "benchmark": TEXT,
        "benchmark_return": REAL,
        "flat_years": REAL,
        "return_since": REAL,
        "benchmark_return_since": REAL,
        "difference_lower": REAL,
        "difference_upper": REAL,
        "kendalls_w": REAL,
        "mean_spearman": REAL,
        "groups": COUNT,
        "cells": COUNT,
    },
    "assessment.market_scenarios": {
        "scenario_name": TEXT,
        "scenario_kind": TEXT,
        "simulated": pa.bool_(),
        "group": TEXT,
        "first": TIME,
        "last": TIME,
        "bars": COUNT,
        "warm_up": COUNT,
        "cost_multiplier": REAL,
        "slippage_multiplier": REAL,
        "cash_rate_change": REAL,
        "covered_share": REAL,
        "covered": TEXT,
        "note": TEXT,
        "source": TEXT,
        "parameters": TEXT,
    },
    "assessment.year": {
        "bars_a_year": REAL,
        "basis": TEXT,
        "lowest": REAL,
        "highest": REAL,
        "shorter": COUNT,
    },
    "assessment.bars_a_year": {"ticker": TEXT, "bars_a_year": REAL, "basis": TEXT},
    "assessment.overlaps": {"members": TEXT},
    "assessment.pipeline_runs": {
        "pipeline_name": TEXT,
        "start_time": TIME,
        "end_time": TIME,
        "status": TEXT,
        "records_processed": COUNT,
    },
}

# Straight from Parquet, of which $path is the file; large ones never become Python objects.
FILE_TABLES = {
    "assessment.backtest_results": """
        SELECT *, (SELECT map_from_entries(list((pipeline_name, end_time)))
            FROM assessment.pipeline_runs)['backtest_' || strategy_name] AS run_date
        FROM read_parquet($path)""",
    "assessment.set_rankings": "FROM read_parquet($path)",
    "assessment.scenario_performance": "FROM read_parquet($path)",
    "assessment.strategy_scores": "FROM read_parquet($path)",
    "assessment.leaders": "FROM read_parquet($path)",
    "assessment.paths": "FROM read_parquet($path)",
    "assessment.evidence": "FROM read_parquet($path)",
    "assessment.strategy_rankings": """
        SELECT rankings.*,
            evidence.sharpe AS history_sharpe, sharpe_lower, sharpe_upper,
            evidence.annual_return AS history_return, return_lower, return_upper,
            evidence.benchmark_sharpe AS history_benchmark_sharpe,
            evidence.benchmark_return AS history_benchmark_return,
            flat_years, return_since, benchmark_return_since,
            difference_lower, difference_upper, chance_hurdle, deflated_sharpe, overfitting,
            walk_forward_sharpe, walk_forward_return, walk_forward_benchmark_sharpe
        FROM read_parquet($path) AS rankings
            LEFT JOIN assessment.evidence AS evidence USING (strategy_name)
        ORDER BY overall_rank NULLS LAST, strategy_name""",
    "assessment.market_metrics": "FROM read_parquet($path)",
}
PIPELINES = ("market_scenarios", "market_metrics", "backtest", "assess")


def build(path: Path, tables: Mapping[str, Sequence[Record]], files: Mapping[str, Path]) -> None:
    """Create the database at `path`, which must not exist, and close it.

    Args:
        path: the file to create.
        tables: for each table of `TABLES` its rows; keys that are no column are left out.
        files: for each table of `FILE_TABLES` its Parquet file.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        with duckdb.connect(str(path)) as connection:
            connection.execute("BEGIN")  # each commit waits for the disk
            connection.execute("CREATE SCHEMA assessment")
            for name, columns in TABLES.items():
                rows = [{key: row.get(key) for key in columns} for row in tables[name]]
                connection.register("rows", pa.Table.from_pylist(rows, pa.schema(columns)))
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
                connection.unregister("rows")
            for name, query in FILE_TABLES.items():
                found = {"path": str(files[name])}
                connection.execute(f"CREATE TABLE {name} AS {query}", found)
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT")  # when closing, a failure to write would be silent
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        raise OSError(errno.EIO, str(error), str(path)) from error


def metric_rows(scores: Sequence[Record]) -> Rows:
    """Table metrics, from the records metrics/{scenario}_{model}.json."""
    return [
        {**_pair(record), "metric": metric, "value": value}
        for record in scores
        for metric, value in record["metrics"].items()
    ]


def interval_rows(bootstraps: Sequence[Record]) -> Rows:
    """Table intervals, from the records metrics/{scenario}_{model}_bootstrap.json."""
    return [
        {
            **_pair(record),
            "metric": metric,
            "lower": lower,
            "upper": upper,
            "level": record["level"],
        }
        for record in bootstraps
        for metric, (lower, upper) in record["intervals"].items()
    ]


def fold_rows(validations: Sequence[Record]) -> Rows:
    """Table cv_scores, from the records artifacts/{scenario}_{model}_cv.json."""
    return [
        {**_pair(record), "fold": fold["fold"], "metric": metric, "value": value}
        for record in validations
        for fold in record["folds"]
        for metric, value in fold.items()
        if metric != "fold"
    ]


def fold_summary(folds: Rows) -> Rows:
    """Table cv_summary: mean, lowest and highest of each metric over the folds of `fold_rows`."""
    found: dict[tuple[str, ...], list[float]] = {}
    for row in folds:
        values = found.setdefault((row["scenario"], row["model"], row["metric"]), [])
        values += [row["value"]] if row["value"] is not None else []
    return [
        {
            **dict(zip((*_PAIR, "metric"), key, strict=True)),
            "value": fmean(values),
            "lower": min(values),
            "upper": max(values),
        }
        for key, values in found.items()
        if values
    ]


def model_rows(scores: Sequence[Record], validations: Sequence[Record]) -> Rows:
    """Table models: what was really fitted, on which rows, and tested on which."""
    return [
        {
            **_pair(trained),
            "fitted": trained["fitted"],
            "estimator": trained["estimator"],
            "parameters": json.dumps(trained["parameters"]),
            "fallback_reason": trained["fallback"] and trained["fallback"]["reason"],
            "train_rows": trained["train_rows"],
            "train_first": _time(trained["train_first"]),
            "train_last": _time(trained["train_last"]),
            "test_rows": tested["rows"],
            "test_dates": tested["dates"],
            "test_first": _time(tested["first"]),
            "test_last": _time(tested["last"]),
        }
        for tested, trained in zip(scores, validations, strict=True)
    ]


def timing_rows(checkpoints: Sequence[Record], configured: Mapping[str, Collection[str]]) -> Rows:
    """Table step_timings, from the checkpoints.

    Args:
        checkpoints: of all steps.
        configured: the names under `scenario`, `model` and `strategy`; checkpoints of others are
            left out, as their steps are no longer part of the project.
    """
    return [
        {**checkpoint, **checkpoint["instance"], "started": _time(checkpoint["started"])}
        for checkpoint in _current(checkpoints, configured)
    ]


def accepted_rows(checkpoints: Sequence[Record]) -> Rows:
    """Table accepted: the changes that somebody let pass without running the step again."""
    return [
        {
            "step": checkpoint["step"],
            **checkpoint["instance"],
            **accepted,
            "day": accepted["when"][:10],
            "changes": "; ".join(accepted["changes"]),
        }
        for checkpoint in checkpoints
        for accepted in checkpoint.get("accepted", [])
    ]


def accepted_changes(accepted: Rows) -> Rows:
    """Table accepted_changes, from rows of `accepted`: a row for each, however many instances."""
    shared = ("step", "who", "day", "reason", "changes")
    found: dict[tuple[str, ...], list[Record]] = {}
    for row in accepted:
        found.setdefault(tuple(row[name] for name in shared), []).append(row)
    return [
        {
            **dict(zip(shared, values, strict=True)),
            "instances": len(rows),
            "first": " ".join(rows[0][name] for name in ("step", *_INSTANCE) if name in rows[0]),
        }
        for values, rows in found.items()
    ]


def history_rows(snapshots: Sequence[Record]) -> Rows:
    """Table history: the metrics of every snapshot, numbered from 1."""
    return [
        {"snapshot": number, **row}
        for number, snapshot in enumerate(snapshots, 1)
        for row in snapshot["metrics"]
    ]


def pipeline_rows(checkpoints: Sequence[Record], configured: Mapping[str, Collection[str]]) -> Rows:
    """Table assessment.pipeline_runs: the latest run of each step that assesses strategies.

    `records_processed` counts the rows of all that it wrote; `status` is `provisional` where the
    next make runs it again. After a step that failed, this one does not run.
    """
    return [
        {
            "pipeline_name": checkpoint["name"],
            "start_time": _time(checkpoint["started"]),
            "end_time": _time(checkpoint["started"]) + timedelta(seconds=checkpoint["seconds"]),
            "status": "provisional" if checkpoint["provisional"] else "success",
            "records_processed": sum(
                output.get("rows") or 0 for output in checkpoint["outputs"].values()
            ),
        }
        for checkpoint in _current(checkpoints, configured)
        if checkpoint["step"] in PIPELINES
    ]


def market_rows(records: Sequence[Record]) -> Rows:
    """Table assessment.market_scenarios, from data/scenarios/market_scenarios.json."""
    return [
        {
            **record,
            "scenario_name": record["name"],
            "scenario_kind": record["kind"],
            "first": record["first"] and _time(record["first"]),
            "last": record["last"] and _time(record["last"]),
            "covered": json.dumps(record["covered"]),
            "source": record["parameters"].get("source"),
            "parameters": json.dumps(record["parameters"]),
        }
        for record in records
    ]


def overlap_rows(records: Sequence[Record]) -> Rows:
    """Table assessment.overlaps: the historical windows of each group that has several."""
    groups: dict[str, list[str]] = {}
    for record in records:
        if record["kind"] == "historical" and record["bars"]:
            groups.setdefault(record["group"], []).append(record["name"])
    return [{"members": ", ".join(names)} for names in groups.values() if len(names) > 1]


def winner_row(summary: Record) -> dict[str, Any]:
    """The row of table assessment.winner, from metrics/assessment/summary.json."""
    winner, stability = summary["winner"], summary["rank_stability"]
    ends = {
        f"{name}_{end}": value
        for name in ("sharpe", "difference")
        for end, value in zip(("lower", "upper"), winner[f"{name}_interval"], strict=True)
    }
    return {**winner, **ends, **stability, **summary["tested"], "groups": stability["scenarios"]}


def _current(
    checkpoints: Sequence[Record], configured: Mapping[str, Collection[str]]
) -> list[Record]:
    """Those of steps that are still part of the project."""
    return [
        checkpoint
        for checkpoint in checkpoints
        if all(name in configured[kind] for kind, name in checkpoint["instance"].items())
    ]


def _pair(record: Record) -> dict[str, Any]:
    return {"scenario": record["scenario"], "model": record["model"]}


def _time(text: str) -> datetime:
    """An ISO time as naive UTC."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
