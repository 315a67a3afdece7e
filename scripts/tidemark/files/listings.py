"""Files that match a pattern."""

import os
from pathlib import Path

from tidemark.files import store


def sha(pattern: str) -> str:
    """SHA-256 of the sorted names that match `pattern`."""
    return store.sha256(os.fsencode("\n".join(matching(pattern))))


def matching(pattern: str) -> list[str]:
    """The visible files that match `pattern` (wildcards in its last part only), sorted."""
    folder, wildcard = Path(pattern).parent, Path(pattern).name
    return sorted(str(path) for path in folder.glob(wildcard) if not path.name.startswith("."))
