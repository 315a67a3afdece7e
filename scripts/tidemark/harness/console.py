"""What `make` shows while it works: one plain line for each step, and a count of how far it is."""

import contextlib
import hashlib
import os
import sys
import time
import warnings
from collections.abc import Iterable
from typing import TextIO

from tidemark.harness import journal
from tidemark.harness.instance import Instance
from tidemark.harness.journal import Position

LEAST_WIDTH, MOST_WIDTH = 27, 48  # of a column of instances


def width_of(instances: Iterable[str]) -> int:
    """The width of a column of these; one that is longer than all bounds breaks its line alone."""
    return _bounded(max(map(len, instances), default=0))


def _bounded(longest: int) -> int:
    return min(max(longest, LEAST_WIDTH), MOST_WIDTH)


def finished(
    instance: Instance,
    state: str,
    seconds: float,
    figure: str,
    why: str = "",
    message: str = "",
    rows: int | None = None,
) -> None:
    """Print an instance's line, e.g. `[ 3/12] evaluate  mean_impute ridge  1.2 s  rmse 0.0187`.

    state: `ran`, `restored`, `fresh` or `failed`; a failure, whose message the journal keeps, says
    how far the whole make has come. The journal keeps the rows of what the step wrote, too. The
    line goes out in one write, so parallel steps never mix.
    """
    progress = journal.note_step(instance, state, seconds, why, message, rows)
    if progress and progress.known and state == "failed":
        figure = _so_far()
    took = {"restored": "restored", "fresh": "fresh", "failed": "FAILED"}.get(state)
    width = _bounded(progress.width if progress else 0)
    text = f"{_counter(progress)}{instance.step:<19} {instance.words:<{width}}"
    text = f"{text} {took or f'{seconds:.1f} s':>6}  {figure}"
    say(f"{text}  <- {why}" if why and state != "failed" else text)


def _counter(progress: Position | None) -> str:
    """How far this make is; nothing before there is a plan."""
    if progress is None or not progress.known:
        return ""
    digits = len(str(progress.known))
    return f"[{progress.done:>{digits}}/{progress.known}] "


def _so_far() -> str:
    """What came of the steps until one failed: Make closes no run that has failed, so this does."""
    path = journal.path()
    assert path is not None, "of a make"
    noted = journal.read(path)
    failed = noted.count("failed")
    began = int(path.stem.partition("-")[2])
    return (
        f"{failed} failed, {len(noted.steps) - failed} done in {max(time.time() - began, 0):.0f} s;"
        " `make status` lists what is left"
    )


def say(text: str) -> None:
    """Write one line to the terminal."""
    try:
        sys.stdout.write(f"{text.rstrip()}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # `make all | head` is no failure of a step; nor of its last flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Write what went wrong to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def complain_once(text: str) -> None:
    """Write it unless this make has shown the same text already, because steps share their code."""
    run = journal.path()
    if run is not None:
        name = f"{run.stem}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.said"
        with contextlib.suppress(OSError):
            journal.FOLDER.mkdir(parents=True, exist_ok=True)
            try:
                run.with_name(name).touch(exist_ok=False)
            except FileExistsError:
                return
    complain(text)


def warn_once_a_line() -> None:
    """From now on show only the first warning of each line of code, whatever its words.

    A strategy runs once for each set and market scenario, and warns each time. Python's own filter
    "once" forgets whenever a library changes the filters for a while.
    """
    show, shown = warnings.showwarning, set()

    def first(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if (category, filename, lineno) not in shown:
            shown.add((category, filename, lineno))
            show(message, category, filename, lineno, file, line)

    warnings.showwarning = first
