"""A step's outputs while it runs: hidden files beside their targets, moved into place together.

An output's time says when its content last changed: the same bytes again keep the old time, so that
Make starts nothing downstream.
"""

import contextlib
import errno
import itertools
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness.record import FOLDER, Output
from tidemark.project import Tree

KEPT = Path("artifacts/edited_by_hand")


def sweep(target: Path) -> None:
    """Remove what a killed run left beside an output. The caller holds the step's lock."""
    for left in target.parent.glob(f".{target.name}.[0-9]*.tmp*"):
        left.unlink(missing_ok=True)


def _make_room(target: Path) -> None:
    """Make the folder for a file; InputError if something else has its place."""
    for place in reversed(target.parents):
        if place.is_symlink() and not place.exists():
            raise InputError(str(place), "is a link to nothing", "make the folder it leads to")
        if place.exists() and not place.is_dir():
            raise InputError(str(place), "is a file where a folder is needed", "move it away")
    if target.is_dir():
        raise InputError(str(target), "is a folder in place of a file", "move it away")
    target.parent.mkdir(parents=True, exist_ok=True)


def _names(path: Path) -> Iterator[Path]:
    """`a.pkl`, `a.2.pkl`, `a.3.pkl`, ..."""
    yield path
    for number in itertools.count(2):
        yield path.with_suffix(f".{number}{path.suffix}")


class Staging:
    """Outputs that are written but not yet in place.

    `previous` are the outputs that the last checkpoint recorded.
    """

    def __init__(self, tree: Tree, previous: Mapping[str, Output]) -> None:
        self._tree = tree
        self._previous = previous
        self._waiting: dict[str, Path] = {}
        self._rows: dict[str, int] = {}
        self._hashed: dict[str, str] = {}
        self.kept: list[str] = []

    def __contains__(self, path: str) -> bool:
        return path in self._waiting

    def temporary(self, path: str) -> Path:
        """A file to write, to be moved to `path`; what a killed run left there is removed first."""
        target = self._tree / path
        _make_room(target)
        sweep(target)
        self._waiting[path] = store.temporary_name(target)
        return self._waiting[path]

    def put(self, path: str, data: bytes, rows: int | None = None) -> None:
        """Stage `data` as the new content of `path`."""
        temporary = self.temporary(path)
        try:
            with store.naming(path):
                store.write_flushed(temporary, data)
        except OSError:
            self._waiting.pop(path)
            temporary.unlink(missing_ok=True)
            raise
        if rows is not None:
            self.count(path, rows)

    def count(self, path: str, rows: int) -> None:
        """Note how many rows a staged file has."""
        self._rows[path] = rows

    def vouch(self, path: str, sha256: str) -> None:
        """Note the hash of a staged file, if it is known already."""
        self._hashed[path] = sha256

    def commit(
        self, paths: list[str] | None = None, reports: Collection[str] = ()
    ) -> dict[str, Output]:
        """Move the staged files into place (all, or those named) and describe them.

        `reports` are written by failures too, so what is in their place was nobody's edit.
        """
        chosen = list(self._waiting) if paths is None else paths
        return {path: self._settle(path, self._waiting.pop(path), reports) for path in chosen}

    def remove(self, paths: Iterable[str]) -> None:
        """Remove outputs that the step no longer writes; what was edited by hand is kept."""
        for path in paths:
            target = self._tree / path
            with contextlib.suppress(OSError):
                before = self._previous[path]
                if store.sha256_of_size(target, [before.bytes]) == before.sha256:
                    target.unlink()
                else:
                    self._keep(path)

    def discard(self) -> None:
        """Forget what is staged; the old outputs stay."""
        for path in self._waiting:
            sweep(self._tree / path)
        self._waiting.clear()

    def _settle(self, path: str, temporary: Path, reports: Collection[str] = ()) -> Output:
        target = self._tree / path
        sha = self._hashed.get(path) or store.sha256_file(temporary)
        before = self._previous.get(path)
        sizes = [temporary.stat().st_size, *([before.bytes] if before else [])]
        taken = target.is_file()
        there = store.sha256_of_size(target, sizes) if taken else None
        if there == sha:
            temporary.unlink()
        else:
            edited = taken and before is not None and there != before.sha256
            if edited and path not in reports:
                self._keep(path)
            temporary.replace(target)
            if before and before.sha256 == sha:
                os.utime(target, ns=(before.mtime_ns, before.mtime_ns))
            else:
                self._make_newest(target)
        stat = target.stat()
        return Output(sha, stat.st_size, stat.st_mtime_ns, self._rows.get(path))

    def _make_newest(self, target: Path) -> None:
        """Date a changed output after every checkpoint, so that Make runs the steps that read it.

        Checkpoints are dated ahead if a file that they depend on is.
        """
        checkpoints = (self._tree / FOLDER).glob("*.ok")
        newest = max((path.stat().st_mtime_ns for path in checkpoints), default=0)
        if target.stat().st_mtime_ns <= newest:
            later = newest + store.TICK_NS
            os.utime(target, ns=(later, later))

    def _keep(self, path: str) -> None:
        """Set a copy aside that is not what the step wrote: somebody's work, perhaps."""
        edited = self._tree / path
        aside = next(free for free in _names(self._tree / KEPT / path) if not free.exists())
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            edited.replace(aside)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            store.write_atomic(aside, edited.read_bytes(), edited.stat().st_mtime_ns)
            edited.unlink()
        self.kept.append(str(aside.relative_to(self._tree.root)))
