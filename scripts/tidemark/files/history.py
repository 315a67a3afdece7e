"""Metrics over time: one immutable file for each run that changed them.

The files are numbered, and hold no wall clock, so that two machines that do the same work keep the
same history.
"""

import json
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.files import store

FOLDER = Path("metrics/history")
FIELDS: dict[str, Any] = {
    "scenario": str,
    "model": str,
    "metric": str,
    "value": (int, float, type(None)),
}


def snapshots() -> list[dict[str, Any]]:
    """All snapshots, oldest first.

    Raises:
        InputError: a file is not what a run wrote there; names it.
    """
    return [_snapshot(path) for path in _paths()]


def next_path() -> str:
    """Where the next snapshot goes."""
    last = max((int(path.stem) for path in _paths()), default=0)
    return str(FOLDER / f"{last + 1:05d}.json")


def _paths() -> list[Path]:
    """The files that bear a number and nothing else, in its order."""
    found = [path for path in FOLDER.glob("*.json") if path.stem.isascii() and path.stem.isdigit()]
    return sorted(found, key=lambda path: int(path.stem))


def _snapshot(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(store.read_file(path))
    except (ValueError, RecursionError, IsADirectoryError, store.UnfitFileError) as error:
        raise _damaged(path, "is not JSON") from error
    if not (
        isinstance(found, dict) and found.keys() == {"metrics"} and _are_rows(found["metrics"])
    ):
        raise _damaged(path, "does not hold the metrics of a run")
    return found


def _are_rows(rows: Any) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict)
        and row.keys() == FIELDS.keys()
        and all(isinstance(row[name], kind) for name, kind in FIELDS.items())
        for row in rows
    )


def _damaged(path: Path, problem: str) -> InputError:
    cure = (
        "restore it (git, a backup), or delete it: then the history lacks that run, and no result"
    )
    return InputError(str(path), f"{problem}: it was damaged or written by something else", cure)
