"""A commit in a tree of its own: what it is given, what is kept, and what goes."""

import os
import subprocess

from tidemark.errors import InputError
from tidemark.project import Tree
from tidemark.trees import borrowed, checkout, environments, git

import pytest

CONFIG = "fetch_data: {prices: {path: prices.csv}}\n"


def told(folder, *arguments):
    return subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip


def commit(folder, message="a change"):
    told(folder, "add", "--all")
    told(folder, "commit", "--quiet", "--message", message)
    return told(folder, "rev-parse", "HEAD")


@pytest.fixture
def ours(tmp_path):
    """A project in git, with its code in it, whose data git does not have."""
    root = tmp_path / "ours"
    for name, text in {
        "config.yaml": CONFIG,
        "requirements.lock": "one\n",
        "requirements-dev.lock": "tools\n",
        "scripts/environment.sh": "",
        "scripts/tidemark/code.py": "",
        ".gitignore": "/artifacts/\n/data/own/\nprices.csv\n.venv\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    told(tmp_path, "init", "--quiet", str(root))
    commit(root)
    (root / "prices.csv").write_text("1")
    (root / ".venv").mkdir()
    (root / ".venv/.ok").write_text("one\n")
    return Tree(root, root)


def test_names_of_commits_are_those_that_git_knows(ours):
    first = git.commit_of(ours, "HEAD")
    told(ours.root, "tag", "v1")
    (ours / "config.yaml").write_text(f"{CONFIG}# edited\n")
    second = commit(ours.root)
    assert git.commit_of(ours, "v1") == git.commit_of(ours, first[:8]) == first
    assert git.commit_of(ours, "HEAD") == second
    for name in ("nothing", "--all", "HEAD:config.yaml", ""):
        assert git.commit_of(ours, name) is None


def test_files_that_differ_between_commits_are_those_below_the_places_asked_for(ours):
    first = git.commit_of(ours, "HEAD")
    (ours / "config.yaml").write_text(f"{CONFIG}# edited\n")
    (ours / "scripts").mkdir(exist_ok=True)
    (ours / "scripts/a step.py").write_text("1")
    second = commit(ours.root)
    assert git.changed(ours, first, second, ["scripts"]) == ["scripts/a step.py"]
    assert git.changed(ours, first, second, ["make"]) == []


def test_outside_a_repository_commits_are_refused_by_a_line(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match="git rev-parse: not a git repository"):
        checkout.made(Tree(tmp_path, tmp_path), "0" * 40)


def test_a_tree_has_the_files_of_its_commit_and_is_used_again(ours):
    first = git.commit_of(ours, "HEAD")
    (ours / "config.yaml").write_text(f"{CONFIG}# edited\n")
    tree = checkout.made(ours, first)
    assert (tree / "config.yaml").read_text() == CONFIG
    assert tree.code == tree.root
    (tree / "results").write_text("of a make")
    assert checkout.made(ours, first) == tree
    assert (tree / "results").exists()
    assert told(ours.root, "status", "--porcelain") == "M config.yaml"


def test_a_checkout_that_was_killed_is_made_anew(ours):
    first = git.commit_of(ours, "HEAD")
    tree = checkout.made(ours, first)
    (tree / "config.yaml").unlink()
    tree.root.with_name(tree.root.name + checkout.WHOLE).unlink()
    assert (checkout.made(ours, first) / "config.yaml").exists()


def test_the_trees_used_longest_ago_go(ours, monkeypatch):
    monkeypatch.setattr(checkout, "MOST", 2)
    commits = [git.commit_of(ours, "HEAD")]
    for number in range(3):
        (ours / "config.yaml").write_text(f"{CONFIG}# {number}\n")
        commits.append(commit(ours.root))
    trees = []
    for number, own in enumerate(commits):
        trees.append(checkout.made(ours, own))
        mark = trees[-1].root.with_name(trees[-1].root.name + checkout.WHOLE)
        os.utime(mark, (number, number))
    assert [tree.root.exists() for tree in trees] == [False, False, True, True]
    assert len(told(ours.root, "worktree", "list").splitlines()) == 3
    assert checkout.made(ours, commits[0]).root.exists()


def test_a_project_below_the_top_of_its_repository_has_its_code_elsewhere(ours, tmp_path):
    below = ours / "below"
    below.mkdir()
    (below / "config.yaml").write_text(CONFIG)
    own = commit(ours.root)
    project = Tree(below, ours.root)
    tree = checkout.made(project, own)
    assert (tree / "config.yaml").read_text() == CONFIG
    assert tree.root.parts[-1] == "below"
    assert tree.code == ours.root


def test_data_that_git_does_not_have_are_linked(ours, tmp_path):
    (tmp_path / "elsewhere.csv").write_text("2")
    (ours / "data/own").mkdir(parents=True)
    (ours / "data/own/mine.csv").symlink_to(tmp_path / "elsewhere.csv")
    (ours / "many").mkdir()
    for name in ("a.csv", "b.csv"):
        (ours / "many" / name).write_text(name)
    within = ours / "artifacts/trees"
    theirs = Tree(within / "one", within / "one")
    (theirs / "half").mkdir(parents=True)
    (theirs / "half/known.csv").write_text("theirs")
    (ours / "half").mkdir()
    for name in ("known.csv", "new.csv"):
        (ours / "half" / name).write_text("ours")
    sources = ("many/*.csv", "half", "../elsewhere.csv", "/abs/olute.csv", "nowhere")
    document = {"fetch_data": {str(place): {"path": path} for place, path in enumerate(sources)}}
    lent = borrowed.lend(ours, theirs, document, within)
    files = ["../elsewhere.csv", "data/own/mine.csv", "half/new.csv", "many/a.csv", "many/b.csv"]
    assert sorted(lent) == files
    assert not (theirs / "many").is_symlink()  # Make would write through it
    assert (theirs / "data/own/mine.csv").read_text() == "2"
    assert (theirs / "many/b.csv").read_text() == "b.csv"
    assert (theirs / "half/new.csv").read_text() == "ours"
    assert (theirs / "half/known.csv").read_text() == "theirs"
    assert (theirs / "../elsewhere.csv").read_text() == "2"
    assert borrowed.lend(ours, theirs, document, within) == []
    (tmp_path.parent / "far.csv").write_text("3")
    with pytest.raises(InputError, match=r"\.\./far.csv: lies outside of"):
        borrowed.lend(ours, theirs, {"fetch_data": {"path": "../../far.csv"}}, within)


def test_a_configuration_that_the_commit_lacks_is_named(ours):
    tree = checkout.made(ours, git.commit_of(ours, "HEAD"))
    assert checkout.equipped(ours, tree, "config.yaml") == ["prices.csv"]
    with pytest.raises(InputError, match=r"mine\.yaml: is not in"):
        checkout.equipped(ours, tree, "mine.yaml")


def test_the_same_locks_share_our_environment_and_others_are_kept_by_their_hash(ours, tmp_path):
    first = checkout.made(ours, git.commit_of(ours, "HEAD"))
    assert environments.give(ours, first)
    assert (first / ".venv").resolve() == (ours / ".venv").resolve()
    assert environments.own(ours, first) is None
    (ours / "requirements-dev.lock").write_text("other tools\n")
    (ours / "requirements.lock").write_text("two\n")
    second = checkout.made(ours, commit(ours.root))
    for path in ("requirements.lock", "requirements-dev.lock"):
        (ours / path).write_text(told(ours.root, "show", f"HEAD~:{path}") + "\n")
    assert not environments.give(ours, second)
    (second / ".venv").mkdir()
    environments.keep(ours, second)  # Make was killed before it was whole
    assert not (second / ".venv").is_symlink()
    (second / ".venv/.ok").write_text("two\n")
    environments.keep(ours, second)
    name = environments.own(ours, second)
    assert (second / ".venv").resolve() == (ours / name).resolve()
    (second / ".venv").unlink()
    assert environments.give(ours, second)
    assert (second / ".venv/.ok").read_text() == "two\n"
    assert (ours / ".venv/.ok").read_text() == "one\n"
