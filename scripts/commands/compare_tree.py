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

from tidemark.harness import code, console, record, staleness
from tidemark.harness.failures import exit_code_of
from tidemark.harness.record import Checkpoint, Input, Module, Output
from tidemark.harness.verification import upstream_first
from tidemark.project import HERE, ROOT, Tree

Checkpoints = Mapping[str, Checkpoint]


def main() -> int:
    """Compare; exit code 0 if the trees agree, 1 if they do not, 2 if the other has no results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, nargs="?", default=os.environ.get("OTHER", ""))
    other = Tree.at(parser.parse_args().other.resolve())
    os.chdir(ROOT)
    if not record.names(other):
        console.complain(f"{other.root}: has no checkpoints. Cure: run make all there")
        return 2
    here, there = record.load_all(HERE), record.load_all(other)
    lines = list(_differences(here, there))
    console.say("\n".join(lines) or f"the same outputs in all {len(here)} steps")
    return 1 if lines else 0


def _differences(here: Checkpoints, there: Checkpoints) -> list[str]:
    order = list(upstream_first(here))
    lines = [f"only here: {here[name].instance.title}" for name in order if name not in there]
    lines += [f"only there: {there[name].instance.title}" for name in there if name not in here]
    both = [name for name in order if name in there]
    differ = [name for name in both if here[name].outputs_sha() != there[name].outputs_sha()]
    if differ:
        first = differ[0]
        lines.append(f"first different: {here[first].instance.title}")
        lines += [f"  {cause}" for cause in _causes(here[first], there[first])]
        lines.append(f"different in all: {len(differ)} of {len(order)} steps")
    return lines


def _causes(here: Checkpoint, there: Checkpoint) -> list[str]:
    """What differed between the two runs of a step."""
    causes = []
    for word in ("inputs", "outputs", "config", "code", "libraries"):
        ours, theirs = getattr(here, word), getattr(there, word)
        if word == "code":
            ours, theirs = code.shaping(ours), code.shaping(theirs)
        for key in sorted(ours.keys() | theirs.keys()):
            our, their = _shown(ours.get(key)), _shown(theirs.get(key))
            if our != their:
                causes.append(f"{word} {key}: {our} here, {their} there")
    return causes


def _shown(entry: Any) -> str:
    if isinstance(entry, Module):
        return entry.meaning[:12]
    if isinstance(entry, Input | Output):
        return str(entry.sha256)[:12]
    return staleness.shown(entry)


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
