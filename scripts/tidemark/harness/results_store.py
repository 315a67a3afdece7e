"""The results store on disk: what runs of steps left, by what it came from.

It lies in the project, or in a folder that several projects share:

    objects/ab/<sha256>                   the bytes of an output
    entries/<name>/<key>.<variant>.json   what one run of the checkpoint `name` left, see `Entry`
    shapes/<name>/<hash>.json             which files and keys runs of it asked for, see `Shape`
    pins/<hash>.json                      objects that must stay, see `Pin`
    tally                                 what was done, see `Tally`

`key` is a hash of what those files and keys held. It only leads to entries: whether one fits is
asked of the checkpoint in it, with all that it names, as of one in artifacts/. `variant` tells
apart what other code and libraries made of the same.

Every file but the tally is whole from the moment that it has its name, never written again, and
looked at again when it is used: an object has the hash that it is named by, an entry a digest. One
that has not is discarded. So nobody must wait until the disk has it, and any file may go at any
time: what an entry lacks makes it one that is not there.
"""

import contextlib
import fcntl
import hashlib
import io
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from tidemark.config.view import Stored
from tidemark.files import store
from tidemark.harness import code, record
from tidemark.harness.record import Checkpoint
from tidemark.project import VERSION, Tree

FORMAT = 1  # of entries, and of what leads to them: an entry of another one is never met
FOLDER = "artifacts/store"
AT_ONCE = 1 << 20  # bytes
READ_ONLY = 0o444


class Shape(NamedTuple):
    """The names of what a run asked for and wrote, sorted: paths, and keys of the configuration."""

    inputs: tuple[str, ...]
    config: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Shape":
        """That of the run which left this checkpoint."""
        asked = (checkpoint.inputs, checkpoint.config, checkpoint.outputs)
        return cls(*(tuple(sorted(names)) for names in asked))


@dataclass(frozen=True)
class Entry:
    """What one run left: its checkpoint and who ran it; and the file that says so."""

    file: Path
    checkpoint: Checkpoint
    who: str


class Pin(NamedTuple):
    """Objects that must stay, sorted, and what for: `history`, say."""

    by: str
    objects: tuple[str, ...]


class Tally(NamedTuple):
    """What was done with a store; in its file, each line is one to be added to the others.

    Attributes:
        bytes: written, less those removed. It is near enough to tell when to look at all files.
        hits: runs that were spared.
        seconds: those that these had taken.
    """

    bytes: int = 0
    hits: int = 0
    seconds: float = 0.0


def key(name: str, inputs: Mapping[str, str], config: Mapping[str, Any]) -> str:
    """The hash that leads to the entries of a checkpoint made of this.

    Args:
        name: of the checkpoint.
        inputs: SHA-256 by path.
        config: values by key.
    """
    return _hash([FORMAT, record.FORMAT, name, dict(inputs), dict(config)])


def variant(checkpoint: Checkpoint) -> str:
    """A short hash of the code and the libraries that it was made with."""
    meanings = {path: module.meaning for path, module in code.shaping(checkpoint.code).items()}
    return _hash([meanings, dict(checkpoint.libraries)])[:16]


def _hash(value: Any) -> str:
    return store.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


class Store:
    """A folder as above; it need not exist until something is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, tree: Tree, stored: Stored) -> "Store | None":
        """That of a project, as its configuration says; None if it has none.

        `STORE` in the environment goes before the configuration: `off`, or a folder.
        """
        asked = os.environ.get("STORE", "")
        if asked == "off" or not (asked or json.loads(stored("store.enabled") or "true")):
            return None
        return cls(tree / (asked or json.loads(stored("store.path") or "null") or FOLDER))

    def object_path(self, sha256: str) -> Path:
        """The file of an output with this hash, whether it is there or not."""
        return self.folder / "objects" / sha256[:2] / sha256

    def entry_path(self, checkpoint: Checkpoint) -> Path:
        """The file of the entry of this checkpoint."""
        inputs = {path: entry.sha256 or "" for path, entry in checkpoint.inputs.items()}
        known = key(checkpoint.name, inputs, checkpoint.config)
        return self.folder / "entries" / checkpoint.name / f"{known}.{variant(checkpoint)}.json"

    def shape_path(self, checkpoint: Checkpoint) -> Path:
        """The file of the shape of this checkpoint."""
        shape = _hash(Shape.of(checkpoint))[:16]
        return self.folder / "shapes" / checkpoint.name / f"{shape}.json"

    def shapes(self, name: str) -> Iterator[Shape]:
        """What runs of a checkpoint asked for; damaged files are passed over."""
        for file in sorted((self.folder / "shapes" / name).glob("[!.]*.json")):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                content = json.loads(store.read_file(file))
                yield Shape(*(tuple(content[field]) for field in Shape._fields))

    def entries(self, name: str, key: str) -> Iterator[Entry]:
        """The entries that a key leads to, the one used last first; damaged ones are discarded."""
        found = (self.folder / "entries" / name).glob(f"{key}.*.json")
        for file in sorted(found, key=_used, reverse=True):
            entry = self.entry(file)
            if entry is None:
                discard(file)
            else:
                yield entry

    def all_entries(self) -> Iterator[Entry]:
        """All entries by name and key, but damaged ones."""
        for file in sorted((self.folder / "entries").glob("*/[!.]*.json")):
            entry = self.entry(file)
            if entry is not None:
                yield entry

    def entry(self, file: Path) -> Entry | None:
        """What stands in the file of an entry; None if it is not as it was written."""
        try:
            content = json.loads(store.read_file(file))
            digest = content.pop("digest")
            if content["format"] != FORMAT or digest != record.digest(content):
                return None
            checkpoint = record.decoded(content["checkpoint"])
            fits = self.entry_path(checkpoint).parts[-3:] == file.parts[-3:]
            return Entry(file, checkpoint, content["who"]) if fits else None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def keep(self, tree: Tree, checkpoint: Checkpoint, who: str) -> None:
        """Keep what a run left in a tree; what is there already is not written again.

        Outputs come first, then the entry, then the shape, by which entries are found: a kill in
        between leaves what nobody finds. Nothing is kept of a run whose outputs were edited since.

        Raises:
            OSError: the store cannot be written, or the disk is full.
        """
        size = 0
        for path, output in checkpoint.outputs.items():
            kept = self.object_path(output.sha256)
            if _has_size(kept, output.bytes):
                touch(kept)
            elif _put(kept, tree / path, output.sha256):
                size += output.bytes
            else:
                return
        content = {
            "format": FORMAT,
            "tidemark": VERSION,
            "who": who,
            "checkpoint": record.content_of(checkpoint),
        }
        entry, shape = self.entry_path(checkpoint), self.shape_path(checkpoint)
        if self.entry(entry) is None:
            data = store.json_bytes({**content, "digest": record.digest(content)})
            _write(entry, data)
            size += len(data)
        if not shape.exists():
            _write(shape, _shape_bytes(checkpoint))
        touch(entry)
        touch(shape)
        if size:
            self.count(Tally(bytes=size))

    def add(self, entry: Entry) -> None:
        """Keep an entry of another store, too, whose objects this one has.

        Raises:
            OSError: the store cannot be written, or the disk is full.
        """
        file, shape = self.entry_path(entry.checkpoint), self.shape_path(entry.checkpoint)
        if self.entry(file) is None:
            _write(file, store.read_file(entry.file))
        if not shape.exists():
            _write(shape, _shape_bytes(entry.checkpoint))

    def get(self, sha256: str, to: Path) -> bool:
        """Copy an object to a new file and wait until the disk has it; whether it was there.

        One that has not the hash that it is named by is discarded, and nothing is left at `to`.

        Raises:
            OSError: the object cannot be read, or the new file not be written.
        """
        kept = self.object_path(sha256)
        try:
            source = store.open_file(kept)
        except OSError:
            return False
        with source, to.open("wb") as target:
            found = _copied(source, target)
            target.flush()
            os.fsync(target.fileno())
        if found == sha256:
            return True
        to.unlink()
        discard(kept)
        return False

    def damaged(self) -> list[Path]:
        """Look at every entry and object as if it were used; those that were damaged are gone."""
        found = []
        for file in sorted((self.folder / "entries").glob("*/[!.]*.json")):
            if self.entry(file) is None:
                found.append(file)
        for file in sorted((self.folder / "objects").glob("*/[!.]*")):
            with contextlib.suppress(OSError):
                if store.sha256_file(file) != file.name:
                    found.append(file)
        for file in found:
            discard(file)
        return found

    def pin(self, by: str, objects: Collection[str]) -> None:
        """Let objects stay, and the entries that they belong to, however long nobody uses them.

        The same once more is no other pin.

        Args:
            by: what they are needed for.
            objects: SHA-256 of each; one that is not there yet may come.

        Raises:
            OSError: the store cannot be written, or the disk is full.
        """
        content = {"format": FORMAT, **Pin(by, tuple(sorted(objects)))._asdict()}
        path = self.folder / "pins" / f"{_hash(content)[:32]}.json"
        if not path.exists():
            _write(path, store.json_bytes(content))

    def pins(self) -> Iterator[Pin]:
        """All pins.

        Raises:
            OSError, ValueError, TypeError, KeyError: one cannot be read, so nothing tells what must
                stay.
        """
        for file in sorted((self.folder / "pins").glob("[!.]*.json")):
            content = json.loads(store.read_file(file))
            yield Pin(content["by"], tuple(content["objects"]))

    def count(self, done: Tally) -> None:
        """Add to the tally; a store that may only be read is not counted."""
        with contextlib.suppress(OSError), self._tally("a") as file:
            file.write(f"{json.dumps(done)}\n")

    def counted(self) -> Tally:
        """The tally so far; a line that was not written whole counts for nothing."""
        with contextlib.suppress(OSError), (self.folder / "tally").open(encoding="utf-8") as file:
            return _summed(file)
        return Tally()

    def recount(self, size: int) -> None:
        """Let the tally say that the store has this size in bytes, on one line."""
        with contextlib.suppress(OSError), self._tally("a+") as file:
            file.seek(0)
            told = _summed(file)._replace(bytes=size)
            file.truncate(0)
            file.write(f"{json.dumps(told)}\n")

    @contextlib.contextmanager
    def _tally(self, mode: str) -> Iterator[IO[str]]:
        with (self.folder / "tally").open(mode, encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _shape_bytes(checkpoint: Checkpoint) -> bytes:
    return store.json_bytes(Shape.of(checkpoint)._asdict())


def discard(file: Path) -> None:
    """Remove what is damaged; a store that may only be read keeps it."""
    with contextlib.suppress(OSError):
        file.unlink()


def touch(file: Path) -> None:
    """Note that an entry or an object was used just now, so that it goes later than others."""
    with contextlib.suppress(OSError):
        os.utime(file)


def _used(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.stat().st_mtime_ns
    return 0


def _has_size(file: Path, size: int) -> bool:
    with contextlib.suppress(OSError):
        return file.stat().st_size == size
    return False


def _write(path: Path, data: bytes) -> None:
    with placed(path) as temporary:
        temporary.write_bytes(data)


def _put(path: Path, source: Path, sha256: str) -> bool:
    """Copy a file to `path`, if it has this hash; whether it had."""
    with placed(path) as temporary, store.open_file(source) as file:
        with temporary.open("wb") as target:
            same = _copied(file, target) == sha256
        if not same:
            temporary.unlink()
    return same


def _copied(source: io.BufferedReader, target: IO[bytes]) -> str:
    """Copy an open file to its end; the SHA-256 of what was copied."""
    found = hashlib.sha256()
    while data := source.read(AT_ONCE):
        found.update(data)
        target.write(data)
    return found.hexdigest()


def _summed(lines: IO[str]) -> Tally:
    told = Tally()
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):
            more = Tally(*json.loads(line))
            told = Tally(
                told.bytes + more.bytes, told.hits + more.hits, told.seconds + more.seconds
            )
    return told


@contextlib.contextmanager
def placed(path: Path) -> Iterator[Path]:
    """A temporary file that the block writes, then `path`, unless the block removes it again.

    Nothing of it is left after an error.
    """
    temporary = store.temporary_name(path)
    try:
        with store.naming(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            if temporary.exists():
                temporary.chmod(temporary.stat().st_mode & READ_ONLY)
                temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
