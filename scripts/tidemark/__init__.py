"""What Tidemark's steps share: the checkpoint harness and the domain code.

In a step, importing the package does what must come before anything else is imported: it starts to
watch what Python loads, and lets Ctrl-C end the process at once, without a traceback. Everywhere, a
syntax error in the project's code is reported in one line.
"""

import os
import signal
import sys

from tidemark.harness import code, failures
from tidemark.project import CODE

sys.excepthook = failures.tell
if "TIDEMARK_LAUNCHED" in os.environ:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    code.watch(CODE / "scripts")
