"""Each run that is over becomes one record, whoever comes first and whatever is killed.

The journal goes when the record is on the disk. Who finds it with its record there already, because
a kill came in between, only removes it.
"""

import contextlib
import fcntl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tidemark.files import append, locks
from tidemark.harness import journal
from tidemark.project import Tree
from tidemark.runs import moved, record, results, stored
from tidemark.tables import history

LOCK = ".settling"
LOOKED_AT = 10  # records; the one of a journal that a kill left behind is the last


def settle(tree: Tree) -> list[str]:
    """Write the records of all makes that are gone; the runs that were recorded.

    Waits while another process does the same.

    Raises:
        InputError: the history is not whole, or a newer version of Tidemark was at work.
        OSError: something cannot be read or written.
    """
    if not _over(tree):
        return []
    with _alone(tree):
        recorded = [run for path in _over(tree) if (run := _settled(tree, path))]
        journal.sweep(tree)
    return recorded


def _over(tree: Tree) -> list[Path]:
    """Journals of runs that are over, the oldest first."""
    found = [path for path in journal.all_of(tree) if is_over(tree, path)]
    return sorted(found, key=lambda path: record.identity(path.stem))


def is_over(tree: Tree, path: Path) -> bool:
    """Whether the make of a journal is gone, and no step of it is still at work."""
    if not journal.is_over(path):
        return False
    try:
        begun = [step["begun"] for step in record.unended(journal.read(path))]
    except FileNotFoundError:
        return True
    return not any(_is_at_work(tree, name) for name in begun)


def _is_at_work(tree: Tree, name: str) -> bool:
    with locks.held_if_free(tree, name) as free:
        return not free


@contextlib.contextmanager
def _alone(tree: Tree) -> Iterator[None]:
    with (tree / journal.FOLDER / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _settled(tree: Tree, path: Path) -> str | None:
    """The run, if it is in the history only now."""
    with journal.taken(path) as (noted, last_sign):
        ended = noted.left or journal.state_of_git(tree)
        told = record.of(path.stem, noted, last_sign, ended)
        log = history.log(tree)
        last = [there.content for there in log.last(LOOKED_AT)]
        if told is None or any(there["run"] == told["run"] for there in last):
            return None
        left = results.of(tree)
        told["snapshot"] = stored.snapshot_of(tree, left.get("stored", {}))
        content = append.plain(history.content(**_of_then(noted, left), **told))
        before = last[-1] if last else None
        log.append(content | {"moved": moved.beside(tree, before, content)})
        return str(told["run"])


def _of_then(noted: journal.Journal, left: Mapping[str, Any]) -> dict[str, Any]:
    """What a run left, with the configuration as it began; another make may have begun since."""
    values, file = noted.head.get("values"), noted.head.get("config")
    if values is None:
        return {"results": left}
    then = {**left, "config": values, "config_file": file or left["config_file"]}
    return {"results": then, "reconfigured": then != left}
