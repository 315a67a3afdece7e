"""Which project code a process loaded, what that code means, and what it imports.

Two fingerprints of a source file: `sha256` of its bytes, and `meaning`, the hash of its syntax tree
without docstrings, comments and formatting. A file whose meaning is the same computes the same.
"""

import ast
import builtins
import contextlib
import hashlib
import marshal
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, TypeVar

from tidemark.project import ROOT

T = TypeVar("T", str, CodeType)
Fingerprint = TypeVar("Fingerprint")
COMPILED = ROOT / "artifacts/.compiled"
EDITED = b""  # in place of source that is not what ran; no module that does anything is empty

# What decides whether and how a step runs, but shapes no byte that it writes. It is recorded, and
# an edit is no reason to run. tests/campaigns/test_plumbing.py tries whether that is true.
PLUMBING = frozenset(
    f"scripts/{module}.py"
    for module in (
        *(f"launch/{name}" for name in ("close", "launch", "warm", "wire")),
        *(f"tidemark/{name}" for name in ("__init__", "project", "bounds")),
        *(f"tidemark/alerting/{name}" for name in ("__init__", "delivery", "hourly", "telling")),
        *(f"tidemark/fetching/{name}" for name in ("__init__", "keys")),
        *(f"tidemark/config/{name}" for name in ("given", "secrets")),
        *(f"tidemark/remotes/{name}" for name in ("__init__", "address")),
        *(
            f"tidemark/files/{name}"
            for name in ("append", "generated", "libraries", "locks", "people", "shares")
        ),
        *(
            f"tidemark/harness/{name}"
            for name in (
                *("__init__", "acceptance", "code", "console", "environment", "failures", "guard"),
                *(
                    "journal",
                    "logs",
                    "memory",
                    "messages",
                    "needs",
                    "owners",
                    "plain_process",
                    "progress",
                    "pruning",
                    "publishing",
                    "reason",
                    "record",
                    "remote_hits",
                    "restoring",
                    "results_store",
                    "staleness",
                ),
                *("step", "turn", "verification"),
            )
        ),
    )
)


def shaping(modules: Mapping[str, Fingerprint]) -> dict[str, Fingerprint]:
    """Those of these modules, by path, that are no plumbing."""
    return {path: printed for path, printed in modules.items() if path not in PLUMBING}


_loaded: dict[str, bytes] = {}
_imported: set[str] = set()
_loading = threading.local()
_keeping = True  # whether what was made of sources is kept for other processes


class _Loader(SourceFileLoader):
    """Compile the very bytes that are recorded.

    A .pyc would not do, because Python takes it for current when size and whole seconds agree; nor
    would the file as it is when the step ends, which may have been edited since.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return _compiled(self.get_data(path), path)

    def get_data(self, path: str) -> bytes:
        """Also of what lies beside modules, as `pkgutil.get_data` reads it: that is code, too."""
        _loading.now = True
        try:
            _loaded[path] = super().get_data(path)
        finally:
            _loading.now = False
        return _loaded[path]


def is_loading() -> bool:
    """Whether this thread reads a project file that is recorded by that."""
    return getattr(_loading, "now", False)


def _compiled(source: bytes, path: str) -> CodeType:
    """The code of `source`, kept because compiling all modules would take 20 ms a step."""
    return _kept(
        path.encode() + b"\0" + source,
        CodeType,
        lambda: compile(source, path, "exec", dont_inherit=True),
    )


def _kept(content: bytes, kind: type[T], make: Callable[[], T]) -> T:
    """What `make` makes of `content`, kept for other processes by the hash of that."""
    sha = hashlib.sha256(content).hexdigest()
    kept = COMPILED / f"{sys.implementation.cache_tag}-{sha}"
    with contextlib.suppress(OSError, EOFError, ValueError, TypeError):
        before = marshal.loads(kept.read_bytes())
        if isinstance(before, kind):
            return before
    made = make()
    if _keeping:
        with contextlib.suppress(OSError):  # it only saves time
            _keep(kept, marshal.dumps(made))
    return made


def _keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, without `store`: that is loaded by `_Loader` itself."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.uname().nodename}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class _Finder:
    """Find modules as usual, and let `_Loader` load those of the project."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.origin and spec.origin.startswith(self.folder):
            spec.loader = _Loader(name, spec.origin)
        return spec


def watch(folder: Path) -> None:
    """Record from now on the source of modules imported from below `folder`, and their imports.

    Of modules there were before, the file as it is now counts. Among them are plumbing and the
    script that runs, for which nothing vouches if it was edited since Python read it.
    """
    prefix = f"{folder.resolve()}/"  # as Python itself names what it imports
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    for path in (Path(file).resolve() for file in files if f"{folder.name}/" in file):
        if str(path).startswith(prefix):
            _loaded[str(path)] = path.read_bytes()
    _check_script()
    sys.meta_path.insert(0, _Finder(prefix))
    _watch_imports((prefix, f"{folder}/"))


def check_surroundings(path: Path) -> None:
    """Record the source of what set the environment for libraries, unless that is otherwise now."""
    module = ModuleType(path.stem)
    _Loader(module.__name__, str(path.resolve())).exec_module(module)
    if module.VARIABLES.items() - os.environ.items():
        _loaded[str(path.resolve())] = EDITED


def _check_script() -> None:
    """Let nothing stand for the script's source if that is not what is running."""
    script = sys.modules["__main__"].__dict__
    path = str(Path(script.get("__file__") or "").resolve())
    frame: FrameType | None = sys._getframe()
    while frame and frame.f_globals is not script:
        frame = frame.f_back
    if frame and path in _loaded and not _runs(frame.f_code, _loaded[path], path):
        _loaded[path] = EDITED


def _runs(running: CodeType, source: bytes, path: str) -> bool:
    try:
        return _compiled(source, path) == running
    except (SyntaxError, ValueError):
        return False


def _watch_imports(prefixes: tuple[str, ...]) -> None:
    """Note each import statement that code below one of these executes.

    What stands in `sys.modules` would not tell: the warm interpreter has all libraries there.
    """
    import_ = builtins.__import__

    def noted(
        name: str, globals: Mapping[str, Any] | None = None, *rest: Any, **named: Any
    ) -> ModuleType:
        if globals and str(globals.get("__file__", "")).startswith(prefixes):
            _imported.add(name.partition(".")[0])
        return import_(name, globals, *rest, **named)

    builtins.__import__ = noted


def imported() -> set[str]:
    """Names of the top-level modules that project code imported so far."""
    return set(_imported)


def keep_nothing() -> None:
    """From now on keep nothing for other processes: this one may write no file."""
    global _keeping
    _keeping = False


def sources() -> dict[str, bytes]:
    """Source bytes of the project files loaded so far, by where Python has them."""
    return dict(_loaded)


def add(path: str, source: bytes) -> None:
    """Count as loaded here what another process loaded for this one."""
    _loaded[path] = source
    _compiled(source, path)  # kept, so that the next process need not


def add_imported(modules: Iterable[str]) -> None:
    """Count as imported here what another process imported for this one."""
    _imported.update(modules)


def loaded(root: Path) -> dict[str, bytes]:
    """Source bytes of the project files loaded so far, by path relative to `root`, sorted."""
    scripts = root / "scripts"
    below = f"{scripts.resolve()}/"
    names = {file: file.replace(below, f"{scripts}/", 1) for file in sorted(_loaded)}
    return {str(Path(name).relative_to(root)): _loaded[file] for file, name in names.items()}


def plumbing(root: Path) -> dict[str, bytes]:
    """Source bytes of the plumbing there is, by path relative to `root`, loaded or not."""
    return {path: (root / path).read_bytes() for path in PLUMBING if (root / path).exists()}


def meaning_of(path: str, source: bytes) -> str:
    """What the file at `path` means: of what is no module, such as a template, each byte counts."""
    return meaning(source) if path.endswith(".py") else hashlib.sha256(source).hexdigest()


@cache
def meaning(source: bytes) -> str:
    """SHA-256 of the syntax tree of `source`, with docstrings, comments and layout left out.

    Source that does not parse stands for itself.
    """
    return _kept(_rule() + source, str, lambda: _meaning(source))


@cache
def _rule() -> bytes:
    """What says how `_meaning` works: results kept by another rule are not taken."""
    return hashlib.sha256(Path(__file__).read_bytes()).digest()


def _meaning(source: bytes) -> str:
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
