"""Close a `make` that did something: what ran, how long it took, where the report is.

python -S summary.py PAGE INDEX

PAGE shows the results; INDEX is the same with what depends on the run. It is written once `make`
has ended, if a step ran or was restored, so it is named before it is there.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback at Ctrl-C

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # because `python -S` does not read the venv

from tidemark.harness import console, journal, verification
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT


def main() -> int:
    """Print the closing lines, note the end, and set file times right."""
    os.chdir(ROOT)
    path = journal.path_of(os.environ["TIDEMARK_RUN"])
    noted = journal.read(path)
    restored, fresh = noted.count("restored"), noted.count("fresh")
    spared = max(noted.planned + noted.early - len(noted.steps), 0)
    parts = [f"{noted.count('ran')} ran"]
    parts += [f"{restored} restored"] if restored else []
    parts += [f"{fresh} found fresh"] if fresh else []
    parts += [f"{spared} spared (their inputs came out the same)"] if spared else []
    seconds = _seconds(os.environ["TIDEMARK_RUN"])
    journal.note_end(seconds)
    console.say(f"Done in {seconds:.1f} s: {', '.join(parts)}.")
    page, index = sys.argv[1:]
    shown = index if noted.count("ran") or restored or (HERE / index).exists() else page
    report = f"Report: {shown}   " if (HERE / page).exists() else ""
    console.say(f"{report}Log: logs/pipeline.log")
    verification.verify(HERE)
    return 0


def _seconds(run: str) -> float:
    """Seconds since make's process started, because make starts anew after configure.py."""
    pid, began = run.split("-")
    ticks = journal.ticks_of(int(pid))
    if ticks is None:  # not Linux
        return time.time() - int(began)
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
