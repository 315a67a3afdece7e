"""Where the project is, and where its code: mostly one folder, but they may be two. Its version."""

import os
from pathlib import Path


def _code() -> Path:
    """The folder with scripts/: where we are, if its scripts/ leads here; it may be a link."""
    package, here = Path(__file__).resolve().parent, Path.cwd()
    linked = here / "scripts" / package.name
    return here if linked.exists() and linked.samefile(package) else package.parents[1]


def _project() -> Path:
    """The folder that Make was started in; by hand, where we are if Make configured that."""
    here = Path.cwd()
    configured = here if (here / "artifacts/config.mk").exists() else CODE
    return Path(os.environ.get("TIDEMARK_PROJECT") or configured)


CODE = _code()
ROOT = _project()
VERSION = "0.2.0"  # as in pyproject.toml


def module(path: str) -> Path:
    """Where a file of the code lies; checkpoints name it from the code's folder."""
    return Path(path) if ROOT == CODE else CODE / path
