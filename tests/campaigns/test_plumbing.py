"""What counts as plumbing cannot change an output: its mutants give the same bytes, or fail tests.

A mutant is one module of the harness with one comparison flipped, one condition inverted or one
number changed. If `make all` from nothing ends with the same bytes, the mutant is harmless; if it
fails, everybody notices. If it ends with other bytes, tests must fail in a copy of the whole
project in which they pass without the mutant.
"""

import ast
import copy
import difflib
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from enum import Enum, unique
from functools import cache
from pathlib import Path

from conftest import ROOT, Tree, clean_environment, make_small
from tidemark.harness import code

import pytest
import worktree

MUTANTS = 50
FLIPPED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE,
    ast.LtE: ast.Gt, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def mutants(source: str) -> Iterator[str]:
    """The source with one place changed, for each place that can be changed."""
    whole = ast.parse(source)
    for number, node in enumerate(ast.walk(whole)):
        if isinstance(node, ast.Compare | ast.If | ast.IfExp | ast.BoolOp) or (
            isinstance(node, ast.Constant) and type(node.value) in (int, float)
        ):
            changed = copy.deepcopy(whole)
            place = list(ast.walk(changed))[number]
            _change(place)
            yield ast.unparse(ast.fix_missing_locations(changed))


def _change(node: ast.AST) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = FLIPPED[type(node.ops[0])]()
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.Constant):
        node.value = node.value + 1


def drawn(chance: random.Random, count: int) -> list[tuple[str, str]]:
    """Modules and their mutated sources, spread over all modules."""
    found = {}
    for path in sorted(code.PLUMBING):
        every = list(mutants((ROOT / path).read_text("utf-8")))
        chance.shuffle(every)
        found[path] = every
    rounds = max(map(len, found.values()))
    spread = [
        (path, every[n]) for n in range(rounds) for path, every in found.items() if n < len(every)
    ]
    first = spread[:count]
    chance.shuffle(first)
    return first


@unique
class End(Enum):
    """How `make all` with a mutant ends."""

    SAME, OTHER, FAILED = "the same bytes", "other bytes", "make fails"


def end_of(tree: Tree, expected: dict[str, object]) -> End:
    """How `make all` from nothing ends, in bounded time."""
    done = bounded(["make", "-j2", "all"], tree.path, seconds=600)
    if done.returncode:
        return End.FAILED
    return End.SAME if tree.state() == expected else End.OTHER


def bounded(
    command: Sequence[str], folder: Path, seconds: int
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["timeout", str(seconds), *command], cwd=folder, env=clean_environment({}),
        capture_output=True, check=False,
    )  # fmt: skip


def judges(path: str) -> list[list[str]]:
    """The tests that must notice a mutant of this module, in turn; the quickest first."""
    room = Path(path).parts[-2]
    rooms = {"scripts": [], "tidemark": ["harness", "config"], "launch": ["launch", "harness"]}
    unit = [f"tests/unit/{name}" for name in rooms.get(room, [room])]
    return [unit, ["tests/dag/test_harness.py", "tests/dag/test_incremental.py"]]


def fail(tests: Sequence[str], folder: Path) -> bool:
    """Whether one of these tests fails in a copy of the project.

    That nothing was collected, or pytest itself failed, is no verdict.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:xdist", *tests]
    done = bounded(command, folder, seconds=1800)
    assert done.returncode in (0, 1), done.stdout.decode()
    return done.returncode == 1


@cache
def must_pass_without_a_mutant(folder: Path, tests: tuple[str, ...]) -> None:
    worktree.copy_to(folder)
    assert not fail(tests, folder), f"{tests} fail without a mutant, so they judge nothing"
    shutil.rmtree(folder)


def noticed_by_tests(path: str, source: str, folder: Path) -> bool:
    """Whether tests that pass without this mutant fail with it."""
    worktree.copy_to(folder / "mutant")
    (folder / "mutant" / path).write_text(source, "utf-8")
    for tests in judges(path):
        must_pass_without_a_mutant(folder / "whole", tuple(tests))
        if fail(tests, folder / "mutant"):
            return True
    return False


def test_an_edit_of_plumbing_runs_nothing_and_why_shows_it(settled):
    paths = ("launch/warm", "tidemark/files/locks", "tidemark/harness/verification")
    for path in paths:
        with (settled.path / f"scripts/{path}.py").open("a", encoding="utf-8") as file:
            file.write("\n\nEDITED = 1\n")
    assert settled.planned() == set()
    outcome = settled.make("all")
    assert (outcome.code, outcome.ran) == (0, set())
    told = ", ".join(f"scripts/{path}.py" for path in paths)
    assert (
        f"{told} were edited since: they shape no byte" in settled.make("why", "T=reports").stdout
    )


@pytest.mark.parametrize("module", ["launch/surroundings", "tidemark/files/store"])
def test_an_edit_of_what_shapes_every_byte_runs_all(settled, module):
    with (settled.path / f"scripts/{module}.py").open("a", encoding="utf-8") as file:
        file.write("\n\nEDITED = 1\n")
    assert len(settled.planned()) > 20


@pytest.mark.parametrize("number", range(MUTANTS))
def test_no_mutant_changes_a_byte_unnoticed(cold, request, long, tmp_path, number):
    if not long:
        pytest.skip("in the long form")
    seed = request.config.getoption("--seed") or 0
    path, source = drawn(random.Random(seed), MUTANTS)[number]
    tree = make_small(tmp_path / "mutant")
    original = (tree.path / path).read_text("utf-8")
    (tree.path / path).write_text(source, "utf-8")
    end = end_of(tree, cold[0].state())
    print(f"{path}: {end.value}\n{changed(original, source)}", flush=True)
    assert end is not End.OTHER or noticed_by_tests(path, source, tmp_path)
    shutil.rmtree(tree.path)


def test_a_mutant_that_takes_any_checkpoint_for_current_is_noticed(long, tmp_path):
    if not long:
        pytest.skip("in the long form")
    path, told = "scripts/tidemark/harness/record.py", 'content["format"] < FORMAT'
    source = (ROOT / path).read_text("utf-8")
    assert told in source
    assert noticed_by_tests(path, source.replace(told, "False"), tmp_path)


def changed(before: str, after: str) -> str:
    lines = ast.unparse(ast.parse(before)).splitlines()
    return "\n".join(difflib.unified_diff(lines, after.splitlines(), lineterm="", n=2))
