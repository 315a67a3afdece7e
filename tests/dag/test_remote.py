"""A remote of the results store: what it has comes back; what fails there is told in one line."""

import shutil
from pathlib import Path
from uuid import uuid4

from conftest import CUT, CUTTING, Outcome, Tree
from s3_service import BUCKET, Connection, Service

import pytest

STEP = "preprocess"
STORE = Path("artifacts/store")


def with_remote(tree: Tree, address: str, seconds: float = 10.0) -> None:
    tree.edit("config.yaml", "  enabled: true\n", f"  enabled: true\n  remote: {address}\n"
              f"  remote_seconds: {seconds}\n")  # fmt: skip


def computed_and_pushed(tree: Tree, **environment: str) -> Outcome:
    """Run one step, let the remote have what it wrote, and undo the edit; no store is left."""
    tree.edit("config.yaml", *CUT)
    assert tree.make(STEP, STORE="").ran == CUTTING
    pushed = tree.make("push", STORE="", **environment)
    shutil.rmtree(tree.path / STORE)
    return pushed


def undone_and_done(tree: Tree, **environment: str) -> Outcome:
    """What the make says that computes, or brings back, what was computed before."""
    tree.edit("config.yaml", *CUT[::-1])
    assert tree.make(STEP).ran == CUTTING
    tree.edit("config.yaml", *CUT)
    return tree.make(STEP, STORE="", **environment)


@pytest.fixture
def bucket() -> str:
    return f"s3://{BUCKET}/{uuid4().hex}"


def test_what_a_remote_has_comes_back(tree, s3: Service, bucket):
    with_remote(tree, bucket)
    pushed = computed_and_pushed(tree, **s3.environment())
    assert pushed.stdout.startswith(f"pushed 1 run to {bucket}: "), pushed
    before = tree.results()
    outcome = undone_and_done(tree, **s3.environment())
    assert outcome.code == 0, outcome
    assert (outcome.ran, outcome.restored) == (set(), CUTTING), outcome
    assert tree.results() == before
    again = tree.make("push", STORE="", **s3.environment())
    assert "pushed 0 runs" in again.stdout
    assert "1 were there already" in again.stdout
    shutil.rmtree(tree.path / STORE)
    pulled = tree.make("pull", STORE="", **s3.environment())
    assert "pulled 1 run" in pulled.stdout, pulled
    tree.edit("config.yaml", f"  remote: {bucket}\n", "")
    assert undone_and_done(tree).restored == CUTTING


def test_a_folder_may_be_the_remote(tree, tmp_path):
    with_remote(tree, str(tmp_path))
    assert computed_and_pushed(tree).code == 0
    outcome = undone_and_done(tree)
    assert outcome.restored == CUTTING, outcome


def test_a_remote_that_fails_is_told_once_and_the_step_runs(tree, s3: Service, bucket, long):
    """Wrong credentials; and, in the long form, all other ways to fail."""
    with_remote(tree, bucket, 1.0)
    assert computed_and_pushed(tree, **s3.environment()).code == 0
    before = tree.results()
    ways = {
        "does not take these credentials": {"AWS_SECRET_ACCESS_KEY": "wrong"},
        "there are no credentials": {"AWS_ACCESS_KEY_ID": ""},
        "cannot be reached": {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
    }
    for words, wrong in ways.items() if long else [*ways.items()][:1]:
        runs_all_the_same(tree, words, s3.environment(**wrong))
    if long:
        with Connection(s3.port, silent=True) as silent:
            wrong = {"AWS_ENDPOINT_URL": silent.endpoint}
            runs_all_the_same(tree, "silent or too slow for 1 s", s3.environment(**wrong))
        for after in (0, 300, 1000, 20_000):
            with Connection(s3.port, cut_after=after) as cut:
                wrong = {"AWS_ENDPOINT_URL": cut.endpoint}
                runs_all_the_same(tree, "the connection was lost", s3.environment(**wrong))
    assert tree.results() == before


def runs_all_the_same(tree: Tree, words: str, environment: dict[str, str]) -> None:
    outcome = undone_and_done(tree, **environment)
    assert (outcome.code, outcome.ran) == (0, CUTTING), outcome
    assert outcome.stderr.count("\n") == 1, outcome
    assert outcome.stderr.startswith("the remote is not asked any more: ")
    assert words in outcome.stderr
    assert "wrong" not in outcome.stderr
    shutil.rmtree(tree.path / STORE)


def test_what_was_altered_at_the_remote_is_not_used(tree, tmp_path):
    with_remote(tree, str(tmp_path))
    assert computed_and_pushed(tree).code == 0
    before = tree.results()
    for file in (tmp_path / "objects").rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_bytes(file.read_bytes()[::-1])
    outcome = undone_and_done(tree)
    assert (outcome.code, outcome.ran) == (0, CUTTING), outcome
    assert outcome.stderr.count("what the remote has of it is damaged (objects/") == 1, outcome
    assert tree.results() == before
