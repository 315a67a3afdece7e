"""Which project code a process loaded, and what that code means.

Two fingerprints of a source file: `sha256` of its bytes, and `meaning`, the hash of its syntax tree
without docstrings, comments and formatting. A file whose meaning is the same computes the same.
"""

import ast
import hashlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_loaded: dict[str, bytes] = {}


class _Watcher:
    """Import finder that keeps the source of every project module as it is about to be loaded.

    The source is read here rather than when the step ends, so that an edit made while a step runs
    is not mistaken for the code that ran.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.origin and spec.origin.startswith(self.folder):
            _loaded[spec.origin] = Path(spec.origin).read_bytes()
        return spec


def watch(folder: Path) -> None:
    """Record, from now on, the source of each module imported from below `folder`."""
    prefix = f"{folder}/"
    already = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    for file in already:
        if file and str(Path(file).resolve()).startswith(prefix):
            _loaded[str(Path(file).resolve())] = Path(file).read_bytes()
    if not any(isinstance(finder, _Watcher) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watcher(prefix))


def loaded(root: Path) -> dict[str, bytes]:
    """Source bytes of the project files loaded so far, by path relative to `root`, sorted."""
    return {str(Path(file).relative_to(root)): _loaded[file] for file in sorted(_loaded)}


def meaning(source: bytes) -> str:
    """SHA-256 of the syntax tree of `source`, with docstrings, comments and layout left out.

    Source that does not parse stands for itself.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return hashlib.sha256(source).hexdigest()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _drop_docstring(node)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _drop_docstring(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> None:
    first = node.body[0] if node.body else None
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        node.body = node.body[1:]
