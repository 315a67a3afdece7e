"""A results store at a remote: what it has under which names, and how it gets there and back.

    objects/ab/<sha256>                    as in the store
    entries/<name>/<key>/<variant>.json    a folder for each key, so that one can be listed
    shapes/<name>/<hash>.json

What comes from there may be anything: names must have these forms, an object the hash that it is
named by, an entry its digest. Outputs go first, then the entry, then the shape, in both directions,
so that whoever is killed in between leaves what nobody finds.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from tidemark.files import store
from tidemark.harness import results_store
from tidemark.harness.results_store import Entry, Store
from tidemark.remotes.contract import Remote

A = TypeVar("A")
T = TypeVar("T")
SHAPE = re.compile(r"[0-9a-f]{16}\.json")
ENTRY = re.compile(r"([0-9a-f]{64})/([0-9a-f]{16})\.json")
AT_ONCE = 8  # requests


class DamagedError(Exception):
    """What a remote has under a name is not what belongs there."""


class Found(NamedTuple):
    """An entry that a remote has: its name there, its file in a store, when it was written."""

    name: str
    relative: Path
    written: datetime


class RemoteStore:
    """The results that a remote keeps."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote

    def fetch_shapes(self, name: str, into: Store) -> None:
        """Bring the shapes of a checkpoint that a store lacks.

        Raises:
            RemoteError, OSError: they cannot be brought.
        """
        for listed in self.remote.list(f"shapes/{name}"):
            hashed = listed.name.rpartition("/")[2]
            file = into.folder / "shapes" / name / hashed
            if SHAPE.fullmatch(hashed) and not file.exists():
                with results_store.placed(file) as temporary:
                    self.remote.get(listed.name, temporary)

    def entries(self, name: str, key: str = "") -> Iterator[Found]:
        """Yield the entries of a checkpoint that are there; those of one key, if it is given.

        Raises:
            RemoteError: it cannot be asked.
        """
        top = f"entries/{name}"
        for listed in self.remote.list(f"{top}/{key}" if key else top):
            match = ENTRY.fullmatch(listed.name.removeprefix(f"{top}/"))
            if match:
                file = Path("entries", name, f"{match[1]}.{match[2]}.json")
                yield Found(listed.name, file, listed.written)

    def fetch_entry(self, name: str, relative: Path, into: Store) -> Entry | None:
        """Bring an entry; None if it is gone there.

        Args:
            name: of the entry there.
            relative: its file in a store.
            into: the store.

        Raises:
            DamagedError: it is not as it was written.
            RemoteError, OSError: it cannot be brought.
        """
        file = into.folder / relative
        with results_store.placed(file) as temporary:
            self.remote.get(name, temporary)
        if not file.exists():
            return None
        entry = into.entry(file)
        if entry is None:
            results_store.discard(file)
            raise DamagedError(name)
        return entry

    def fetch_object(self, sha256: str, into: Store) -> int:
        """Bring an object that a store lacks; how many bytes came.

        Raises:
            DamagedError: it is gone there, or has another hash.
            RemoteError, OSError: it cannot be brought.
        """
        file, name = into.object_path(sha256), object_name(sha256)
        if file.exists():
            return 0
        with results_store.placed(file) as temporary:
            if not self.remote.get(name, temporary) or store.sha256_file(temporary) != sha256:
                raise DamagedError(name)
        return file.stat().st_size

    def take(self, entry: Entry, into: Store) -> int:
        """Bring all that an entry from there names, then keep it; how many bytes came.

        Raises:
            DamagedError, RemoteError, OSError: as above; nothing finds what came until then.
        """
        came = sum(at_once(lambda sha: self.fetch_object(sha, into), objects_of([entry])))
        into.add(entry)
        return came

    def put_object(self, sha256: str, of: Store) -> int:
        """Let the remote have an object of a store; how many bytes went, 0 if it was there.

        Raises:
            DamagedError: it is gone from the store, or has another hash.
            RemoteError, OSError: it cannot be put.
        """
        file = of.object_path(sha256)
        if not file.exists() or store.sha256_file(file) != sha256:
            results_store.discard(file)
            raise DamagedError(str(file))
        return file.stat().st_size if self.remote.put_if_absent(object_name(sha256), file) else 0

    def put_entry(self, entry: Entry) -> bool:
        """Let the remote have an entry, whose objects it has; whether it had none of this name.

        Raises:
            RemoteError, OSError: it cannot be put.
        """
        return self.remote.put_if_absent(entry_name(entry), entry.file)

    def put_shape(self, entry: Entry, of: Store) -> None:
        """Let the remote have the shape of an entry, by which that is found.

        Raises:
            RemoteError, OSError: it cannot be put.
        """
        file = of.shape_path(entry.checkpoint)
        if file.exists():
            self.remote.put_if_absent(shape_name(entry, of), file)


def at_once(each: Callable[[A], T], some: Iterable[A]) -> list[T]:
    """What it gives for each of them, several at a time; the first error ends it."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            return list(pool.map(each, some))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def objects_of(entries: Iterable[Entry]) -> list[str]:
    """The objects that entries name, each once."""
    outputs = (output for entry in entries for output in entry.checkpoint.outputs.values())
    return list(dict.fromkeys(output.sha256 for output in outputs))


def entry_name(entry: Entry) -> str:
    """The name of an entry at a remote."""
    key, variant, _ = entry.file.name.split(".")
    return f"entries/{entry.checkpoint.name}/{key}/{variant}.json"


def shape_name(entry: Entry, of: Store) -> str:
    """The name of its shape there."""
    return f"shapes/{entry.checkpoint.name}/{of.shape_path(entry.checkpoint).name}"


def object_name(sha256: str) -> str:
    """The name of an object at a remote."""
    return f"objects/{sha256[:2]}/{sha256}"
