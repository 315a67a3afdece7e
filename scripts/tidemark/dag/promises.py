"""What the Makefile promises: its rules as Make sees them, for steps that never ran."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from typing import NamedTuple

from tidemark.config import view
from tidemark.config.view import Stored
from tidemark.errors import InputError
from tidemark.project import Tree


class Rule(NamedTuple):
    """A target's prerequisites: files that its recipe may read, and what only must come before.

    Of the latter it may read the files in folders, whose names Make does not know.
    """

    files: list[str]
    before: list[str]

    @property
    def readable(self) -> list[str]:
        """Files, and folders, of which it may read the files."""
        return [*self.files, *(path for path in self.before if not path.endswith(".ok"))]


Rules = Mapping[str, Rule]


def rules(tree: Tree, make: str, path: str) -> Rules:
    """Every target of a tree and its prerequisites, for the configuration at `path`.

    Make prints its rules and runs nothing. The goal `help` includes no other makefile, so what
    `artifacts/config.mk` sets, or would set if it is old or missing, comes on standard input.

    Raises:
        InputError: Make refuses the Makefile.
    """
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    makefile = f"--file={tree.module('Makefile')}"
    told = subprocess.run(
        [make, "--dry-run", "--print-data-base", "--file=-", makefile, "help"],
        cwd=tree.root, input=_lists(tree, path), env=clean | {"LC_ALL": "C"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if told.returncode:
        raise InputError("Makefile", told.stderr.strip(), "mend it, or name GNU Make with --make")
    return parsed(told.stdout)


def _lists(tree: Tree, path: str) -> str:
    if not view.is_stale(tree, path):
        return (tree / view.MAKEFILE).read_text("utf-8")
    from tidemark.config import load  # late, because it takes longer than all the rest
    from tidemark.tables import catalogue

    return load.makefile(path, load.load(tree, path), catalogue.files())


def stored(tree: Tree, path: str) -> Stored:
    """The keys of the configuration at `path`, with edits that no make has seen yet."""
    if not view.is_stale(tree, path):
        return view.stored(tree)
    from tidemark.config import load

    return dict(view.flattened(asdict(load.load(tree, path)))).get


def parsed(database: str) -> Rules:
    """The rules in what `make --print-data-base` prints."""
    _, _, explicit = database.partition("\n# Files\n")
    lines = (line for line in explicit.splitlines() if ": " in line and line[0] not in "#\t")
    by_target = {}
    for target, listed in (line.split(": ", 1) for line in lines):
        files, _, before = listed.partition("|")
        by_target[target] = Rule(files.split(), before.split())
    return by_target
