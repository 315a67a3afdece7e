"""Accept a change as cosmetic: results stay valid without a run, and record who said so, and why.

make accept T=train_models REASON="renamed a variable"
make accept T=all REASON="only log messages changed"
"""

import argparse
import os
import sys
from datetime import UTC, datetime

from tidemark.dag import graph
from tidemark.dag.graph import Node
from tidemark.errors import InputError
from tidemark.files import locks, people
from tidemark.harness import acceptance, console
from tidemark.harness.failures import exit_code_of
from tidemark.harness.reason import Cause
from tidemark.harness.staleness import Look
from tidemark.project import HERE, ROOT

CHECKS = ("validate_schema", "data_gate")  # steps that say whether data may be used


def main() -> int:
    """Accept what is named; exit code 2 if it cannot be accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    target = os.environ.get("T", "")
    parser.add_argument(
        "target", help="a step, a checkpoint, an output, or all", nargs="?", default=target
    )
    parser.add_argument("--reason", default=os.environ.get("REASON", ""))
    options = parser.parse_args()
    os.chdir(ROOT)
    _accept(options.target, options.reason.strip())
    return 0


def _accept(target: str, reason: str) -> None:
    if not reason:
        raise InputError("REASON", "is empty", "say why the results need not be made again")
    nodes = graph.survey(Look(HERE))
    chosen = list(nodes.values()) if target == "all" else graph.named(target, nodes)
    changed = [node for node in chosen if node.state != graph.FRESH or node.upgrades]
    look = Look(HERE)
    obstacles = {node.name: _obstacle(node, look) for node in changed}
    for node in changed:
        if obstacles[node.name] and target != "all":
            raise InputError(node.title, obstacles[node.name], "run it, or accept another step")
    accepted = [node for node in changed if not obstacles[node.name]]
    for node in accepted:
        _accept_one(node, reason)
    console.say(f"{len(accepted)} accepted: {reason}")


def _obstacle(node: Node, look: Look) -> str:
    """Why the change cannot be accepted; empty if it can."""
    if node.checkpoint is None or node.state not in (graph.STALE, graph.FRESH):
        return f"is {node.state}: there are no results that could stand"
    if node.step in CHECKS and any(reason.cause is Cause.INPUT for reason in node.reasons):
        return "is to check other data: nobody can say what it would find"
    return "; ".join(map(str, acceptance.beyond_acceptance(node.checkpoint, look)))


def _accept_one(node: Node, reason: str) -> None:
    with locks.held(HERE, node.name, console.say):
        when = datetime.now(UTC).isoformat(timespec="seconds")
        changes = acceptance.accept(HERE, node.name, people.me(), reason, when)
    console.say(f"{node.title}: {'; '.join(changes)}")


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
