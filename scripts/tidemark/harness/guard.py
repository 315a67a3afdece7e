"""Refuse reads and writes that bypass the harness.

A file that is opened without the harness would be a dependency that no checkpoint knows of.
Python's own `open` is watched, and with it every reader and writer built on it. Native readers that
open files themselves (DuckDB, pyarrow with a path) are not seen: give them `run.read.path(...)`.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tidemark.errors import InputError

FREE = (".venv/", "scripts/", "logs/", "artifacts/.")  # the environment, code, and bookkeeping

_state = threading.local()
_armed: dict[str, str] = {}


def arm(root: Path, script: str) -> None:
    """Refuse from now on to open files below `root` outside `opened()`."""
    if not _armed:
        sys.addaudithook(_audit)
    real = f"{os.path.realpath(root)}/"
    _armed.update({"root": f"{root}/", "real root": real, "script": script})


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
    path = os.fsdecode(name)
    below = [
        place.removeprefix(root)
        for place, root in (
            (os.path.abspath(path), _armed["root"]),  # noqa: PTH100 - links stay
            (os.path.realpath(path), _armed["real root"]),
        )
        if place.startswith(root)
    ]
    if below and not any(relative.startswith(FREE) for relative in below):
        raise InputError(
            _armed["script"],
            f"opens {below[0]} by itself, so its checkpoint would not know",
            "read it through run.read and write it through run.write",
        )
