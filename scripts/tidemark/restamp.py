"""Line up file times after a run, so that `make -n` is exact.

A step that ran and wrote the same bytes leaves its outputs older than its checkpoint. Make copes,
but its dry run would take everything downstream for stale. Where a checkpoint is newer than all it
depends on, Make holds it for done; then its outputs may be as new as the checkpoint, and so on
downstream. Nothing but times changes, and no time that would hide a change.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidemark import checkpoint, locks


def restamp() -> None:
    """Raise times from upstream to downstream until no output is older than its checkpoint."""
    records = {record["name"]: record for record in checkpoint.load_all()}
    times = _Times()
    done = {name for name, record in records.items() if _holds(record, times)}
    for name in _upstream_first(records):
        if name in done:
            _raise(records[name], times)


def _holds(record: Mapping[str, Any], times: "_Times") -> bool:
    """Make takes this checkpoint for done, and its outputs are as it left them."""
    own = times[str(checkpoint.path_of(record["name"]))]
    newest = max((times[path] for path in checkpoint.prerequisites(record)), default=0)
    untouched = all(times[path] == out["mtime_ns"] for path, out in record["outputs"].items())
    return newest <= own and untouched


class _Times(dict[str, int]):
    """Modification times in ns; a file that is not there is newer than anything."""

    def __missing__(self, path: str) -> int:
        try:
            self[path] = Path(path).stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            self[path] = 1 << 63
        return self[path]


def _upstream_first(records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    producer = {path: name for name, record in records.items() for path in record["outputs"]}
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in order:
            for path in records[name]["inputs"]:
                if producer.get(path, name) != name:
                    visit(producer[path])
            order[name] = None

    for name in records:
        visit(name)
    return list(order)


def _raise(record: dict[str, Any], times: _Times) -> None:
    """Bring one checkpoint and its outputs up to its newest prerequisite, unless it is in use."""
    path = str(checkpoint.path_of(record["name"]))
    needed = [times[prerequisite] for prerequisite in checkpoint.prerequisites(record)]
    stamp = max([times[path], *needed])
    older = [output for output in record["outputs"] if times[output] < stamp]
    with locks.held_if_free(record["name"]) as free:
        if not free or checkpoint.load(record["name"]) != record:
            return
        for output in older:
            _set(output, stamp, times)
            record["outputs"][output]["mtime_ns"] = stamp
        if older:
            checkpoint.write(record)
        if older or stamp != times[path]:
            _set(path, stamp, times)


def _set(path: str, stamp: int, times: _Times) -> None:
    os.utime(path, ns=(stamp, stamp))
    times[path] = stamp
