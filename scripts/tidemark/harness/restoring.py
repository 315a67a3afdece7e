"""Results that come back: what a step would compute is copied from the results store.

Whether an entry of the store fits is asked as of a checkpoint in artifacts/: its files, keys,
modules and libraries now, against what it recorded.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from tidemark.files import people
from tidemark.harness import console, logs, publishing, results_store, staleness
from tidemark.harness.outputs import Staging
from tidemark.harness.reason import Reason, brief
from tidemark.harness.record import Checkpoint, Output
from tidemark.harness.results_store import Entry, Store
from tidemark.harness.staleness import REPLACED, UNREADABLE, Look

NO_HASH = (None, UNREADABLE, REPLACED)


def keep(look: Look, checkpoint: Checkpoint) -> None:
    """Keep what a run left, if the same run again would leave the same.

    The results are there, whether this succeeds or not, so it says what went wrong and goes on.
    """
    kept = Store.of(look.tree, look.stored)
    if kept is None or not _repeatable(checkpoint):
        return
    try:
        kept.keep(look.tree, checkpoint, people.me())
    except OSError as error:
        console.complain_once(
            f"the results store keeps nothing of this: {error.filename}: {error.strerror}."
            " Results are as they should be. Cure: make room, or set store.enabled: false"
        )


def _repeatable(checkpoint: Checkpoint) -> bool:
    found = all(entry.sha256 for entry in checkpoint.inputs.values())
    return found and not (checkpoint.provisional or checkpoint.passing or checkpoint.accepted)


def restored(
    look: Look,
    name: str,
    why: Sequence[Reason],
    now_ns: int,
    known: Callable[[str], bool] = lambda _: True,
) -> bool:
    """Put in place what the step of this checkpoint would write; False if the store has not all.

    The caller holds the step's lock.

    Args:
        look: at the tree; what it saw of the step's outputs is out of date afterwards.
        why: the step would run.
        now_ns: when the look began.
        known: whether an input is as it will be when the step comes to run.

    Raises:
        OSError: the disk is full, or a folder cannot be written.
        InputError: something else lies where an output belongs.
    """
    kept = Store.of(look.tree, look.stored)
    for entry in _fitting(kept, look, name, known) if kept else ():
        staging = Staging(look.tree, _previous(look, name))
        try:
            if kept and _staged(kept, entry.checkpoint, staging):
                _settle(entry, staging, look, why, now_ns)
                return True
        finally:
            staging.discard()
        results_store.discard(entry.file)
        console.say(f"    note: {name}: what the results store had of it is damaged; it runs")
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
    results_store.touch(entry)
    computed = entry.checkpoint
    outputs = staging.commit()
    staging.remove(_previous(look, computed.name).keys() - outputs.keys())
    told = f"computed {computed.started:%Y-%m-%d} by {entry.who}"
    cause = f": {brief(why)}" if brief(why) else ""
    checkpoint = replace(
        computed,
        run=logs.run_id(),
        reasons=[f"restored, {told}{cause}"],
        restored=told,
        outputs=outputs,
    )
    publishing.save(look.tree, checkpoint, now_ns)
    title, edited = checkpoint.instance.title, "an output had been edited by hand; that copy is now"
    for note in (*(f"{edited} {path}" for path in staging.kept), *checkpoint.notes):
        console.say(f"    note: {title}: {note}")
    console.finished(checkpoint.instance, "restored", 0.0, checkpoint.headline, f"{told}{cause}")
