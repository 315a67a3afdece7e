"""What one run did, in a clause each: what failed, and which results changed most."""

from collections.abc import Mapping, Sequence
from typing import Any

from tidemark.naming import counted

Record = Mapping[str, Any]  # of a run, as `tables.history` describes it
NOTHING: Record = {"moved": None, "failures": {}}


def failures(record: Record | None) -> str:
    """The first step that failed, why, and how many more; empty if none did."""
    failed = list((record or NOTHING)["failures"].items())
    if not failed:
        return ""
    name, message = failed[0]
    more = f" (and {counted(len(failed) - 1, 'more step')})" if failed[1:] else ""
    return f"{name}: {' '.join(str(message).split())}{more}"


def changes(record: Record | None) -> list[str]:
    """The largest change for the better and for the worse beyond chance, and in the ranking."""
    moved = (record or NOTHING)["moved"]
    if moved is None:
        return []
    if moved["why"]:
        return [f"results were not compared: {moved['why']}"]
    rows = moved["rows"]
    told = [
        f"{word} change: {_in_words(largest)}"
        for word, way in (("best", "better"), ("worst", "worse"))
        if (largest := _largest([row for row in rows if row["word"] == way]))
    ]
    if not told:
        told = [f"no figure {'is better or worse beyond chance' if moved['counts'] else 'changed'}"]
    if ranked := moved["ranked"]:
        told.append(f"the ranking changed in {counted(len(ranked), 'place')}")
    return told


def _largest(rows: Sequence[Record]) -> Record | None:
    """The row of the largest difference beside what was there before."""
    return max(rows, key=_relative, default=None)


def _relative(row: Record) -> float:
    before, difference = float(row["before"] or 0.0), abs(float(row["difference"] or 0.0))
    return difference / abs(before) if before else difference


def _in_words(row: Record) -> str:
    of = " ".join(filter(None, (row["scenario"], row["name"], row["metric"])))
    return f"{of} {row['before']:.4g} -> {row['after']:.4g}"
