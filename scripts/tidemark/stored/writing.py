"""Commits: rows that were fetched become part of the store, with a snapshot, or change nothing.

A commit is all or nothing, wherever it is killed: objects first, then the record of the snapshot,
which counts. Commits of several processes take turns. One that brings nothing new changes no byte.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.project import Tree
from tidemark.stored import manifest, objects, reading, records, restating, snapshots, turn
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
            changed, counts[kind] = _put(tree, kind, part, own)
            if part.convention == "splits" and counts[kind].restated:
                changed = _scaled(tree, kept, came, changed)
            parts[kind] = _named(kind, part, changed, content)
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
    tree: Tree, kind: str, part: Part, came: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], Counts]:
    """The rows of each partition that what came has changed, and what came of it."""
    changed: dict[str, pd.DataFrame] = {}
    total = Counts()
    places = manifest.labels(came["timestamp"], part.interval)
    if "timestamp" not in records.KINDS[kind].key:
        places = _homes(tree, kind, part, came).fillna(places)
    for label, own in came.groupby(places):
        there = part.partitions.get(label)
        before = objects.rows(tree, there.object, kind) if there else records.none(kind)
        after, counts = upsert(kind, before, own.reset_index(drop=True))
        total += counts
        if counts.changed:
            changed[label] = after
    return changed, total


def _scaled(
    tree: Tree,
    kept: Manifest,
    came: Mapping[str, pd.DataFrame],
    changed: Mapping[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """The bars that changed, and those before them that a split restates though none came."""
    partitions = kept.kinds["bars"].partitions
    before = {label: objects.rows(tree, one.object, "bars") for label, one in partitions.items()}
    actions = [came["actions"]] if "actions" in came else []
    actions += [reading.rows_of(tree, kept, "actions")] if "actions" in kept.kinds else []
    result = dict(changed)
    if not actions:
        return result
    bars = pd.concat(before.values())
    holds = bars[bars["superseded_at"].isna()]
    behind = restating.left_behind(holds, came["bars"], pd.concat(actions))
    for label, (ticker, (first, factor)) in itertools.product(before, behind.items()):
        rows = result.get(label, before[label])
        own = (rows["ticker"] == ticker) & (rows["timestamp"] < first)
        own &= rows["superseded_at"].isna()
        if own.any():
            scale = rows[records.SCALE].where(~own, rows[records.SCALE] * factor)
            result[label] = rows.assign(**{records.SCALE: scale})
    return result


def _named(
    kind: str, part: Part, changed: Mapping[str, pd.DataFrame], content: dict[str, bytes]
) -> Part:
    """The part with what changed; the bytes of its new objects are added to `content`."""
    partitions = dict(part.partitions)
    for label, rows in changed.items():
        data = objects.rows_bytes(kind, rows)
        name = objects.named(data, "parquet")
        content[name] = data
        partitions[label] = Partition(name, int(rows["superseded_at"].isna().sum()))
    return replace(part, partitions=partitions)


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
