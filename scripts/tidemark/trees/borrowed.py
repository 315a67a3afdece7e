"""Data that a configuration names and git does not have: links to where they lie.

Files are linked one by one, and no folder, because Make would write through the link of one.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.project import Tree

ADOPTED = "data/own"  # links to users' own files, which git ignores


def lend(ours: Tree, theirs: Tree, document: Mapping[str, Any], within: Path) -> list[str]:
    """Link files that are missing in a tree and lie in ours; the names of what was linked.

    Args:
        ours: has the data.
        theirs: of a commit.
        document: the configuration there, as its file has it.
        within: the folder that no link may be outside of.

    Raises:
        InputError: a path leads out of it.
    """
    lent = []
    for name in dict.fromkeys([ADOPTED, *_paths(document.get("fetch_data"))]):
        for file in _files(ours, name):
            target = Path(os.path.normpath(theirs.root.absolute() / file))
            if not target.is_relative_to(within.absolute()):
                cure = "name it by an absolute path, or commit it"
                raise InputError(name, f"lies outside of {within}, where commits are run", cure)
            if not target.exists():
                target.unlink(missing_ok=True)  # a link that leads nowhere from there
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to((ours / file).resolve())
                lent.append(file)
    return lent


def _paths(section: Any) -> Iterator[str]:
    """Every `path` below a section that is relative to the project."""
    if isinstance(section, Mapping):
        for key, value in section.items():
            if key == "path" and isinstance(value, str) and not Path(value).is_absolute():
                yield value
            else:
                yield from _paths(value)


def _files(tree: Tree, name: str) -> Iterator[str]:
    """The file of that name, those of a folder, or those that a pattern names."""
    path = tree / name
    if path.is_dir():
        found = sorted(path.iterdir())
    elif path.exists():
        found = [path]
    else:
        found = sorted(tree.root.glob(name)) if name and ".." not in Path(name).parts else []
    for file in found:
        if file.is_file() and not file.name.startswith("."):
            yield os.path.relpath(file, tree.root)
