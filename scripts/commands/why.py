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
from operator import attrgetter

from tidemark.dag import graph, promises
from tidemark.dag.graph import Node
from tidemark.harness import console, memory, staleness
from tidemark.harness.failures import exit_code_of
from tidemark.harness.record import Checkpoint
from tidemark.harness.staleness import POLICY, Look
from tidemark.naming import counted, several
from tidemark.project import HERE, ROOT

PARTS = (  # what a step was built from: word, entries of the checkpoint, noun
    ("from", attrgetter("inputs"), "file"),
    ("config", attrgetter("config"), "key"),
    ("code", attrgetter("code"), "module"),
    ("wrote", attrgetter("outputs"), "file"),
)
LONGEST = 7  # links of a way that are shown
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
    look = Look(HERE, promises.stored(HERE, options.config))
    nodes = graph.survey(look, partial(promises.rules, HERE, options.make, options.config))
    chosen = graph.named(options.target, nodes)
    answer = told(chosen, nodes, details=options.details)
    console.say("\n\n".join([answer, *_failures(chosen, nodes)]))
    return 0


def told(chosen: Sequence[Node], nodes: Mapping[str, Node], *, details: bool = False) -> str:
    """The answer for these instances; without details, several fresh ones have a line each."""
    if details or len(chosen) == 1:
        return "\n\n".join(
            _history(node, details) if node.state == graph.FRESH else _causes(node, nodes, details)
            for node in chosen
        )
    fresh = [_in_a_line(node) for node in chosen if node.state == graph.FRESH]
    others = [_causes(node, nodes) for node in chosen if node.state != graph.FRESH]
    states = graph.totals({node.name: node for node in chosen}).items()
    counts = ", ".join(f"{count} {state}" for state, count in states)
    head = f"{chosen[0].step}, {len(chosen)} instances: {counts}"
    return "\n\n".join([head, *others, *(["\n".join([*fresh, MORE])] if fresh else [])])


def _causes(node: Node, nodes: Mapping[str, Node], details: bool = False) -> str:
    causes = graph.chain(node, nodes)
    if not details:
        causes = _by_root(causes) if node.state == graph.BLOCKED else _together(causes)
    lines = [f"{node.title}: {_verdict(node)}"]
    lines += [f"  <- {' <- '.join(cause)}" for cause in causes]
    lines += [f"  failed: {node.failure}"] if node.failure else []
    lines += [f"  {upgrade} now" for upgrade in node.upgrades]
    return "\n".join([*lines, f"  {_cost(node, nodes)}"])


def _together(causes: Sequence[list[str]]) -> list[list[str]]:
    """The causes; files of several steps with the same way from there on are one."""
    alike: dict[tuple[str, ...], list[list[str]]] = {}
    for cause in causes:
        alike.setdefault(tuple(cause[2:] or cause), []).append(cause)
    return [
        some[0]
        if len(some) == 1
        else [several([path for path, *_ in some]), several([one[1] for one in some]), *way]
        for way, some in alike.items()
    ]


def _by_root(causes: Sequence[list[str]]) -> list[list[str]]:
    """The shortest way to each step that failed, without its middle, and the number of others."""
    ways: dict[tuple[str, ...], list[list[str]]] = {}
    for cause in causes:
        ways.setdefault(tuple(cause[-2:]), []).append(cause)
    told = []
    for alike in ways.values():
        way = min(alike, key=len)
        way = [*way[:2], "...", *way[-4:]] if len(way) > LONGEST else way
        more = f" (and {counted(len(alike) - 1, 'more way')} to it)" if alike[1:] else ""
        told.append([*way[:-1], f"{way[-1]}{more}"])
    return told


def _failures(chosen: Sequence[Node], nodes: Mapping[str, Node]) -> list[str]:
    """In full, what failed before these and is not told beside them."""
    before = {node.name: node for node in chosen}
    waiting = [node for node in chosen if node.state == graph.BLOCKED]
    while waiting:
        for _, maker in graph.pending(waiting.pop(), nodes):
            if maker not in before:
                before[maker] = nodes[maker]
                waiting.append(nodes[maker])
    return graph.in_full(node for node in before.values() if node not in chosen)


def _verdict(node: Node) -> str:
    return {
        graph.WAITING: "may run (stops if the inputs come out the same)",
        graph.BLOCKED: "cannot run: a step before it failed",
        graph.FAILED: "failed; will run again",
        graph.NEVER: "never ran; will run",
    }.get(node.state, "will run")


def _cost(node: Node, nodes: Mapping[str, Node]) -> str:
    """Seconds and memory of the step's last run; seconds of all that was seen to depend on it."""
    after = graph.downstream({node.name}, nodes) - {node.name}
    timed = (nodes[name].checkpoint for name in after)
    rest = sum(checkpoint.seconds for checkpoint in timed if checkpoint)
    own = node.checkpoint
    took = f"took {_took(own)} last time" if own else "not timed yet"
    return f"{took}; {len(after)} steps depend on it, {rest:.1f} s at most"


def _in_a_line(node: Node) -> str:
    ran = node.checkpoint
    what = ", ".join(counted(len(entries(ran)), noun) for _, entries, noun in PARTS[:3])
    return "\n".join([f"{node.title}: fresh, {_built(ran)} from {what}", *_since(node)])


def _built(ran: Checkpoint) -> str:
    restored = f" ({ran.restored}, then restored)" if ran.restored else ""
    return f"built {ran.started:%Y-%m-%dT%H:%M:%S} UTC in {_took(ran)}{restored}"


def _took(ran: Checkpoint) -> str:
    held = f" and {memory.told(ran.peak_memory_bytes)}" if ran.peak_memory_bytes else ""
    return f"{ran.seconds:.1f} s{held}"


def _history(node: Node, details: bool) -> str:
    ran = node.checkpoint
    versions = ", ".join(f"{name} {version}" for name, version in ran.libraries.items())
    lines = [
        f"{node.title}: fresh",
        f"  {_built(ran)}, run {ran.run}",
        f"  because {'; '.join(ran.reasons) if details else several(ran.reasons)}",
        f"  with {versions}",
        *(_everything(ran) if details else _counts(ran)),
        *(f"  note: {note}" for note in ran.notes),
        *_since(node),
        *([] if details else [f"  {MORE}"]),
    ]
    return "\n".join(lines)


def _counts(ran: Checkpoint) -> list[str]:
    return [
        f"  {word} {counted(len(entries(ran)), noun)}: {several(list(entries(ran)))}"
        for word, entries, noun in PARTS
        if entries(ran)
    ]


def _everything(ran: Checkpoint) -> list[str]:
    return [
        *(f"  from {path} {_short(then.sha256)}" for path, then in ran.inputs.items()),
        *(f"  config {key} = {staleness.shown(value)}" for key, value in ran.config.items()),
        *(f"  code {path} {_short(then.sha256)}" for path, then in ran.code.items()),
        *(f"  wrote {path} {_short(then.sha256)}" for path, then in ran.outputs.items()),
    ]


def _since(node: Node) -> list[str]:
    """What has changed since the run and is no reason to run again."""
    lines = [f"  {upgrade} now: stands, unless {POLICY} names it" for upgrade in node.upgrades]
    if node.plumbing:
        verb = (
            "were edited since: they shape" if node.plumbing[1:] else "was edited since: it shapes"
        )
        lines.append(f"  {several(node.plumbing)} {verb} no byte")
    for accepted in node.checkpoint.accepted if node.checkpoint else ():
        lines.append(f"  accepted {accepted.when} by {accepted.who}: {accepted.reason}")
        lines += [f"    {change}" for change in accepted.changes]
    return lines


def _short(sha256: str | None) -> str:
    return sha256[:12] if sha256 else "(missing)"


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
