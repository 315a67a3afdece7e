"""The versions of Python and of the libraries that are installed."""

import re
import sys
from functools import cache
from pathlib import Path

PYTHON = ".".join(map(str, sys.version_info[:3]))
VENV = Path(sys.executable).parent.parent  # not sys.prefix: under -S that is the base Python's
SITE = VENV / "lib" / f"python{PYTHON.rpartition('.')[0]}" / "site-packages"


@cache
def installed() -> dict[str, str]:
    """The version of every installed library by its normal name, and that of `python`.

    They are read from the names of folders, because steps are checked before any library is
    imported.
    """
    folders = (path.stem.rpartition("-") for path in sorted(SITE.glob("*.dist-info")))
    return {normal(name): version for name, _, version in folders} | {"python": PYTHON}


def normal(name: str) -> str:
    """A library's name in the form by which package indexes compare names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
