"""Where the project is."""

from pathlib import Path


def _root() -> Path:
    """The project's folder: where we are, if its scripts/ leads here; it may be a link."""
    package, here = Path(__file__).resolve().parent, Path.cwd()
    linked = here / "scripts" / package.name
    return here if linked.exists() and linked.samefile(package) else package.parents[1]


ROOT = _root()
