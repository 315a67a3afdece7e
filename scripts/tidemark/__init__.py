"""What Tidemark's steps share: the checkpoint harness and the domain code.

In a step, importing the package does what must come before anything else is imported: it starts to
watch what Python loads, and lets Ctrl-C end the process at once, without a traceback.
"""

import os
import signal
from pathlib import Path

from tidemark import code


def _root() -> Path:
    """The project's folder: where we are, if its scripts/ leads here; it may be a link."""
    package, here = Path(__file__).resolve().parent, Path.cwd()
    linked = here / "scripts" / package.name
    return here if linked.exists() and linked.samefile(package) else package.parents[1]


ROOT = _root()

if "TIDEMARK_LAUNCHED" in os.environ:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    code.watch(ROOT / "scripts")
