"""A step as a plain process: look first, and load libraries only if there is something to do.

In a child of the warm interpreter this costs nothing, so there the step looks itself.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from tidemark.config import view
from tidemark.files import locks
from tidemark.harness import checkpoint, console
from tidemark.harness.failures import exit_code_of


def run_plain(command: list[str]) -> int:
    """Mark the step fresh, or become the step; exit code 0, 1 or 2 as in step.py."""
    script, *options = command
    flags = [flag.removeprefix("--") for flag in options[::2]]
    instance = dict(zip(flags, options[1::2], strict=True))
    return exit_code_of(lambda: _fresh_or_run(command, Path(script).stem, instance))


def _fresh_or_run(command: list[str], step: str, instance: Mapping[str, str]) -> int:
    view.must_be_of(os.environ.get("TIDEMARK_CONFIG"))
    console.begin()
    name = checkpoint.name_of(step, instance)
    with locks.held_if_free(name) as free:
        if free and next(checkpoint.reasons(name), None) is None:
            checkpoint.confirm(name, int(os.environ["TIDEMARK_STARTED_NS"]))
            console.finished(step, instance, "fresh", 0.0, "")
            return 0
    compile(Path(command[0]).read_bytes(), command[0], "exec")  # the interpreter has a traceback
    os.environ["TIDEMARK_LAUNCHED"] = name
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until it can take it: __init__.py
    os.execv(sys.executable, [sys.executable, *command])
