"""Bring the mirror in PostgreSQL up to date: what the store keeps, and tables of results.

make mirror     to the database of mirror.postgres in config.yaml; what is there already stays

The password stands in TIDEMARK_PG_PASSWORD or PGPASSWORD, in the environment or in .env. It may be
interrupted at any time: the next one goes on from there.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tidemark.errors import InputError
from tidemark.fetching import keys
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.harness.progress import Progress
from tidemark.layout.collect_metrics import DATABASE
from tidemark.mirroring import sending
from tidemark.mirroring import server as servers
from tidemark.mirroring.sending import Mirrored
from tidemark.naming import counted, several
from tidemark.project import HERE, ROOT
from tidemark.runs import settling
from tidemark.tables.catalogue import TABLES

import duckdb


def main() -> int:
    """Exit code 2 if it is not configured, or the server refuses something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    options = parser.parse_args()
    os.chdir(ROOT)  # because views of the database read records below the project
    settings = servers.configured(HERE, options.config)
    settling.settle(HERE)
    progress = Progress(None)
    with (
        servers.opened(settings, keys.environment(HERE)) as server,
        servers.alone(server),
        _database() as database,
        progress.told(lambda words: console.say(f"    mirror: {words}")),
    ):
        try:
            done = sending.send(
                server,
                HERE,
                database,
                TABLES,
                progress.count,
                batch_rows=settings.batch_rows,
                slow_seconds=settings.slow_seconds,
            )
        except duckdb.Error as error:
            problem = str(error).splitlines()[0]
            raise InputError(DATABASE, problem, "make collect_metrics, then again") from error
    for line in told(done):
        console.say(line)
    return 0


def told(done: Mirrored) -> list[str]:
    """What came of it, in lines."""
    sent, copied = done.sent, done.copied
    lines = []
    if done.migrations:
        lines.append(f"    migrated: {counted(done.migrations, 'file')} of SQL applied")
    if done.unshared:
        names = several(sorted(done.unshared))
        lines.append(
            f"    note: {names}: rows are left out, as the terms do not let them be shared"
        )
    if done.removed:
        lines.append(f"    note: {counted(done.removed, 'row')} of such a source removed there")
    if sent.nul:
        many = counted(sent.nul, "text")
        lines.append(f"    note: {many} with a NUL, which has ␀ (U+2400) in its place there")
    if sent.straight:
        many = counted(sent.straight, "partition")
        lines.append(f"    note: {many} copied straight, as a batch took too long")
    if done.gone:
        lines.append(f"    note: gone here, and not in the mirror: {several(done.gone)}")
    rows = f"{counted(sent.added, 'row')} new, {sent.replaced:,} replaced"
    kept = f"{counted(done.objects, 'object')} and {counted(done.records, 'record')} sent"
    results = "no database yet"
    if copied is not None:
        results = f"{counted(copied.tables, 'table')} copied, {copied.same} as they were"
    which = f"snapshot {done.snapshot}" if done.snapshot else "no snapshot"
    return [*lines, f"mirrored {which}: {rows}; {kept}; {results}"]


@contextlib.contextmanager
def _database() -> Iterator[duckdb.DuckDBPyConnection | None]:
    if not Path(DATABASE).exists():
        yield None
        return
    try:
        connection = duckdb.connect(DATABASE, read_only=True)
    except duckdb.Error as error:
        cure = f"rm {DATABASE}, and make all"
        raise InputError(DATABASE, str(error).splitlines()[0], cure) from error
    with connection:
        yield connection


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
