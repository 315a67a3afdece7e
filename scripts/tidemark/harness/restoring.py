"""Results that come back: what a step would compute is copied from the results store.

Whether an entry of the store fits is asked as of a checkpoint in artifacts/: its files, keys,
modules and libraries now, against what it recorded.
"""

import contextlib
import errno
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tidemark.config import view
from tidemark.config.view import Stored
from tidemark.errors import InputError
from tidemark.files import people
from tidemark.harness import (
    console,
    logs,
    pruning,
    publishing,
    remote_hits,
    results_store,
    staleness,
)
from tidemark.harness.outputs import Staging
from tidemark.harness.reason import Reason, brief
from tidemark.harness.record import Checkpoint, Output
from tidemark.harness.results_store import Entry, Store, Tally
from tidemark.harness.staleness import REPLACED, UNREADABLE, Look
from tidemark.project import Tree

NO_HASH = (None, UNREADABLE, REPLACED)
MAY_NOT_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS)
FULL = (errno.ENOSPC, errno.EDQUOT)
BOUND = "store.max_gigabytes"


def keep(look: Look, checkpoint: Checkpoint) -> None:
    """Keep what a run left, if the same run again would leave the same.

    The results are there, whether this succeeds or not, so it says what went wrong and goes on. A
    store that may only be read is one that is shared so.
    """
    kept = Store.of(look.tree, look.stored)
    if kept is None or not _repeatable(checkpoint):
        return
    try:
        try:
            kept.keep(look.tree, checkpoint, people.me())
        except OSError as error:
            if error.errno not in FULL or not pruning.halve(kept):
                raise
            kept.keep(look.tree, checkpoint, people.me())
    except OSError as error:
        if error.errno not in MAY_NOT_WRITE:
            console.complain_once(
                f"the results store keeps nothing of this: {error.filename}: {error.strerror}."
                " Results are as they should be. Cure: make room, or set store.enabled: false"
            )


def _repeatable(checkpoint: Checkpoint) -> bool:
    found = all(entry.sha256 for entry in checkpoint.inputs.values())
    return found and not (checkpoint.provisional or checkpoint.passing or checkpoint.accepted)


def prune(tree: Tree) -> None:
    """Let go what is too much, at a run's end; a run that added little does not look."""
    stored = view.stored(tree)
    kept = Store.of(tree, stored)
    if kept:
        pruning.prune(kept, bound(stored))


def make_room(tree: Tree) -> int:
    """Let half of the store go, because the disk is full; how many bytes went."""
    kept = Store.of(tree, view.stored(tree))
    return pruning.halve(kept) if kept else 0


def bound(stored: Stored) -> float:
    """How many bytes the store may hold."""
    return float(json.loads(stored(BOUND) or "20")) * 1e9


def restored(
    look: Look,
    name: str,
    why: Sequence[Reason],
    now_ns: int,
    known: Callable[[str], bool] = lambda _: True,
) -> bool:
    """Put in place what the step of this checkpoint would write; False if the store has not all.

    Where it has not, its remote is asked, if there is one. False, too, if the disk is full or
    something else lies where an output belongs: the step will say so. The caller holds the step's
    lock.

    Args:
        look: at the tree; what it saw of the step's outputs is out of date afterwards.
        why: the step would run.
        now_ns: when the look began.
        known: whether an input is as it will be when the step comes to run.
    """
    kept = Store.of(look.tree, look.stored)
    if kept is None:
        return False

    def keys(of: Store) -> Iterator[str]:
        return _keys(of, look, name, known)

    def fitting(of: Store) -> Iterator[Entry]:
        return _fitting(of, look, name, known)

    def brought_back() -> bool:
        return any(_brought_back(kept, entry, look, why, now_ns) for entry in fitting(kept))

    with contextlib.suppress(OSError, InputError):
        if brought_back():
            return True
        return remote_hits.fetched(look, name, kept, keys, fitting) and brought_back()
    return False


class Links(NamedTuple):
    """The files that runs of a checkpoint read and wrote, as far as the store knows."""

    inputs: frozenset[str]
    outputs: frozenset[str]


def links(look: Look, names: Iterable[str]) -> dict[str, Links]:
    """Those of each of these checkpoints that the store has met; here they may never have run."""
    kept = Store.of(look.tree, look.stored)
    found = {}
    for name in names if kept else ():
        shapes = list(kept.shapes(name)) if kept else []
        if shapes:
            inputs = frozenset(path for shape in shapes for path in shape.inputs)
            outputs = frozenset(path for shape in shapes for path in shape.outputs)
            found[name] = Links(inputs, outputs)
    return found


def _brought_back(
    kept: Store, entry: Entry, look: Look, why: Sequence[Reason], now_ns: int
) -> bool:
    """Whether the store had all that the entry names; it is in place now, and told."""
    staging = Staging(look.tree, _previous(look, entry.checkpoint.name))
    try:
        if _staged(kept, entry.checkpoint, staging):
            _settle(entry, staging, look, why, now_ns)
            results_store.touch(entry.file)
            kept.count(Tally(hits=1, seconds=entry.checkpoint.seconds))
            return True
    finally:
        staging.discard()
    results_store.discard(entry.file)
    name = entry.checkpoint.name
    console.say(f"    note: {name}: what the results store had of it is damaged or gone; it runs")
    return False


def _fitting(kept: Store, look: Look, name: str, known: Callable[[str], bool]) -> Iterator[Entry]:
    """The entries that hold now, those made with just these libraries first."""
    for key in _keys(kept, look, name, known):
        entries = list(kept.entries(name, key))
        entries.sort(key=lambda entry: bool(staleness.passed_upgrades(entry.checkpoint, look)))
        for entry in entries:
            if not any(True for _ in staleness.what_changed(entry.checkpoint, look)):
                yield entry


def _keys(kept: Store, look: Look, name: str, known: Callable[[str], bool]) -> Iterator[str]:
    """What leads to entries, for each shape whose files and keys are all there."""
    for shape in kept.shapes(name):
        texts = {key: look.stored(key) for key in shape.config}
        if None in texts.values() or not all(map(known, shape.inputs)):
            continue
        hashes = {path: look.sha(path) for path in shape.inputs}
        if not set(NO_HASH).isdisjoint(hashes.values()):
            continue
        values = {key: json.loads(text or "null") for key, text in texts.items()}
        yield results_store.key(name, {path: sha or "" for path, sha in hashes.items()}, values)


def _previous(look: Look, name: str) -> Mapping[str, Output]:
    before = look.checkpoint(name)
    return before.outputs if before else {}


def _staged(kept: Store, computed: Checkpoint, staging: Staging) -> bool:
    """Whether all outputs are in the store as they were written, and now staged."""
    for path, output in computed.outputs.items():
        if not kept.get(output.sha256, staging.temporary(path)):
            return False
        staging.vouch(path, output.sha256)
        if output.rows is not None:
            staging.count(path, output.rows)
    return True


def _settle(entry: Entry, staging: Staging, look: Look, why: Sequence[Reason], now_ns: int) -> None:
    """Move all outputs into place, then the checkpoint, and say so."""
    computed = entry.checkpoint
    outputs = staging.commit()
    staging.remove(_previous(look, computed.name).keys() - outputs.keys())
    told = f"computed {computed.started:%Y-%m-%d} by {entry.who}"
    cause = f"{brief(why)}; " if brief(why) else ""
    checkpoint = replace(
        computed,
        run=logs.run_id(),
        reasons=[f"{cause}restored, {told}"],
        restored=told,
        outputs=outputs,
    )
    publishing.save(look.tree, checkpoint, now_ns)
    title, edited = checkpoint.instance.title, "an output had been edited by hand; that copy is now"
    for note in (*(f"{edited} {path}" for path in staging.kept), *checkpoint.notes):
        console.say(f"    note: {title}: {note}")
    headline, why_ = checkpoint.headline, f"{cause}{told}"
    console.finished(checkpoint.instance, "restored", 0.0, headline, why_, rows=checkpoint.rows)
