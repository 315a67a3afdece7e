"""A mirror brought up to date: what brings snapshots back, rows of the current one, results.

Each part is a transaction, or many small ones; whoever is killed in between and starts again ends
the same, and who starts twice changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidemark.mirroring import keeping, migrating, partitions, results, terms
from tidemark.mirroring.keeping import Count
from tidemark.mirroring.partitions import Sending, Sent
from tidemark.mirroring.results import Copied
from tidemark.mirroring.server import Server
from tidemark.project import Tree
from tidemark.stored import snapshot_log, snapshots
from tidemark.stored.snapshot_log import Snapshot
from tidemark.tables.table import Table


@dataclass(frozen=True)
class Mirrored:
    """What came of it.

    Attributes:
        migrations: that were applied.
        snapshot: the number of the one whose rows are there; 0 if there is none.
        records, objects: how many of the log and of the store were sent.
        gone: objects of some snapshot that neither the store nor the mirror has.
        sent: rows of the snapshot.
        unshared: sources that are left out by their terms.
        removed: rows of these that had been there before.
        copied: tables of the database; None without one.
    """

    migrations: int
    snapshot: int
    records: int
    objects: int
    gone: list[str]
    sent: Sent
    unshared: Collection[str]
    removed: int
    copied: Copied | None


def send(
    server: Server,
    tree: Tree,
    database: Any | None,
    tables: Mapping[str, Table],
    count: Count,
    *,
    batch_rows: int = 5000,
    slow_seconds: float = 2.0,
) -> Mirrored:
    """Bring the mirror up to date, within `server.alone`.

    Args:
        server: where it is.
        tree: the project.
        database: a connection of DuckDB; None if there is no database.
        tables: of the database, as declared.
        count: told how far it is.
        batch_rows, slow_seconds: see `partitions`.

    Raises:
        InputError: the server refuses something, the mirror is that of another store, or an object
            of the current snapshot is gone or damaged.
    """
    migrations = migrating.migrate(server)
    every = snapshots.list(tree)
    unshared = terms.unshared(every)
    removed = partitions.forget(server, unshared)
    records = keeping.send_log(server, snapshot_log.log(tree))
    listed = keeping.manifests(tree, every)
    sent_objects, gone = keeping.send_objects(server, tree, listed, unshared, count)
    current = every[-1] if every else snapshot_log.NOTHING
    sent = Sent()
    if every:
        sending = Sending(
            server,
            tree,
            datetime.fromisoformat(current.at),
            batch_rows=batch_rows,
            slow_seconds=slow_seconds,
            exactly=_went_back(server, every),
            count=count,
        )
        shared = sorted(current.sources.keys() - unshared)
        sent = sending.send([snapshots.manifest_of(tree, current, name) for name in shared])
        _note(server, current)
    copied = None if database is None else results.copy(server, database, tables, count)
    return Mirrored(
        migrations,
        current.number,
        records,
        sent_objects,
        gone,
        sent,
        unshared & current.sources.keys(),
        removed,
        copied,
    )


def _went_back(server: Server, every: Sequence[Snapshot]) -> bool:
    """Whether an older snapshot was brought back since the rows were sent that are there."""
    found = server.run("SELECT snapshot FROM tidemark.mirrored")
    last = int(found[0][0]) if found else 0
    return any(one.restored is not None for one in every if one.number > last)


def _note(server: Server, current: Snapshot) -> None:
    with server.transaction():
        server.run("DELETE FROM tidemark.mirrored")
        server.run(
            "INSERT INTO tidemark.mirrored VALUES (:number, :at)",
            number=current.number,
            at=datetime.fromisoformat(current.at),
        )
