"""How a step reads through its run."""

from pathlib import Path

from tidemark.files import store
from tidemark.harness.instance import Instance
from tidemark.harness.record import Output
from tidemark.harness.run import Run
from tidemark.project import HERE

import pytest


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Run(HERE, Instance("reports", {}))


def test_a_file_is_hashed_once_as_it_is_read(run, monkeypatch):
    Path("models").mkdir()
    Path("models/x.pkl").write_bytes(b"content")
    hashed, sha256 = [], store.sha256
    recorded = Output(sha256(b"content"), 7, 1)
    monkeypatch.setattr("tidemark.harness.publishing.produced", lambda tree, path: recorded)
    monkeypatch.setattr(store, "sha256", lambda data: hashed.append(data) or sha256(data))
    assert run.read.content("models/x.pkl") == b"content"
    assert run.read.inputs == {"models/x.pkl": recorded.sha256}
    assert hashed == [b"content"]
