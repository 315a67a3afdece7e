"""The tree of a commit: made once, used again while it is there."""

import os
from pathlib import Path
from typing import Any

from tidemark.config.yaml_lines import parse
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.project import Tree
from tidemark.trees import borrowed, git

FOLDER = "artifacts/trees"
MOST = 3
WHOLE = ".whole"  # beside a tree: all files of the commit are there
LONG_AGO = (1, 1)  # a file time


def made(ours: Tree, commit: str) -> Tree:
    """The tree of a commit, with its code if that has the code in it, else with ours.

    Trees used longest ago are removed, so that at most MOST are there.

    Raises:
        InputError: git refuses; the project is in no repository.
        OSError: the tree cannot be written.
    """
    place = git.place_in(ours)
    folder = ours / FOLDER / commit[:16]
    whole = folder.with_name(folder.name + WHOLE)
    if not whole.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            git.forget(ours, folder)  # a checkout that was killed
        git.check_out(ours, commit, folder)
    whole.touch()
    _bound(ours)
    tree = Tree.at(folder / place)
    return tree if tree.code == tree.root else Tree(tree.root, ours.code)


def equipped(ours: Tree, theirs: Tree, config: str) -> list[str]:
    """Link data that the configuration names and git does not have; the names of these.

    Raises:
        InputError: the commit has no such configuration.
    """
    document = _document(theirs, config)
    if theirs.code == theirs.root:
        # Their environment may be a link to ours, which no Makefile there may think out of date.
        locks = theirs.code.glob("requirements*.lock")
        for path in (*locks, theirs.module("scripts/environment.sh")):
            if path.exists():
                os.utime(path, LONG_AGO)
    return borrowed.lend(ours, theirs, document, ours / FOLDER)


def _document(theirs: Tree, config: str) -> dict[str, Any]:
    path = theirs / config
    if not path.exists():
        cure = "commit it, or name another one: make diff CONFIG=..."
        raise InputError(config, f"is not in {theirs.root}, a tree of git's files", cure)
    document, _ = parse(config, store.read_file(path))
    return document if isinstance(document, dict) else {}


def _bound(ours: Tree) -> None:
    marks = sorted((ours / FOLDER).glob(f"*{WHOLE}"), key=_used)
    for mark in marks[:-MOST]:
        git.forget(ours, mark.with_name(mark.name.removesuffix(WHOLE)))
        mark.unlink(missing_ok=True)


def _used(mark: Path) -> float:
    return mark.stat().st_mtime
