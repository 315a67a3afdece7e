"""Work of the step's own that may not end, in a fork of the step that a clock watches.

Native code does not hear a signal that Python handles, so a fit that is to stop is a process that
is killed. A fork has all that the step has read, and copies only what it writes to. What it gives
back is pickled, since it is the step's own work; for other people's code there is the nursery.

Linear algebra runs on one thread here (`surroundings`), so a fork lacks none; on Linux it does what
the step does. Apple's Accelerate, by which numpy multiplies on a Mac, promises nothing to a fork of
a process that has used it. If one stands still there it is killed in its time, and if it crashes it
is an EndedError: the work fails and is told, and no result is another.
"""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any, NoReturn, TypeVar

from tidemark.isolated import errors_across
from tidemark.isolated.family import Witness, end_with
from tidemark.isolated.lives import MAXRSS, resident_bytes

T = TypeVar("T")
Tell = Callable[[Any], None]
GLANCE = 1.0  # seconds


class TooLongError(Exception):
    """The work said nothing, and did not end, within its time."""


class EndedError(Exception):
    """The process of the work ended by itself; the message says how."""


def within(
    seconds: float,
    work: Callable[[Tell], T],
    heard: Callable[[Any], None],
    witness: Witness | None = None,
) -> T:
    """What `work` returns, computed in a fork of this process.

    Args:
        seconds: from the start, or from whatever the work told last; then it is killed.
        work: it is given `tell`, which sends something to be `heard` here.
        heard: called here with what was told.
        witness: see there; a fork's peak is what it held beyond what it had at its start.

    Raises:
        TooLongError, EndedError: there is no result.
        Exception: whatever `work` raised, as it was raised.
    """
    ours, theirs = Pipe(duplex=False)
    _flush()  # else the fork would say it once more
    step = os.getpid()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _live(step, theirs, work, witness)
    theirs.close()
    shared, over = 0, False

    def end() -> int:
        """Its status, as subprocess has it."""
        _, status, usage = os.wait4(pid, 0)
        if witness:
            witness.held(max(usage.ru_maxrss * MAXRSS - shared, 0))
        return os.waitstatus_to_exitcode(status)

    try:
        while True:
            kind, content = _next(ours, seconds)
            if kind == "began":
                shared = content
            elif kind == "news" and witness:
                witness.heard(content)
            elif kind == "told":
                heard(content)
            elif kind == "raised":
                raise errors_across.raised(*content)
            elif kind == "done":
                result: T = content
                return result
    except EOFError:
        over = True
        raise EndedError(_how(end())) from None
    finally:
        ours.close()
        if not over:
            os.kill(pid, signal.SIGKILL)
            end()


def _next(connection: Connection, seconds: float) -> tuple[str, Any]:
    left = seconds
    while not connection.poll(min(left, GLANCE)):  # so that a pause of all counts little
        left -= GLANCE
        if left <= 0.0:
            raise TooLongError
    kind, content = connection.recv()
    return kind, content


def _how(status: int) -> str:
    if status >= 0:
        return f"ended by itself, with {status}"
    known = {each.value: each.name for each in signal.Signals}
    return f"was ended by {known.get(-status, f'signal {-status}')}"


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def _place(error: BaseException) -> str:
    """The file and line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}, line {last.lineno}"


def _live(
    step: int, connection: Connection, work: Callable[[Tell], Any], witness: Witness | None
) -> NoReturn:
    """Be the fork."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C is for the step to speak of
        end_with(step)
        if witness:
            witness.begin()

        def send(kind: str, content: Any) -> None:
            news = witness.news() if witness else None
            if news:
                connection.send(("news", news))
            connection.send((kind, content))

        with contextlib.suppress(BrokenPipeError):  # the step is gone
            connection.send(("began", resident_bytes()))
            try:
                done = work(lambda content: send("told", content))
                _flush()
                send("done", done)  # the step then ends this process
            except BaseException as error:  # a result that cannot be pickled is one, too
                _flush()
                send("raised", (errors_across.told(error), _place(error)))
    finally:
        os._exit(0)
