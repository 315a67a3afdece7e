"""A lock for each checkpoint, so that two makes in one tree take turns at each step."""

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tidemark.project import Tree

FOLDER = Path("artifacts/.locks")
_held: set[Path] = set()


@contextlib.contextmanager
def held(tree: Tree, name: str, say: Callable[[str], object]) -> Iterator[None]:
    """Hold the lock of a checkpoint; wait for it, and say so, if another process has it."""
    path = tree / FOLDER / name
    if path in _held:  # by this process, which would wait for itself forever
        yield
        return
    with _file(path) as lock:
        if not _taken(lock):
            say(f"    {name}: another process is at it; waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _held.add(path)
        try:
            yield
        finally:
            _held.remove(path)


@contextlib.contextmanager
def held_if_free(tree: Tree, name: str) -> Iterator[bool]:
    """Hold the lock if it is free, without waiting; yields whether it was."""
    with _file(tree / FOLDER / name) as lock:
        yield _taken(lock)


def is_held(tree: Tree, name: str) -> bool:
    """Whether a process holds the lock now; nothing is created.

    For an instant the look itself takes part in the lock, so only locks that are waited for may be
    looked at.
    """
    try:
        with (tree / FOLDER / name).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _file(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w")


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
