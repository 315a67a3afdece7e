"""What a remote or a store lacks of what the other one has, brought there.

Objects go first, then entries, then shapes, so a kill at any instant leaves what nobody finds yet,
and the next time goes on from there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tidemark.harness.remote_store import (
    DamagedError,
    Found,
    RemoteStore,
    at_once,
    entry_name,
    object_name,
    objects_of,
    shape_name,
)
from tidemark.harness.results_store import Entry, Store, Tally

A = TypeVar("A")
T = TypeVar("T")
Note = Callable[[str], None]


@dataclass(frozen=True)
class Exchanged:
    """What was done.

    Attributes:
        results: entries that the other side has now and had not.
        objects: that went.
        bytes: of these.
        known: entries that both had.
        left: entries for which there was no room.
    """

    results: int
    objects: int
    bytes: int
    known: int
    left: int = 0


def push(there: RemoteStore, kept: Store, seen: Store, note: Note) -> Exchanged:
    """Let the remote have what it lacks of a store.

    Of two entries under one name the first stays; if their results differ, that is noted.

    Args:
        there: the remote.
        kept: the store.
        seen: where its entries are brought to be compared.
        note: is told what differs or is damaged.

    Raises:
        RemoteError: it cannot be reached, or does not take it.
        OSError: the store cannot be read.
    """
    entries = {entry_name(entry): entry for entry in kept.all_entries()}
    have = {listed.name for listed in there.remote.list("")}
    new = [entry for name, entry in entries.items() if name not in have]
    lacking = [sha for sha in objects_of(new) if object_name(sha) not in have]
    sizes = _each(lacking, lambda sha: there.put_object(sha, kept), note)
    damaged = set(lacking) - sizes.keys()
    whole = [entry for entry in new if damaged.isdisjoint(objects_of([entry]))]
    first = dict(zip(map(entry_name, whole), at_once(there.put_entry, whole), strict=True))
    found = [*whole, *(entry for name, entry in entries.items() if name in have)]
    shapes = {shape_name(entry, kept): entry for entry in found}
    missing = [entry for name, entry in shapes.items() if name not in have]
    at_once(lambda entry: there.put_shape(entry, kept), missing)
    second = [name for name in map(entry_name, found) if not first.get(name)]
    theirs = _each(second, lambda name: _theirs(there, entries[name], kept, seen), note)
    for name, other in theirs.items():
        if other and other.checkpoint.outputs_sha() != entries[name].checkpoint.outputs_sha():
            note(_differs(other))
    went = [size for size in sizes.values() if size]
    return Exchanged(sum(first.values()), len(went), sum(went), len(second))


def _theirs(there: RemoteStore, ours: Entry, kept: Store, seen: Store) -> Entry | None:
    return there.fetch_entry(entry_name(ours), ours.file.relative_to(kept.folder), seen)


def _differs(theirs: Entry) -> str:
    return (
        f"{theirs.checkpoint.name}: the remote has other results of the same inputs, code and"
        f" libraries, computed {theirs.checkpoint.started:%Y-%m-%d} by {theirs.who};"
        " those stay there, yours stay here"
    )


def pull(
    there: RemoteStore, names: Iterable[str], kept: Store, seen: Store, room: float, note: Note
) -> Exchanged:
    """Let a store have what it lacks of some checkpoints, the newest first, while there is room.

    Args:
        there: the remote.
        names: of the checkpoints.
        kept: the store.
        seen: where entries are brought first.
        room: bytes.
        note: is told what is damaged.

    Raises:
        RemoteError: it cannot be reached.
        OSError: the store cannot be written.
    """
    listed = at_once(lambda name: list(there.entries(name)), names)
    found = sorted((each for some in listed for each in some), key=_written, reverse=True)
    lacking = [each for each in found if not (kept.folder / each.relative).exists()]
    brought = _each(lacking, lambda each: there.fetch_entry(each.name, each.relative, seen), note)
    entries = [entry for entry in brought.values() if entry]
    chosen = _within(room, entries, kept)
    wanted = [sha for sha in objects_of(chosen) if not kept.object_path(sha).exists()]
    sizes = _each(wanted, lambda sha: there.fetch_object(sha, kept), note)
    damaged = set(wanted) - sizes.keys()
    whole = [entry for entry in chosen if damaged.isdisjoint(objects_of([entry]))]
    for entry in whole:
        kept.add(entry)
    size = sum(sizes.values())
    kept.count(Tally(bytes=size))
    known = len(found) - len(lacking)
    return Exchanged(len(whole), len(sizes), size, known, len(entries) - len(chosen))


def _written(found: Found) -> tuple[float, str]:
    return found.written.timestamp(), found.name


def _within(room: float, entries: Iterable[Entry], kept: Store) -> list[Entry]:
    """Entries from the first on, until their objects would be too much."""
    chosen: list[Entry] = []
    counted: set[Path] = set()
    for entry in entries:
        sizes = {kept.object_path(o.sha256): o.bytes for o in entry.checkpoint.outputs.values()}
        new = {path: size for path, size in sizes.items() if path not in counted}
        room -= sum(size for path, size in new.items() if not path.exists())
        if room < 0:
            break
        counted |= new.keys()
        chosen.append(entry)
    return chosen


def _each(some: Sequence[A], work: Callable[[A], T], note: Note) -> dict[A, T]:
    """What it gives for each of them; what is damaged is noted and left out."""

    def tried(one: A) -> T | DamagedError:
        try:
            return work(one)
        except DamagedError as error:
            return error

    given = zip(some, at_once(tried, some), strict=True)
    results = {}
    for one, result in given:
        if isinstance(result, DamagedError):
            note(f"{result} is not what it should be, and is left out")
        else:
            results[one] = result
    return results
