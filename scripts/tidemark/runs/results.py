"""What a tree holds, as the part of a record that is the same on two machines."""

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from tidemark.config import view
from tidemark.config.kinds import KINDS, paths
from tidemark.config.secrets import public_values
from tidemark.dag import graph
from tidemark.files import store
from tidemark.harness import record
from tidemark.harness.record import Checkpoint
from tidemark.layout.assess import ASSESSED, STRATEGY_EVIDENCE
from tidemark.layout.evaluate import MODEL_EVIDENCE, MODEL_INTERVALS, MODEL_SCORES
from tidemark.layout.fetch_data import RAW
from tidemark.project import Tree
from tidemark.sources.settings import CURRENT
from tidemark.tables.forecasts import interval_rows, metric_rows

RANKINGS, EVIDENCE = (ASSESSED.format(table=name) for name in ("strategy_rankings", "evidence"))
SHORT = {"strategy_name": "strategy", "overall_rank": "rank", "avg_score": "score"}
RANKED_ALREADY = ("strategy_name", "sets", "distinct")  # what the ranking says itself


def of(tree: Tree) -> dict[str, Any]:
    """What the configured instances left, by their checkpoints: `results` of a record.

    A file that is not what its step wrote is left out.

    Raises:
        InputError: a newer version of Tidemark wrote a checkpoint.
        OSError: a file cannot be read.
    """
    stored = view.stored(tree)
    configured = {name: kind.names(view.View(stored, {})) for name, kind in KINDS.items()}
    wanted = graph.expected(tree, stored)
    there = record.load_all(tree)
    checkpoints = {name: there[name] for name in sorted(wanted) if name in there}
    written = {
        path: output.sha256 for it in checkpoints.values() for path, output in it.outputs.items()
    }

    def whole(pattern: str) -> Iterator[bytes]:
        return _whole(tree, paths(pattern, configured), written)

    scores, intervals = (
        list(map(json.loads, whole(pattern))) for pattern in (MODEL_SCORES, MODEL_INTERVALS)
    )
    by_date = [*paths(MODEL_EVIDENCE, configured), STRATEGY_EVIDENCE]
    return {
        "config_file": view.file(tree),
        "config": public_values(tree),
        "data": {path: written[path] for path in paths(RAW, configured) if path in written},
        "stored": _stored(checkpoints),
        "outputs": _hashes(checkpoints),
        "evidence": {path: written[path] for path in by_date if path in written},
        "metrics": _metrics(scores, intervals),
        "strategies": _strategies(list(whole(RANKINGS)), list(whole(EVIDENCE))),
    }


def _whole(tree: Tree, names: Iterator[str], written: Mapping[str, str]) -> Iterator[bytes]:
    """The content of each file that is as its step wrote it."""
    for path in names:
        if path in written and (tree / path).is_file():
            data = store.read_file(tree / path)
            if store.sha256(data) == written[path]:
                yield data


def _stored(checkpoints: Mapping[str, Checkpoint]) -> dict[str, str]:
    """The hash of the list of stored files that each source was read from, by its name there."""
    inputs = [it.inputs for it in checkpoints.values() if it.instance.step == "fetch_data"]
    return {
        PurePath(path).stem: entry.sha256
        for read in inputs
        for path, entry in sorted(read.items())
        if entry.sha256 and path == CURRENT.format(source=PurePath(path).stem)
    }


def _hashes(checkpoints: Mapping[str, Checkpoint]) -> dict[str, str]:
    return {name: checkpoint.outputs_sha() for name, checkpoint in checkpoints.items()}


def _metrics(
    scores: list[Mapping[str, Any]], intervals: list[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    ends = {
        (row["scenario"], row["model"], row["metric"]): (row["lower"], row["upper"])
        for row in interval_rows(intervals)
    }
    rows = []
    for row in metric_rows(scores):
        low, high = ends.get((row["scenario"], row["model"], row["metric"]), (None, None))
        rows.append({**row, "low": low, "high": high})
    return rows


def _strategies(rankings: list[bytes], evidence: list[bytes]) -> list[dict[str, Any]]:
    """Rows of the ranking, each with the evidence for its best set, best first."""
    of_best = {row["strategy_name"]: row for data in evidence for row in _rows(data)}
    ranked = [row for data in rankings for row in _rows(data)]
    ranked.sort(key=lambda row: (row["overall_rank"] is None, row["overall_rank"] or 0))
    return [
        {SHORT.get(name, name): value for name, value in row.items()}
        | {
            name: value
            for name, value in of_best.get(row["strategy_name"], {}).items()
            if name not in RANKED_ALREADY
        }
        for row in ranked
    ]


def _rows(data: bytes) -> list[dict[str, Any]]:
    import pyarrow as pa  # late, because most who ask for runs read no table
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = (
        # A thread that has just started when the process ends would abort it.
        pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False).to_pylist()
    )
    return rows
