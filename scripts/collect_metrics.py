"""Gather everything measured into artifacts/metrics.duckdb, with views over what providers sent."""

from functools import cache, partial
from typing import Any

from tidemark.config.kinds import KINDS, paths
from tidemark.harness.step import Run, step
from tidemark.layout.collect_metrics import DATABASE
from tidemark.layout.fetch_data import RAW
from tidemark.providers import catalogue as providers
from tidemark.sources import settings
from tidemark.stored import manifest
from tidemark.tables import database, sources
from tidemark.tables.catalogue import TABLES
from tidemark.tables.table import Configured, ParquetFile, Records, Sources


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
            case Sources():
                rows[title] = list(map(partial(_source, run), configured["source"]))
            case Configured():
                rows[title] = [
                    {"kind": kind, "name": name}
                    for kind, names in configured.items()
                    for name in names
                ]
    fetch = run.config["fetch_data"]
    lists = dict.fromkeys(filter(None, (_listed(fetch, name) for name in configured["source"])))
    stored = [manifest.decoded(run.read.content(path), path) for path in lists]
    with run.write.file(DATABASE) as path:
        database.build(path, rows, files, stored)
    run.tell.headline(f"{len(rows['metrics'])} metrics")


def _source(run: Run, source: str) -> dict[str, Any]:
    """A row of the table of sources."""
    fetch = run.config["fetch_data"]
    section, listed = settings.section_of(fetch, source), _listed(fetch, source)
    raw = RAW.format(source=source)
    times = run.read.parquet(raw, ["timestamp"])["timestamp"]
    if listed:
        run.read.content(listed)
    terms = providers.module(section["provider"]).TERMS if listed else None
    return sources.row(source, section, times, run.read.inputs[listed or raw] or "", terms)


def _listed(fetch: Any, source: str) -> str | None:
    """The list of what is stored of a source; None if it has no provider."""
    section = settings.section_of(fetch, source)
    return str(section["path"]) if section["provider"] else None


if __name__ == "__main__":
    collect_metrics()
