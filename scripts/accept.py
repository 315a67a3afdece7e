"""Accept a change as cosmetic: results stand without running, and say who decided so, and why.

make accept T=train_models REASON="renamed a variable"
make accept T=all REASON="only log messages changed"
"""

import argparse
import getpass
import os
import sys
from datetime import UTC, datetime

from tidemark import ROOT, checkpoint, config, graph, locks, progress
from tidemark.errors import InputError, io_message
from tidemark.graph import Node


def main() -> int:
    """Exit code 2 when there is nothing that could be accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="a step, a checkpoint, an output, or all")
    parser.add_argument("--reason", required=True)
    options = parser.parse_args()
    os.chdir(ROOT)
    try:
        _accept(options.target, options.reason.strip())
    except InputError as error:
        progress.complain(str(error))
        return 2
    except OSError as error:
        progress.complain(io_message(error))
        return 1
    return 0


def _accept(target: str, reason: str) -> None:
    if not reason:
        raise InputError("REASON", "is empty", "say why the results need not be made again")
    nodes = graph.survey(config.stored)
    chosen = list(nodes.values()) if target == "all" else graph.named(target, nodes)
    accepted = [node for node in chosen if node.state == graph.STALE]
    others = [node for node in chosen if node.state not in (graph.STALE, graph.FRESH)]
    if others and target != "all":
        raise InputError(
            others[0].title,
            f"is {others[0].state}: there are no results that could stand",
            "run it, or accept the step before it first",
        )
    for node in accepted:
        _accept_one(node, reason)
    progress.say(f"{len(accepted)} accepted: {reason}")


def _accept_one(node: Node, reason: str) -> None:
    with locks.held(node.name):
        when = datetime.now(UTC).isoformat(timespec="seconds")
        changes = checkpoint.accept(node.name, getpass.getuser(), reason, when)
    progress.say(f"{node.title}: {'; '.join(changes)}")


if __name__ == "__main__":
    sys.exit(main())
