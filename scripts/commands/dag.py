"""Draw every step instance, coloured by state: artifacts/dag.svg, and artifacts/dag.mmd in Mermaid.

    make dag

An edge is a file that one step was seen to write and another to read. A step that never ran was not
seen to do anything, so its edges are those that the Makefile promises, and dashed. Nothing else is
changed.
"""

import argparse
import os
import sys
from functools import partial

from tidemark.dag import graph, picture, promises
from tidemark.files import store
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.harness.record import FOLDER
from tidemark.harness.staleness import Look
from tidemark.project import HERE, ROOT


def main() -> int:
    """Write the two files; exit code 2 if the configuration is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--steps", default="", help="the steps in the order to show")
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    options = parser.parse_args()
    os.chdir(ROOT)
    look = Look(HERE, promises.stored(HERE, options.config))
    known = graph.survey(look, partial(promises.rules, HERE, options.make, options.config))
    asked_for = graph.expected(HERE, look.stored)  # in the configuration's order
    nodes = {name: known[name] for name in asked_for}
    order = options.steps.split()
    files = {"dag.svg": picture.svg(nodes, order), "dag.mmd": picture.mermaid(nodes, order)}
    for name, text in files.items():
        store.write_atomic(HERE / FOLDER / name, text.encode())
    written = " and ".join(str(FOLDER / name) for name in files)
    console.say(f"{written}: {graph.summary(nodes)}.")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
