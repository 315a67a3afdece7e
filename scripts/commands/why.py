"""Why a step will run, down to the root; or, if it is fresh, what it was built from and when.

    make why T=evaluate                                        every instance of a step
    make why T=artifacts/evaluate_median_impute_ridge.ok       one of them
    make why T=reports/scenario_table.csv                      the step that writes a file

Changes nothing, not even times.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from functools import partial

from tidemark.dag import graph, promises
from tidemark.dag.graph import Node
from tidemark.harness import checkpoint, console
from tidemark.harness.checkpoint import POLICY
from tidemark.harness.failures import exit_code_of
from tidemark.project import ROOT


def main() -> int:
    """Exit code 2 when the target is unknown or the configuration is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default=os.environ.get("T", ""))
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    options = parser.parse_args()
    os.chdir(ROOT)
    rules = partial(promises.rules, options.make, options.config)
    nodes = graph.survey(promises.stored(options.config), rules)
    chosen = graph.named(options.target, nodes)
    console.say("\n\n".join(_told(node, nodes) for node in chosen))
    return 0


def _told(node: Node, nodes: Mapping[str, Node]) -> str:
    if node.state == graph.FRESH:
        return _history(node)
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
    """From recorded seconds: the step, and everything that was seen to depend on it."""
    after = graph.downstream({node.name}, nodes) - {node.name}
    own = node.record["seconds"] if node.record else None
    rest = sum((nodes[name].record or {}).get("seconds", 0.0) for name in after)
    took = "not timed yet" if own is None else f"took {own:.1f} s last time"
    return f"{took}; {len(after)} steps depend on it, {rest:.1f} s at most"


def _history(node: Node) -> str:
    record = node.record or {}
    versions = ", ".join(f"{name} {version}" for name, version in record["libraries"].items())
    lines = [
        f"{node.title}: fresh",
        f"  built {record['started'][:19]} UTC in {record['seconds']:.1f} s, run {record['run']}",
        f"  because {'; '.join(record['reasons'])}",
        f"  with {versions}",
    ]
    lines += [f"  {upgrade} now: stands, unless {POLICY} names it" for upgrade in node.upgrades]
    lines += [f"  {path} was edited since: it shapes no byte" for path in node.plumbing]
    lines += [f"  config {key} = {checkpoint.shown(v)}" for key, v in record["config"].items()]
    for word, section in (("from", "inputs"), ("code", "code"), ("wrote", "outputs")):
        lines += [f"  {word} {path} {_short(it['sha256'])}" for path, it in record[section].items()]
    lines += [f"  note: {note}" for note in record["notes"]]
    for accepted in record.get("accepted", []):
        lines.append(f"  accepted {accepted['when']} by {accepted['who']}: {accepted['reason']}")
        lines += [f"    {change}" for change in accepted["changes"]]
    return "\n".join(lines)


def _short(sha256: str | None) -> str:
    return sha256[:12] if sha256 else "(missing)"


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
