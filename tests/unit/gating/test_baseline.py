"""Baselines as git keeps them: whole, with a reason, and verified when they are read."""

import json

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.gating import baseline
from tidemark.project import Tree

import pytest

ONE, TWO = b"figures of one run", b"figures of another"


def results(*evidence: bytes, alpha: float = 1.0) -> dict:
    named = {f"metrics/{number}": store.sha256(data) for number, data in enumerate(evidence)}
    return {
        "config_file": "config.yaml",
        "config": {"models.ridge.alpha": alpha},
        "evidence": named,
    }


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path, tmp_path)


def decide(tree, name="main", evidence=(ONE,), reason="first", megabytes=1.0, alpha=1.0):
    kept = {store.sha256(data): data for data in evidence}
    return baseline.decide(
        tree,
        name,
        baseline.Kept(results(*evidence, alpha=alpha), "c0ffee", True),
        kept,
        reason,
        megabytes,
    )


def files(tree) -> set[str]:
    return {path.stem for path in (tree / baseline.FOLDER / "evidence").glob("*")}


def test_the_last_decision_holds_and_comes_back_as_it_was(tree):
    assert baseline.latest(tree, "main") is None
    decide(tree)
    decide(tree, evidence=(TWO,), reason="ridge is stronger", alpha=100.0)
    found = baseline.latest(tree, "main")
    assert found.kept == baseline.Kept(results(TWO, alpha=100.0), "c0ffee", True)
    assert (found.decision.reason, found.decision.subject) == ("ridge is stronger", "main")
    assert baseline.evidence(tree, found.kept) == {store.sha256(TWO): TWO}


def test_a_baseline_is_of_one_configuration_file(tree):
    assert baseline.latest_of(tree, "main", "other.yaml") is None
    decide(tree)
    assert baseline.latest_of(tree, "main", "config.yaml") == baseline.latest(tree, "main")
    with pytest.raises(InputError, match=r"main: is of config.yaml, not of other.yaml. Cure: give"):
        baseline.latest_of(tree, "main", "other.yaml")


def test_evidence_is_kept_of_the_last_record_of_each_baseline_and_of_no_other(tree):
    decide(tree, evidence=(ONE,))
    decide(tree, "fx", evidence=(ONE, TWO))
    assert files(tree) == {store.sha256(ONE), store.sha256(TWO)}
    decide(tree, "fx", evidence=(TWO,), reason="again")
    assert files(tree) == {store.sha256(ONE), store.sha256(TWO)}
    decide(tree, evidence=(TWO,), reason="again")
    assert files(tree) == {store.sha256(TWO)}


@pytest.mark.parametrize("part", ["results", "evidence"])
def test_what_was_altered_or_removed_is_refused(tree, part):
    decide(tree)
    (path,) = (tree / baseline.FOLDER / part).glob("*")
    whole = path.read_bytes()

    def read():
        baseline.evidence(tree, baseline.latest(tree, "main").kept)

    path.write_bytes(whole[:-1] + b"!")
    with pytest.raises(InputError, match=r"is not as it was written.* git checkout"):
        read()
    path.unlink()
    with pytest.raises(InputError, match="is gone, and a baseline needs it"):
        read()
    path.write_bytes(whole)
    read()


def test_a_decision_needs_a_reason_and_bounded_evidence_and_leaves_nothing_otherwise(tree):
    with pytest.raises(InputError, match=r"REASON: is empty"):
        decide(tree, reason=" ")
    with pytest.raises(InputError, match=r"gate.evidence_megabytes: allows 1e-06 MB"):
        decide(tree, evidence=(ONE,), megabytes=1e-6)
    assert list(tree.root.iterdir()) == []


def test_a_newer_form_is_refused(tree):
    decide(tree)
    (path,) = (tree / baseline.FOLDER / "results").glob("*")
    data = store.json_bytes({**json.loads(path.read_bytes()), "format": baseline.FORMAT + 1})
    path.with_stem(store.sha256(data)).write_bytes(data)
    baseline.decisions.decide(tree, baseline.BASELINES, "main", store.sha256(data), "newer")
    with pytest.raises(InputError, match=r"is of format 2.*which reads formats up to 1"):
        baseline.latest(tree, "main")
