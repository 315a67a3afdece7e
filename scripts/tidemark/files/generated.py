"""The folders that the pipeline writes and `make clean` empties, from scripts/generated.txt."""

import os
from functools import cache
from pathlib import Path

from tidemark.project import CODE, Tree

LIST = "scripts/generated.txt"  # says what its words mean


@cache
def listed(word: str) -> tuple[str, ...]:
    """The paths that the list has under a word, such as `emptied`, in its order."""
    lines = (line.split() for line in (CODE / LIST).read_text("utf-8").splitlines())
    return tuple(
        path for first, path in (line for line in lines if len(line) == 2) if first == word
    )


def generated_folder(tree: Tree, path: str) -> str | None:
    """The generated folder that a path leads into, by links too; None if it leads into none.

    The pipeline overwrites files there, and `make clean` removes them. One where people write too
    counts only for files directly in it, because its subfolders hold what people wrote.
    """
    place = Path(os.path.realpath(tree / path))
    for folder in listed("emptied"):
        if place.is_relative_to(os.path.realpath(tree / folder)):
            return folder
    shared = [top for top in listed("noted") if str(place.parent) == os.path.realpath(tree / top)]
    return shared[0] if shared else None
