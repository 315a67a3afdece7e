"""How a step reads through its run."""

import ast
import os
from pathlib import Path

from tidemark.config.kinds import KINDS
from tidemark.errors import BadValue, InputError
from tidemark.files import store
from tidemark.harness.instance import Instance
from tidemark.harness.reads import Reads
from tidemark.harness.record import Output
from tidemark.harness.run import Run
from tidemark.project import CODE, HERE, Tree

import pandas as pd
import pytest


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = Run(HERE, Instance("reports", {}))
    yield run
    for handler in run.log.handlers:
        handler.close()


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


@pytest.mark.parametrize("script", sorted(CODE.glob("scripts/*.py")), ids=lambda path: path.stem)
def test_a_step_asks_of_its_run_only_what_a_run_has(run, script):
    """mypy cannot tell: `run.model` is there for the steps that are of models."""
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if not isinstance(node, ast.Attribute):
            continue
        match ast.unparse(node).split("."):
            case ["run", ("read" | "write" | "tell") as part, name]:
                assert hasattr(getattr(run, part), name), f"run.{part}.{name}"
            case ["run", name]:
                assert name in dir(run) or name in KINDS, f"run.{name}"


def test_a_bad_value_is_told_by_the_section_that_the_step_names(run):
    Path("artifacts").mkdir()
    Path("artifacts/config.mk").write_text("override CONFIG_FILE := my.yaml\n")
    Path("my.yaml").write_text("seed: 7\nevaluate: {block_length: 21}\n")
    told = r"my\.yaml:2:12: evaluate\.block_length: is too long\. Cure: shorten it"
    with pytest.raises(InputError, match=told), run.values_of("evaluate"):
        raise BadValue("block_length", "is too long", "shorten it")


def tables(count):
    for number in range(count):
        frame = pd.DataFrame({"text": ["a", "b"], "value": [number, -number]})
        Path(f"{number}.parquet").write_bytes(store.parquet_bytes(frame))
    return [f"{number}.parquet" for number in range(count)]


def test_files_of_rows_are_opened_once_however_many_parts_are_taken(run, monkeypatch):
    paths, opened, open_file = tables(3), [], store.open_file
    monkeypatch.setattr(
        store, "open_file", lambda path: opened.append(str(path)) or open_file(path)
    )
    with run.read.rows_by_text(paths, "text") as rows:
        parts = [rows.of([text]) for text in rows.counts]
    assert [list(part["value"]) for part in parts] == [[0, 1, 2], [0, -1, -2]]
    assert opened == paths
    assert run.read.inputs == {path: store.sha256_file(Path(path)) for path in paths}


def test_rows_of_a_file_that_is_written_to_meanwhile_are_not_taken(run):
    def altered():
        with run.read.rows_by_text(tables(1), "text") as rows:
            Path("0.parquet").touch()
            return rows.of(["a"])

    with pytest.raises(OSError, match="changed while it was read"):
        altered()


def test_its_earlier_output_is_what_the_step_left_and_is_not_read_for_its_size_alone(tmp_path):
    (tmp_path / "x").write_bytes(b"content")
    written = Output(store.sha256(b"content"), 7, 1)
    reads = Reads(Tree.at(tmp_path), Instance("reports", {}), {"x": written})
    assert reads.previous("x") == b"content"
    (tmp_path / "x").write_bytes(b"CONTENT")
    assert reads.previous("x") is None
    os.truncate(tmp_path / "x", 10**13)
    assert reads.previous("x") is None
    assert reads.previous("y") is None


def test_by_hand_too_a_step_reads_only_what_make_noted_of_its_rule(tmp_path, monkeypatch):
    monkeypatch.delenv("TIDEMARK_TARGET", raising=False)
    for name in ("listed", "other"):
        (tmp_path / name).write_bytes(b"content")
    noted = tmp_path / "artifacts/.promised/reports.ok"
    noted.parent.mkdir(parents=True)
    noted.write_text("listed artifacts/.config/seed\n", "utf-8")
    reads = Reads(Tree.at(tmp_path), Instance("reports", {}), {})
    assert reads.content("listed") == b"content"
    told = "reads other, which the rule for artifacts/reports.ok does not list"
    with pytest.raises(InputError, match=told):
        reads.content("other")


@pytest.mark.parametrize(
    ("flags", "threads"),
    [
        (None, 8),  # by hand
        ("rw -j4 --jobserver-auth=3,4", 2),
        ("-j1", 8),
        ("-j16 --jobserver-auth=fifo:/tmp/x", 1),
        ("rw -j", 1),
        ("rw -j8 -- CONFIG=a -j2", 1),
    ],
)
def test_jobs_and_their_threads_are_as_many_as_processors(run, monkeypatch, flags, threads):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("MAKEFLAGS", raising=False)
    if flags is not None:
        monkeypatch.setenv("MAKEFLAGS", flags)
    assert run.threads == threads
