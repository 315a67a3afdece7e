"""Show where two checkouts diverge: the first step whose outputs differ, and what differed before.

make compare-tree OTHER=../another/checkout
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # because `python -S` does not read the venv

from tidemark.harness import checkpoint, console
from tidemark.harness.checkpoint import outputs_sha
from tidemark.harness.instance import Instance
from tidemark.harness.verification import upstream_first
from tidemark.project import ROOT

Records = Mapping[str, Mapping[str, Any]]


def main() -> int:
    """Compare; exit code 0 if the trees agree, 1 if they do not, 2 if the other has no results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, nargs="?", default=os.environ.get("OTHER", ""))
    other = parser.parse_args().other.resolve()
    os.chdir(ROOT)
    here = checkpoint.load_all()
    if not list((other / checkpoint.FOLDER).glob("*.ok")):
        console.complain(f"{other}: has no checkpoints. Cure: run make all there")
        return 2
    os.chdir(other)
    there = checkpoint.load_all()
    lines = list(_differences(here, there))
    console.say("\n".join(lines) or f"the same outputs in all {len(here)} steps")
    return 1 if lines else 0


def _differences(here: Records, there: Records) -> list[str]:
    order = list(upstream_first(here))
    lines = [f"only here: {_title(here[name])}" for name in order if name not in there]
    lines += [f"only there: {_title(there[name])}" for name in there if name not in here]
    both = [name for name in order if name in there]
    differ = [name for name in both if outputs_sha(here[name]) != outputs_sha(there[name])]
    if differ:
        first = differ[0]
        lines.append(f"first different: {_title(here[first])}")
        lines += [f"  {cause}" for cause in _causes(here[first], there[first])]
        lines.append(f"different in all: {len(differ)} of {len(order)} steps")
    return lines


def _causes(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """What differed between the two runs of a step."""
    causes = []
    for section in ("inputs", "outputs", "config", "code", "libraries"):
        for key in sorted(here[section].keys() | there[section].keys()):
            ours, theirs = (_value(side[section].get(key)) for side in (here, there))
            if ours != theirs:
                causes.append(f"{section} {key}: {ours} here, {theirs} there")
    return causes


def _value(item: Any) -> str:
    if isinstance(item, dict) and "sha256" in item:
        return str(item.get("meaning") or item["sha256"])[:12]
    return checkpoint.shown(item)


def _title(record: Mapping[str, Any]) -> str:
    return Instance(record["step"], record["instance"]).title


if __name__ == "__main__":
    sys.exit(main())
