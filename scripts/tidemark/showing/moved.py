"""What a run did to the results, as its record says it, in the terms and units of the page."""

from collections.abc import Mapping
from typing import Any

from tidemark.naming import counted
from tidemark.reporting import reports
from tidemark.showing.history import said, term
from tidemark.showing.told import Record

MOST = 60  # rows of a table
TITLES = {"model": "Models", "strategy": "Strategies"}
Row = Mapping[str, Any]


def of(record: Record | None) -> dict[str, Any] | None:
    """What its template is given; None if nothing moved, or there was no run before."""
    moved = (record or {}).get("moved")
    if not moved or not (moved["counts"] or moved["why"]):
        return None
    rows, ranked = moved["rows"], moved["ranked"]
    level = moved["confidence"]
    return {
        "why": moved["why"],
        "counts": {
            TITLES[kind]: ", ".join(f"{times:,} {word}" for word, times in words.items())
            for kind, words in moved["counts"].items()
            if words
        },
        "interval": f"{100 * level:g} % interval" if level else "interval",
        "rows": [_cells(row) for row in rows[:MOST]],
        "ranked": [
            (
                row["name"],
                term(row["metric"]).name,
                f"{_plain(row, 'before')} → {_plain(row, 'after')}",
            )
            for row in ranked[:MOST]
        ],
        "more": {"rows": max(len(rows) - MOST, 0), "ranked": max(len(ranked) - MOST, 0)},
        "reasons": [
            f"{counted(times, 'row')} not comparable: {why}"
            for why, times in moved["not_comparable"].items()
        ],
        "note": moved["note"],
        "terms": list(dict.fromkeys(term(row["metric"]) for row in (*rows[:MOST], *ranked[:MOST]))),
    }


def _cells(row: Row) -> list[str]:
    """A line of the table: of what, which figure, before, now, difference, interval, word."""
    figure = row["metric"]
    low, high = (said(figure, row[end], sign=True) for end in ("low", "high"))
    return [
        " ".join(filter(None, (row["scenario"], row["name"]))),
        term(figure).name,
        said(figure, row["before"]),
        said(figure, row["after"]),
        said(figure, row["difference"], sign=True),
        "" if reports.DASH in (low, high) else f"{low} to {high}",
        row["word"] + (f" ({row['why']})" if row["why"] else ""),
    ]


def _plain(row: Row, side: str) -> str:
    """A rank, or words."""
    return reports.DASH if row[side] is None else str(row[side])
