"""What git knows of a project."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tidemark.errors import InputError
from tidemark.project import Tree

LONGEST = 120  # seconds that git may take


def commit_of(tree: Tree, name: str) -> str | None:
    """The commit that a name stands for, such as a branch or a short hash; None if for none."""
    if name.startswith("-"):
        return None
    asked = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
    done = _asked(tree, *asked)
    return done.stdout.strip() if done.returncode == 0 else None


def changed(tree: Tree, before: str, after: str, places: Sequence[str]) -> list[str]:
    """The files below these places that differ between two commits, by name.

    Raises:
        InputError: git refuses.
    """
    asked = ("diff", "--name-only", "-z", "--relative", before, after, "--", *places)
    return [name for name in _must(tree, *asked).split("\0") if name]


def place_in(tree: Tree) -> Path:
    """Where the project stands in its repository: mostly at the top.

    Raises:
        InputError: it is in none.
    """
    return Path(_must(tree, "rev-parse", "--show-prefix").strip())


def check_out(tree: Tree, commit: str, folder: Path) -> None:
    """Put the files of a commit into a new folder.

    Raises:
        InputError: git refuses.
    """
    _must(tree, "worktree", "prune")  # of folders that `make clean` removed
    _must(tree, "worktree", "add", "--quiet", "--force", "--detach", str(folder.resolve()), commit)


def forget(tree: Tree, folder: Path) -> None:
    """Remove what `check_out` made, whatever was written there."""
    _asked(tree, "worktree", "remove", "--force", str(folder.resolve()))


def _must(tree: Tree, *arguments: str) -> str:
    done = _asked(tree, *arguments)
    if done.returncode:
        told = " ".join(done.stderr.split()).removeprefix("fatal: ") or "it does not say why"
        raise InputError(f"git {arguments[0]}", told, "mend that, or name runs instead of commits")
    return done.stdout


def _asked(tree: Tree, *arguments: str) -> "subprocess.CompletedProcess[str]":
    inherited = {key: text for key, text in os.environ.items() if not key.startswith("GIT_")}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=tree.root,
            env=inherited | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    except FileNotFoundError as error:
        cure = "install git, or name runs instead of commits"
        raise InputError("git", "is not on PATH", cure) from error
    except subprocess.TimeoutExpired as error:
        raise InputError("git", f"took more than {LONGEST} s", "try again") from error
