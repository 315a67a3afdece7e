"""Metrics over time: one immutable file for each run that changed them.

The files are numbered, and hold no wall clock, so that two machines that do the same work keep the
same history.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path("metrics/history")


def snapshots() -> list[dict[str, Any]]:
    """All snapshots, oldest first."""
    return [json.loads(path.read_bytes()) for path in sorted(FOLDER.glob("[0-9]*.json"))]


def next_path() -> str:
    """Where the next snapshot goes."""
    numbers = [int(path.stem) for path in FOLDER.glob("[0-9]*.json")]
    return str(FOLDER / f"{max(numbers, default=0) + 1:05d}.json")
