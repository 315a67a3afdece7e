"""How a command ends when an error stops it: one line, and its exit code."""

import errno
from collections.abc import Callable

from tidemark.errors import InputError
from tidemark.harness import console


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


def exit_code_of(work: Callable[[], int]) -> int:
    """The exit code of `work`; an error that a person can mend becomes one line, and 2 or 1."""
    try:
        return work()
    except InputError as error:
        console.complain(str(error))
        return 2
    except OSError as error:
        console.complain(io_message(error))
        return 1
