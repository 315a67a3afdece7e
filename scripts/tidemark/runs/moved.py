"""What a run did to the results, beside those of the run before: `moved` of its record.

It is found when the record is written, while the figures by date of both can still be had. What
keeps it from being found is told in the record, which is written all the same.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tidemark.config import view
from tidemark.errors import BadValue, InputError
from tidemark.harness.failures import io_message
from tidemark.harness.results_store import Store
from tidemark.project import Tree
from tidemark.runs.evidence import FiguresByDate
from tidemark.tables import history

Record = Mapping[str, Any]
MEASURED = ("metrics", "strategies", "evidence")


def beside(tree: Tree, before: Record | None, after: Record) -> dict[str, Any] | None:
    """How the results differ, as `tables.history` describes it; None without a run before.

    Args:
        tree: where both runs were.
        before: the record of the run before, whose figures by date the results store may have.
        after: what the record of this run will hold, as it will be read.
    """
    if before is None:
        return None
    since = before["run"]
    if _measured(before) == _measured(after):
        return history.moved(since)
    try:
        return history.moved(since, **_compared(tree, before, after))
    except Exception as error:  # the record is worth more than this part of it
        return history.moved(since, why=_told(error))


def _measured(record: Record) -> list[Any]:
    return [record["results"][part] for part in MEASURED]


def _compared(tree: Tree, before: Record, after: Record) -> dict[str, Any]:
    from tidemark.comparing import wording  # late, because most who ask for runs compare none
    from tidemark.comparing.compare import compare
    from tidemark.comparing.side import Side

    kept_in = Store.of(tree, view.stored(tree))

    def side(record: Record) -> Side:
        results = record["results"]
        return Side(
            f"run {record['run']}",
            results,
            FiguresByDate([tree], kept_in, results["evidence"]).table,
        )

    found = compare(side(before), side(after))
    kinds = dict.fromkeys(row.kind for row in found.rows)
    counted = {
        kind: wording.by_word([row for row in found.rows if row.kind == kind]) for kind in kinds
    }
    return {
        "counts": counted,
        "rows": [asdict(row) for row in wording.moved(found.rows)],
        "ranked": [asdict(row) for row in wording.ranked_otherwise(found.rows)],
        "not_comparable": wording.by_reason(found.rows),
        "confidence": found.confidence,
        "note": wording.multiplicity(found),
    }


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return io_message(error)
    known = isinstance(error, InputError | BadValue)
    return str(error) if known else f"{type(error).__name__}: {error}"
