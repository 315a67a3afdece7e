"""The state of every step instance, and why: what `make status` and `make why` show.

Read-only: nothing is written, no time is set. The steps are those in scripts/, the instances those
that the configuration names, and the edges those that the checkpoints recorded.
"""

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from tidemark import checkpoint, config
from tidemark.checkpoint import Look, Reason
from tidemark.errors import InputError
from tidemark.verification import upstream_first

FRESH = "fresh"
STALE = "stale"  # something it depends on changed: it will run
WAITING = "waiting"  # a step before it will run: it may run, unless the inputs come out the same
MISSING = "missing"  # an output is gone: it will run
FAILED = "failed"
BLOCKED = "blocked"  # a step before it failed
NEVER = "never run"
WILL_RUN = (STALE, MISSING, FAILED, NEVER)


@dataclass(frozen=True)
class Node:
    """One step instance; `upstream` are the instances that made its inputs, by input."""

    name: str
    step: str
    instance: Mapping[str, str]
    state: str
    reasons: tuple[Reason, ...]
    upstream: Mapping[str, str]
    record: Mapping[str, Any] | None = None
    failure: Mapping[str, Any] = field(default_factory=dict)
    upgrades: tuple[Reason, ...] = ()  # of libraries, that config.yaml lets pass

    @property
    def title(self) -> str:
        """`evaluate median_impute ridge`."""
        return " ".join([self.step, *self.instance.values()])


Stored = Callable[[str], str | None]


def steps() -> dict[str, tuple[str, ...]]:
    """Each step in scripts/ and what an instance of it is of, read from its `@step(per=...)`."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(Path("scripts").glob("*.py")):
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.FunctionDef) and node.name == path.stem:
                for kinds in map(_per, node.decorator_list):
                    found |= {path.stem: kinds} if kinds is not None else {}
    return found


def _per(decorator: ast.expr) -> tuple[str, ...] | None:
    if not (isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "step"):
        return None
    given = {word.arg: ast.literal_eval(word.value) for word in decorator.keywords}
    return tuple(given.get("per", ()))


def expected(stored: Stored) -> dict[str, tuple[str, dict[str, str]]]:
    """Step and instance of every checkpoint that the configuration asks for, by name."""
    found = {}
    for step, per in steps().items():
        sections = [stored(config.section_of(kind)) for kind in per]
        names = [json.loads(text or '{"keys": []}')["keys"] for text in sections]
        for choice in product(*names):
            instance = dict(zip(per, choice, strict=True))
            found[checkpoint.name_of(step, instance)] = (step, instance)
    return found


def survey(stored: Stored) -> dict[str, Node]:
    """Every expected instance, upstream first.

    `stored` gives the text of a configuration key's file, or None; status passes one that knows of
    edits to config.yaml that no make has seen yet.
    """
    look = Look(stored)
    wanted = expected(look.stored)
    records = {name: record for name in wanted if (record := look.record(name)) is not None}
    producer = {path: name for name, record in records.items() for path in record["outputs"]}
    nodes: dict[str, Node] = {}
    never = [name for name in wanted if name not in records]
    for name in [*upstream_first(records), *never]:
        nodes[name] = _node(name, *wanted[name], records.get(name), producer, nodes, look)
    return nodes


def _node(
    name: str,
    step: str,
    instance: dict[str, str],
    record: Mapping[str, Any] | None,
    producer: Mapping[str, str],
    nodes: Mapping[str, Node],
    look: Look,
) -> Node:
    inputs = record["inputs"] if record else {}
    upstream = {path: producer[path] for path in inputs if path in producer}
    pending = {path for path, maker in upstream.items() if nodes[maker].state != FRESH}
    why = tuple(checkpoint.reasons(name, pending, look))
    failure = checkpoint.failure(name) if why else {}  # undone by undoing what it failed of
    makers = [nodes[upstream[path]].state for path in sorted(pending)]
    state = _state(record, why, failure, makers)
    passed = checkpoint.passed_upgrades(record, look) if record else []
    return Node(name, step, instance, state, why, upstream, record, failure, tuple(passed))


def _state(
    record: Mapping[str, Any] | None,
    why: tuple[Reason, ...],
    failure: Mapping[str, Any],
    makers: list[str],
) -> str:
    if failure:
        return FAILED
    if any(state in (FAILED, BLOCKED) for state in makers):
        return BLOCKED
    if record is None:
        return NEVER
    if any(reason.subject.endswith(" is missing") for reason in why):
        return MISSING
    if why:
        return STALE
    return WAITING if makers else FRESH


def named(target: str, nodes: Mapping[str, Node]) -> list[Node]:
    """The instances that a step's name, a checkpoint or an output stands for.

    Raises:
        InputError: none of these has that name.
    """
    name = Path(target).stem if target.endswith(".ok") else target
    found = [node for node in nodes.values() if name in (node.name, node.step)]
    found = found or [
        node for node in nodes.values() if node.record and target in node.record["outputs"]
    ]
    if not found:
        steps = ", ".join(sorted({node.step for node in nodes.values()}))
        raise InputError(
            f"T={target}",
            "is no step, checkpoint or output that has been written",
            f"name a file below artifacts/, data/, models/ or reports/, or a step: {steps}",
        )
    return found


def chain(node: Node, nodes: Mapping[str, Node]) -> list[list[str]]:
    """The causes of a node, each from the node to its root: inputs and steps, then the reason."""
    causes = [[str(reason)] for reason in node.reasons]
    told: set[str] = set()
    for path, maker in _pending(node, nodes):
        if maker not in told:
            told.add(maker)
            causes.append([path, nodes[maker].title, *way_to_root(nodes[maker], nodes)])
    return causes


def way_to_root(node: Node, nodes: Mapping[str, Node]) -> list[str]:
    """Its failure or first reason; if it only waits, the way to that of a step before it."""
    way: list[str] = []
    while not (node.failure or node.reasons):
        pending = _pending(node, nodes)
        if not pending:
            return way
        path, maker = pending[0]
        node = nodes[maker]
        way += [path, node.title]
    root = str(node.failure.get("message") or node.reasons[0])
    return [*way, root.partition("\n")[0]]


def _pending(node: Node, nodes: Mapping[str, Node]) -> list[tuple[str, str]]:
    """The inputs that may be made again, each with its maker."""
    makers = ((path, maker) for path, maker in node.upstream.items() if maker in nodes)
    return [(path, maker) for path, maker in makers if nodes[maker].state != FRESH]


def downstream(names: set[str], nodes: Mapping[str, Node]) -> set[str]:
    """These instances and all that were seen to depend on them."""
    reached = set(names)
    for name, node in nodes.items():
        if reached.intersection(node.upstream.values()):
            reached.add(name)
    return reached
