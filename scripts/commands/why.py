"""Show why a step will run, down to the root; or, if it is fresh, what it was built from and when.

    make why T=evaluate                                        every instance of a step
    make why T=artifacts/evaluate_median_impute_ridge.ok       one of them
    make why T=reports/scenario_table.csv                      the step that writes a file
    make why T=reports DETAILS=1                               everything it was built from

Changes nothing, not even times.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tidemark.dag import graph, promises
from tidemark.dag.graph import Node
from tidemark.harness import checkpoint, console
from tidemark.harness.checkpoint import POLICY
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted, several
from tidemark.project import ROOT

PARTS = (  # what a step was built from: word, section of the checkpoint, noun
    ("from", "inputs", "file"),
    ("config", "config", "key"),
    ("code", "code", "module"),
    ("wrote", "outputs", "file"),
)
MORE = "DETAILS=1 lists files and modules with their hashes, and keys with their values"


def main() -> int:
    """Print the answer; exit code 2 if the target is unknown or the configuration is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default=os.environ.get("T", ""))
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    details = os.environ.get("DETAILS", "0") not in ("", "0")
    parser.add_argument("--details", action="store_true", default=details)
    options = parser.parse_args()
    os.chdir(ROOT)
    rules = partial(promises.rules, options.make, options.config)
    nodes = graph.survey(promises.stored(options.config), rules)
    chosen = graph.named(options.target, nodes)
    console.say(told(chosen, nodes, details=options.details))
    return 0


def told(chosen: Sequence[Node], nodes: Mapping[str, Node], *, details: bool = False) -> str:
    """The answer for these instances; without details, several fresh ones have a line each."""
    if details or len(chosen) == 1:
        return "\n\n".join(
            _history(node, details) if node.state == graph.FRESH else _causes(node, nodes)
            for node in chosen
        )
    fresh = [_in_a_line(node) for node in chosen if node.state == graph.FRESH]
    others = [_causes(node, nodes) for node in chosen if node.state != graph.FRESH]
    states = graph.totals({node.name: node for node in chosen}).items()
    counts = ", ".join(f"{count} {state}" for state, count in states)
    head = f"{chosen[0].step}, {len(chosen)} instances: {counts}"
    return "\n\n".join([head, *others, *(["\n".join([*fresh, MORE])] if fresh else [])])


def _causes(node: Node, nodes: Mapping[str, Node]) -> str:
    causes = graph.chain(node, nodes)
    lines = [f"{node.title}: {_verdict(node)}"]
    lines += [f"  <- {' <- '.join(cause)}" for cause in causes]
    lines += [f"  failed: {line}" for line in node.failure.get("message", "").splitlines()]
    lines += [f"  {upgrade} now" for upgrade in node.upgrades]
    return "\n".join([*lines, f"  {_cost(node, nodes)}"])


def _verdict(node: Node) -> str:
    return {
        graph.WAITING: "may run (stops if the inputs come out the same)",
        graph.BLOCKED: "cannot run: a step before it failed",
        graph.FAILED: "failed; will run again",
        graph.NEVER: "never ran; will run",
    }.get(node.state, "will run")


def _cost(node: Node, nodes: Mapping[str, Node]) -> str:
    """The recorded seconds of the step, and of everything that was seen to depend on it."""
    after = graph.downstream({node.name}, nodes) - {node.name}
    own = node.record["seconds"] if node.record else None
    rest = sum((nodes[name].record or {}).get("seconds", 0.0) for name in after)
    took = "not timed yet" if own is None else f"took {own:.1f} s last time"
    return f"{took}; {len(after)} steps depend on it, {rest:.1f} s at most"


def _in_a_line(node: Node) -> str:
    record = node.record or {}
    what = ", ".join(counted(len(record[section]), noun) for _, section, noun in PARTS[:3])
    built = f"built {record['started'][:19]} UTC in {record['seconds']:.1f} s"
    return "\n".join([f"{node.title}: fresh, {built} from {what}", *_since(node)])


def _history(node: Node, details: bool) -> str:
    record = node.record or {}
    reasons = record["reasons"]
    versions = ", ".join(f"{name} {version}" for name, version in record["libraries"].items())
    lines = [
        f"{node.title}: fresh",
        f"  built {record['started'][:19]} UTC in {record['seconds']:.1f} s, run {record['run']}",
        f"  because {'; '.join(reasons) if details else several(reasons)}",
        f"  with {versions}",
        *(_everything(record) if details else _counts(record)),
        *(f"  note: {note}" for note in record["notes"]),
        *_since(node),
        *([] if details else [f"  {MORE}"]),
    ]
    return "\n".join(lines)


def _counts(record: Mapping[str, Any]) -> list[str]:
    return [
        f"  {word} {counted(len(record[section]), noun)}: {several(list(record[section]))}"
        for word, section, noun in PARTS
        if record[section]
    ]


def _everything(record: Mapping[str, Any]) -> list[str]:
    lines = []
    for word, section, _ in PARTS:
        for name, it in record[section].items():
            shown = f"= {checkpoint.shown(it)}" if section == "config" else _short(it["sha256"])
            lines.append(f"  {word} {name} {shown}")
    return lines


def _since(node: Node) -> list[str]:
    """What has changed since the run and is no reason to run again."""
    lines = [f"  {upgrade} now: stands, unless {POLICY} names it" for upgrade in node.upgrades]
    if node.plumbing:
        verb = (
            "were edited since: they shape" if node.plumbing[1:] else "was edited since: it shapes"
        )
        lines.append(f"  {several(node.plumbing)} {verb} no byte")
    for accepted in (node.record or {}).get("accepted", []):
        lines.append(f"  accepted {accepted['when']} by {accepted['who']}: {accepted['reason']}")
        lines += [f"    {change}" for change in accepted["changes"]]
    return lines


def _short(sha256: str | None) -> str:
    return sha256[:12] if sha256 else "(missing)"


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
