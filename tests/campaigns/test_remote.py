"""A remote of the results store: what it has comes back; what fails there is told in one line."""

import re
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from conftest import CUT, CUTTING, Outcome, Tree
from s3_service import BUCKET, Connection, Service

import pytest

STEP, OUTPUT = "preprocess", "data/processed/outlier_treatment.parquet"
STORE = Path("artifacts/store")


@pytest.fixture
def bucket() -> str:
    return f"s3://{BUCKET}/{uuid4().hex}"


def push(tree: Tree, s3: Service, bucket: str) -> None:
    """Let a remote have what the last step of a tree wrote."""
    settings = f"  enabled: true\n  remote: {bucket}\n  remote_seconds: 1\n"
    tree.edit("config.yaml", "  enabled: true\n", settings)
    tree.edit("config.yaml", *CUT)
    outcome = tree.make(STEP, "push", STORE="", **s3.environment())
    assert outcome.ran == CUTTING, outcome
    assert re.search(rf"^pushed 1 result to {bucket}: [12] objects?, ", outcome.stdout, re.M), (
        outcome
    )


def lost(tree: Tree, environment: Mapping[str, str]) -> Outcome:
    """What a make says and does after the store and an output are gone."""
    shutil.rmtree(tree.path / STORE, ignore_errors=True)
    (tree.path / OUTPUT).unlink()
    outcome = tree.make(STEP, STORE="", **environment)
    assert outcome.code == 0, outcome
    assert (outcome.ran | outcome.restored) == CUTTING, outcome
    return outcome


def test_what_a_remote_has_comes_back_unless_it_fails_or_was_altered(tree, s3, bucket):
    push(tree, s3, bucket)
    before = results(tree)
    assert lost(tree, s3.environment()).restored == CUTTING
    assert results(tree) == before
    must_run_and_tell(
        tree, "does not take these credentials", s3.environment(AWS_SECRET_ACCESS_KEY="wrong")
    )
    assert results(tree) == before
    s3.alter(bucket, "objects")
    outcome = lost(tree, s3.environment())
    assert outcome.ran == CUTTING
    assert "what the remote has of it is damaged (objects/" in outcome.stdout + outcome.stderr
    assert results(tree) == before


def results(tree: Tree) -> dict[str, str]:
    """Results but what each make adds to or tells of itself."""
    own = ("metrics/history/", "reports/index.html")
    return {path: sha for path, sha in tree.results().items() if not path.startswith(own)}


def must_run_and_tell(tree: Tree, words: str, environment: Mapping[str, str]) -> None:
    """The step runs, and there is one line of why the remote was of no help."""
    outcome = lost(tree, environment)
    assert outcome.ran == CUTTING, outcome
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("the remote is not asked any more: "), outcome
    assert words in line
    assert "wrong" not in line


@pytest.mark.long
def test_steps_run_where_the_client_cannot_be_installed_and_push_and_pull_say_so(tree, bucket):
    environment = tree.path / ".venv"
    shared = environment.resolve()
    environment.unlink()
    environment.mkdir()
    for file in shared.iterdir():
        if not file.name.startswith(".s3-"):
            (environment / file.name).symlink_to(file)
    nowhere = {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    lock = f"nowhere-to-be-found==1 --hash=sha256:{'0' * 64}\n"
    (tree.path / "requirements-s3.lock").write_text(lock, "utf-8")
    tree.edit("config.yaml", "  enabled: true\n", f"  enabled: true\n  remote: {bucket}\n")
    tree.edit("config.yaml", *CUT)
    outcome = tree.make(STEP, STORE="off", **nowhere)
    assert (outcome.code, outcome.ran) == (0, CUTTING), outcome
    (line,) = outcome.stderr.splitlines()
    assert "requirements-s3.lock could not be installed, and steps run without" in line
    again = tree.make(STEP, STORE="off", **nowhere)
    assert (again.code, again.stderr) == (0, "")
    for goal in ("push", "pull"):
        refused = tree.make(goal, STORE="", **nowhere)
        assert refused.code == 2
        assert "requirements-s3.lock could not be installed. Cure: " in refused.stderr
        assert ".ok" not in tree.make("-n", goal, STORE="").stdout.partition("remote.py")[2]


WAYS = {
    "there are no credentials": {"AWS_ACCESS_KEY_ID": ""},
    "cannot be reached": {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
    "does not take these": {"AWS_ACCESS_KEY_ID": "wrong"},
}


def test_whatever_fails_there_is_told_and_the_step_runs(tree, s3, bucket, long):
    if not long:
        pytest.skip("long: pytest tests/campaigns --long")
    push(tree, s3, bucket)
    before = results(tree)
    for words, wrong in WAYS.items():
        must_run_and_tell(tree, words, s3.environment(**wrong))
    with Connection(s3.port, silent=True) as silent:
        wrong = s3.environment(AWS_ENDPOINT_URL=silent.endpoint)
        must_run_and_tell(tree, "silent or too slow for 1 s", wrong)
    with Connection(s3.port, drip_seconds=0.02) as slow:
        wrong = s3.environment(AWS_ENDPOINT_URL=slow.endpoint)
        must_run_and_tell(tree, "silent or too slow for 1 s", wrong)
    for after in (0, 300, 700, 3_000, 20_000):
        with Connection(s3.port, cut_after=after) as cut:
            wrong = s3.environment(AWS_ENDPOINT_URL=cut.endpoint)
            must_run_and_tell(tree, "the connection was lost", wrong)
    tree.edit("config.yaml", bucket, "s3://another")
    must_run_and_tell(tree, "there is no such bucket", s3.environment())
    assert results(tree) == before


def test_a_folder_may_be_the_remote_of_many_steps_and_of_two_that_push(cold, tmp_path, long):
    """A second tree ends in the same bytes, all of which came from the first."""
    if not long:
        pytest.skip("long: pytest tests/campaigns --long")
    (tmp_path / "there").mkdir()
    first, second = (cold[0].copied(tmp_path / name) for name in ("first", "second"))
    for tree in (first, second):
        address = f"  enabled: true\n  remote: {tmp_path / 'there'}\n"
        tree.edit("config.yaml", "  enabled: true\n", address)
        tree.edit("config.yaml", *CUT)
        assert tree.make("all", STORE="").code == 0
    told: list[Outcome] = []
    pushing = [
        threading.Thread(target=lambda tree=tree: told.append(tree.make("push", STORE="")))
        for tree in (first, second)
    ]
    for thread in pushing:
        thread.start()
    for thread in pushing:
        thread.join()
    assert [outcome.code for outcome in told] == [0, 0], told
    results = [int(re.search(r"pushed ([\d,]+) results?", outcome.stdout)[1]) for outcome in told]
    third = cold[0].copied(tmp_path / "third")
    third.edit("config.yaml", "  enabled: true\n", address)
    third.edit("config.yaml", *CUT)
    outcome = third.make("all", STORE="")
    assert outcome.code == 0, outcome
    assert len(outcome.restored) == sum(results)
    assert third.state() == first.state()
