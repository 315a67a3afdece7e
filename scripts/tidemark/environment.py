"""The versions of Python and of the libraries: those installed, and those that a step ran with."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tidemark import store

PYTHON = ".".join(map(str, sys.version_info[:3]))
VENV = Path(sys.executable).parent.parent  # not sys.prefix, which -S leaves at the base's
SITE = VENV / "lib" / f"python{PYTHON.rpartition('.')[0]}" / "site-packages"
OWNERS = Path("artifacts/.owners")


@cache
def installed() -> dict[str, str]:
    """Version of every installed library, by its name as on package indexes; and `python`'s.

    Read off the names of folders, since steps are checked before any library is imported.
    """
    folders = (path.stem.rpartition("-") for path in sorted(SITE.glob("*.dist-info")))
    return {_normal(name): version for name, _, version in folders} | {"python": PYTHON}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def used() -> dict[str, str]:
    """Version of Python and of every library that this process imported."""
    modules = {
        name
        for name, module in list(sys.modules.items())
        if "." not in name and (getattr(module, "__file__", None) or "").startswith(f"{SITE}/")
    }
    names = {_normal(owner) for module in modules for owner in _owners().get(module, ())}
    return {name: installed()[name] for name in sorted({*names, "python"} & installed().keys())}


@cache
def _owners() -> Mapping[str, list[str]]:
    """The libraries that each module may come from; kept, for asking each of them takes 0.1 s."""
    stamp = f"{SITE} {SITE.stat().st_mtime_ns}"
    try:
        kept: dict[str, Any] = json.loads(OWNERS.read_bytes())
    except (FileNotFoundError, ValueError):
        kept = {"stamp": None}
    if kept["stamp"] != stamp:
        from importlib.metadata import packages_distributions

        kept = {"stamp": stamp, "owners": dict(packages_distributions())}
        store.write_atomic(OWNERS, store.json_bytes(kept))
    owners: dict[str, list[str]] = kept["owners"]
    return owners


def now(libraries: Iterable[str]) -> dict[str, str]:
    """The version of each of these as installed now."""
    return {name: installed().get(name, "not installed") for name in libraries}


def differences(libraries: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The libraries that are not what they were: name -> version then, version now."""
    found = now(libraries)
    return {name: (then, found[name]) for name, then in libraries.items() if found[name] != then}
