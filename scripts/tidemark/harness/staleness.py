"""Whether a checkpoint still holds, and if not, why: contents now against what it recorded.

Each cause is one question, and they are asked in a fixed order. Answers are lazy, so whoever only
asks whether to run stops at the first. Only the standard library is imported here and below: a step
that need not run must not pay for pandas.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from tidemark.config import view
from tidemark.config.view import Stored
from tidemark.files import listings, store
from tidemark.harness import code, environment, publishing, record
from tidemark.harness.publishing import LONG_AGO_NS
from tidemark.harness.reason import Cause, Reason
from tidemark.harness.record import Checkpoint, Input, Module, Output
from tidemark.project import Tree

UNREADABLE, REPLACED = "cannot be read", "of another size"  # in place of a hash
POLICY = "environment.rerun_on_upgrade"
LARGEST = "fetch_data.largest_file_megabytes"


class Look:
    """One look at a tree: checkpoints share producers, modules and keys, and each is read once.

    What changes after it was read is not seen, so every pass over checkpoints takes its own look.
    `stored` gives the configuration's keys, if not as their files have them.
    """

    def __init__(self, tree: Tree, stored: Stored | None = None) -> None:
        self.tree = tree
        self.stored = stored = cache(stored or view.stored(tree))
        self.mtime_ns = cache(publishing.mtime_ns)
        self.code_sha = cache(self._code_sha)
        self.code_meaning = cache(self._code_meaning)
        self.sha = cache(self._sha)
        self._producer = cache(partial(publishing.producer, tree))
        self._largest = cache(lambda: max(1000, json.loads(stored(LARGEST) or "0")) * 1_000_000)
        self._checkpoints: dict[str, Checkpoint | None] = {}
        self._states: dict[str, tuple[int, int]] = {}
        self._times: dict[str, int] = {}
        self._sealed: dict[str, int] = {}
        self._makers: dict[str, str] = {}

    def checkpoint(self, name: str) -> Checkpoint | None:
        """As `record.load`, once."""
        return self._checkpoints[name] if name in self._checkpoints else self.reload(name)

    def reload(self, name: str) -> Checkpoint | None:
        """The same, but as it is now: read again unless nothing was done to the file."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            stat = (self.tree / record.path_of(name)).stat()
            state = (stat.st_ino, stat.st_ctime_ns)
            if self._states.get(name) == state:
                return self._checkpoints[name]
            self._states[name] = state
            self._times[name] = stat.st_mtime_ns
            self._sealed[name] = stat.st_ctime_ns if stat.st_mtime_ns != LONG_AGO_NS else 0
        checkpoint = self._checkpoints[name] = record.load(self.tree, name)
        self._makers |= dict.fromkeys(checkpoint.outputs if checkpoint else (), name)
        return checkpoint

    def producer(self, path: str) -> str | None:
        """Name of the checkpoint whose step writes `path`: one that was read, or as noted."""
        return self._makers.get(path) or self._producer(path)

    def _sha(self, path: str) -> str | None:
        """SHA-256 of an input now; None if it is not there.

        A file whose size and time stand in its producer's checkpoint is not hashed again. One that
        no step wrote and that is larger than a source may be is not hashed at all: the step refuses
        it at once. A path with `*` stands for the listing it matches.
        """
        if "*" in path:
            return listings.sha(self.tree, path)
        maker = self.producer(path)
        if maker:
            return self.output_sha(path, maker)
        return _sha_unless_untouched(self.tree / path, at_most=self._largest())

    def output_sha(self, path: str, name: str) -> str | None:
        """SHA-256 of a file that `name` wrote; REPLACED if it has another size now.

        Not hashed again if its size stands in the checkpoint, and its time does or is the
        checkpoint's own, which `verification` gives to outputs that hold. A time of whole seconds
        shows nothing: archives and images set it on all files alike. Nor do times and sizes, which
        can be set, of a file that anything was done to after its checkpoint was last found to hold.
        """
        checkpoint = self.checkpoint(name)
        output = checkpoint.outputs.get(path) if checkpoint else None
        own = self._times.get(name, 0)
        given = own if own % 10**9 else None
        return _sha_unless_untouched(self.tree / path, output, given, self._sealed.get(name, 0))

    def _code_sha(self, path: str) -> str | None:
        try:
            return store.sha256_file(self.tree.module(path))
        except FileNotFoundError:
            return None

    def _code_meaning(self, path: str) -> str:
        return code.meaning_of(path, self.tree.module(path).read_bytes())


def _sha_unless_untouched(
    path: Path,
    recorded: Output | None = None,
    given_ns: int | None = None,
    sealed_ns: int = 0,
    at_most: int | None = None,
) -> str | None:
    try:
        stat = path.stat()
        if at_most is not None and stat.st_size > at_most:
            return UNREADABLE
        untouched = stat.st_ctime_ns <= sealed_ns
        times = (recorded.mtime_ns, given_ns) if recorded and untouched else ()
        if recorded and stat.st_size == recorded.bytes and stat.st_mtime_ns in times:
            return recorded.sha256
        if recorded:
            return store.sha256_of_size(path, [recorded.bytes]) or REPLACED
        return store.sha256_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return UNREADABLE  # the step itself will say what is wrong


def holds(look: Look, name: str, pending: Collection[str] = ()) -> bool:
    """Whether there is no reason to run the step of this checkpoint; `pending` as in `reasons`."""
    return not any(True for _ in reasons(look, name, pending))


def reasons(look: Look, name: str, pending: Collection[str] = ()) -> Iterator[Reason]:
    """Why the step of this checkpoint must run; nothing if its results still hold.

    Inputs in `pending` are about to be made again, so one that is missing is no reason. One that
    differs is a reason: if it comes out as it is now, no newer time will tell Make.

    Raises:
        InputError: a newer version of Tidemark wrote the checkpoint.
    """
    checkpoint = look.checkpoint(name)
    if checkpoint is None:
        yield Reason(_why_none(look.tree, name))
        return
    if checkpoint.provisional:
        yield Reason(Cause.PROVISIONAL, checkpoint.provisional)
    yield from what_changed(checkpoint, look, pending)
    yield from changed_outputs(checkpoint, look)


def what_changed(
    checkpoint: Checkpoint, look: Look, pending: Collection[str] = ()
) -> Iterator[Reason]:
    """What of all that a checkpoint was made of is something else now; `pending` as above."""
    yield from (reason for reason, asks in _upgrades(checkpoint, look) if asks)
    yield from _changed_config(checkpoint.config, look)
    inputs = {
        path: then
        for path, then in checkpoint.inputs.items()
        if path not in pending or look.sha(path) is not None
    }
    yield from _changed_inputs(inputs, look)
    yield from _changed_code(checkpoint.code, look)


def _why_none(tree: Tree, name: str) -> Cause:
    if not (tree / record.path_of(name)).exists():
        return Cause.NEVER_RAN
    return Cause.CHECKPOINT_OLDER if record.is_older(tree, name) else Cause.CHECKPOINT_UNREADABLE


def passed_upgrades(checkpoint: Checkpoint, look: Look) -> list[Reason]:
    """Libraries (and Python) of another version than the step ran with, which may pass."""
    return [reason for reason, asks in _upgrades(checkpoint, look) if not asks]


def passed_over(upgrades: Iterable[Reason]) -> list[str]:
    """A line for each of these upgrades: how many checkpoints stand all the same."""
    return [
        f"{upgrade}: built before, {count} checkpoints stand ({POLICY})"
        for upgrade, count in Counter(upgrades).items()
    ]


def _upgrades(checkpoint: Checkpoint, look: Look) -> list[tuple[Reason, bool]]:
    """The libraries (and Python) that have another version now; whether that asks for a rerun."""
    different = environment.differences(look.tree, checkpoint.libraries)
    named = json.loads(look.stored(POLICY) or "[]") if different else []
    return [
        (Reason(Cause.LIBRARY, name, then, now), name in named or "all" in named)
        for name, (then, now) in different.items()
    ]


def _changed_config(values: Mapping[str, Any], look: Look) -> Iterator[Reason]:
    for key, old in values.items():
        text = look.stored(key)
        new = None if text is None else json.loads(text)
        if text is None:
            yield Reason(Cause.KEY_GONE, key)
        elif isinstance(new, dict) and isinstance(old, dict) and new != old:
            yield Reason(Cause.SECTION, key, now=_names_changed(old["keys"], new["keys"]))
        elif new != old:
            yield Reason(Cause.KEY, key, shown(old), shown(new))


def _names_changed(old: Sequence[str], new: Sequence[str]) -> str:
    """`+ added, - removed`."""
    added = [f"+ {name}" for name in new if name not in old]
    removed = [f"- {name}" for name in old if name not in new]
    return ", ".join([*added, *removed]) or "another order"


def shown(value: Any) -> str:
    """A configuration value for people: JSON, or a section's keys; of bearable length."""
    text = ",".join(value["keys"]) if isinstance(value, dict) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _changed_inputs(inputs: Mapping[str, Input], look: Look) -> Iterator[Reason]:
    for path, then in inputs.items():
        now = look.sha(path)
        if now is None:
            yield Reason(Cause.INPUT_GONE, path)
        elif then.sha256 is None:
            yield Reason(Cause.INPUT_APPEARED, path)
        elif now == UNREADABLE:
            yield Reason(Cause.INPUT_UNREADABLE, path)
        elif now == REPLACED:
            yield Reason(Cause.INPUT_REPLACED, path)
        elif now != then.sha256:
            yield Reason(Cause.INPUT, path, then.sha256[:8], now[:8])


def _changed_code(modules: Mapping[str, Module], look: Look) -> Iterator[Reason]:
    """Modules that mean something else now, but for the plumbing."""
    for path, then in code.shaping(modules).items():
        sha = look.code_sha(path)
        if sha is None:
            yield Reason(Cause.MODULE_GONE, path)
        elif _means_else(path, then, look):
            yield Reason(Cause.MODULE, path)


def edited_plumbing(checkpoint: Checkpoint, look: Look) -> list[str]:
    """Modules of the harness that were edited since, which is no reason to run."""
    passed = sorted(checkpoint.code.keys() & code.PLUMBING)
    return [path for path in passed if _means_else(path, checkpoint.code[path], look)]


def _means_else(path: str, then: Module, look: Look) -> bool:
    sha = look.code_sha(path)
    return sha != then.sha256 and (sha is None or look.code_meaning(path) != then.meaning)


def changed_outputs(checkpoint: Checkpoint, look: Look) -> Iterator[Reason]:
    """Outputs that are gone, or not what the step wrote."""
    for path, then in checkpoint.outputs.items():
        now = look.output_sha(path, checkpoint.name)
        if now is None:
            yield Reason(Cause.OUTPUT_MISSING, path)
        elif now != then.sha256:
            yield Reason(Cause.OUTPUT_EDITED, path)
