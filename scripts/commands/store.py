"""Show what the results store holds, how often results were restored, and what must stay.

make store                  a table
make store FORMAT=json      for machines
make store VERIFY=yes       look at every file as if it were used; what is damaged goes
make store PRUNE=yes        remove at once what is beyond store.max_gigabytes
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tidemark.dag import promises
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import console, memory, pruning, restoring
from tidemark.harness.failures import exit_code_of
from tidemark.harness.pruning import Contents, File
from tidemark.harness.results_store import Store
from tidemark.naming import counted
from tidemark.project import HERE, ROOT

SWITCHES = {"": False, "no": False, "yes": True}


def main() -> int:
    """Print it; exit code 1 if VERIFY=yes found something damaged, 2 if a variable is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    options = parser.parse_args()
    shape = _asked("FORMAT", {"": "text", "text": "text", "json": "json"})
    verify, prune = _asked("VERIFY", SWITCHES), _asked("PRUNE", SWITCHES)
    os.chdir(ROOT)
    stored = promises.stored(HERE, options.config)
    kept, bound = Store.of(HERE, stored), restoring.bound(stored)
    if kept is None:
        console.say('{"state": "off"}' if shape == "json" else "The results store is off.")
        return 0
    damaged = kept.damaged() if verify else []
    freed = pruning.prune(kept, bound, now=True) if prune else 0
    now_ns = store.file_clock_ns(HERE)
    told = described(kept, pruning.contents(kept, now_ns), bound)
    told |= {"damaged": [str(path) for path in damaged]} if verify else {}
    told |= {"freed_bytes": freed} if prune else {}
    console.say(json.dumps(told, indent=2) if shape == "json" else as_table(told))
    return 1 if damaged else 0


def _asked(variable: str, words: dict[str, Any]) -> Any:
    given = os.environ.get(variable, "")
    if given not in words:
        choices = " or ".join(word for word in words if word)
        raise InputError(f"{variable}={given}", "is no choice of make store", choices)
    return words[given]


def described(kept: Store, found: Contents, bound: float) -> dict[str, Any]:
    """All that is shown, by its name in JSON."""
    tally = kept.counted()
    return {
        "state": _state(kept),
        "folder": str(kept.folder),
        "bytes": found.bytes,
        "max_bytes": round(bound),
        "entries": len(found.entries),
        "objects": len(found.objects),
        "restored": tally.hits,
        "spared_seconds": round(tally.seconds, 1),
        "left_bytes": sum(file.bytes for file in found.left),
        "pinned": [
            _pinned(by, found, {sha for pin in found.pins if pin.by == by for sha in pin.objects})
            for by in sorted({pin.by for pin in found.pins})
        ],
        "pinned_bytes": sum(file.bytes for file in _files(found, [frozenset(found.pinned)])),
        "steps": _steps(found),
    }


def _state(kept: Store) -> str:
    place = kept.folder
    while not place.exists():
        place = place.parent
    return "on" if os.access(place, os.W_OK) else "read-only"


def _pinned(by: str, found: Contents, objects: set[str]) -> dict[str, Any]:
    there = objects & found.objects.keys()
    return {
        "by": by,
        "objects": len(there),
        "bytes": sum(found.objects[sha].bytes for sha in there),
        "missing": len(objects - there),
    }


def _steps(found: Contents) -> list[dict[str, Any]]:
    """A row for each step; objects that several have count for each of them."""
    rows = []
    for step in sorted({entry.step for entry in found.entries}):
        entries = [entry for entry in found.entries if entry.step == step]
        objects = _files(found, [entry.objects for entry in entries])
        used = max(entry.file.used_ns for entry in entries)
        rows.append(
            {
                "step": step,
                "entries": len(entries),
                "objects": len(objects),
                "bytes": sum(file.bytes for file in objects)
                + sum(entry.file.bytes for entry in entries),
                "used": datetime.fromtimestamp(used / 1e9, UTC).isoformat(timespec="seconds"),
            }
        )
    return rows


def _files(found: Contents, some: Sequence[frozenset[str]]) -> list[File]:
    return [found.objects[sha] for sha in frozenset().union(*some) & found.objects.keys()]


def as_table(told: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        f"results store: {told['folder']} ({told['state']})",
        f"  holds     {memory.told(told['bytes'])} of {memory.told(told['max_bytes'])}:"
        f" {counted(told['entries'], 'result')}, {counted(told['objects'], 'object')}",
        f"  restored  {counted(told['restored'], 'time')},"
        f" {told['spared_seconds']:,.1f} s of work spared",
    ]
    for pin in told["pinned"]:
        lacks = f", {pin['missing']:,} more are not here" if pin["missing"] else ""
        what = f"{counted(pin['objects'], 'object')}, {memory.told(pin['bytes'])}"
        lines.append(f"  pinned    by {pin['by']}: {what}{lacks}")
    if told["pinned_bytes"] > told["max_bytes"]:
        lines.append(
            "  too full  what is pinned is more than store.max_gigabytes, so nothing else stays:"
            " raise that, or remove files of pins/"
        )
    if told["left_bytes"]:
        size = memory.told(told["left_bytes"])
        lines.append(f"  left over {size} of processes that are gone; PRUNE=yes removes it")
    lines += [f"  damaged   {path}: removed" for path in told.get("damaged", ())]
    if "damaged" in told and not told["damaged"]:
        lines.append("  verified  every file is as it was written")
    if "freed_bytes" in told:
        lines.append(f"  pruned    {memory.told(told['freed_bytes'])}")
    if told["steps"]:
        lines += ["", f"{'step':<19} {'results':>7} {'objects':>8} {'size':>8}  last used"]
    for row in told["steps"]:
        lines.append(
            f"{row['step']:<19} {row['entries']:>7,} {row['objects']:>8,}"
            f" {memory.told(row['bytes']):>8}  {row['used'][:16].replace('T', ' ')}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
