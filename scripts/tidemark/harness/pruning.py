"""What the results store holds, and what goes when that is too much.

What was not used for longest goes first: entries, then the objects that no entry refers to any
more. To look at all files takes a while once there are many, so a run's end does only if the tally
says that the store is too large, or if nobody looked for a day.

Others may write and read meanwhile. An object that somebody put or needed since the look began
stays; should one go all the same between being found and being named by an entry, that entry is one
that is not there.
"""

import contextlib
import fcntl
import itertools
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tidemark.files import store
from tidemark.harness.results_store import Pin, Store

DAY_NS = 86_400 * 10**9
DOWN_TO = 0.9  # of the bound, so that not every run must look


class File(NamedTuple):
    """A file of the store: its size in bytes, and when it was used last, or written."""

    path: Path
    bytes: int
    used_ns: int


class Held(NamedTuple):
    """An entry as far as others matter to it: its file, its step, its objects by hash."""

    file: File
    step: str
    objects: frozenset[str]


@dataclass
class Contents:
    """All files of a store.

    Attributes:
        entries: the whole ones.
        objects: by hash.
        shapes: by the name of their checkpoint.
        pins: why which objects must stay.
        rest: bytes of everything else.
        left: what processes that are gone left half written, and entries that cannot be read.
    """

    entries: list[Held] = field(default_factory=list)
    objects: dict[str, File] = field(default_factory=dict)
    shapes: dict[str, list[File]] = field(default_factory=dict)
    pins: list[Pin] = field(default_factory=list)
    rest: int = 0
    left: list[File] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """The size of everything."""
        entries = (entry.file for entry in self.entries)
        shapes = (file for some in self.shapes.values() for file in some)
        files = itertools.chain(self.objects.values(), entries, shapes, self.left)
        return self.rest + sum(file.bytes for file in files)

    @property
    def pinned(self) -> set[str]:
        """The objects that must stay."""
        return {sha for pin in self.pins for sha in pin.objects}


def contents(kept: Store, now_ns: int) -> Contents:
    """Look at every file of a store; `now_ns` by the clock of its file system.

    Raises:
        OSError, ValueError, TypeError, KeyError: a folder or a pin cannot be read.
    """
    found = Contents(pins=list(kept.pins()))
    for file in _files(kept.folder):
        kind = file.path.relative_to(kept.folder).parts[0]
        if file.path.name.startswith("."):
            if file.path.suffix == ".tmp" and _is_left(file, now_ns):
                found.left.append(file)
            else:
                found.rest += file.bytes
        elif kind == "objects":
            found.objects[file.path.name] = file
        elif kind == "entries":
            held = _held(file)
            if held:
                found.entries.append(held)
            else:
                found.left.append(file)
        elif kind == "shapes":
            found.shapes.setdefault(file.path.parent.name, []).append(file)
        else:
            found.rest += file.bytes
    return found


def _files(folder: Path) -> Iterator[File]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            with contextlib.suppress(OSError):  # it went meanwhile
                stat = path.stat()
                yield File(path, stat.st_size, stat.st_mtime_ns)


def _is_left(file: File, now_ns: int) -> bool:
    """Whether a temporary file is that of a process which is gone, as far as can be told."""
    pid, _, host = file.path.name.split(".")[-2].partition("-")
    if host == store.HOST and pid.isdigit() and not _lives(int(pid)):
        return True
    return now_ns - file.used_ns > DAY_NS


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _held(file: File) -> Held | None:
    """What stands in an entry, as far as it matters here; None if it cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        checkpoint = json.loads(store.read_file(file.path))["checkpoint"]
        objects = frozenset(output["sha256"] for output in checkpoint["outputs"].values())
        return Held(file, checkpoint["step"], objects)
    return None


def prune(kept: Store, at_most: float, *, now: bool = False) -> int:
    """Remove what was not used for longest, if the store is too large, and what was left behind.

    Without `now` the tally decides whether to look. Nothing is done while another process is at it,
    or if the store may only be read, or a pin cannot be read.

    Args:
        kept: the store.
        at_most: bytes that it may hold.
        now: look in any case.

    Returns:
        How many bytes went.
    """
    return _pruned(kept, at_most) if now or _due(kept, at_most) else 0


def halve(kept: Store) -> int:
    """Make room on a disk that is full: let half of the store go; how many bytes went."""
    return _pruned(kept, None)


def _pruned(kept: Store, at_most: float | None) -> int:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError), _alone(kept) as began_ns:
        if began_ns is None:
            return 0
        found = contents(kept, began_ns)
        size = found.bytes
        going = _going(found, size / 2 if at_most is None else at_most, began_ns)
        gone = sum(file.bytes for file in going if _removed(file, began_ns))
        kept.recount(size - gone)
        return gone
    return 0


def _due(kept: Store, at_most: float) -> bool:
    if kept.counted().bytes > at_most:
        return True
    with contextlib.suppress(OSError):
        looked = (kept.folder / ".pruned").stat().st_mtime_ns
        tallied = (kept.folder / "tally").stat().st_mtime_ns
        return tallied - looked > DAY_NS
    return (kept.folder / "tally").exists()


@contextlib.contextmanager
def _alone(kept: Store) -> Iterator[int | None]:
    """The time at which the block begins, by the store's clock; None if another process is at it.

    The same file's time says when somebody last looked.
    """
    with (kept.folder / ".pruned").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        os.utime(lock.fileno())
        yield os.fstat(lock.fileno()).st_mtime_ns - store.TICK_NS


def _going(found: Contents, at_most: float, began_ns: int) -> Iterator[File]:
    """The files to remove, in this order: entries before objects, since these are of no use alone.

    Objects that no entry had when the look began may be those of a run that is about to write its
    entry, so they stay for a day.
    """
    yield from found.left
    size = found.bytes - sum(file.bytes for file in found.left)
    pinned = found.pinned
    users = Counter(sha for entry in found.entries for sha in entry.objects)
    for sha in found.objects.keys() - users.keys() - pinned:
        if began_ns - found.objects[sha].used_ns > DAY_NS:
            size -= found.objects[sha].bytes
            yield found.objects[sha]
    if size <= at_most:
        return
    entries = Counter(entry.file.path.parent.name for entry in found.entries)
    for entry in sorted(found.entries, key=lambda entry: (entry.file.used_ns, entry.file.path)):
        if size <= at_most * DOWN_TO:
            return
        if entry.objects & pinned:
            continue
        name = entry.file.path.parent.name
        users.subtract(entry.objects)
        entries[name] -= 1
        unused = (sha for sha in entry.objects & found.objects.keys() if not users[sha])
        shapes = [] if entries[name] else found.shapes.get(name, [])
        for file in (entry.file, *(found.objects[sha] for sha in unused), *shapes):
            size -= file.bytes
            yield file


def _removed(file: File, began_ns: int) -> bool:
    """Remove a file unless it was used since the look began; whether it is gone."""
    with contextlib.suppress(OSError):
        if file.path.stat().st_mtime_ns <= began_ns:
            file.path.unlink()
            return True
    return False
