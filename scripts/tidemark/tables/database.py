"""The metrics database: one DuckDB file with everything measured, and views over what runs left.

Rows stand in the order given, which is that of config.yaml; times are naive UTC.
"""

import errno
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from tidemark.tables.views import VIEWS

import duckdb
import pyarrow as pa

Record = Mapping[str, Any]
Rows = list[dict[str, Any]]

TEXT, REAL, COUNT, TIME = pa.string(), pa.float64(), pa.int64(), pa.timestamp("us")
_PAIR = {"scenario": TEXT, "model": TEXT}
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
    "configured": {"kind": TEXT, "name": TEXT},
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
}

# Straight from Parquet, of which $path is the file; large ones never become Python objects.
FILE_TABLES = {
    "assessment.cells": "FROM read_parquet($path)",
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
            for name, query in VIEWS.items():
                connection.execute(f"CREATE VIEW {name} AS {query}")
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT")  # when closing, a failure to write would be silent
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        raise OSError(errno.EIO, str(error), str(path)) from error


def configured_rows(names: Mapping[str, Sequence[str]]) -> Rows:
    """Table configured: the names of each kind of instance that config.yaml lists."""
    return [{"kind": kind, "name": name} for kind, listed in names.items() for name in listed]


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


def _pair(record: Record) -> dict[str, Any]:
    return {"scenario": record["scenario"], "model": record["model"]}


def _time(text: str) -> datetime:
    """An ISO time as naive UTC."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
