"""What a step reads: each file and listing is hashed as it is read, and becomes an input."""

import contextlib
import errno
import io
import json
import os
import pickle
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tidemark.config import view
from tidemark.errors import InputError
from tidemark.files import listings, locks, store
from tidemark.harness import console, guard, publishing, record
from tidemark.harness.instance import Instance
from tidemark.harness.record import Input, Output
from tidemark.project import Tree

if TYPE_CHECKING:
    from pandas import DataFrame

T = TypeVar("T")


class Reads:
    """The reads of one run; paths are strings relative to the project's root.

    A read raises InputError when Make does not know of the file, or when a step wrote it and it has
    been altered since; OSError when it cannot be read.

    Attributes:
        inputs: the hash of each file and listing that was read; None if it was not there.
        looked_back: whether the step asked for its own earlier outputs.
    """

    def __init__(self, tree: Tree, instance: Instance, previous: Mapping[str, Output]) -> None:
        self.inputs: dict[str, str | None] = {}
        self.looked_back = False
        self._rows: dict[str, int] = {}
        self._tree, self._instance = tree, instance
        self._previous = previous
        self._promised = promised_by_make(tree, instance.name)

    def content(self, path: str) -> bytes:
        """A file's bytes, hashed as they are read."""
        return self._vouched_for(path, _read_hashed)

    def _vouched_for(self, path: str, read: Callable[[Path], tuple[T, str]]) -> T:
        """What `read` gives of a file, if Make knows of it and nobody altered it."""
        self._must_be_promised(path)
        with guard.opened():
            value, sha = read(self._tree / path)
            recorded = publishing.produced(self._tree, path)
            if recorded and sha != recorded.sha256:
                value, sha = self._read_once_more(path, read)
        self.inputs[path] = sha
        return value

    def _must_be_promised(self, path: str) -> None:
        if not (self._tree / path).exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if self._promised is not None and self._promised.isdisjoint((path, str(Path(path).parent))):
            raise self._not_promised(path)

    def _not_promised(self, path: str) -> InputError:
        return InputError(
            f"scripts/{self._instance.step}.py",
            f"reads {path}, which the rule for {record.path_of(self._instance.name)} does not list",
            "add it to that rule's prerequisites in make/, and start the step by make",
        )

    def _read_once_more(self, path: str, read: Callable[[Path], tuple[T, str]]) -> tuple[T, str]:
        """Wait for a producer that may be at work in another make; then the file must be its."""
        producer = publishing.producer(self._tree, path) or ""
        with locks.held(self._tree, producer, console.say):
            value, sha = read(self._tree / path)
            recorded = publishing.produced(self._tree, path)
        if recorded and sha != recorded.sha256 and record.failure(self._tree, producer):
            raise InputError(
                path, f"is of an attempt of {producer} that failed", f"make {producer} tells why"
            )
        if recorded and sha != recorded.sha256:
            raise InputError(
                path,
                f"is not what {producer} wrote: it was changed by hand",
                "keep your copy elsewhere if you need it, delete the file, and run make again",
            )
        return value, sha

    def text(self, path: str) -> str:
        """A text file; one that is not UTF-8 is an InputError with the line."""
        data = self.content(path)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise InputError(f"{path}:{line}", "is not UTF-8", "save the file as UTF-8") from error

    def json(self, path: str) -> Any:
        """A JSON file; bad syntax is an InputError with the line."""
        try:
            return json.loads(self.content(path))
        except ValueError as error:
            raise InputError(path, f"is not JSON ({error})", "mend or restore the file") from error

    def yaml(self, path: str) -> Any:
        """A YAML file; bad syntax or a repeated key is an InputError with the line."""
        from tidemark.config.yaml_lines import parse

        return parse(path, self.content(path))[0]

    def parquet(self, path: str, columns: Collection[str] | None = None) -> "DataFrame":
        """A Parquet file that Tidemark wrote, or those of these columns that it has."""
        with self._opened(path) as file:
            frame = store.parquet_frame(file, columns)
        self._rows[path] = len(frame)
        return frame

    @contextlib.contextmanager
    def rows_by_text(
        self, paths: Iterable[str], by: str, categories: Sequence[str] = ()
    ) -> Iterator[store.RowsByText]:
        """The rows of Parquet files, a part at a time; each file is hashed and looked at once.

        See `store.RowsByText`. A file that is altered in the block is an OSError at its end.
        """
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(self._opened(path)) for path in paths]
            yield store.RowsByText(files, by, categories)

    @contextlib.contextmanager
    def _opened(self, path: str) -> Iterator[io.BufferedReader]:
        """A file to read in the block, hashed once; OSError at its end if it was altered in it."""
        with self._vouched_for(path, _open_hashed) as file:
            since = os.fstat(file.fileno()).st_mtime_ns
            yield file
            if os.fstat(file.fileno()).st_mtime_ns != since:
                raise OSError(errno.EAGAIN, "changed while it was read", path)

    def pickle(self, path: str) -> Any:
        """An object, only from a file whose hash its own checkpoint recorded."""
        data = self.content(path)
        with guard.opened():
            if publishing.producer(self._tree, path) is None:
                publishing.publish_all(self._tree)  # its pointer may just have been lost
            recorded = publishing.produced(self._tree, path)
        if not recorded or recorded.sha256 != self.inputs[path]:
            raise InputError(
                path,
                "no checkpoint vouches for this file, and a pickle can run any code",
                "delete it and run make again",
            )
        return pickle.loads(data)

    def path(self, path: str) -> Path:
        """The file itself, hashed and recorded, for readers that need a path."""
        self.content(path)
        return self._tree / path

    def glob(self, pattern: str) -> list[str]:
        """The sorted files that match; the listing counts as an input.

        What Make knows is the pattern, by the key that names it, or the folder. It never sees the
        names of the files, which may be read too.
        """
        folder = Path(pattern).parent
        matching = listings.matching(self._tree, pattern)
        for path in matching:
            _must_be_a_name(path)
        if self._promised is not None and (self._tree / folder).exists():
            if self._promised.isdisjoint((pattern, str(folder))):
                raise self._not_promised(pattern)
            self._promised.update(matching)
        self.inputs[pattern] = listings.sha(self._tree, pattern)
        return matching

    def missing(self, path: str) -> None:
        """Record that an input was not there; the step runs again when it appears."""
        self.inputs[path] = None

    def previous(self, path: str) -> bytes | None:
        """This step's own earlier output, if it is as the step left it."""
        self.looked_back = True
        recorded, file = self._previous.get(path), self._tree / path
        with guard.opened():
            if not recorded or not file.is_file() or file.stat().st_size != recorded.bytes:
                return None
            data = file.read_bytes()
        return data if store.sha256(data) == recorded.sha256 else None

    def recorded(self) -> dict[str, Input]:
        """The inputs as the checkpoint holds them, sorted by path."""
        return {path: Input(sha, self._rows.get(path)) for path, sha in sorted(self.inputs.items())}


def _read_hashed(path: Path) -> tuple[bytes, str]:
    data = store.read_file(path)
    return data, store.sha256(data)


def _open_hashed(path: Path) -> tuple[io.BufferedReader, str]:
    file = store.open_file(path)
    sha = store.sha256_of(file)
    file.seek(0)
    return file, sha


def _must_be_a_name(path: str) -> None:
    """Refuse what cannot be written down, or would be read as a wildcard."""
    if "*" in path:
        raise InputError(path, "has * in its name, as only wildcards have", "rename the file")
    readable = path.encode(errors="surrogateescape").decode(errors="replace")
    if readable != path:
        raise InputError(readable, "has bytes in its name that are not UTF-8", "rename the file")


def promised_by_make(tree: Tree, name: str) -> set[str] | None:
    """The prerequisites in a step's rule, as Make noted them when it last came to that rule.

    None for a step that is started by hand before Make ever came to its rule. A source stands
    there by the key that names it.
    """
    noted = tree / view.PROMISED / f"{name}.ok"
    by_make = os.environ.get("TIDEMARK_TARGET") == str(record.path_of(name))
    if not by_make and not noted.exists():
        return None
    listed = noted.read_text("utf-8").split()
    keys = [Path(path).name for path in listed if path.startswith(f"{view.KEYS}/fetch_data.")]
    named = (view.stored(tree)(key) for key in keys if key.endswith(".path"))
    return {*listed, *(json.loads(text) for text in named if text)}
