"""Files of steps, read only if they are what their checkpoints say."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tidemark.config import view
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import record
from tidemark.harness.instance import Instance
from tidemark.project import Tree

T = TypeVar("T")
PATIENCE = 1.0  # seconds: a step that ends moves its outputs into place, and then its checkpoint
PAUSE = 0.02


def content(tree: Tree, instance: Instance, path: str) -> bytes:
    """The bytes of a file, as the step that wrote it left them.

    Raises:
        InputError: as `opened`.
    """

    def read(file: Path, sha256: str) -> bytes | None:
        data = store.read_file(file)
        return data if store.sha256(data) == sha256 else None

    return opened(tree, instance, path, read)


def opened(tree: Tree, instance: Instance, path: str, read: Callable[[Path, str], T | None]) -> T:
    """What `read` makes of a file of that SHA-256, which its step recorded; None if it is not that.

    A file that differs is looked at for a while, because a step may just be replacing it.

    Raises:
        InputError: the step has left no such file, or it is another one now.
        OSError: it cannot be read.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        checkpoint = record.load(tree, instance.name)
        if checkpoint is None or path not in checkpoint.outputs:
            problem = f"is not there yet: {instance.title} has not written it"
            raise InputError(path, problem, _command(tree, instance))
        try:
            found = read(tree / path, checkpoint.outputs[path].sha256)
            problem = f"is not what {instance.title} wrote: it was edited, damaged or replaced"
        except FileNotFoundError:
            found, problem = None, f"is gone, though {instance.title} wrote it"
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise InputError(path, problem, _command(tree, instance))
        time.sleep(PAUSE)


def _command(tree: Tree, instance: Instance) -> str:
    """What to type so that the step writes its files."""
    config = view.file(tree)
    return f"make {instance.step}" + (f" CONFIG={config}" if config != "config.yaml" else "")
