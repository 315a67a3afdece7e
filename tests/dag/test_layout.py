"""What steps write is what `layout` names, and what the Makefiles list."""

import importlib
import pkgutil
import re
from collections import defaultdict

from tidemark import layout
from tidemark.dag import promises
from tidemark.harness import record
from tidemark.project import Tree

import pytest

DRAWN = ("plots", "strategy_plots")  # whose figures are named in their listings, not to Make


def named() -> dict[str, dict[str, str]]:
    """For each step the paths that its module names; a column has a name there, too."""
    modules = {
        info.name: importlib.import_module(f"tidemark.layout.{info.name}")
        for info in pkgutil.iter_modules(layout.__path__)
    }
    return {
        step: {key: value for key, value in vars(module).items() if key.isupper() and "/" in value}
        for step, module in modules.items()
    }


def fits(pattern: str, path: str) -> bool:
    """Whether the pattern, with names in place of its braces, is the path."""
    parts = re.split(r"(\{\w+})", pattern)
    return bool(
        re.fullmatch("".join(r"\w+" if p[:1] == "{" else re.escape(p) for p in parts), path)
    )


@pytest.fixture(scope="module")
def written(cold) -> dict[str, set[str]]:
    """For each step the files that its instances wrote."""
    found = defaultdict(set)
    for checkpoint in record.load_all(Tree.at(cold[0].path)).values():
        found[checkpoint.instance.step].update(checkpoint.outputs)
    return found


def test_every_step_writes_the_files_that_its_module_names(written):
    patterns = named()
    assert patterns.keys() == written.keys()
    for step, paths in written.items():
        own = patterns[step].values()
        assert {path for path in paths if not any(fits(one, path) for one in own)} == set()
        assert {one for one in own if not any(fits(one, path) for path in paths)} == set()


def test_make_lists_what_steps_write(cold, written):
    tree = Tree.at(cold[0].path)
    marks = {str(record.path_of(name)): name for name in record.names(tree)}
    listed = defaultdict(set)
    for target, rule in promises.rules(tree, "make", "config.yaml").items():
        if rule.files[:1] and rule.files[0] in marks and "/" in target and target not in marks:
            listed[record.load(tree, marks[rule.files[0]]).instance.step].add(target)
    for step, paths in written.items():
        unlisted = {path for path in paths if step in DRAWN and path.endswith(".png")}
        assert listed[step] == paths - unlisted


def test_no_two_names_for_one_file():
    names = [value for constants in named().values() for value in constants.values()]
    assert len(names) == len(set(names))
    braces = [re.sub(r"\{\w+}", "{}", name) for name in names]
    assert len(braces) == len(set(braces))
