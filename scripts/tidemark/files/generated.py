"""The folders that the pipeline writes and `make clean` empties."""

import os
from pathlib import Path

from tidemark.project import Tree

GENERATED = (
    *("data/raw", "data/processed", "data/splits", "data/predictions", "data/scenarios"),
    *("data/backtests", "features", "models", "metrics", "logs", "reports/figs", "artifacts"),
)


def generated_folder(tree: Tree, path: str) -> str | None:
    """The generated folder that a path leads into, by links too; None if it leads into none.

    The pipeline overwrites files there, and `make clean` removes them. reports/ counts only for
    files directly in it, because its subfolders hold what people wrote.
    """
    place = Path(os.path.realpath(tree / path))
    for folder in GENERATED:
        if place.is_relative_to(os.path.realpath(tree / folder)):
            return folder
    return "reports" if str(place.parent) == os.path.realpath(tree / "reports") else None
