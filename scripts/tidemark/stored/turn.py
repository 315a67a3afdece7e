"""Writers of the store, one at a time; each first puts in order what a killed one left.

Before a writer adds objects it notes in data/store/pending.json which, and after which snapshot. If
that snapshot is still the last one, they belong to none and go; else they do, and stay.
"""

import contextlib
import fcntl
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tidemark.files import store
from tidemark.project import Tree
from tidemark.stored import objects, snapshot_log
from tidemark.stored.snapshot_log import Snapshot

CURRENT = objects.STORE / "current"
PENDING = objects.STORE / "pending.json"
LOCK = objects.STORE / ".lock"


@contextlib.contextmanager
def locked(tree: Tree) -> Iterator[None]:
    """Keep other writers out within the block, whatever state the store is in."""
    (tree / LOCK).parent.mkdir(parents=True, exist_ok=True)
    with (tree / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def alone(tree: Tree) -> Iterator[Snapshot]:
    """Be the only writer within the block; yields the newest snapshot, which all else fits.

    Raises:
        InputError: the store is damaged.
        OSError: it cannot be read or written.
    """
    with locked(tree):
        newest = snapshot_log.last(tree)
        _clear(tree, newest.number)
        show(tree, newest)
        yield newest


def append(tree: Tree, after: Snapshot, new: Snapshot, content: Mapping[str, bytes]) -> Snapshot:
    """Make a snapshot and the objects that it needs, all or nothing; within `alone`.

    Args:
        tree: the project.
        after: the newest snapshot.
        new: the next one; its number is the log's to give.
        content: of the objects, by name.
    """
    missing = sorted(name for name in content if not objects.place(tree, name).exists())
    note = {"after": after.number, "objects": missing}
    store.write_atomic(tree / PENDING, store.json_bytes(note))
    for name, data in content.items():
        objects.put(tree, name, data)
    if content:
        store.flush_folder(tree / objects.FOLDER)
    number = snapshot_log.log(tree).append(new.content)
    made = snapshot_log.read(number, new.content)
    show(tree, made)
    (tree / PENDING).unlink()
    return made


def show(tree: Tree, snapshot: Snapshot) -> None:
    """Have data/store/current/ hold the manifests of a snapshot; what it holds keeps its time."""
    folder = tree / CURRENT
    for path in folder.glob("*.json"):
        if path.stem not in snapshot.sources:
            path.unlink()
    for source, held in snapshot.sources.items():
        path = folder / f"{source}.json"
        if not path.exists() or store.sha256_file(path) != Path(held.manifest).stem:
            store.write_atomic(path, objects.get(tree, held.manifest))


def _clear(tree: Tree, last: int) -> None:
    """Remove what a killed writer left, but for what its snapshot names."""
    for folder in (objects.STORE, objects.FOLDER, CURRENT):
        for left in (tree / folder).glob(".*.tmp"):
            left.unlink(missing_ok=True)
    try:
        note = json.loads(store.read_file(tree / PENDING))
    except FileNotFoundError:
        return
    if note["after"] == last:
        for name in note["objects"]:
            objects.place(tree, name).unlink(missing_ok=True)
    (tree / PENDING).unlink()
