"""Close a run when its `make` has ended: what it did becomes a record of the history.

    python scripts/launch/close.py [RUN]

RUN is the run to wait for, and then to close; without one, whatever runs are over. The warm
interpreter does this as it ends; without one, a process that the first step starts, and which is
nobody's child. So it may fail of anything without failing a make: then it says so in the log, the
journal stays, and the next command tries again.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the make, whose end this is about

import contextlib
import os
import select
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tidemark.errors import InputError
from tidemark.harness import journal, logs
from tidemark.harness.failures import io_message
from tidemark.project import HERE, ROOT
from tidemark.runs import settling

LOOK_SECONDS = 0.2


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 if something went wrong; it is told in the log of the pipeline, too."""
    os.chdir(ROOT)
    os.environ.pop("TIDEMARK_LAUNCHED", None)
    try:
        for run in arguments:
            _wait_for(run)
        settling.settle(HERE)
    except Exception as error:
        _tell(arguments, error)
        return 1
    return 0


def _wait_for(run: str) -> None:
    """Return when the make of a run has ended, and steps that outlived it have, too."""
    path = journal.path_of(run)
    with contextlib.suppress(OSError, AttributeError):  # it has ended, or this is not Linux
        process = os.pidfd_open(int(run.partition("-")[0]))
        select.select([process], [], [])
        os.close(process)
    while not (journal.is_gone(run) and settling.is_over(HERE, path)):
        time.sleep(LOOK_SECONDS)


def _tell(arguments: Sequence[str], error: Exception) -> None:
    told = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    if isinstance(error, OSError):
        told = io_message(error)
    message = f"the history lacks what {' '.join(arguments) or 'an earlier make'} did: {told}"
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{message}\n")
    with contextlib.suppress(OSError):
        context = {"level": "ERROR", "step": "close", "run": " ".join(arguments)}
        trace = "" if isinstance(error, InputError | OSError) else traceback.format_exc()
        logs.append(logs.PIPELINE, {**context, "message": message, "trace": trace})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
