"""What a run changed, and why: values old and new, and causes with all that followed from them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidemark.dag.graph import Node
from tidemark.harness import staleness
from tidemark.showing.told import Record, results

WORKED = ("ran", "restored")


@dataclass(frozen=True)
class Change:
    """A value before and after, as people read it; empty where there was, or is, none."""

    name: str
    before: str
    after: str


@dataclass
class Cause:
    """A reason why steps ran, with the names of those that had it and of those that followed."""

    why: str
    steps: list[str] = field(default_factory=list)
    following: list[str] = field(default_factory=list)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The entries of two mappings that differ, in the order of the second one."""
    names = dict.fromkeys([*after, *before])
    return [
        Change(name, _shown(before, name), _shown(after, name))
        for name in names
        if name not in before or name not in after or before[name] != after[name]
    ]


def _shown(values: Mapping[str, Any], name: str) -> str:
    return staleness.shown(values[name]) if name in values else ""


def in_state(record: Record, *states: str) -> list[Mapping[str, Any]]:
    """The steps of a run that are in one of these states."""
    return [step for step in record["steps"] if step["state"] in states]


def causes(last: Record, before: Record | None, nodes: Mapping[str, Node]) -> list[Cause]:
    """Why steps ran or were restored in a run, each cause once, those with most steps first.

    A step whose inputs were made otherwise in the same run follows from the causes of their makers;
    any other has a cause of its own.
    """
    worked = {step["name"]: step for step in in_state(last, *WORKED)}
    then, now = (results(record).get("outputs", {}) for record in (before, last))
    otherwise = {name for name in worked if then.get(name) != now.get(name)}
    makers = {
        name: _makers(nodes[name]) & otherwise - {name} if name in nodes else set()
        for name in worked
    }
    roots: dict[str, dict[str, None]] = {}
    found: dict[str, Cause] = {}
    for name in [*(name for name in nodes if name in worked), *(worked.keys() - nodes.keys())]:
        if not makers[name]:
            why = worked[name].get("why") or "for a reason that was not noted"
            found.setdefault(why, Cause(why)).steps.append(name)
            roots[name] = {why: None}
            continue
        roots[name] = {why: None for maker in sorted(makers[name]) for why in roots.get(maker, ())}
        for why in roots[name]:
            found[why].following.append(name)
    return sorted(found.values(), key=lambda cause: -len(cause.steps) - len(cause.following))


def _makers(node: Node) -> set[str]:
    return {*node.upstream.values(), *node.before.values()}


def by_step(names: Sequence[str], nodes: Mapping[str, Node]) -> list[str]:
    """Instances, counted: `evaluate mean_impute ridge` of one, `3 of evaluate` of several."""
    steps = Counter(nodes[name].step if name in nodes else name for name in names)
    alone = {nodes[name].step: nodes[name].title for name in names if name in nodes}
    return [
        f"{count} of {step}" if count > 1 else alone.get(step, step)
        for step, count in steps.items()
    ]
