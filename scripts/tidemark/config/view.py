"""The configuration as steps see it: one small file a key, and a view that records what was read.

`sync` writes `artifacts/.config/<key>` for each key of a validated configuration, and touches only
the files whose value changed. Make compares their times, so it knows which steps care about an edit
without starting Python; a step reads its configuration from the same files.

A leaf's file holds its value as JSON; a section's file holds `{"keys": [...]}`.
"""

import fcntl
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.files import decisions, store
from tidemark.project import Tree

KEYS = Path("artifacts/.config")
PROMISED = Path("artifacts/.promised")
MAKEFILE = Path("artifacts/config.mk")
_NAMING = "override CONFIG_FILE := "
COPY = Path("artifacts/.config.mk")  # by which changed.sh sees that config.mk was damaged
Stored = Callable[[str], str | None]  # the text of a key's file; None: there is no such key
Changes = dict[str, tuple[str | None, str | None]]  # by key, its text before and after; None: none


def sync(tree: Tree, config: Mapping[str, Any], makefile: str, read_ns: int) -> Changes:
    """Bring the key files of a tree in line with `config` and write `artifacts/config.mk`.

    config.mk gets the time `read_ns` at which the configuration was read, so that an edit made
    since then is newer. Returns the keys whose value changed, appeared or went.
    """
    keys = tree / KEYS
    keys.mkdir(parents=True, exist_ok=True)
    (tree / PROMISED).mkdir(exist_ok=True)
    with (keys.parent / ".config.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted: dict[str, str] = dict(flattened(config))
        present = {path.name: path.read_bytes() for path in keys.iterdir()}
        changed = [key for key in wanted if present.get(key) != wanted[key].encode()]
        for key in changed:
            store.write_atomic(keys / key, wanted[key].encode())
        gone = [key for key in present if key not in wanted]
        for key in gone:
            (keys / key).unlink()
        store.write_atomic(tree / COPY, makefile.encode())
        store.write_atomic(tree / MAKEFILE, makefile.encode(), read_ns)
    before = {
        key: present[key].decode(errors="replace") for key in [*changed, *gone] if key in present
    }
    return {key: (before.get(key), wanted.get(key)) for key in [*changed, *gone]}


def named(changes: Changes, written: Collection[str]) -> list[str]:
    """Of the changed keys those that name the edit, sorted.

    Left out are a default that appeared without being written, a key that went with its section,
    and a section whose keys tell how it changed.

    Args:
        changes: as returned by `sync`.
        written: keys that stand in the configuration file.
    """
    gone = {key for key, (_, after) in changes.items() if after is None}

    def tells(key: str, before: str | None, after: str | None) -> bool:
        if before is None:
            return key in written
        if after is None:
            return key.rpartition(".")[0] not in gone
        return _keys(before) is None or _keys(before) == _keys(after)

    told = [key for key, texts in changes.items() if tells(key, *texts)]
    return sorted(key for key in told if not any(other.startswith(f"{key}.") for other in told))


def _keys(text: str) -> set[str] | None:
    """The keys of a section; None for a value."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return set(value["keys"]) if isinstance(value, dict) else None


def flattened(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every key by its dotted name, with the text of its file."""
    for name, value in node.items():
        key = f"{prefix}{name}"
        if "/" in key or "\0" in key or len(key.encode()) > 200:
            raise InputError(key, "is no name for a key", "a short one, without /")
        if isinstance(value, Mapping):
            yield key, json.dumps({"keys": list(value)})
            yield from flattened(value, f"{key}.")
        else:
            yield key, json.dumps(value)


def must_be_of(tree: Tree, path: str | None) -> None:
    """Refuse to go on when the key files have become those of another configuration file.

    Raises:
        InputError: another make, with another CONFIG, works in this tree.
    """
    if path is not None and naming(path) not in (tree / MAKEFILE).read_text("utf-8"):
        raise InputError(
            path,
            "another make with another CONFIG is at work in this tree",
            "wait for it, or use a second copy of the project",
        )


def is_stale(tree: Tree, path: str) -> bool:
    """Whether config.mk is missing, of another file, or older than this one or than decisions.

    Baselines are decisions on results, not on the configuration.
    """
    made = (tree / decisions.FOLDER).glob("*")
    kinds = [kind for kind in made if kind.name != decisions.BASELINES]
    decided = [*kinds, *(file for kind in kinds for file in kind.glob("*.json"))]
    try:
        text = (tree / MAKEFILE).read_text("utf-8")
        seen = [file.stat() for file in (tree / path, *decided)]
        changed = max(max(file.st_mtime_ns, file.st_ctime_ns) for file in seen)
        older = (tree / MAKEFILE).stat().st_mtime_ns < changed
    except (FileNotFoundError, UnicodeDecodeError):
        return True
    return older or naming(path) not in text


def naming(path: str) -> str:
    """The line of config.mk that names the configuration file."""
    return f"{_NAMING}{path}\n"


def file(tree: Tree) -> str:
    """The configuration file that the keys are of."""
    text = (tree / MAKEFILE).read_text("utf-8")
    return text.partition(_NAMING)[2].partition("\n")[0]


def source_paths(stored: Stored) -> list[str]:
    """The paths of all sources, as these keys have them."""
    single, series = "fetch_data", "fetch_data.economic"
    keys = [
        f"{section}.{name}.path"
        for section in (single, series)
        for name in json.loads(stored(section) or '{"keys": []}')["keys"]
    ]
    return [json.loads(text) for text in map(stored, keys) if text is not None]


def stored(tree: Tree) -> Stored:
    """The keys of a tree as their files have them now."""

    def text(key: str) -> str | None:
        try:
            return (tree / KEYS / key).read_text("utf-8")
        except FileNotFoundError:
            return None

    return text


class View(Mapping[str, Any]):
    """A section of the configuration; each key read through it is recorded in `seen`.

    Reading a leaf records the leaf. Asking which keys a section has records the section.
    """

    def __init__(self, stored: Stored, seen: dict[str, Any], section: str = "") -> None:
        self._stored = stored
        self._seen = seen
        self._section = section

    def _key(self, name: str) -> str:
        return f"{self._section}.{name}" if self._section else name

    def __getitem__(self, name: str) -> Any:
        key = self._key(name)
        text = self._stored(key)
        if text is None:
            if self._section:
                len(self)  # that the key is missing is a fact about the section
            raise KeyError(key)
        value = json.loads(text)
        if isinstance(value, dict):
            return View(self._stored, self._seen, key)
        self._seen[key] = value
        return value

    def __iter__(self) -> Iterator[str]:
        if not self._section:
            raise TypeError("the whole configuration has no keys to list: name a section")
        text = self._stored(self._section)
        if text is None:
            raise KeyError(self._section)
        value: dict[str, list[str]] = json.loads(text)
        self._seen[self._section] = value
        return iter(value["keys"])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def plain(value: Any) -> Any:
    """A view as nested dicts; every key below it counts as read."""
    return {name: plain(item) for name, item in value.items()} if isinstance(value, View) else value
