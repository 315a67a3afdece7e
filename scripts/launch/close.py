"""Close a run when its `make` has ended: what it did becomes a record of the history.

The page is then written as of that run, and the results store lets go what is too much.

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
from tidemark.harness import journal, logs, restoring
from tidemark.harness.failures import io_message
from tidemark.project import HERE, ROOT, Tree

LOOK_SECONDS = 0.2
OF_A_MAKE, KEPT = ("MAKE", "MFLAGS", "TIDEMARK_LAUNCHED"), ("MAKE_COMMAND",)
NO_PAGE = os.environ.get("TIDEMARK_PAGE") == "off"  # for tests of other things, which make often


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 if something went wrong; it is told in the log of the pipeline, too."""
    os.chdir(ROOT)
    for name in [name for name in os.environ if name.startswith(OF_A_MAKE) and name not in KEPT]:
        del os.environ[name]
    run = " ".join(arguments)
    try:
        for awaited in arguments:
            _wait_for(awaited)
        # Loaded now, because the make may still be at work while this process waits for it.
        from tidemark.runs import pinning, settling

        recorded = settling.settle(HERE)
    except Exception as error:
        _tell(run, f"the history lacks what {run or 'an earlier make'} did", error)
        return 1
    afterwards = {  # what is wrong if it fails, and what it is
        "reports/index.html does not show the last run": _write_page,
        "the results store may let data of this run go": pinning.pin_data,
        "the results store may be larger than it should be": restoring.prune,
    }
    whole = True
    for what, work in afterwards.items() if recorded else ():
        try:
            work(HERE)
        except Exception as error:
            _tell(run, what, error)
            whole = False
    return 0 if whole else 1


def _write_page(tree: Tree) -> None:
    if not NO_PAGE:
        from tidemark.showing import index

        index.write_index(tree)


def _wait_for(run: str) -> None:
    """Return when the make of a run has ended, and steps that outlived it have, too."""
    path = journal.path_of(run)
    with contextlib.suppress(OSError, AttributeError):  # it has ended, or this is not Linux
        process = os.pidfd_open(int(run.partition("-")[0]))
        select.select([process], [], [])
        os.close(process)
    while not journal.is_gone(run):
        time.sleep(LOOK_SECONDS)
    from tidemark.runs import settling

    while not settling.is_over(HERE, path):
        time.sleep(LOOK_SECONDS)


def _tell(run: str, what: str, error: Exception) -> None:
    told = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    if isinstance(error, OSError):
        told = io_message(error)
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{what}: {told}\n")
    with contextlib.suppress(OSError):
        line = {"level": "ERROR", "step": "close", "run": run, "message": f"{what}: {told}"}
        trace = not isinstance(error, InputError | OSError)
        logs.append(logs.PIPELINE, line | ({"trace": traceback.format_exc()} if trace else {}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
