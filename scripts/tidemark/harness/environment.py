"""The versions of Python and of the libraries: those installed, and those that a step ran with."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from tidemark.files import store
from tidemark.files.libraries import SITE, installed, normal, of_tree
from tidemark.project import ROOT, Tree

FACTS = ROOT / "artifacts/.libraries"  # of the Python that runs here
FORMAT = 1  # of that file; another way to gather the facts is another format too


def behind(modules: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
    """Version of Python, and of every library that these modules come from or that it requires.

    Args:
        modules: their names.
        others: names of more libraries.
    """
    libraries = {"python"}
    waiting = {library for module in modules for library in _facts()["owners"].get(module, ())}
    waiting.update(others)
    while waiting:
        libraries |= waiting
        needed = {need for library in waiting for need in _facts()["requires"].get(library, ())}
        waiting = needed - libraries
    return {name: installed()[name] for name in sorted(libraries & installed().keys())}


@cache
def _facts() -> Mapping[str, Mapping[str, list[str]]]:
    """`owners`: the libraries a module may come from; `requires`: what a library requires.

    Kept in a file until something is installed, because asking every library takes 0.2 s. What a
    version of Tidemark with another FORMAT kept is gathered anew.
    """
    key = {"format": FORMAT, "stamp": f"{SITE} {SITE.stat().st_mtime_ns}"}
    try:
        kept: Any = json.loads(FACTS.read_bytes())
    except (FileNotFoundError, ValueError):
        kept = None
    if isinstance(kept, dict) and key.items() <= kept.items():
        return kept
    facts = _gathered()
    store.write_atomic(FACTS, store.json_bytes(key | facts))
    return facts


def _gathered() -> dict[str, dict[str, list[str]]]:
    from importlib.metadata import packages_distributions, requires

    owners = {
        module: sorted({normal(name) for name in names})
        for module, names in packages_distributions().items()
    }
    libraries = sorted({name for names in owners.values() for name in names})
    return {
        "owners": owners,
        "requires": {name: _required(requires(name) or []) for name in libraries},
    }


def _required(requirements: Iterable[str]) -> list[str]:
    """Names in `numpy>=1.26; python_version>"3.10"`, those of optional extras left out."""
    plain = [text for text in requirements if "extra ==" not in text.replace("'", '"')]
    return sorted({normal(re.split(r"[^\w.-]", text.strip(), maxsplit=1)[0]) for text in plain})


def now(tree: Tree, libraries: Iterable[str]) -> dict[str, str]:
    """The version of each of these as a tree has it now."""
    known = of_tree(tree)
    return {name: known.get(name, "not installed") for name in libraries}


def differences(tree: Tree, libraries: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The libraries that are not what they were: name -> version then, version now."""
    current = now(tree, libraries)
    return {
        name: (then, current[name]) for name, then in libraries.items() if current[name] != then
    }
