"""What reports say of the sources: whose data they are, on what terms, and which bytes of them.

Terms that forbid to share rows keep them out of what is written for people: a quotation, or a curve
that is a price but for its scale.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

Row = Mapping[str, Any]
DIGITS = 12  # of a hash, by which make snapshots and make fetch_data know stored data
MAY = {
    "may_store": "kept",
    "may_share": "shared",
    "may_train": "trained on",
    "may_commercial": "used commercially",
}


def told(sources: Sequence[Row]) -> dict[str, Any]:
    """What templates are given of the table `sources`.

    Returns:
        sources: its rows, with `stored`, the first digits of the hash, `permits`, in words, and
        `origin`, the provider or the file's name, whose folder is no matter of others;
        licences: sentences on those that have a provider; as_stored: a sentence on which data
        results are made of; kept_inside: the names of sources whose rows may not be shown.
    """
    rows = [
        {
            **row,
            "stored": row["data_sha256"][:DIGITS],
            "permits": permits(row),
            "origin": row["provider"] or PurePath(row["path"]).name,
        }
        for row in sources
    ]
    identities = [
        f"{row['source']} {row['stored']}, rows up to {_day(row['last'])}"
        for row in rows
        if row["last"] is not None
    ]
    return {
        "sources": rows,
        "licences": [_licence(row, names) for row, names in _by_provider(rows)],
        "as_stored": f"Data as stored: {'; '.join(identities)}." if identities else "",
        "kept_inside": [row["source"] for row in rows if stays_inside(row)],
    }


def stays_inside(row: Row) -> bool:
    """Whether terms forbid to show rows of a source; nobody forbids those of a file."""
    return row["may_share"] is False


def permits(row: Row) -> str:
    """What may be done with rows, and what not; empty of a file, of which nobody says."""
    if row["may_share"] is None:
        return ""
    may = [words for name, words in MAY.items() if row[name]]
    not_ = [words for name, words in MAY.items() if not row[name]]
    if not may:
        return f"may not be {_all(not_, 'or')}"
    return f"may be {_all(may, 'and')}" + (f", but not {_all(not_, 'or')}" if not_ else "")


def quoted(findings: Sequence[Row], sources: Sequence[Row]) -> list[dict[str, Any]]:
    """Findings as they may be shown: what quotes rows that must stay inside is left out."""
    inside = {row["source"]: row["provider"] for row in sources if stays_inside(row)}
    return [
        {
            **found,
            "message": f"{found['rule']}; which rows is left out: terms of"
            f" {inside[found['dataset']]} (they are in the table findings)",
            "cure": "see the table findings, make sql",
        }
        if found["dataset"] in inside
        else dict(found)
        for found in findings
    ]


def _licence(row: Row, names: Sequence[str]) -> str:
    """A sentence or some on the terms of a provider."""
    where = f", read on {row['terms_read']}" + (
        f" at {row['terms_page']}" if row["terms_page"] else ""
    )
    parts = [f"{_all(names, 'and')}, from {row['provider']}: {row['licence']}{where}."]
    parts += [row["attribution"].rstrip(".") + "."] if row["attribution"] else []
    parts += [f"Rows {row['permits']}."]
    parts += [f"{row['accepted_by']} accepted that."] if row["accepted_by"] else []
    return " ".join(parts)


def _by_provider(rows: Sequence[Row]) -> list[tuple[Row, list[str]]]:
    """The first source of each provider and acceptance, and the names of all of them."""
    found: dict[tuple[Any, Any], tuple[Row, list[str]]] = {}
    for row in rows:
        if row["provider"]:
            key = row["provider"], row["accepted_by"]
            found.setdefault(key, (row, []))[1].append(row["source"])
    return list(found.values())


def _day(time: Any) -> str:
    """A day; with the time of day, if it has one."""
    return str(time)[:16].removesuffix(" 00:00")


def _all(words: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
