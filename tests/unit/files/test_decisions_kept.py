from tidemark.errors import InputError
from tidemark.files import decisions
from tidemark.project import Tree

import pytest


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path, tmp_path)


def test_the_last_decision_on_a_subject_holds_and_kinds_lie_apart(tree):
    assert decisions.latest(tree, decisions.SCHEMAS) == {}
    for subject, sha in (("a", "1"), ("b", "2"), ("a", "3")):
        decisions.decide(tree, decisions.SCHEMAS, subject, sha, f" read {sha} ")
    decisions.decide(tree, decisions.CONTRACTS, "a", "4", "new")
    made = decisions.latest(tree, decisions.SCHEMAS)
    assert {subject: (one.sha256, one.reason) for subject, one in made.items()} == {
        "a": ("3", "read 3"),
        "b": ("2", "read 2"),
    }
    assert made["a"].by
    assert made["a"].at.endswith("+00:00")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_decision_without_a_reason_is_none(tree, reason):
    with pytest.raises(InputError, match="REASON: is empty"):
        decisions.decide(tree, decisions.SCHEMAS, "a", "1", reason)
    assert not (tree / decisions.FOLDER).exists()


def test_a_decision_that_was_removed_is_noticed(tree):
    for sha in "12":
        decisions.decide(tree, decisions.SCHEMAS, "a", sha, "read")
    (tree / decisions.FOLDER / "schemas/00002.json").unlink()
    with pytest.raises(InputError, match="is gone, though no record is ever removed"):
        decisions.latest(tree, decisions.SCHEMAS)
