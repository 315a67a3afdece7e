"""The versions of Python and of the libraries that are installed."""

import re
import sys
from functools import cache
from pathlib import Path

from tidemark.project import Tree

PYTHON = ".".join(map(str, sys.version_info[:3]))
VENV = Path(sys.executable).parent.parent  # not sys.prefix: under -S that is the base Python's
SITE = VENV / "lib" / f"python{PYTHON.rpartition('.')[0]}" / "site-packages"


def of_tree(tree: Tree) -> dict[str, str]:
    """Those that a tree runs with: as installed in its environment, or in ours if it has none."""
    venv = tree.module(".venv").resolve()
    ours = venv == VENV.resolve() or not (venv / "pyvenv.cfg").exists()
    return installed() if ours else installed(venv)


_asked: set[str] = set()


@cache
def installed(venv: Path = VENV) -> dict[str, str]:
    """The version of every installed library by its normal name, and that of `python`.

    They are read from the names of folders, because steps are checked before any library is
    imported.
    """
    sites = [SITE] if venv == VENV else venv.glob("lib/python*/site-packages")
    found = sorted(path for site in sites for path in site.glob("*.dist-info"))
    folders = (path.stem.rpartition("-") for path in found)
    python = PYTHON if venv == VENV else _python_of(venv)
    return {normal(name): version for name, _, version in folders} | {"python": python}


def version(name: str) -> str:
    """The version of a library here; that it was asked for is remembered."""
    _asked.add(name)
    return installed().get(name, "not installed")


def asked() -> set[str]:
    """Libraries whose version was asked for: so results may depend on it."""
    return set(_asked)


def _python_of(venv: Path) -> str:
    """As its pyvenv.cfg has it: `version = 3.11.2`, or `version_info = ...` if uv made it."""
    text = (venv / "pyvenv.cfg").read_text("utf-8")
    said = re.search(r"^version(?:_info)? *= *(\d+\.\d+\.\d+)", text, re.MULTILINE)
    return said[1] if said else "unknown"


def normal(name: str) -> str:
    """A library's name in the form by which package indexes compare names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
