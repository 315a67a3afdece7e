"""A checkpoint made known: it is saved last of all, with a time that Make understands.

Beside it stand files that follow from it and exist for speed: `artifacts/.deps/<name>.d` tells Make
what the step was seen to depend on, and `artifacts/.producers/<path>` names the checkpoint of the
step that wrote an output. Both are written anew whenever the checkpoint is found to hold.
"""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from tidemark.config import view
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import code, record
from tidemark.harness import outputs as staging
from tidemark.harness.record import FAILED, FOLDER, Checkpoint, Output
from tidemark.project import Tree

DEPS = FOLDER / ".deps"
PRODUCERS = FOLDER / ".producers"
LONG_AGO_NS = 946_684_800 * 10**9  # of a checkpoint that does not hold


def save(tree: Tree, checkpoint: Checkpoint, started_ns: int) -> None:
    """Publish what follows from the checkpoint, then, last of all, the checkpoint itself."""
    publish(tree, checkpoint)
    content = record.encoded(replace(checkpoint, outputs=_with_given_times(tree, checkpoint)))
    stamp = time_to_set(tree, checkpoint, started_ns)
    store.write_atomic(tree / record.path_of(checkpoint.name), content, stamp)


def confirm(tree: Tree, name: str, now_ns: int) -> None:
    """Tell Make that the results still hold as of `now_ns`. The caller holds the step's lock."""
    checkpoint = record.load(tree, name)
    if checkpoint is None:
        return
    for path in checkpoint.outputs:
        staging.sweep(tree / path)
    if _with_given_times(tree, checkpoint) != checkpoint.outputs:
        save(tree, checkpoint, now_ns)
        return
    publish(tree, checkpoint)
    stamp = time_to_set(tree, checkpoint, now_ns)
    os.utime(tree / record.path_of(name), ns=(stamp, stamp))


def _with_given_times(tree: Tree, checkpoint: Checkpoint) -> Mapping[str, Output]:
    """The outputs with the time that verification gave them, which is the checkpoint's own."""
    own = mtime_ns(tree / record.path_of(checkpoint.name))
    if own is None:
        return checkpoint.outputs
    return {
        path: output._replace(mtime_ns=own) if mtime_ns(tree / path) == own else output
        for path, output in checkpoint.outputs.items()
    }


def time_to_set(tree: Tree, checkpoint: Checkpoint, looked_ns: int) -> int:
    """The checkpoint's time: when the step began, or when its content was looked at.

    A prerequisite that was edited since is newer, so Make asks again. One from the future (a clock
    was set back) would be newer for ever, so then the checkpoint takes its time.
    """
    now = store.file_clock_ns(tree)
    files = [*prerequisites(tree, checkpoint), *(tree / path for path in checkpoint.outputs)]
    times = [mtime_ns(path) for path in files]
    return max([looked_ns, *(time for time in times if time is not None and time > now)])


def mtime_ns(path: Path) -> int | None:
    """A file's modification time; None if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return None


def prerequisites(tree: Tree, checkpoint: Checkpoint) -> list[Path]:
    """Every file that Make compares a checkpoint with; for a listing, its folder if that exists."""
    keys = [tree / view.KEYS / key for key in checkpoint.config]
    files = [tree / path for path in checkpoint.inputs if "*" not in path]
    folders = [(tree / path).parent for path in checkpoint.inputs if "*" in path]
    modules = [tree.module(path) for path in code.shaping(checkpoint.code)]
    return [*files, *filter(Path.is_dir, folders), *modules, *keys]


def publish(tree: Tree, checkpoint: Checkpoint) -> None:
    """Write the dependency file of a step that succeeded, and the pointers from its outputs."""
    (tree / FAILED / checkpoint.name).unlink(missing_ok=True)
    for path in checkpoint.outputs:
        store.write_if_changed(tree / PRODUCERS / path, checkpoint.name.encode())
    publish_dependencies(tree, checkpoint)


def publish_dependencies(tree: Tree, checkpoint: Checkpoint) -> None:
    """Write the dependency file, also of a step that will run, because Make reads it first."""
    store.write_if_changed(tree / DEPS / f"{checkpoint.name}.d", _depfile(checkpoint).encode())


def publish_all(tree: Tree) -> None:
    """The same for every checkpoint."""
    for checkpoint in record.load_all(tree).values():
        publish(tree, checkpoint)


def forget_all_but(tree: Tree, names: Collection[str]) -> None:
    """Remove the dependency files of all other checkpoints: nothing says what is in them."""
    for path in (tree / DEPS).glob("*.d"):
        if path.stem not in names:
            path.unlink(missing_ok=True)


def producer(tree: Tree, path: str) -> str | None:
    """Name of the checkpoint whose step writes `path`; None if no step does."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        return None
    try:
        name = (tree / PRODUCERS / path).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        return None
    return name if re.fullmatch(r"\w+", name) else None


def produced(tree: Tree, path: str) -> Output | None:
    """What the step that writes `path` recorded of it; None for a file that no step writes."""
    name = producer(tree, path)
    checkpoint = record.load(tree, name) if name else None
    return checkpoint.outputs.get(path) if checkpoint else None


def _depfile(checkpoint: Checkpoint) -> str:
    """What Make cannot read off its own rules: modules, config keys, and the outputs.

    The Makefile defines `missing` and `FORCE`: an output that is gone reruns its step. Files that
    people name are not listed: Make knows their folders or keys, and changed.sh sees them change.
    """
    target = record.path_of(checkpoint.name)
    keys = [_for_make(f"{view.KEYS}/{key}") for key in checkpoint.config]
    observed = [*keys, *map(_for_make, code.shaping(checkpoint.code))]
    outputs = map(_for_make, checkpoint.outputs)
    lines = [f"{target}: {' '.join(observed)} $(call missing,{' '.join(outputs)})"]
    if checkpoint.provisional:
        lines.append(f"{target}: FORCE")
    lines += [f"{key}:" for key in keys]
    return "\n".join(lines) + "\n"


def _for_make(path: str) -> str:
    """Refuse a path that Make would read as more than a name."""
    odd = re.search(r"[^\w.+@/-]", path)
    if odd:
        raise InputError(path, f"has {odd[0]!r} in its name, which Make cannot handle", "rename it")
    return path
