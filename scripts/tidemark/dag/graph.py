"""The state of every step instance, and why: what `make status` and `make why` show.

Read-only: nothing is written, and no time is set. The steps are those in scripts/, the instances
are those that the configuration names, and the edges are those that the checkpoints recorded, or
that the Makefile promises for an instance without a checkpoint.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

from tidemark.config import kinds, view
from tidemark.config.view import Stored
from tidemark.dag.promises import Rule, Rules
from tidemark.errors import InputError
from tidemark.harness import record, staleness
from tidemark.harness.instance import Instance
from tidemark.harness.reason import Cause, Reason
from tidemark.harness.record import Checkpoint
from tidemark.harness.staleness import Look
from tidemark.harness.step import misdeclared
from tidemark.harness.verification import Linked, upstream_first
from tidemark.naming import several
from tidemark.project import Tree

FRESH = "fresh"
STALE = "stale"  # something it depends on changed: it will run
WAITING = "waiting"  # a step before it will run: it may run, unless the inputs come out the same
MISSING = "missing"  # an output is gone: it will run
FAILED = "failed"
BLOCKED = "blocked"  # it waits for a decision, or a step before it failed
NEVER = "never run"
MOST_LETTERS = 100  # of a failure that is told in full elsewhere
STATES = (FRESH, STALE, WAITING, MISSING, FAILED, BLOCKED, NEVER)


@dataclass(frozen=True)
class Node:
    """One step instance; `upstream` maps each of its inputs to the instance that made it.

    For an instance that never ran, inputs and `outputs` are the promised ones, and `before` maps
    the checkpoints of instances that must succeed first, but give it no file, to these instances.
    """

    instance: Instance
    state: str
    reasons: tuple[Reason, ...]
    upstream: Mapping[str, str]
    checkpoint: Checkpoint | None = None
    failure: str = ""  # of the last attempt
    upgrades: tuple[Reason, ...] = ()  # library upgrades that config.yaml allows
    plumbing: tuple[str, ...] = ()  # modules edited since the run that shape no output
    outputs: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the checkpoint."""
        return self.instance.name

    @property
    def step(self) -> str:
        """The step that it is an instance of."""
        return self.instance.step

    @property
    def title(self) -> str:
        """`evaluate median_impute ridge`."""
        return self.instance.title

    @property
    def brief_failure(self) -> str:
        """The beginning of the failure: for rows of a table, and beside steps that wait for it."""
        return shorten(self.failure.partition("\n")[0], MOST_LETTERS, placeholder=" ...")


def steps(tree: Tree) -> dict[str, tuple[str, ...]]:
    """Each step in a tree's scripts/ and the kinds of its instances, read from `@step(per=...)`.

    Raises:
        InputError: a decorator has another form, or names an unknown kind.
        SyntaxError: a script is not valid Python.
    """
    declared: dict[str, tuple[str, ...]] = {}
    for path in sorted(tree.module("scripts").glob("*.py")):
        where = path.relative_to(tree.code)
        for node in ast.parse(path.read_bytes(), str(where)).body:
            if isinstance(node, ast.FunctionDef) and node.name == path.stem:
                for kinds in (_per(decorator, where) for decorator in node.decorator_list):
                    declared |= {path.stem: kinds} if kinds is not None else {}
    return declared


def _per(decorator: ast.expr, path: Path) -> tuple[str, ...] | None:
    """The kinds that `@step(per=...)` names; None for another decorator."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if getattr(called, "id", getattr(called, "attr", "")) != "step":
        return None
    where = f"{path}:{decorator.lineno}"
    match decorator:
        case ast.Call(args=[], keywords=[]):
            return ()
        case ast.Call(args=[], keywords=[ast.keyword(arg="per", value=ast.Tuple() as per)]):
            names = [kind.value for kind in per.elts if isinstance(kind, ast.Constant)]
            if len(names) == len(per.elts) and all(isinstance(name, str) for name in names):
                kinds.must_be_known(map(str, names), where)
                return tuple(map(str, names))
    raise misdeclared(where)


def expected(tree: Tree, stored: Stored) -> dict[str, Instance]:
    """Every instance that the configuration asks for, by its checkpoint's name.

    Raises:
        InputError: two of them would share a checkpoint.
    """
    configuration = view.View(stored, {})
    instances = [
        Instance(step, dict(zip(per, choice, strict=True)))
        for step, per in steps(tree).items()
        for choice in product(*(kinds.KINDS[kind].names(configuration) for kind in per))
    ]
    found: dict[str, Instance] = {}
    for instance in instances:
        other = found.setdefault(instance.name, instance)
        if other != instance:
            raise InputError(
                str(record.path_of(instance.name)),
                f"is the checkpoint of both {other.title} and {instance.title}",
                "rename one of the two",
            )
    return found


def survey(look: Look, rules: Callable[[], Rules] = dict) -> dict[str, Node]:
    """Every expected instance, upstream first.

    Args:
        look: a fresh one; that of `make status` has the configuration's keys with edits that no
            make has seen yet.
        rules: returns what the Makefile promises; called only if an instance never ran.
    """
    wanted = expected(look.tree, look.stored)
    found = {name: look.checkpoint(name) for name in wanted}
    checkpoints = {name: checkpoint for name, checkpoint in found.items() if checkpoint}
    ties = _ties(wanted, checkpoints, rules() if len(checkpoints) < len(wanted) else {})
    nodes: dict[str, Node] = {}
    for name in upstream_first({name: tie.linked(name) for name, tie in ties.items()}):
        nodes[name] = _node(wanted[name], found[name], ties[name], nodes, look)
    return nodes


class Links(NamedTuple):
    """What an instance waits for, and what others may wait for."""

    inputs: list[str]
    outputs: list[str]


class Ties(NamedTuple):
    """An instance's files by maker, the checkpoints that only have to come first, its outputs."""

    upstream: Mapping[str, str]
    before: Mapping[str, str]
    outputs: tuple[str, ...]

    def linked(self, name: str) -> Links:
        """In the form for `upstream_first`, with the checkpoint as an output that others await."""
        outputs = [*self.outputs, str(record.path_of(name))]
        return Links([*self.upstream, *self.before], outputs)


def _ties(
    wanted: Iterable[str], checkpoints: Mapping[str, Linked], rules: Rules
) -> dict[str, Ties]:
    """For each instance, what was seen, and what its rule promises where one end never ran."""
    names = {str(record.path_of(name)): name for name in wanted}
    makers = {path: name for name, ran in checkpoints.items() for path in ran.outputs}
    promised = {
        file: names[mark]
        for file, rule in rules.items()
        for mark in rule.files[:1]
        if mark in names and "/" in file
    }
    outputs: dict[str, list[str]] = defaultdict(list)
    for file, maker in promised.items():
        outputs[maker].append(file)
    ties = {}
    for mark, name in names.items():
        rule = rules.get(mark, Rule([], []))
        listed = {file: promised[file] for file in rule.files if file in promised}
        if name in checkpoints:
            ran = checkpoints[name]
            seen = {path: makers[path] for path in ran.inputs if path in makers}
            unseen = {file: maker for file, maker in listed.items() if maker not in checkpoints}
            ties[name] = Ties({**seen, **unseen}, {}, tuple(ran.outputs))
        else:
            before = {other: names[other] for other in rule.before if other in names}
            ties[name] = Ties(listed, before, tuple(outputs[name]))
    return ties


def _node(
    instance: Instance,
    checkpoint: Checkpoint | None,
    ties: Ties,
    nodes: Mapping[str, Node],
    look: Look,
) -> Node:
    made_again = {
        path: nodes[maker].state
        for path, maker in {**ties.upstream, **ties.before}.items()
        if maker in nodes and nodes[maker].state != FRESH
    }
    name = instance.name
    why = tuple(staleness.reasons(look, name, made_again))
    failure = record.failure(look.tree, name) if why else ""  # over once its cause has been undone
    undecided = bool(failure) and record.is_undecided(look.tree, name)
    state = BLOCKED if undecided else _state(checkpoint, why, failure, made_again.values())
    passed = tuple(staleness.passed_upgrades(checkpoint, look) if checkpoint else ())
    plumbing = tuple(staleness.edited_plumbing(checkpoint, look) if checkpoint else ())
    told = Node(instance, state, why, ties.upstream, checkpoint, failure, passed, plumbing)
    return replace(told, outputs=ties.outputs, before=ties.before)


def _state(
    checkpoint: Checkpoint | None,
    why: tuple[Reason, ...],
    failure: str,
    makers: Collection[str],
) -> str:
    if failure:
        return FAILED
    if any(state in (FAILED, BLOCKED) for state in makers):
        return BLOCKED
    if checkpoint is None:
        return NEVER
    if any(reason.cause is Cause.OUTPUT_MISSING for reason in why):
        return MISSING
    if why:
        return STALE
    return WAITING if makers else FRESH


def totals(nodes: Mapping[str, Node]) -> dict[str, int]:
    """How many nodes are in each state that occurs."""
    counts = Counter(node.state for node in nodes.values())
    return {state: counts[state] for state in STATES if counts[state]}


def summary(nodes: Mapping[str, Node]) -> str:
    """`59 steps: 44 fresh, 3 stale, 12 waiting`."""
    counts = ", ".join(f"{count} {state}" for state, count in totals(nodes).items())
    return f"{len(nodes)} steps: {counts}"


def named(target: str, nodes: Mapping[str, Node]) -> list[Node]:
    """The instances that a step's name, a checkpoint or an output stands for.

    Raises:
        InputError: none of these has that name.
    """
    name = Path(target).stem if target.endswith(".ok") else target
    found = [node for node in nodes.values() if name in (node.name, node.step)]
    found = found or [node for node in nodes.values() if target in node.outputs]
    if not found:
        steps = ", ".join(sorted({node.step for node in nodes.values()}))
        raise InputError(
            f"T={target}",
            "is no step, checkpoint or output",
            f"name a file that a step writes, or a step: {steps}",
        )
    return found


def chain(node: Node, nodes: Mapping[str, Node]) -> list[list[str]]:
    """The causes of a node, each as its way to the root: inputs and steps, then the reason."""
    blocked_anew = node.state == BLOCKED and node.checkpoint is None and not node.failure
    causes = [] if blocked_anew else [[str(reason)] for reason in node.reasons]
    told: set[str] = set()
    for path, maker in pending(node, nodes):
        if maker not in told:
            told.add(maker)
            causes.append([path, nodes[maker].title, *way_to_root(nodes[maker], nodes)])
    return causes


def way_to_root(node: Node, nodes: Mapping[str, Node]) -> list[str]:
    """A node's failure or first reason; if it waits or is blocked, the way to another node's."""
    way: list[str] = []
    while not node.failure and (node.state == BLOCKED or not node.reasons):
        awaited = pending(node, nodes)
        if not awaited:
            return way
        path, maker = awaited[0]
        node = nodes[maker]
        way += [path, node.title]
    return [*way, node.brief_failure or str(node.reasons[0]).partition("\n")[0]]


def pending(node: Node, nodes: Mapping[str, Node]) -> list[tuple[str, str]]:
    """What may be made again before a node, with its maker; for a blocked node, what blocks it."""
    makers = {path: m for path, m in {**node.upstream, **node.before}.items() if m in nodes}
    if node.state == BLOCKED:
        return [(p, m) for p, m in makers.items() if nodes[m].state in (FAILED, BLOCKED)]
    if node.checkpoint is None:
        return []
    return [(path, maker) for path, maker in makers.items() if nodes[maker].state != FRESH]


def in_full(failed: Iterable[Node]) -> list[str]:
    """What `brief_failure` leaves out of these, each text once with all steps that ended in it."""
    by_text: dict[str, list[str]] = {}
    for node in failed:
        if node.failure != node.brief_failure:
            by_text.setdefault(node.failure, []).append(node.title)
    return [f"{several(titles)} failed: {text}" for text, titles in by_text.items()]


def downstream(names: set[str], nodes: Mapping[str, Node]) -> set[str]:
    """These instances and all that were seen to depend on them."""
    reached = set(names)
    for name, node in nodes.items():
        if reached.intersection(node.upstream.values()):
            reached.add(name)
    return reached
