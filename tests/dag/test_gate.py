"""`make gate` and `make gate-update`: today's results against a baseline that git keeps."""

import json
import shutil
import subprocess
from pathlib import Path

from conftest import ROOT, Outcome, Tree
from tidemark.config import view
from tidemark.files import store
from tidemark.gating import baseline

import pytest

TOLERANCES = """
gate:
  tolerances:
    losses: {metrics: [mse, brier_score], fail: {beyond_chance: true}}
"""
DECIDED = "data/decisions/baselines"


def code_of(outcome: Outcome) -> int:
    """The exit code of the command, which Make says, and turns into 2."""
    if outcome.code == 0:
        return 0
    assert outcome.code == 2
    return int(outcome.stderr.rpartition("Error ")[2])


@pytest.fixture(scope="module")
def decided(cold, tmp_path_factory) -> Path:
    """What `make gate-update` leaves of the cold run, as git hands it on to a clone."""
    tree = cold[0].copied(tmp_path_factory.mktemp("decided") / "copy")
    told = tree.make("gate-update", REASON="first baseline")
    assert told.code == 0, told
    assert "main: first baseline" in told.stdout
    outcome = tree.make("all")
    assert (outcome.ran, outcome.checked) == (set(), set())
    shutil.copy(ROOT / ".gitignore", tree.path)
    subprocess.run(["git", "init", "-q"], cwd=tree.path, check=True)
    subprocess.run(["git", "add", "data"], cwd=tree.path, check=True)
    listed = ["git", "ls-files", "-z", DECIDED]
    files = subprocess.run(listed, cwd=tree.path, capture_output=True, check=True).stdout
    clone = tmp_path_factory.mktemp("clone")
    for name in files.decode().split("\0")[:-1]:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree.path / name, clone / name)
    return clone


@pytest.fixture
def gated(tree: Tree, decided: Path) -> Tree:
    """Another project with the same results and that baseline, which says what fails."""
    with (tree.path / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(TOLERANCES)
    shutil.copytree(decided, tree.path, dirs_exist_ok=True)
    return tree


def test_without_a_baseline_or_a_reason_it_says_what_to_type(tree):
    told = tree.make("gate")
    assert code_of(told) == 2
    assert 'baseline main: is not there yet. Cure: make gate-update REASON="first' in told.stderr
    told = tree.make("gate-update")
    assert code_of(told) == 2
    assert "REASON: is empty" in told.stderr
    assert not (tree.path / DECIDED).exists()


def test_a_clone_passes_against_the_baseline_of_git(gated):
    told = gated.make("gate")
    assert code_of(told) == 0, told
    assert told.stdout.startswith("Baseline main: first baseline (")
    assert "passed: " in told.stdout
    content = json.loads(gated.make("gate", FORMAT="json").stdout)
    assert (content["passed"], content["offending"]) == (True, [])
    assert content["counts"]["within"] > 0


@pytest.mark.parametrize("part", ["results", "evidence"])
def test_a_baseline_that_was_altered_is_refused(gated, part):
    for path in (gated.path / DECIDED / part).iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    told = gated.make("gate")
    assert code_of(told) == 2
    assert "is not as it was written: it was altered or damaged. Cure: git checkout" in told.stderr


def better_before(tree: Tree, model: str) -> None:
    """Decide on a baseline in which a model's squared errors are half of what they are."""
    place = baseline.Tree(tree.path, tree.path)
    kept = baseline.latest(place, "main").kept
    evidence = baseline.evidence(place, kept)
    path = f"metrics/evidence/mean_impute_{model}.parquet"
    frame = store.parquet_frame(evidence.pop(kept.results["evidence"][path]))
    data = store.parquet_bytes(frame.assign(squared_errors=frame["squared_errors"] / 2))
    evidence[store.sha256(data)] = data
    kept.results["evidence"][path] = store.sha256(data)
    baseline.decide(place, "main", kept, evidence, "better than it is", 20.0)


def test_what_is_worse_fails_or_is_shown_and_an_update_says_what_moved(gated):
    better_before(gated, "ridge")
    failed = gated.make("gate", FORMAT="markdown")
    assert code_of(failed) == 1
    assert "| FAIL | mean\\_impute ridge | mse |" in failed.stdout
    gated.edit("config.yaml", "fail: {beyond_chance: true", "warn: {beyond_chance: true")
    warned = gated.make("gate")
    assert code_of(warned) == 0
    assert "WARN  mean_impute ridge" in warned.stdout
    assert "1 warning" in warned.stdout
    updated = gated.make("gate-update", REASON="the errors are what they are")
    assert code_of(updated) == 0, updated
    assert "mean_impute ridge  mse" in updated.stdout
    assert code_of(gated.make("gate")) == 0
    assert "has these results already" in gated.make("gate-update", REASON="again").stdout
    assert gated.make("all").ran == set()
    better_before(gated, "logistic")
    assert not view.is_stale(baseline.Tree(gated.path, gated.path), "config.yaml")


@pytest.mark.long
def test_a_model_that_is_gone_fails_unless_that_is_allowed(gated):
    place = baseline.Tree(gated.path, gated.path)
    kept = baseline.latest(place, "main").kept
    lost = {"scenario": "mean_impute", "model": "svr", "metric": "mse", "value": 1.0}
    kept.results["metrics"].append({**lost, "low": 0.9, "high": 1.1})
    baseline.decide(place, "main", kept, baseline.evidence(place, kept), "one more", 20.0)
    failed = gated.make("gate")
    assert code_of(failed) == 1
    assert "not comparable: the model is gone" in failed.stdout
    gated.edit("config.yaml", "    losses: {", "    losses: {not_comparable: allow, ")
    assert code_of(gated.make("gate")) == 0


def test_results_that_are_not_of_the_configuration_are_neither_judged_nor_decided_on(gated):
    gated.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    for goal in ("gate", "gate-update"):
        told = gated.make(goal, REASON="new")
        assert code_of(told) == 2
        assert "train_models mean_impute ridge (stale)" in told.stderr
        assert "Cure: make all" in told.stderr
