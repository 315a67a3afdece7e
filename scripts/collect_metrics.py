"""Gather everything measured into artifacts/metrics.duckdb, and append the metrics to history."""

from functools import cache

from tidemark.config.kinds import KINDS, paths
from tidemark.harness.step import Run, step
from tidemark.layout.collect_metrics import DATABASE
from tidemark.tables import database, history
from tidemark.tables.catalogue import TABLES
from tidemark.tables.table import Configured, ParquetFile, Records


@step()
def collect_metrics(run: Run) -> None:
    """Write artifacts/metrics.duckdb, and append to metrics/history/ what changed."""
    configured = {name: kind.names(run.config) for name, kind in KINDS.items()}
    read = cache(run.read.json)
    rows, files = {}, {}
    for name, table in TABLES.items():
        match table.source:
            case Records(patterns, rows_of):
                listed = (paths(pattern, configured) for pattern in patterns)
                rows[name] = rows_of(*(list(map(read, found)) for found in listed))
            case ParquetFile(path):
                files[name] = run.read.path(path)
            case Configured():
                rows[name] = [
                    {"kind": kind, "name": one}
                    for kind, names in configured.items()
                    for one in names
                ]
    with run.write.file(DATABASE) as path:
        database.build(path, rows, files)
    run.write.append(history.log(run.tree), {"metrics": rows["metrics"]})
    run.tell.headline(f"{len(rows['metrics'])} metrics")


if __name__ == "__main__":
    collect_metrics()
