"""The libraries of a tree: ours if its lock files are, else an environment kept by their hash."""

import hashlib
import shutil
from pathlib import Path

from tidemark.project import Tree

FOLDER = "artifacts/environments"
MOST = 2
VENV = ".venv"
MADE = ".ok"  # in an environment that is whole
LOCK = "requirements.lock"


def key(code: Path) -> str:
    """A hash of the lock files of code, but those that only its developers need."""
    found = hashlib.sha256()
    for lock in sorted(code.glob("requirements*.lock")):
        if lock.name != "requirements-dev.lock":
            found.update(lock.name.encode() + b"\0" + lock.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def give(ours: Tree, theirs: Tree) -> bool:
    """Link an environment into a tree if there is one for it; False if Make must set one up."""
    venv = theirs / VENV
    if venv.is_dir() and not venv.is_symlink():
        return False  # a make that was killed had begun to set one up
    kept = _kept(ours, theirs)
    if not (kept / MADE).exists():
        return False
    if own(ours, theirs):
        kept.touch()  # the environments used longest ago go first
    venv.unlink(missing_ok=True)
    venv.symlink_to(kept.resolve(), target_is_directory=True)
    return True


def own(ours: Tree, theirs: Tree) -> str | None:
    """The name of the environment of a tree, if that is not ours."""
    kept = _kept(ours, theirs)
    return None if kept == ours.module(VENV) else f"{FOLDER}/{kept.name}"


def keep(ours: Tree, theirs: Tree) -> None:
    """Move the environment that Make set up in a tree to where others find it, and link it."""
    venv, kept = theirs / VENV, _kept(ours, theirs)
    if venv.is_symlink() or not (venv / MADE).exists():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(kept, ignore_errors=True)
    venv.rename(kept)
    venv.symlink_to(kept.resolve(), target_is_directory=True)
    for old in sorted(kept.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-MOST]:
        shutil.rmtree(old)


def _kept(ours: Tree, theirs: Tree) -> Path:
    own = key(theirs.code)
    return ours.module(VENV) if own == key(ours.code) else ours / FOLDER / own
