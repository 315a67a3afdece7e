"""Rows of the current snapshot, put among those that the mirror has, partition by partition.

A partition whose object the mirror has is not looked at again. Others go several at a time, in
batches of 5,000 rows: COPY into a temporary table, then `timescale_upsert`. Each time it is noted
in the same transaction which objects' rows are there, so whoever is interrupted goes on from there.

Where that does not do, a partition is replaced: its rows are taken out, put back as the object has
them, and what differs goes to the history. So it is when rows are there that the object has no
more, and when an older snapshot was brought back, whose rows are older than those that the mirror
has. After a batch that took too long, the others are replaced too, with COPY straight into the
table instead of an upsert; that takes a transaction as well, and ends in the same rows.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tidemark.mirroring import copy_text
from tidemark.mirroring.keeping import Count
from tidemark.mirroring.server import Server, StatementError
from tidemark.project import Tree
from tidemark.stored import objects, records
from tidemark.stored.manifest import Manifest

import pyarrow as pa
import pyarrow.compute as pc

TABLES = {
    "bars": "market_data.bars",
    "actions": "market_data.actions",
    "series": "economic_data.series",
    "news": "news.articles",
    "events": "events.calendar",
}
RENAMED = {"news": {"source": "publisher"}}  # as the database has them
TWICE = "23505"  # a unique index would have a key twice


@dataclass(frozen=True)
class Sent:
    """What came of it.

    Attributes:
        partitions: that were sent.
        added, replaced: rows that had none of their key, and rows that took another's place.
        straight: partitions that were copied straight, because a batch took too long.
        nul: texts in which a NUL had to give way.
    """

    partitions: int = 0
    added: int = 0
    replaced: int = 0
    straight: int = 0
    nul: int = 0


@dataclass(frozen=True)
class _Partition:
    source: str
    kind: str
    label: str
    object: str
    rows: int
    before: int | None  # rows that the mirror has of it; None: it never had any


class Sending:
    """Rows on their way.

    Args:
        server: of the mirror, migrated.
        tree: whose rows they are.
        at: of the snapshot that they are of.
        batch_rows: rows at a time.
        slow_seconds: what a batch may take.
        exactly: whether partitions are replaced, because an older snapshot came back.
        count: told of rows done and of all.
    """

    def __init__(
        self,
        server: Server,
        tree: Tree,
        at: datetime,
        *,
        batch_rows: int = 5000,
        slow_seconds: float = 2.0,
        exactly: bool = False,
        count: Count = lambda done, of, what: None,
    ) -> None:
        self._server, self._tree, self._at, self._count = server, tree, at, count
        self._batch_rows, self._slow_seconds = batch_rows, slow_seconds
        self._exactly, self._slow = exactly, False
        self.sent = Sent()

    def send(self, listed: Sequence[Manifest]) -> Sent:
        """Have the mirror hold the rows of these manifests, and of no others."""
        there = {
            (str(source), str(kind), str(label)): (str(name), int(rows))
            for source, kind, label, name, rows in self._server.run(
                "SELECT source, kind, partition, object, rows FROM tidemark.partitions"
            )
        }
        wanted = list(_wanted(listed, {place: rows for place, (_, rows) in there.items()}))
        new = [one for one in wanted if there.get(_place(one), ("",))[0] != one.object]
        done, of = 0, sum(one.rows for one in new)
        for group in _groups(new, self._batch_rows):
            self._send(group)
            done += sum(one.rows for one in group)
            self._count(done, of, "rows")
        for source, kind, label in sorted(there.keys() - set(map(_place, wanted))):
            self._take_away(source, kind, label)
        return self.sent

    def _send(self, group: Sequence[_Partition]) -> None:
        """Send some partitions of one source and kind, all or nothing."""
        tables = [self._rows(one) for one in group]
        if not self._exactly and not self._slow and self._upserted(group, tables):
            return
        for one, table in zip(group, tables, strict=True):
            try:
                self._replace(one, table, straight=self._slow)
            except StatementError as error:
                if error.state != TWICE:
                    raise
                self._replace(one, table, straight=False)  # a key stands in another partition

    def _upserted(self, group: Sequence[_Partition], tables: Sequence[pa.Table]) -> bool:
        """Upsert the rows; False, with nothing changed, if others would be left beside them."""
        try:
            with self._server.transaction():
                added, replaced = self._upsert(group[0].kind, pa.concat_tables(tables))
                if sum(one.before or 0 for one in group) + added != sum(one.rows for one in group):
                    raise _LeftBeside
                for one in group:
                    self._note(one)
        except _LeftBeside:
            return False
        self._add(Sent(len(group), added, replaced, nul=sum(map(copy_text.has_nul, tables))))
        return True

    def _upsert(self, kind: str, rows: pa.Table) -> tuple[int, int]:
        added = replaced = 0
        self._batch_table(kind)
        for start in range(0, rows.num_rows, self._batch_rows):
            began = time.monotonic()
            self._copy(f"pg_temp.{kind}", rows.slice(start, self._batch_rows))
            ((new, other, _),) = self._server.run(
                f"SELECT * FROM tidemark.timescale_upsert('pg_temp.{kind}')"
            )
            self._server.run(f"TRUNCATE pg_temp.{kind}")
            added, replaced = added + int(new), replaced + int(other)
            self._slow = self._slow or time.monotonic() - began > self._slow_seconds
        return added, replaced

    def _replace(self, one: _Partition, rows: pa.Table, *, straight: bool) -> None:
        """Have the mirror hold these rows of a partition, whatever it had of it."""
        holds = pc.is_null(rows.column("superseded_at"))
        with self._server.transaction():
            if one.before is None:  # then there are none, and nobody need look
                self._server.run(
                    f"CREATE TEMPORARY TABLE taken_out (LIKE {TABLES[one.kind]}) ON COMMIT DROP"
                )
            else:
                self._take_out(one.source, one.kind, one.label)
            if straight:
                self._copy(TABLES[one.kind], rows.filter(holds))
                rows = rows.filter(pc.invert(holds))
            added, replaced = self._upsert(one.kind, rows)
            self._server.run("SELECT tidemark.settle(:kind, :at)", kind=one.kind, at=self._at)
            self._note(one)
        added = one.rows if straight else added
        before = one.before or 0
        changed = Sent(1, max(added - before, 0), replaced, int(straight), copy_text.has_nul(rows))
        self._add(changed)

    def _take_away(self, source: str, kind: str, label: str) -> None:
        """What no manifest names any more goes to the history."""
        with self._server.transaction():
            self._take_out(source, kind, label)
            self._server.run("SELECT tidemark.settle(:kind, :at)", kind=kind, at=self._at)
            self._server.run(
                "DELETE FROM tidemark.partitions WHERE source = :source AND kind = :kind"
                " AND partition = :label",
                source=source,
                kind=kind,
                label=label,
            )

    def _take_out(self, source: str, kind: str, label: str) -> None:
        self._server.run(
            "SELECT tidemark.take_out(:kind, :source, :label)",
            kind=kind,
            source=source,
            label=label,
        )

    def _rows(self, one: _Partition) -> pa.Table:
        table = objects.table_in(one.object, objects.get(self._tree, one.object))
        kept = [name for name in records.KINDS[one.kind].kept if name in table.column_names]
        others = RENAMED.get(one.kind, {})
        table = table.select(kept).rename_columns([others.get(name, name) for name in kept])
        for name, value in (("partition", one.label), ("source", one.source)):
            same = pa.repeat(pa.scalar(value, pa.large_string()), table.num_rows)
            table = table.add_column(0, name, same)
        return table.replace_schema_metadata(None)

    def _batch_table(self, kind: str) -> None:
        self._server.run(f"CREATE TEMPORARY TABLE {kind} (LIKE {TABLES[kind]}) ON COMMIT DROP")

    def _copy(self, table: str, rows: pa.Table) -> None:
        names = ", ".join(f'"{name}"' for name in rows.column_names)
        self._server.copy(f"{table} ({names})", copy_text.chunks(rows))

    def _note(self, one: _Partition) -> None:
        self._server.run(
            "INSERT INTO tidemark.partitions VALUES (:source, :kind, :label, :object, :rows)"
            " ON CONFLICT (source, kind, partition)"
            " DO UPDATE SET object = excluded.object, rows = excluded.rows",
            **{name: value for name, value in vars(one).items() if name != "before"},
        )

    def _add(self, more: Sent) -> None:
        self.sent = replace(
            self.sent,
            **{name: number + vars(more)[name] for name, number in vars(self.sent).items()},
        )


class _LeftBeside(Exception):
    """Rows would be left that the objects do not have."""


def forget(server: Server, sources: set[str]) -> int:
    """Remove all rows of sources that must not be shared, those replaced among them; how many."""
    removed = 0
    for source in sorted(sources):
        with server.transaction():
            for table in TABLES.values():
                for each in (table, f"{table}_history"):
                    ((gone,),) = server.run(
                        f"WITH gone AS (DELETE FROM {each} WHERE source = :source RETURNING 1)"
                        " SELECT count(*) FROM gone",
                        source=source,
                    )
                    removed += int(gone)
            server.run("DELETE FROM tidemark.partitions WHERE source = :source", source=source)
    return removed


def _place(one: _Partition) -> tuple[str, str, str]:
    return one.source, one.kind, one.label


def _wanted(
    listed: Sequence[Manifest], before: Mapping[tuple[str, str, str], int]
) -> Iterator[_Partition]:
    for own in listed:
        for kind, part in sorted(own.kinds.items()):
            for label, one in sorted(part.partitions.items()):
                had = before.get((own.source, kind, label))
                yield _Partition(own.source, kind, label, one.object, one.rows, had)


def _groups(some: Sequence[_Partition], rows: int) -> Iterator[list[_Partition]]:
    """Those of one source and kind that follow each other, as many as make up a batch."""
    group: list[_Partition] = []
    for one in some:
        if group and (
            (group[0].source, group[0].kind) != (one.source, one.kind)
            or sum(each.rows for each in group) + one.rows > rows
        ):
            yield group
            group = []
        group.append(one)
    if group:
        yield group
