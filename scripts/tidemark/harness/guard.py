"""Refuse reads and writes that bypass the harness.

A file that is opened without the harness would be a dependency that no checkpoint knows of.
Python's own `open` is watched, and with it every reader and writer built on it. Native readers that
open files themselves (DuckDB, pyarrow with a path) are not seen: give them `run.read.path(...)`.

Below scripts/ lies what the import system loads, and what `pkgutil.get_data` reads beside it: both
are recorded as code. Any other look there is refused, too, but for lines shown in a traceback.
"""

import contextlib
import linecache
import os
import sys
import threading
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from tidemark.errors import InputError
from tidemark.harness import code

# The environment, bookkeeping, and the list of what steps write, by which files are only refused.
FREE = (".venv/", "logs/", "artifacts/.", "scripts/generated.txt")
CODE = "scripts/"
PLACES = {"root": "", "scripts": CODE}  # what is guarded -> how its files are named

_state = threading.local()
_armed: dict[str, str] = {}


def arm(root: Path, scripts: Path, script: str) -> None:
    """Refuse from now on to open files below `root` outside `opened()`.

    Args:
        root: of the project.
        scripts: where its code is, below `root` or elsewhere.
        script: that runs.
    """
    if not _armed:
        sys.addaudithook(_audit)
    _armed.update({"root": f"{root}/", "scripts": f"{scripts}/", "script": script})
    _armed.update({f"real {name}": f"{os.path.realpath(_armed[name])}/" for name in PLACES})


@contextlib.contextmanager
def opened() -> Iterator[None]:
    """Let the harness itself read and write within the block."""
    before = getattr(_state, "harness", False)
    _state.harness = True
    try:
        yield
    finally:
        _state.harness = before


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or getattr(_state, "harness", False):
        return
    name = arguments[0]
    if not isinstance(name, str | bytes | os.PathLike):
        return
    below = _below(os.fsdecode(name))
    if not below or any(relative.startswith(FREE) for relative in below):
        return
    cure = "read it through run.read and write it through run.write"
    if any(relative.startswith(CODE) for relative in below):
        if code.is_loading() or _is_of_traceback(below[0], sys._getframe(1)):
            return
        cure = "pkgutil.get_data(__package__, name), or run.read for a file elsewhere"
    raise InputError(
        _armed["script"], f"opens {below[0]} by itself, so its checkpoint would not know", cure
    )


def _below(path: str) -> list[str]:
    """How the file is named from the project's root, as it is given and where links lead."""
    whole = os.path.abspath(path)  # noqa: PTH100 - links stay
    places = ((whole, ""), (os.path.realpath(path), "real "))
    return [
        f"{prefix}{place.removeprefix(_armed[kind + name])}"
        for place, kind in places
        for name, prefix in PLACES.items()
        if place.startswith(_armed[kind + name])
    ]


def _is_of_traceback(path: str, frame: FrameType | None) -> bool:
    """Whether a source is opened for the lines that a traceback or a warning shows."""
    while frame and frame.f_code.co_filename == tokenize.__file__:
        frame = frame.f_back
    name = frame.f_code.co_filename if frame else ""
    return path.endswith(".py") and name == linecache.__file__
