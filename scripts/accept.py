"""Accept a change as cosmetic: results stand without running, and say who decided so, and why.

make accept T=train_models REASON="renamed a variable"
make accept T=all REASON="only log messages changed"
"""

import argparse
import getpass
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from tidemark import ROOT, checkpoint, config, graph, locks, progress
from tidemark.errors import InputError, exit_code_of
from tidemark.graph import Node


def main() -> int:
    """Exit code 2 when there is nothing that could be accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="a step, a checkpoint, an output, or all")
    parser.add_argument("--reason", required=True)
    options = parser.parse_args()
    os.chdir(ROOT)
    _accept(options.target, options.reason.strip())
    return 0


def _accept(target: str, reason: str) -> None:
    if not reason:
        raise InputError("REASON", "is empty", "say why the results need not be made again")
    nodes = graph.survey(config.stored)
    chosen = list(nodes.values()) if target == "all" else graph.named(target, nodes)
    accepted = [node for node in chosen if _can_stand(node)]
    others = [node for node in chosen if node.state not in (graph.STALE, graph.FRESH)]
    if others and target != "all":
        raise InputError(
            others[0].title,
            f"is {others[0].state}: there are no results that could stand",
            "run it, or accept the step before it first",
        )
    for node in accepted:
        _accept_one(node, reason)
    if accepted:
        _tell_readers(nodes)
    progress.say(f"{len(accepted)} accepted: {reason}")


def _can_stand(node: Node) -> bool:
    """It has results, and something changed that can be passed over."""
    if node.state == graph.FRESH:
        return bool(node.upgrades)
    return node.state == graph.STALE and not (node.record or {})["provisional"]


def _accept_one(node: Node, reason: str) -> None:
    with locks.held(node.name):
        when = datetime.now(UTC).isoformat(timespec="seconds")
        changes = checkpoint.accept(node.name, getpass.getuser(), reason, when)
    progress.say(f"{node.title}: {'; '.join(changes)}")


def _tell_readers(nodes: Mapping[str, Node]) -> None:
    """Steps that report on checkpoints run at the next make, so that reports show the decision."""
    for node in nodes.values():
        if node.record and node.record.get("reads_checkpoints"):
            with locks.held(node.name):
                checkpoint.mark_provisional(node.name, "changes were accepted")


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
