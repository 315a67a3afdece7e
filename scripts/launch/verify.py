"""Bring file times in line with contents; the Makefile calls this when anything changed.

The goals in TIDEMARK_BRING_BACK are restored as far as the results store has them.
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
    verification.verify(HERE, os.environ.get("TIDEMARK_BRING_BACK", "").split())
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
