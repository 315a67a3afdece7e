"""What Tidemark's steps share: the checkpoint harness and the domain code.

Importing the package does what must come before anything else is imported. A syntax error in the
project's code, also in what the harness itself needs, is reported in one line. In a step, Ctrl-C
ends the process at once, without a traceback, and the watch of what Python loads starts: before it,
nothing of the project is loaded but plumbing.

In a notebook, `tidemark.open(".")` gives a project's results; see `notebook`.
"""

import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidemark.notebook.project import open as open


def not_python(error: BaseException, code: Path) -> tuple[str, str, str] | None:
    """Place, problem and cure of a syntax error in the code in that folder; None for any other."""
    if not isinstance(error, SyntaxError) or not error.filename:
        return None
    path = os.path.relpath(error.filename, code)
    if not path.startswith("scripts/"):
        return None
    where = path if error.lineno is None else f"{path}:{error.lineno}"
    return where, f"is not Python: {error.msg}", "mend that line"


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Serve as `sys.excepthook` until there is that of `failures`."""
    told = not_python(error, Path(__file__).absolute().parents[2])
    if told is None:
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write("{}: {}. Cure: {}\n".format(*told))
    raise SystemExit(2)


sys.excepthook = _tell

from tidemark.harness import code
from tidemark.project import CODE

if "TIDEMARK_LAUNCHED" in os.environ:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    code.watch(CODE / "scripts")
    code.check_surroundings(CODE / "scripts/launch/surroundings.py")

from tidemark.harness import failures

sys.excepthook = failures.tell


def __getattr__(name: str) -> Any:
    """Load what notebooks ask for when the first of them does: no step pays for it."""
    if name != "open":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tidemark.notebook import project

    return project.open


def __dir__() -> list[str]:
    return [*globals(), "open"]
