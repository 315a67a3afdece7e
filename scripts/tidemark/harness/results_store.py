"""The results store on disk: what runs of steps left, by what it came from.

It lies in the project, or in a folder that several projects share:

    objects/ab/<sha256>                   the bytes of an output
    entries/<name>/<key>.<variant>.json   what one run of the checkpoint `name` left, see `Entry`
    shapes/<name>/<hash>.json             which files and keys runs of it asked for, see `Shape`

`key` is a hash of what those files and keys held. It only leads to entries: whether one fits is
asked of the checkpoint in it, with all that it names, as of one in artifacts/. `variant` tells
apart what other code and libraries made of the same.

Every file is whole from the moment that it has its name, never written again, and looked at again
when it is used: an object has the hash that it is named by, an entry a digest. One that has not is
discarded. So nobody must wait until the disk has it.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

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
    """The names of what a run asked for, sorted: inputs by path, keys of the configuration."""

    inputs: tuple[str, ...]
    config: tuple[str, ...]

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Shape":
        """That of the run which left this checkpoint."""
        return cls(tuple(sorted(checkpoint.inputs)), tuple(sorted(checkpoint.config)))


@dataclass(frozen=True)
class Entry:
    """What one run left: its checkpoint and who ran it; and the file that says so."""

    file: Path
    checkpoint: Checkpoint
    who: str


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
                yield Shape(tuple(content["inputs"]), tuple(content["config"]))

    def entries(self, name: str, key: str) -> Iterator[Entry]:
        """The entries that a key leads to, the one used last first; damaged ones are discarded."""
        found = (self.folder / "entries" / name).glob(f"{key}.*.json")
        for file in sorted(found, key=_used, reverse=True):
            entry = self.entry(file)
            if entry is None:
                discard(file)
            else:
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
        between leaves what nobody finds.

        Raises:
            OSError: the store cannot be written, or the disk is full.
        """
        for path, output in checkpoint.outputs.items():
            kept = self.object_path(output.sha256)
            if not _has_size(kept, output.bytes):
                _put(kept, tree / path)
        content = {
            "format": FORMAT,
            "tidemark": VERSION,
            "who": who,
            "checkpoint": record.content_of(checkpoint),
        }
        entry = self.entry_path(checkpoint)
        if self.entry(entry) is None:
            _write(entry, store.json_bytes({**content, "digest": record.digest(content)}))
        shape = self.shape_path(checkpoint)
        if not shape.exists():
            _write(shape, store.json_bytes(Shape.of(checkpoint)._asdict()))

    def get(self, sha256: str, to: Path) -> bool:
        """Copy an object to a new file and wait until the disk has it; whether it was there.

        One that has not the hash that it is named by is discarded, and nothing is left at `to`.

        Raises:
            OSError: the new file cannot be written.
        """
        kept = self.object_path(sha256)
        try:
            source = store.open_file(kept)
        except OSError:
            return False
        found = hashlib.sha256()
        with source, to.open("wb") as target:
            while data := source.read(AT_ONCE):
                found.update(data)
                target.write(data)
            target.flush()
            os.fsync(target.fileno())
        if found.hexdigest() == sha256:
            return True
        to.unlink()
        discard(kept)
        return False


def discard(file: Path) -> None:
    """Remove what is damaged; a store that may only be read keeps it."""
    with contextlib.suppress(OSError):
        file.unlink()


def touch(entry: Entry) -> None:
    """Note that an entry was used just now, so that it goes later than others."""
    with contextlib.suppress(OSError):
        os.utime(entry.file)


def _used(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.stat().st_mtime_ns
    return 0


def _has_size(file: Path, size: int) -> bool:
    with contextlib.suppress(OSError):
        return file.stat().st_size == size
    return False


def _write(path: Path, data: bytes) -> None:
    with _placed(path) as temporary:
        temporary.write_bytes(data)


def _put(path: Path, source: Path) -> None:
    with _placed(path) as temporary:
        shutil.copyfile(source, temporary)


@contextlib.contextmanager
def _placed(path: Path) -> Iterator[Path]:
    """A temporary file that the block writes, then `path`; nothing of it is left otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = store.temporary_name(path)
    try:
        with store.naming(path):
            yield temporary
            temporary.chmod(temporary.stat().st_mode & READ_ONLY)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
