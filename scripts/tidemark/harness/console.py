"""What `make` shows while it works: one plain line for each step, and a count of how far it is.

The processes of one `make` share a small file, `artifacts/.run/<id>.jsonl`: the plan on its first
line, then a line for each step that finished.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TextIO

from tidemark.harness.instance import Instance
from tidemark.project import HERE

FOLDER = Path("artifacts/.run")
FORGOTTEN_AFTER_SECONDS = 86_400
LEAST_WIDTH, MOST_WIDTH = 27, 48  # of a column of instances


def begin() -> None:
    """Ask Make, once in its run, how many steps it means to start, and note the number."""
    path = _path()
    if path is None or path.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _locked(path) as file:
        if file.tell() == 0:
            steps = _planned()
            plan = {"planned": len(steps), "width": width_of(steps)}
            file.write(json.dumps(plan) + "\n")
            _forget_old_runs(path)


def _path() -> Path | None:
    run = os.environ.get("TIDEMARK_RUN")
    return FOLDER / f"{run}.jsonl" if run else None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0, os.SEEK_END)
        yield file


def width_of(instances: Iterable[str]) -> int:
    """The width of a column of these; one that is longer than all bounds breaks its line alone."""
    longest = max(map(len, instances), default=0)
    return min(max(longest, LEAST_WIDTH), MOST_WIDTH)


def _planned() -> list[str]:
    """The instances that `make -n` lists for the same goals and variables of the command line."""
    goals = os.environ.get("TIDEMARK_GOALS", "").split()
    if not goals:
        return []
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    inherited["TIDEMARK_PLANNING"] = "1"
    _, dashes, variables = os.environ.get("MAKEFLAGS", "").partition("-- ")
    inherited["MAKEFLAGS"] = f"{dashes}{variables}"  # only Make itself can read its quotes
    makefile = f"--file={HERE.module('Makefile')}"
    command = [os.environ["MAKE_COMMAND"], "-n", makefile, "--", *goals]
    dry_run = subprocess.run(
        command, env=inherited, capture_output=True, text=True, errors="replace", check=False
    ).stdout
    steps = [line for line in dry_run.splitlines() if "scripts/launch/launch.py" in line]
    return [" ".join(line.rpartition(".py")[2].split()[1::2]) for line in steps]  # --kind name


def _forget_old_runs(own: Path) -> None:
    for path in set(FOLDER.glob("*.jsonl")) - {own}:  # a file server's clock may differ by days
        if time.time() - path.stat().st_mtime > FORGOTTEN_AFTER_SECONDS:
            path.unlink(missing_ok=True)


def finished(instance: Instance, state: str, seconds: float, figure: str, why: str = "") -> None:
    """Print an instance's line, e.g. `[ 3/12] evaluate  mean_impute ridge  1.2 s  rmse 0.0187`.

    state: `ran`, `fresh` or `failed`; a failure says how far the whole make has come. The line goes
    out in one write, so parallel steps never mix.
    """
    path = _path()
    counter, width = "", LEAST_WIDTH
    if path is not None and (state != "restored" or path.exists()):
        begin()
        with _locked(path) as file:
            file.write(json.dumps({"step": instance.step, "state": state}) + "\n")
            file.flush()
            counter, width = _counter(path)
            figure = _so_far(path) if state == "failed" else figure
    took = "fresh" if state == "fresh" else f"{seconds:.1f} s"
    if state in ("failed", "restored"):
        took = {"failed": "FAILED"}.get(state, state)
    text = f"{counter}{instance.step:<19} {instance.words:<{width}} {took:>6}  {figure}"
    say(f"{text}  <- {why}" if why else text)


def _counter(path: Path) -> tuple[str, int]:
    """How far this make is, and the width of the column of instances."""
    first, _, lines = path.read_bytes().partition(b"\n")
    plan = json.loads(first)
    done, planned = lines.count(b"\n"), plan["planned"]
    digits = len(str(max(planned, done)))
    return f"[{done:>{digits}}/{max(planned, done)}] ", plan.get("width", LEAST_WIDTH)


def _so_far(path: Path) -> str:
    """What came of the steps until one failed: Make closes no run that has failed, so this does."""
    states = [line["state"] for line in read(path)[1:]]
    failed = states.count("failed")
    began = int(path.stem.partition("-")[2])
    return (
        f"{failed} failed, {len(states) - failed} done in {max(time.time() - began, 0):.0f} s;"
        " `make status` lists what is left"
    )


def read(path: Path) -> list[dict[str, Any]]:
    """The plan and the lines of a run so far."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


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
    run = _path()
    if run is not None:
        name = f"{run.stem}-{hashlib.sha256(text.encode()).hexdigest()[:16]}{run.suffix}"
        with contextlib.suppress(OSError):
            FOLDER.mkdir(parents=True, exist_ok=True)
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
