"""Bring file times in line with contents; the Makefile calls this when anything changed."""

import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback at Ctrl-C

from tidemark import ROOT, progress, verification
from tidemark.errors import io_message


def main() -> int:
    """Exit code 1 when a file cannot be read or its time not be set."""
    os.chdir(ROOT)
    try:
        verification.verify()
    except OSError as error:
        progress.complain(io_message(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
