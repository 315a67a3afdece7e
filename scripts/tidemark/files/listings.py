"""Files that match a pattern."""

import glob
import os
from pathlib import Path

from tidemark.files import store
from tidemark.project import Tree


def sha(tree: Tree, pattern: str) -> str:
    """SHA-256 of the sorted names that match `pattern`."""
    return store.sha256(os.fsencode("\n".join(matching(tree, pattern))))


def matching(tree: Tree, pattern: str) -> list[str]:
    """The visible files that match `pattern` (* in its last part, for any text), sorted names."""
    folder, wildcard = Path(pattern).parent, Path(pattern).name
    wanted = "*".join(map(glob.escape, wildcard.split("*")))
    names = (path.name for path in (tree / folder).glob(wanted))
    return sorted(str(folder / name) for name in names if not name.startswith("."))
