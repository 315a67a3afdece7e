"""A step as a plain process: look first, and load libraries only if there is something to do.

In a child of the warm interpreter libraries cost nothing, so there the step itself looks.
"""

import os
import signal
import sys
from pathlib import Path

from tidemark.config import view
from tidemark.files import locks
from tidemark.harness import console, journal, publishing, staleness
from tidemark.harness.failures import exit_code_of
from tidemark.harness.instance import Instance
from tidemark.harness.staleness import Look
from tidemark.project import HERE


def run_plain(command: list[str]) -> int:
    """Mark the step fresh, or become the step; exit code 0, 1 or 2 as in step.py."""
    os.environ["TIDEMARK_LAUNCHED"] = " ".join(command)
    return exit_code_of(lambda: _fresh_or_run(command, Instance.of(command)))


def _fresh_or_run(command: list[str], instance: Instance) -> int:
    view.must_be_of(HERE, os.environ.get("TIDEMARK_CONFIG"))
    journal.begin()
    name = instance.name
    with locks.held_if_free(HERE, name) as free:
        if free and staleness.holds(Look(HERE), name):
            publishing.confirm(HERE, name, int(os.environ["TIDEMARK_STARTED_NS"]))
            console.finished(instance, "fresh", 0.0, "")
            return 0
    compile(Path(command[0]).read_bytes(), command[0], "exec")  # Python would show a traceback
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until it can take it: __init__.py
    os.execv(sys.executable, [sys.executable, *command])
