"""Which snapshot of the store a run's results were made of."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tidemark.errors import InputError
from tidemark.project import Tree

if TYPE_CHECKING:
    from tidemark.stored.snapshot_log import Snapshot


def snapshot_of(tree: Tree, lists: Mapping[str, str]) -> int | None:
    """The newest snapshot that has these lists of files; None if none has them all.

    It is a fact of operation: what identifies the data is their hashes.

    Args:
        tree: the project.
        lists: SHA-256 of the list of each source.
    """
    if not lists:
        return None
    from tidemark.stored import snapshot_log, snapshots  # late, as it loads what reads tables

    try:
        newest = snapshot_log.last(tree)
        for one in [newest] if _has(newest, lists) else reversed(snapshots.list(tree)):
            if _has(one, lists):
                return one.number
    except (InputError, OSError):  # what is wrong there is no matter of the history
        return None
    return None


def _has(snapshot: "Snapshot", lists: Mapping[str, str]) -> bool:
    held = {name: Path(one.manifest).stem for name, one in snapshot.sources.items()}
    return all(held.get(name) == sha256 for name, sha256 in lists.items())
