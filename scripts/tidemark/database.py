"""The metrics database: one DuckDB file with everything measured, built anew from records.

Rows stand in the order given, which is that of config.yaml; times are naive UTC.
"""

import errno
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
        **_PAIR,
        "started": TIME,
        "seconds": REAL,
        "cpu_seconds": REAL,
        "peak_memory_bytes": COUNT,
        "run": TEXT,
    },
    "accepted": {"step": TEXT, **_PAIR, "who": TEXT, "day": TEXT, "reason": TEXT, "changes": TEXT},
    "history": {"snapshot": COUNT, **_METRIC},
}


def build(path: Path, tables: Mapping[str, Sequence[Record]]) -> None:
    """Create the database at `path`, which must not exist, and close it.

    Args:
        path: the file to create.
        tables: for each table of `TABLES` its rows; keys that are no column are left out.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        with duckdb.connect(str(path)) as connection:
            for name, columns in TABLES.items():
                rows = [{key: row.get(key) for key in columns} for row in tables[name]]
                connection.register("rows", pa.Table.from_pylist(rows, pa.schema(columns)))
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
                connection.unregister("rows")
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
        configured: the names under `scenario` and under `model`; checkpoints of others are left
            out, as their steps are no longer part of the project.
    """
    return [
        {
            **checkpoint,
            "scenario": checkpoint["instance"].get("scenario"),
            "model": checkpoint["instance"].get("model"),
            "started": _time(checkpoint["started"]),
        }
        for checkpoint in checkpoints
        if all(name in configured[kind] for kind, name in checkpoint["instance"].items())
    ]


def accepted_rows(checkpoints: Sequence[Record]) -> Rows:
    """Table accepted: the changes that somebody let pass without running the step again."""
    return [
        {
            "step": checkpoint["step"],
            "scenario": checkpoint["instance"].get("scenario"),
            "model": checkpoint["instance"].get("model"),
            **accepted,
            "day": accepted["when"][:10],
            "changes": "; ".join(accepted["changes"]),
        }
        for checkpoint in checkpoints
        for accepted in checkpoint.get("accepted", [])
    ]


def history_rows(snapshots: Sequence[Record]) -> Rows:
    """Table history: the metrics of every snapshot, numbered from 1."""
    return [
        {"snapshot": number, **row}
        for number, snapshot in enumerate(snapshots, 1)
        for row in snapshot["metrics"]
    ]


def _pair(record: Record) -> dict[str, Any]:
    return {"scenario": record["scenario"], "model": record["model"]}


def _time(text: str) -> datetime:
    """An ISO time as naive UTC."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
