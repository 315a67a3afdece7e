"""A project's folder and that of its code, mostly one; where this process has them; the version."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePath


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


@dataclass(frozen=True)
class Tree:
    """A project: the folder of its data and results, and that of its code.

    Checkpoints, keys and messages name files relative to these, so a process may look at several
    trees, wherever it stands itself.
    """

    root: Path
    code: Path

    @classmethod
    def at(cls, root: Path) -> "Tree":
        """The project in that folder, with its code there too, or else with ours."""
        return cls(root, root if (root / "scripts/tidemark").exists() else CODE)

    def __truediv__(self, name: str | PurePath) -> Path:
        """The file of that name; an absolute name stands for itself."""
        return self.root / name

    def module(self, name: str) -> Path:
        """The file of the code that has that name."""
        return self.code / name


# What steps and commands work in. They stand in its root, so its names are those that people read.
HERE = Tree(Path(), Path() if ROOT == CODE else CODE)
