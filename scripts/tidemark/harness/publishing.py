"""A checkpoint made known: saved last of all, with a time that Make understands.

Beside it stand files that follow from it and exist for speed: `artifacts/.deps/<name>.d` tells Make
what the step was seen to depend on, and `artifacts/.producers/<path>` names the checkpoint that
wrote an output. Both are written anew whenever the checkpoint is found to hold.
"""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from tidemark import project
from tidemark.config import view
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import code, record
from tidemark.harness import outputs as staging
from tidemark.harness.record import FAILED, FOLDER, Checkpoint, Output

DEPS = FOLDER / ".deps"
PRODUCERS = FOLDER / ".producers"
LONG_AGO_NS = 946_684_800 * 10**9  # of a checkpoint that does not hold


def save(checkpoint: Checkpoint, started_ns: int) -> None:
    """Publish what follows from the checkpoint, then, last of all, the checkpoint itself."""
    publish(checkpoint)
    content = record.encoded(replace(checkpoint, outputs=_with_given_times(checkpoint)))
    store.write_atomic(
        record.path_of(checkpoint.name), content, time_to_set(checkpoint, started_ns)
    )


def confirm(name: str, now_ns: int) -> None:
    """Tell Make that the results still hold as of `now_ns`. The caller holds the step's lock."""
    checkpoint = record.load(name)
    if checkpoint is None:
        return
    for path in checkpoint.outputs:
        staging.sweep(path)
    if _with_given_times(checkpoint) != checkpoint.outputs:
        save(checkpoint, now_ns)
        return
    publish(checkpoint)
    stamp = time_to_set(checkpoint, now_ns)
    os.utime(record.path_of(name), ns=(stamp, stamp))


def _with_given_times(checkpoint: Checkpoint) -> Mapping[str, Output]:
    """The outputs with the times that verification gave them: the checkpoint's own."""
    own = mtime_ns(str(record.path_of(checkpoint.name)))
    if own is None:
        return checkpoint.outputs
    return {
        path: output._replace(mtime_ns=own) if mtime_ns(path) == own else output
        for path, output in checkpoint.outputs.items()
    }


def time_to_set(checkpoint: Checkpoint, looked_ns: int) -> int:
    """The checkpoint's time: when the step began, or its content was looked at.

    A prerequisite that was edited since is newer, so Make asks again. One from the future (a clock
    set back) would be newer for ever; then the checkpoint takes its time.
    """
    now = store.file_clock_ns()
    times = [mtime_ns(path) for path in prerequisites(checkpoint)]
    return max([looked_ns, *(time for time in times if time is not None and time > now)])


def mtime_ns(path: str) -> int | None:
    """A file's modification time; None if it is not there."""
    try:
        return Path(path).stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return None


def prerequisites(checkpoint: Checkpoint) -> list[str]:
    """Every file that Make compares a checkpoint with; of a listing, the folder if it exists."""
    keys = [f"{view.KEYS}/{key}" for key in checkpoint.config]
    files = [path for path in checkpoint.inputs if "*" not in path]
    folders = [Path(path).parent for path in checkpoint.inputs if "*" in path]
    modules = [str(project.module(path)) for path in code.shaping(checkpoint.code)]
    return [*files, *map(str, filter(Path.is_dir, folders)), *modules, *keys]


def publish(checkpoint: Checkpoint) -> None:
    """Write the dependency file and the pointers from outputs to this checkpoint; it succeeded."""
    (FAILED / checkpoint.name).unlink(missing_ok=True)
    for path in checkpoint.outputs:
        store.write_if_changed(PRODUCERS / path, checkpoint.name.encode())
    publish_dependencies(checkpoint)


def publish_dependencies(checkpoint: Checkpoint) -> None:
    """Write the dependency file, also of a step that will run: Make reads it first."""
    store.write_if_changed(DEPS / f"{checkpoint.name}.d", _depfile(checkpoint).encode())


def publish_all() -> None:
    """The same for every checkpoint."""
    for checkpoint in record.load_all().values():
        publish(checkpoint)


def forget_all_but(names: Collection[str]) -> None:
    """Remove the dependency files of other checkpoints: nothing says what is in them."""
    for path in DEPS.glob("*.d"):
        if path.stem not in names:
            path.unlink(missing_ok=True)


def producer(path: str) -> str | None:
    """Name of the checkpoint whose step writes `path`; steps write below the project only."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        return None
    try:
        name = (PRODUCERS / path).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        return None
    return name if re.fullmatch(r"\w+", name) else None


def produced(path: str) -> Output | None:
    """What the step that writes `path` recorded of it; None for a file that no step writes."""
    name = producer(path)
    checkpoint = record.load(name) if name else None
    return checkpoint.outputs.get(path) if checkpoint else None


def _depfile(checkpoint: Checkpoint) -> str:
    """What Make cannot read off its own rules: modules, config keys, and the outputs.

    `missing` and `FORCE` are the Makefile's: an output that is gone reruns its step. Files that
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
    """A path that Make reads as nothing but a name."""
    odd = re.search(r"[^\w.+@/-]", path)
    if odd:
        raise InputError(path, f"has {odd[0]!r} in its name, which Make cannot handle", "rename it")
    return path
