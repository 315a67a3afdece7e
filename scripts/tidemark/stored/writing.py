"""Commits: rows that were fetched become part of the store, with a snapshot, or change nothing.

A commit is all or nothing, wherever it is killed: objects first, then the record of the snapshot,
which counts. Commits of several processes take turns. One that brings nothing new changes no byte.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.project import Tree
from tidemark.stored import objects, partitions, records, snapshots, turn
from tidemark.stored.manifest import Asked, Manifest, Part
from tidemark.stored.partitions import Whole
from tidemark.stored.snapshot_log import Held, Snapshot
from tidemark.stored.upsert import Counts

import pandas as pd

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Came(Counts):
    """What came of a commit: `Counts`, and the number of the snapshot that has it all (0: none)."""

    snapshot: int = 0


@dataclass(frozen=True)
class Extent:
    """What rows that were fetched are of, and are not.

    Attributes:
        provider: who sent them; empty if nobody notes it.
        anew: whether the source begins anew, because what is kept is of other things. Rows of
            before are in earlier snapshots alone.
        names_anew: tickers or series that do so.
        lacks: those of which the provider has nothing.
        asked: how those were asked for of which there is something.
        gone: splits and dividends that were an error of the provider: ticker, day and kind of each.
        whole: when what came is all that there is; None if what did not come stays.
    """

    provider: str = ""
    anew: bool = False
    names_anew: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    asked: Mapping[str, Asked] = field(default_factory=dict)
    gone: frozenset[tuple[str, str, str]] = frozenset()
    whole: Whole | None = None


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
    extent: Extent = Extent(),
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
        extent: what the rows are of.

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
        known = not extent.anew and source in newest.sources
        before = snapshots.manifest_of(tree, newest, source) if known else Manifest(source)
        content: dict[str, bytes] = {}

        def get(name: str) -> bytes:
            return content.get(name) or objects.get(tree, name)

        kept = before
        if extent.names_anew:
            kept = partitions.without(get, before, extent.names_anew, content)
        counts: dict[str, Counts] = {}
        parts = dict(kept.kinds)
        for kind, own in came.items():
            part = parts.get(kind, Part())
            part = _of_bars(source, part, own, convention) if kind == "bars" else part
            changed, counts[kind] = partitions.put(get, kind, part, own, at, extent.whole)
            if part.convention == "splits" and counts[kind].restated:
                changed = partitions.scaled(get, kept, came, changed)
            parts[kind] = partitions.named(kind, part, changed, content)
        if extent.gone and "actions" in parts:
            part = parts["actions"]
            changed, taken = partitions.without_actions(get, part, extent.gone, at)
            counts["actions"] = counts.get("actions", Counts()) + Counts(restated=taken)
            parts["actions"] = partitions.named("actions", part, changed, content)
        total = sum(counts.values(), Counts())
        lacks = _lacking(before, extent, came)
        names = {**before.asked, **extent.asked}
        told = (before.lacks, before.asked) == (lacks, names)
        if not total.changed and kept == before and (told or not before.kinds):
            return Came(**vars(total), snapshot=newest.number)
        new = Manifest(source, parts, extent.provider or before.provider, lacks, names)
        needed = {name: data for name, data in content.items() if name in new.objects}
        made = turn.append(
            tree, newest, _next(newest, new, at, cursor, asked, terms, counts),
            needed | {_name(new): new.encoded()},
        )  # fmt: skip
        return Came(**vars(total), snapshot=made.number)


def _lacking(before: Manifest, extent: Extent, came: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """The names that there is nothing of, those of before that still did not come among them."""
    columns = [(own, partitions.NAMES.get(kind)) for kind, own in came.items()]
    found = {str(name) for own, column in columns if column for name in own[column].unique()}
    return tuple(sorted({*before.lacks} - found - extent.asked.keys() | extent.lacks))


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
