"""Several projects in one process, which stands in none of them."""

import time
from datetime import UTC, datetime
from pathlib import Path

from tidemark.config import view
from tidemark.dag import graph, promises
from tidemark.files import locks, store
from tidemark.harness import code, publishing, record, verification
from tidemark.harness.instance import Instance
from tidemark.harness.reason import Cause
from tidemark.harness.record import Checkpoint, Input, Module, Output
from tidemark.harness.staleness import Look
from tidemark.project import Tree

import pytest

SMOOTH = Instance("smooth", {"model": "ridge"})
FILES = {
    "scripts/smooth.py": '@step(per=("model",))\ndef smooth(run): pass\n',
    "config.yaml": "",
    "data/in.csv": "in",
    "features/out.csv": "out",
    "Makefile": "help:\nartifacts/smooth_ridge.ok: data/in.csv\n",
}


def project(root: Path) -> Tree:
    """One whose only step has run."""
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    tree = Tree(root, root)
    view.sync(tree, {"models": {"ridge": {"alpha": 1}}}, view.naming("config.yaml"), 2**62)
    out = (root / "features/out.csv").stat()
    meant = code._meaning(FILES["scripts/smooth.py"].encode())  # the same with other comments
    ran = Checkpoint(
        SMOOTH,
        datetime.now(UTC),
        inputs={
            "data/in.csv": Input(store.sha256(b"in")),
            "data/*.csv": Input(store.sha256(b"data/in.csv")),
        },
        config={"models.ridge.alpha": 1},
        code={"scripts/smooth.py": Module(store.sha256(b"older"), meant)},
        libraries={"numpy": "2.0"},
        outputs={"features/out.csv": Output(store.sha256(b"out"), 3, out.st_mtime_ns)},
    )
    publishing.save(tree, ran, store.now_ns(tree))
    return tree


@pytest.fixture
def trees(tmp_path, monkeypatch):
    """Two alike, each with a numpy of its own, and an empty folder to stand in."""
    made = [project(tmp_path / name) for name in ("one", "two")]
    for tree in made:
        site = tree.root / ".venv/lib/python3.99/site-packages"
        (site / "numpy-2.0.dist-info").mkdir(parents=True)
        (tree.root / ".venv/pyvenv.cfg").write_text("version = 3.99.1\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    yield made
    assert list(Path().iterdir()) == []


def node(tree: Tree) -> graph.Node:
    return graph.survey(Look(tree))[SMOOTH.name]


def test_each_tree_is_judged_by_its_own_files(trees):
    one, two = trees
    assert node(one).state == node(two).state == graph.FRESH
    (two.root / "data/in.csv").write_text("IN")
    view.sync(two, {"models": {"ridge": {"alpha": 2}}}, "", 1)
    assert node(one).state == graph.FRESH
    assert [reason.cause for reason in node(two).reasons] == [Cause.KEY, Cause.INPUT]
    assert node(two).reasons[1].subject == "data/in.csv"
    (two.root / "data/more.csv").touch()
    assert [reason.subject for reason in node(two).reasons][2:] == ["data/*.csv"]


def test_each_tree_has_its_own_libraries(trees):
    one, two = trees
    site = two.root / ".venv/lib/python3.99/site-packages"
    (site / "numpy-2.0.dist-info").rename(site / "numpy-3.1.dist-info")
    assert node(one).upgrades == ()
    assert [(u.subject, u.then, u.now) for u in node(two).upgrades] == [("numpy", "2.0", "3.1")]


def test_times_are_set_where_they_were_asked_for(trees):
    one, two = trees
    (two.root / "features/out.csv").write_text("edited")
    time.sleep(0.05)  # what was edited just now may be edited again, so no stamp would say it holds
    verification.verify(one)
    verification.verify(two)
    times = [(tree / record.path_of(SMOOTH.name)).stat().st_mtime_ns for tree in trees]
    assert times[0] > publishing.LONG_AGO_NS == times[1]
    assert all((tree / verification.STAMP).exists() for tree in trees)


def test_a_lock_in_one_tree_keeps_nobody_from_another(trees):
    one, two = trees
    with locks.held(one, "smooth", print):
        with locks.held_if_free(one, "smooth") as free:
            assert not free
        with locks.held_if_free(two, "smooth") as free:
            assert free


def test_each_tree_has_its_own_rules(trees):
    (trees[1].root / "Makefile").write_text("help:\nartifacts/smooth_ridge.ok: data/other.csv\n")
    listed = [promises.rules(tree, "make", "config.yaml") for tree in trees]
    mark = str(record.path_of(SMOOTH.name))
    assert [rules[mark].files for rules in listed] == [["data/in.csv"], ["data/other.csv"]]
