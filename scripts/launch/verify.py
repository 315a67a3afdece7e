"""Bring file times in line with contents; the Makefile calls this when anything changed.

What the file in TIDEMARK_BRING_BACK lists is restored as far as the results store has it.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback at Ctrl-C

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `python -S`, which knows no venv

from tidemark.harness import verification
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT


def main() -> int:
    """Exit code 1 when a file cannot be read or its time not be set."""
    os.chdir(ROOT)
    listed = os.environ.get("TIDEMARK_BRING_BACK")
    verification.verify(HERE, Path(listed).read_text("utf-8").split() if listed else ())
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
