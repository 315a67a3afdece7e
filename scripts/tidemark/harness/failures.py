"""How a command ends when an error stops it: one line, and its exit code."""

import errno
import sys
from collections.abc import Callable
from types import TracebackType

import tidemark
from tidemark.errors import InputError
from tidemark.harness import console, journal
from tidemark.project import CODE


def io_message(error: OSError) -> str:
    """An operating system's error in one line, with a cure."""
    where = error.filename or "input/output"
    what = error.strerror or str(error)
    return f"{where}: {what}. Cure: {_CURES.get(error.errno or 0, _CURE)}"


_CURE = "check that the path exists, may be read and written, and has room"
_CURES = {
    errno.ENOSPC: "make room on that disk; nothing earlier was lost",
    errno.EISDIR: "a folder is in place of a file: move it away",
    errno.ENOTDIR: "a file is in place of a folder: move it away",
    errno.EEXIST: "a file is in place of a folder: move it away",
}


def not_python(error: BaseException) -> InputError | None:
    """A syntax error in the project's code as bad input; None if `error` is anything else."""
    told = tidemark.not_python(error, CODE)
    return InputError(*told) if told else None


def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Serve as `sys.excepthook`: say what a person can mend in one line, once in a make; exit 2."""
    told = error if isinstance(error, InputError) else not_python(error)
    if told is None:
        sys.__excepthook__(kind, error, trace)
        return
    console.complain_once(str(told))
    journal.note_refusal(str(told))
    raise SystemExit(2)


def exit_code_of(work: Callable[[], int]) -> int:
    """The exit code of `work`; an error that a person can mend becomes one line, and 2 or 1."""
    try:
        return work()
    except InputError as error:
        code, told, say = 2, str(error), console.complain
    except OSError as error:
        code, told, say = 1, io_message(error), console.complain
    except SyntaxError as error:
        wrong = not_python(error)
        if wrong is None:
            raise
        code, told, say = 2, str(wrong), console.complain_once
    say(told)
    journal.note_refusal(told)
    return code
