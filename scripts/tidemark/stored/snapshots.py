"""Snapshots of all that is kept: listed, found by number or time, brought back."""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial

from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.project import Tree
from tidemark.stored import manifest, objects, snapshot_log, turn
from tidemark.stored.snapshot_log import Held, Snapshot

LOOK = "make snapshots lists them"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
HASHES = re.compile(r"(?!\d{8,9}$)[0-9a-f]{8,64}(, *[0-9a-f]{8,64})*")
SHOWN = 12  # digits of a hash


def list(tree: Tree) -> Sequence[Snapshot]:
    """All snapshots, oldest first.

    Raises:
        InputError: a record was altered, removed, or written by a newer Tidemark.
    """
    records = snapshot_log.log(tree).records()
    return [snapshot_log.read(record.number, record.content) for record in records]


def current(tree: Tree) -> Snapshot:
    """The newest snapshot; one of nothing, with number 0, if there is none.

    Raises:
        InputError: a record was altered, removed, or written by a newer Tidemark.
    """
    return snapshot_log.last(tree)


def find(tree: Tree, which: int | str | datetime | None) -> Snapshot:
    """The snapshot of that number or that data, or the last one at that time.

    Args:
        tree: the project.
        which: a number; a time, in UTC unless it says another zone; a day, which means its end; the
            first digits of what identifies the data of a source, of several separated by commas,
            for the newest one that has them all; or None for the newest one.

    Raises:
        InputError: there is none, or the log is not whole.
    """
    if which is None:
        return current(tree)
    if isinstance(which, str) and HASHES.fullmatch(which):
        digits = [one.strip() for one in which.split(",")]
        found = [one for one in list(tree) if all(_has(one, each) for each in digits)]
    elif isinstance(which, int) or (isinstance(which, str) and which.isdecimal()):
        found = [one for one in list(tree) if one.number == int(which)]
    else:
        time = which if isinstance(which, datetime) else _time(which)
        found = [one for one in list(tree) if datetime.fromisoformat(one.at) <= time]
    if not found:
        raise InputError(f"snapshot {which}", "there is no such snapshot", LOOK)
    return found[-1]


def identity(held: Held) -> str:
    """The first digits of what identifies the data of a source, as reports show it."""
    return held.manifest[:SHOWN]


def _has(snapshot: Snapshot, digits: str) -> bool:
    return any(held.manifest.startswith(digits) for held in snapshot.sources.values())


def restore(tree: Tree, which: int | str | datetime, at: datetime) -> Snapshot:
    """Make an earlier snapshot the newest once more; all others stay. The snapshot that is newest.

    Fetches go on from there. Nothing changes if it already is as that one was.

    Args:
        tree: the project.
        which: see `find`.
        at: the time now, with a zone.

    Raises:
        InputError: there is none, or something that it needs is gone or damaged.
        OSError: it cannot be written.
    """
    wanted = find(tree, which)
    if damaged := lost(tree, [wanted])[wanted.number]:
        where = f"snapshot {wanted.number}"
        raise InputError(where, f"{several(damaged)}: gone or damaged", f"another one; {LOOK}")
    with turn.alone(tree) as newest:
        if newest.sources == wanted.sources:
            return newest
        told = at.astimezone(UTC).isoformat(timespec="seconds")
        new = Snapshot(0, told, None, wanted.sources, restored=wanted.number)
        return turn.append(tree, newest, new, {})


def manifest_of(tree: Tree, snapshot: Snapshot, source: str) -> manifest.Manifest:
    """What a snapshot has of a source.

    Raises:
        InputError: it has none of it, or that is gone or damaged.
    """
    if source not in snapshot.sources:
        known = ", ".join(sorted(snapshot.sources)) or "none"
        where = f"snapshot {snapshot.number}"
        raise InputError(where, f"has no source {source}", f"it has {known}; {LOOK}")
    name = snapshot.sources[source].manifest
    return manifest.decoded(objects.get(tree, name), str(objects.FOLDER / name))


def lost(tree: Tree, some: Sequence[Snapshot]) -> dict[int, builtins.list[str]]:
    """The objects that are gone or damaged, by the number of each snapshot that needs them.

    Each object is looked at once, however many snapshots have it.
    """
    whole = cache(partial(objects.whole, tree))
    needs = cache(partial(_needs, tree))
    names = {one.number: {held.manifest for held in one.sources.values()} for one in some}
    return {
        number: sorted(name for name in own.union(*map(needs, own)) if not whole(name))
        for number, own in names.items()
    }


def _needs(tree: Tree, name: str) -> set[str]:
    """The objects that a manifest names; none if it is gone or damaged itself."""
    if not objects.whole(tree, name):
        return set()
    return manifest.decoded(objects.get(tree, name), str(objects.FOLDER / name)).objects


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        cure = (
            "a number, the hash of data as reports have it, a day such as 2026-11-30, or a time"
            f" such as 2026-11-30T19:00Z; {LOOK}"
        )
        raise InputError(f"snapshot {text}", "is no number or time of a snapshot", cure) from error
    if DAY.fullmatch(text):
        time += timedelta(days=1, microseconds=-1)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
