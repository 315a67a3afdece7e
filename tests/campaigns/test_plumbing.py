"""What counts as plumbing cannot change an output: its mutants give the same bytes, or fail tests.

A mutant is one module of the harness with one comparison flipped, one condition inverted or one
number changed. If `make all` from nothing ends with the same bytes, the mutant is harmless. If not,
the tests of that module must notice it.
"""

import ast
import copy
import difflib
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT, Tree, clean_environment, make_small
from tidemark.harness import code

import pytest

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


def ends_in_the_same(tree: Tree, expected: dict[str, object]) -> bool:
    """Whether `make all` from nothing ends as it should, in bounded time."""
    command = ["timeout", "300", "make", "-j2", "all"]
    done = subprocess.run(
        command, cwd=tree.path, env=clean_environment({}), capture_output=True, check=False
    )
    return done.returncode == 0 and tree.state() == expected


def noticed_by_tests(path: str, tree: Tree) -> bool:
    """Whether the unit tests that import this module, or those of the harness, fail in the tree."""
    shutil.copytree(ROOT / "tests", tree.path / "tests", dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", tree.path)
    stem = Path(path).stem
    unit = [
        str(test.relative_to(tree.path))
        for test in sorted((tree.path / "tests/unit").rglob("test_*.py"))
        if stem in test.read_text("utf-8") and test.name not in ("test_docs.py", "test_rooms.py")
    ]
    for tests in (unit, ["tests/dag/test_harness.py", "tests/dag/test_incremental.py"]):
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:xdist", *tests]
        done = subprocess.run(
            command, cwd=tree.path, env=clean_environment({}), capture_output=True, timeout=1800,
            check=False,
        )  # fmt: skip
        if done.returncode not in (0, 5):
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
    same = ends_in_the_same(tree, cold[0].state())
    print(f"{path}: {'the same bytes' if same else 'noticed by its tests?'}", flush=True)
    assert same or noticed_by_tests(path, tree), f"{path}\n{changed(original, source)}"
    shutil.rmtree(tree.path)


def changed(before: str, after: str) -> str:
    lines = ast.unparse(ast.parse(before)).splitlines()
    return "\n".join(difflib.unified_diff(lines, after.splitlines(), lineterm="", n=2))
