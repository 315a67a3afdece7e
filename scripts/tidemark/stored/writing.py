"""Commits: rows that were fetched become part of the store, with a snapshot, or change nothing.

A commit is all or nothing, wherever it is killed: objects first, then the record of the snapshot,
which counts. Commits of several processes take turns. One that brings nothing new changes no byte.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.project import Tree
from tidemark.stored import manifest, objects, records, snapshots, turn
from tidemark.stored.manifest import Manifest, Part, Partition
from tidemark.stored.snapshot_log import Held, Snapshot
from tidemark.stored.upsert import Counts, upsert

import pandas as pd

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Came(Counts):
    """What came of a commit: `Counts`, and the number of the snapshot that has it all (0: none)."""

    snapshot: int = 0


def commit(
    tree: Tree,
    source: str,
    kind: str,
    rows: pd.DataFrame,
    *,
    fetched: datetime,
    cursor: Mapping[str, str],
    asked: Mapping[str, Any],
    terms: Mapping[str, Any],
    convention: str | None = None,
) -> Came:
    """Keep what was fetched of one kind of records; see `commit_all`."""
    return commit_all(
        tree,
        source,
        {kind: rows},
        fetched=fetched,
        cursor=cursor,
        asked=asked,
        terms=terms,
        convention=convention,
    )


def commit_all(
    tree: Tree,
    source: str,
    rows: Mapping[str, pd.DataFrame],
    *,
    fetched: datetime,
    cursor: Mapping[str, str],
    asked: Mapping[str, Any],
    terms: Mapping[str, Any],
    convention: str | None = None,
) -> Came:
    """Keep what was fetched of a source, as one snapshot; bars and their actions belong together.

    All actions of a ticker and day must come in one commit, as they replace those that are kept.

    Args:
        tree: the project.
        source: its name.
        rows: by kind, a normalised record each, in the order in which they came.
        fetched: when, with a time zone. Rows that were fetched later are not replaced.
        cursor: where the fetcher stands; kept with the snapshot.
        asked: {from, to}, what was asked for.
        terms: of the data, as `providers.contract.Terms` has them, in plain JSON.
        convention: what the closes of bars are adjusted for as sent, the same at each commit.

    Raises:
        InputError: rows are not of their kind, bars have another interval or convention than those
            that are kept, or the store is damaged.
        OSError: it cannot be written; then nothing has changed.
    """
    if not NAME.fullmatch(source):
        raise InputError(source, "is no name of a source", "letters, digits, _, - and .")
    at = fetched.astimezone(UTC)
    came = {kind: records.received(source, kind, own, at) for kind, own in rows.items() if len(own)}
    with turn.alone(tree) as newest:
        kept = (
            snapshots.manifest_of(tree, newest, source)
            if source in newest.sources
            else Manifest(source)
        )
        content: dict[str, bytes] = {}
        counts: dict[str, Counts] = {}
        parts = dict(kept.kinds)
        for kind, own in came.items():
            before = parts.get(kind, Part())
            part = _of_bars(source, before, own, convention) if kind == "bars" else before
            parts[kind], counts[kind] = _put(tree, kind, part, own, content)
        total = sum(counts.values(), Counts())
        if not total.changed:
            return Came(**vars(total), snapshot=newest.number)
        new = replace(kept, kinds=parts)
        made = turn.append(
            tree, newest, _next(newest, new, at, cursor, asked, terms, counts), content
            | {_name(new): new.encoded()},
        )  # fmt: skip
        return Came(**vars(total), snapshot=made.number)


def _next(
    newest: Snapshot,
    new: Manifest,
    at: datetime,
    cursor: Mapping[str, str],
    asked: Mapping[str, Any],
    terms: Mapping[str, Any],
    counts: Mapping[str, Counts],
) -> Snapshot:
    told = at.isoformat()
    held = Held(_name(new), told, dict(cursor), dict(terms))
    return Snapshot(
        number=0,
        at=told,
        source=new.source,
        sources={**newest.sources, new.source: held},
        asked=dict(asked),
        came={kind: dict(vars(own)) for kind, own in counts.items()},
    )


def _name(new: Manifest) -> str:
    return objects.named(new.encoded(), "json")


def _put(
    tree: Tree, kind: str, part: Part, came: pd.DataFrame, content: dict[str, bytes]
) -> tuple[Part, Counts]:
    """The part of a kind with the rows that came; the new objects are added to `content`."""
    partitions, total = dict(part.partitions), Counts()
    places = manifest.labels(came["timestamp"], part.interval)
    if "timestamp" not in records.KINDS[kind].key:
        places = _homes(tree, kind, part, came).fillna(places)
    for label, own in came.groupby(places):
        there = partitions.get(label)
        before = objects.rows(tree, there.object, kind) if there else records.none(kind)
        after, counts = upsert(kind, before, own.reset_index(drop=True))
        total += counts
        if counts.changed:
            data = objects.rows_bytes(kind, after)
            name = objects.named(data, "parquet")
            content[name] = data
            partitions[label] = Partition(name, int(after["superseded_at"].isna().sum()))
    return replace(part, partitions=partitions), total


def _homes(tree: Tree, kind: str, part: Part, came: pd.DataFrame) -> pd.Series:
    """The partition where the key of each row stands already, whatever time it now has."""
    (key,) = records.KINDS[kind].key
    homes = {
        one: label
        for label, partition in part.partitions.items()
        for one in objects.rows(tree, partition.object, kind)[key]
    }
    return came[key].map(homes).astype(object)


def _of_bars(source: str, part: Part, came: pd.DataFrame, convention: str | None) -> Part:
    """The part of bars, of one interval and one convention."""
    intervals = sorted(came["interval"].dropna().unique())
    intervals += [part.interval] if part.interval not in (None, *intervals) else []
    conventions = [one for one in dict.fromkeys((part.convention, convention)) if one]
    for name, found in (("interval", intervals), ("convention", conventions)):
        if len(found) > 1:
            cure = "give bars of another kind a source of another name"
            raise InputError(f"{source}: bars", f"{name}: {several(found)} in one source", cure)
    return replace(
        part, interval=next(iter(intervals), None), convention=next(iter(conventions), None)
    )
