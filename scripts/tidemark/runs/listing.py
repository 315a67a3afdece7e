"""Runs as a table for people."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tidemark.files.append import Record

COUNTED = ("ran", "restored", "failed", "killed")
COLUMNS = ("when", "outcome", "who", "commit", "config", "data", *COUNTED, "seconds")
USUAL = "config.yaml"  # shown only beside others
NUMBERS = ("data", *COUNTED, "seconds")
RECONFIGURED = "the configuration changed while it ran; "
LEAST_REASON = 20  # letters of the last column, however narrow the terminal is


def row(record: Record) -> dict[str, Any]:
    """What is told of a run, for machines; None where a record of an older form does not say."""
    told = record.content
    states = Counter(step["state"] for step in told["steps"])
    return {
        "snapshot": record.number,
        **{name: told[name] for name in ("run", "began", "ended", "seconds", "outcome", "goals")},
        **{name: told[name] for name in ("who", "commit", "dirty", "failures")},
        "reconfigured": told.get("reconfigured", False),
        "config_file": told["results"]["config_file"],
        "data_snapshot": told["snapshot"],
        "data_stored": told["results"]["stored"],
        **{state: states[state] for state in COUNTED},
        "why": _why(told),
    }


def table(records: Sequence[Record], width: int) -> str:
    """A line a run, in the order given; the reason is cut where a terminal of `width` ends."""
    lines = [dict(zip((*COLUMNS, "why"), (*COLUMNS, "why"), strict=True))]
    lines += [_as_words(row(record)) for record in records]
    files = {line["config"] for line in lines[1:]}
    columns = [name for name in COLUMNS if any(line[name] for line in lines[1:])]
    if files <= {USUAL, ""} and "config" in columns:
        columns.remove("config")
    widths = {name: max(len(line[name]) for line in lines) for name in columns}
    room = max(width - sum(widths.values()) - 2 * len(columns), LEAST_REASON)
    return "\n".join("  ".join(_cells(line, widths, room)).rstrip() for line in lines)


def _cells(line: Mapping[str, str], widths: Mapping[str, int], room: int) -> Iterator[str]:
    for name, width in widths.items():
        yield line[name].rjust(width) if name in NUMBERS else line[name].ljust(width)
    yield line["why"] if len(line["why"]) <= room else f"{line['why'][: room - 3]}..."


def _as_words(told: Mapping[str, Any]) -> dict[str, str]:
    began = told["began"] and datetime.fromisoformat(told["began"]).astimezone()
    commit = (told["commit"] or "")[:9] + ("+" if told["dirty"] else "")
    return {
        "when": f"{began:%Y-%m-%d %H:%M}" if began else "",
        "outcome": told["outcome"],
        "who": told["who"],
        "commit": commit,
        "config": told["config_file"] or "",
        "data": "" if told["data_snapshot"] is None else str(told["data_snapshot"]),
        **{state: str(told[state] or "") for state in COUNTED},
        "seconds": "" if told["seconds"] is None else f"{told['seconds']:.1f}",
        "why": (RECONFIGURED if told["reconfigured"] else "") + told["why"]
        or ("metrics alone: an earlier version" if not began else ""),
    }


def _why(told: Mapping[str, Any]) -> str:
    """What a step failed of; else the first reason that a step had."""
    failed = [f"{name}: {message}" for name, message in told["failures"].items()]
    reasons = [step["why"] for step in told["steps"] if step["why"]]
    return " ".join(next(iter([*failed, *reasons]), "").split())
