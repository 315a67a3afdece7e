"""Draw every step instance, coloured by state: artifacts/dag.svg, and artifacts/dag.mmd in Mermaid.

    make dag

An edge is a file that one step was seen to write and another to read. Of a step that never ran
nothing was seen: its edges, dashed, are those that the Makefile promises. Changes nothing else.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from tidemark import ROOT, checkpoint, config, drawing, graph, progress, store
from tidemark.errors import InputError, exit_code_of
from tidemark.graph import Node

FOLDER = checkpoint.FOLDER


def main() -> int:
    """Exit code 2 when the configuration is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--steps", default="", help="the steps in the order to show")
    parser.add_argument("--make", default="make", help="GNU Make's command here")
    options = parser.parse_args()
    os.chdir(ROOT)
    stored = config.current(options.config)
    found = graph.survey(stored)
    nodes = {name: found[name] for name in graph.expected(stored)}  # in the configuration's order
    never = {name for name, node in nodes.items() if node.record is None}
    if never:
        known = rules(options.make, options.config)
        nodes = {name: promised(node, known, never) for name, node in nodes.items()}
    order = options.steps.split()
    files = {"dag.svg": drawing.svg(nodes, order), "dag.mmd": drawing.mermaid(nodes, order)}
    for name, text in files.items():
        store.write_atomic(FOLDER / name, text.encode())
    written = " and ".join(str(FOLDER / name) for name in files)
    progress.say(f"{written}: {drawing.summary(nodes)}.")
    return 0


def rules(make: str, path: str) -> dict[str, list[str]]:
    """Every target and its prerequisites as Make sees them, for the configuration at `path`.

    Make prints its rules and runs nothing. The goal `help` includes no other makefile, so what
    `artifacts/config.mk` would set, which may be old or missing, comes on standard input.

    Raises:
        InputError: Make refuses the Makefile.
    """
    from tidemark import configuration

    lists = configuration.makefile(path, configuration.load(path))
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    told = subprocess.run(
        [make, "--dry-run", "--print-data-base", "--file=-", "--file=Makefile", "help"],
        input=lists, env=clean | {"LC_ALL": "C"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode:
        raise InputError("Makefile", told.stderr.strip(), "mend it, or name GNU Make with --make")
    return parsed(told.stdout)


def parsed(database: str) -> dict[str, list[str]]:
    """The rules in what `make --print-data-base` prints; files after `|` only order: left out."""
    _, _, explicit = database.partition("\n# Files\n")
    lines = (line for line in explicit.splitlines() if ": " in line and line[0] not in "#\t")
    pairs = (line.split(": ", 1) for line in lines)
    return {target: files.partition("|")[0].split() for target, files in pairs}


def promised(node: Node, rules: Mapping[str, list[str]], never: Collection[str]) -> Node:
    """The node with the makers of what its rule lists, as far as it or they are in `never`."""
    files = rules.get(str(checkpoint.path_of(node.name)), ())
    makers = {file: Path(maker).stem for file in files for maker in rules.get(file, ())}
    unseen = {f: maker for f, maker in makers.items() if node.name in never or maker in never}
    return replace(node, upstream={**node.upstream, **unseen})


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
