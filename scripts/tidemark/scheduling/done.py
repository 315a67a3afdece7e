"""The last session that each pipeline was run for: `artifacts/.daily`, {pipeline: ISO date}.

It may be lost: then the last session is done once more, which finds everything fresh.
"""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from tidemark.files import store
from tidemark.project import Tree

FILE = Path("artifacts/.daily")


def done(tree: Tree) -> dict[str, date]:
    """By pipeline, the last session; nothing of what cannot be read."""
    try:
        kept = json.loads(store.read_file(tree / FILE))
        return {str(pipeline): date.fromisoformat(day) for pipeline, day in kept.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def note(tree: Tree, pipelines: Iterable[str], session: date) -> None:
    """Keep that these were run for a session and all before it.

    Raises:
        OSError: the file cannot be written.
    """
    days = {**done(tree), **dict.fromkeys(pipelines, session)}
    store.write_atomic(tree / FILE, store.json_bytes({k: str(day) for k, day in days.items()}))
