"""The checkpoint: what one run of a step read, wrote and ran with. Read and written here alone.

A checkpoint is `artifacts/<name>.ok`, a JSON object, so that people, jq and DuckDB can read it too:

    format             number of this form, FORMAT
    tidemark           version of Tidemark that wrote it; only told, so that a new one runs nothing
    name               the file's own, so that a renamed copy vouches for nothing
    step, instance     what ran: a step, and a name of each kind, {"model": "ridge"}
    run                which make, or which run by hand
    reasons            why it ran, in words
    started            ISO 8601, UTC; everything that was edited later was not seen
    seconds            on the clock
    cpu_seconds        of this process, all threads, and of those it started for its work
    peak_memory_bytes  of this process and those it started for its work, see `memory`; without
                       what a warm step shares with others
    shared_bytes       what it had at its start of the warm interpreter; 0 of a plain process
    file_bytes         size of all data that its rule listed
    attempts           at reading what may come from elsewhere
    headline, notes    what it told people
    provisional        why the next make must run it again; empty if it need not
    restored           when and by whom it was computed, if it came from the results store
    passing            why another run from the same could give something else, so that the
                       results store does not keep it; empty if none could
    inputs             path -> sha256, rows. No sha256: it was not there, and may appear. A path
                       with * is a listing, with the hash of the names that it matched
    config             key -> its value; {"keys": [...]} if the step asked what a section holds
    code               path -> sha256, meaning; the second one passes over comments and layout
    imported           top-level modules that project code imported, for the warm interpreter
    libraries          name -> version, of Python and everything behind what was imported
    outputs            path -> sha256, bytes, mtime_ns, rows. While size and time stand, and the
                       file was not touched since, it need not be hashed again
    accepted           decisions of people to let results stand: who, when, reason, changes
    digest             SHA-256 of all this as compact JSON; a damaged file has another one

`shared_bytes`, `file_bytes`, `restored` and `passing` are missing in checkpoints of older versions,
which hold all the same: 0 stands for what is not known.

`format`, `tidemark`, `name` and `digest` stay what they are in every later form, so that a version
can tell one that it does not know. A step whose checkpoint has an older form runs again: all that
it holds can be computed. One of a newer form is refused, since running would destroy it.

Beside checkpoints, `artifacts/.failed/<name>` notes what a step's last attempt failed of.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness.instance import Instance
from tidemark.project import VERSION, Tree

FORMAT = 4
FOLDER = Path("artifacts")
FAILED = FOLDER / ".failed"


class Input(NamedTuple):
    """A file or listing that a step read; no hash if it was not there."""

    sha256: str | None
    rows: int | None = None


class Output(NamedTuple):
    """A file that a step wrote."""

    sha256: str
    bytes: int
    mtime_ns: int
    rows: int | None = None


class Module(NamedTuple):
    """Fingerprints of a module that a step loaded, as `code` takes them."""

    sha256: str
    meaning: str


class Acceptance(NamedTuple):
    """A person's decision that results may stand after these changes."""

    who: str
    when: str
    reason: str
    changes: Sequence[str]


@dataclass(frozen=True)
class Checkpoint:
    """What one run left behind; the fields as above."""

    instance: Instance
    started: datetime
    run: str = ""
    reasons: Sequence[str] = ()
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    shared_bytes: int = 0
    file_bytes: int = 0
    attempts: int = 1
    headline: str = ""
    notes: Sequence[str] = ()
    provisional: str = ""
    restored: str = ""
    passing: str = ""
    inputs: Mapping[str, Input] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, Module] = field(default_factory=dict)
    imported: Sequence[str] = ()
    libraries: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    accepted: Sequence[Acceptance] = ()

    @property
    def name(self) -> str:
        """Its instance's."""
        return self.instance.name

    @property
    def rows(self) -> int:
        """Of all that it wrote, as far as that has rows."""
        return sum(output.rows or 0 for output in self.outputs.values())

    def outputs_sha(self) -> str:
        """One SHA-256 over the paths and hashes of the outputs; empty if nothing is left of them.

        The metrics database is left out: DuckDB leaves in unused bytes what memory held.
        """
        kept = sorted(path for path in self.outputs if not path.endswith(".duckdb"))
        if not kept:
            return ""
        return store.sha256("\n".join(f"{it} {self.outputs[it].sha256}" for it in kept).encode())


def path_of(name: str) -> Path:
    """The checkpoint file of that name, as Make knows it."""
    return FOLDER / f"{name}.ok"


def names(tree: Tree) -> list[str]:
    """The names of all checkpoints there are, sorted."""
    return sorted(path.stem for path in (tree / FOLDER).glob("*.ok"))


def load(tree: Tree, name: str) -> Checkpoint | None:
    """A checkpoint; None if there is none, or it is damaged or of an older form.

    Raises:
        InputError: a newer version of Tidemark wrote it.
    """
    content = _content(tree, name)
    if content is None or content["format"] < FORMAT:
        return None
    if content["format"] > FORMAT:
        raise InputError(
            str(path_of(name)),
            f"was written by Tidemark {content['tidemark']}; this is {VERSION}, which does not know"
            f" its form ({content['format']})",
            "use that version or a newer one; or, to compute all results anew, make clean",
        )
    return decoded(content)


def load_all(tree: Tree) -> dict[str, Checkpoint]:
    """Every checkpoint that `load` gives, by name."""
    loaded = ((name, load(tree, name)) for name in names(tree))
    return {name: checkpoint for name, checkpoint in loaded if checkpoint is not None}


def is_older(tree: Tree, name: str) -> bool:
    """Whether there is a checkpoint, whole, but of an older form."""
    content = _content(tree, name)
    return content is not None and content["format"] < FORMAT


def encoded(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint's file."""
    whole = content_of(checkpoint)
    return store.json_bytes({**whole, "digest": digest(whole)})


def content_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """What stands in a checkpoint's file, but for the digest."""
    return {
        "format": FORMAT,
        "tidemark": VERSION,
        "name": checkpoint.name,
        "step": checkpoint.instance.step,
        "instance": checkpoint.instance.names,
        **{name: getattr(checkpoint, name) for name in (*_AS_THEY_ARE, *_SINCE)},
        "started": checkpoint.started.isoformat(),
        "inputs": {path: entry._asdict() for path, entry in checkpoint.inputs.items()},
        "code": {path: entry._asdict() for path, entry in checkpoint.code.items()},
        "outputs": {path: entry._asdict() for path, entry in checkpoint.outputs.items()},
        "accepted": [entry._asdict() for entry in checkpoint.accepted],
    }


_AS_THEY_ARE = (
    *("run", "reasons", "seconds", "cpu_seconds", "peak_memory_bytes", "attempts", "headline"),
    *("notes", "provisional", "config", "imported", "libraries"),
)
# Younger than the form, which says nothing of them.
_SINCE = ("shared_bytes", "file_bytes", "restored", "passing")


def decoded(content: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint of which `content_of` gives that."""
    return Checkpoint(
        instance=Instance(content["step"], content["instance"]),
        started=datetime.fromisoformat(content["started"]),
        **{name: content[name] for name in _AS_THEY_ARE},
        **{name: content[name] for name in _SINCE if name in content},
        inputs={path: Input(**entry) for path, entry in content["inputs"].items()},
        code={path: Module(**entry) for path, entry in content["code"].items()},
        outputs={path: Output(**entry) for path, entry in content["outputs"].items()},
        accepted=[Acceptance(**entry) for entry in content["accepted"]],
    )


def _content(tree: Tree, name: str) -> dict[str, Any] | None:
    """What stands in a checkpoint of whatever form; None if there is none, or it is damaged."""
    try:
        content: dict[str, Any] = json.loads((tree / path_of(name)).read_bytes())
        whole = content.pop("digest") == digest(content) and content["name"] == name
        return content if whole else None
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def digest(content: Mapping[str, Any]) -> str:
    """Of all fields but itself: a file that is damaged, or edited by hand, has another one."""
    return store.sha256(json.dumps(content, separators=(",", ":")).encode())


def failure(tree: Tree, name: str) -> str:
    """What the step's last attempt failed of; empty if it did not fail."""
    try:
        return str(json.loads((tree / FAILED / name).read_bytes())["message"])
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return ""


def is_undecided(tree: Tree, name: str) -> bool:
    """Whether the step's last attempt only waits for somebody to decide."""
    try:
        return bool(json.loads((tree / FAILED / name).read_bytes())["undecided"])
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return False


def note_failure(tree: Tree, name: str, message: str, *, undecided: bool = False) -> None:
    """Remember that the last attempt failed, until the step succeeds or its results hold again.

    Args:
        undecided: whether it only waits for somebody to decide.
    """
    content = {"message": message, "undecided": undecided}
    store.write_atomic(tree / FAILED / name, store.json_bytes(content))
