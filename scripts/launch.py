"""Run a step only if its checkpoint does not hold any more.

    python -S scripts/launch.py scripts/evaluate.py --scenario mean_impute --model ridge

Make starts a step when a time is newer; here contents decide. A step whose inputs, configuration,
code and outputs are what its checkpoint says is marked fresh. This costs some 50 ms, because
nothing but the standard library is imported before it is known that the step must run.
"""

import os
import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback at Ctrl-C

from tidemark import ROOT, checkpoint, config, locks, progress
from tidemark.errors import exit_code_of


def main(command: list[str]) -> int:
    """Mark the step fresh, or become the step."""
    os.chdir(ROOT)
    script, *options = command
    step = Path(script).stem
    flags = [flag.removeprefix("--") for flag in options[::2]]
    instance = dict(zip(flags, options[1::2], strict=True))
    return exit_code_of(lambda: _launch(command, step, instance))


def _launch(command: list[str], step: str, instance: dict[str, str]) -> int:
    config.must_be_of(os.environ.get("TIDEMARK_CONFIG"))
    progress.begin()
    name = checkpoint.name_of(step, instance)
    looked = checkpoint.now_ns()
    with locks.held_if_free(name) as free:
        if free and next(checkpoint.reasons(name), None) is None:
            checkpoint.confirm(name, looked)
            progress.finished(step, instance, "fresh", 0.0, "")
            return 0
    os.environ["TIDEMARK_LAUNCHED"] = name
    os.environ["TIDEMARK_STARTED_NS"] = str(looked)  # before any module of the step is read
    os.execv(sys.executable, [sys.executable, *command])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
