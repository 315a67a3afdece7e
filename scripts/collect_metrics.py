"""Gather everything measured into artifacts/metrics.duckdb."""

from functools import cache

from tidemark.config.kinds import KINDS, paths
from tidemark.harness.step import Run, step
from tidemark.layout.collect_metrics import DATABASE
from tidemark.tables import database
from tidemark.tables.catalogue import TABLES
from tidemark.tables.table import Configured, ParquetFile, Records


@step()
def collect_metrics(run: Run) -> None:
    """Write artifacts/metrics.duckdb."""
    configured = {name: kind.names(run.config) for name, kind in KINDS.items()}
    read = cache(run.read.json)
    rows, files = {}, {}
    for title, table in TABLES.items():
        match table.source:
            case Records(patterns, rows_of):
                listed = (paths(pattern, configured) for pattern in patterns)
                rows[title] = rows_of(*(list(map(read, files_of)) for files_of in listed))
            case ParquetFile(path):
                files[title] = run.read.path(path)
            case Configured():
                rows[title] = [
                    {"kind": kind, "name": name}
                    for kind, names in configured.items()
                    for name in names
                ]
    with run.write.file(DATABASE) as path:
        database.build(path, rows, files)
    run.tell.headline(f"{len(rows['metrics'])} metrics")


if __name__ == "__main__":
    collect_metrics()
