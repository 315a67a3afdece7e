"""Metrics over time: metrics/history/ has a record for each run that changed them.

A record holds `{"metrics": [{"scenario", "model", "metric", "value"}, ...]}`, as in format 1.
"""

from typing import Any

from tidemark.files.append import BARE, Log
from tidemark.project import Tree

FOLDER = "metrics/history"
FORM = 2
FIELDS: dict[str, Any] = {
    "scenario": str,
    "model": str,
    "metric": str,
    "value": (int, float, type(None)),
}


def log(tree: Tree) -> Log:
    """The history of a project."""
    return Log(tree / FOLDER, form=FORM, older={BARE: _of_format_1})


def _of_format_1(content: Any) -> Any:
    if not (isinstance(content, dict) and content.keys() == {"metrics"}):
        raise ValueError("not the metrics of a run")
    if not (isinstance(content["metrics"], list) and all(map(_is_row, content["metrics"]))):
        raise ValueError("not rows of metrics")
    return content


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.keys() == FIELDS.keys()
        and all(isinstance(row[name], kind) for name, kind in FIELDS.items())
    )
