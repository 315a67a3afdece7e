"""The versions of Python and of the libraries that are installed."""

import re
import sys
from functools import cache
from pathlib import Path

PYTHON = ".".join(map(str, sys.version_info[:3]))
VENV = Path(sys.executable).parent.parent  # not sys.prefix, which -S leaves at the base's
SITE = VENV / "lib" / f"python{PYTHON.rpartition('.')[0]}" / "site-packages"


@cache
def installed() -> dict[str, str]:
    """Version of every installed library, by its name as on package indexes; and `python`'s.

    Read off the names of folders, since steps are checked before any library is imported.
    """
    folders = (path.stem.rpartition("-") for path in sorted(SITE.glob("*.dist-info")))
    return {normal(name): version for name, _, version in folders} | {"python": PYTHON}


def normal(name: str) -> str:
    """A library's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
