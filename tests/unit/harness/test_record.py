"""The file of a checkpoint: what one version writes, and what it makes of those of others."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from tidemark.errors import InputError
from tidemark.harness import record, staleness
from tidemark.harness.instance import Instance
from tidemark.harness.reason import Cause
from tidemark.harness.record import Acceptance, Checkpoint, Input, Module, Output
from tidemark.harness.staleness import Look
from tidemark.project import HERE

import pytest

FULL = Checkpoint(
    Instance("evaluate", {"scenario": "s", "model": "m"}),
    datetime(2026, 11, 29, 3, 4, 5, 678901, tzinfo=UTC),
    run="12-34",
    reasons=["never ran"],
    seconds=1.25,
    cpu_seconds=1.5,
    peak_memory_bytes=123,
    shared_bytes=45,
    file_bytes=67,
    attempts=2,
    headline="RMSE 1.0 %",
    notes=["mind the gap"],
    provisional="a figure is missing",
    inputs={"data/in.csv": Input("ab"), "data/x.parquet": Input("cd", 3), "gone": Input(None)},
    config={"seed": 1, "models": {"keys": ["ridge"]}},
    code={"scripts/evaluate.py": Module("ef", "01")},
    imported=["numpy"],
    libraries={"python": "3.11.7"},
    outputs={"metrics/s_m.json": Output("23", 45, 67), "x.parquet": Output("89", 1, 2, 3)},
    accepted=[Acceptance("me", "now", "the same", ["code x"])],
)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record.FOLDER.mkdir()
    record.path_of(FULL.name).write_bytes(record.encoded(FULL))


def rewrite(**values: object) -> None:
    """Change fields of the file, and its digest with them."""
    content = {**json.loads(record.path_of(FULL.name).read_bytes()), **values}
    del content["digest"]
    told = json.dumps({**content, "digest": record.digest(content)})
    record.path_of(FULL.name).write_text(told)


def test_what_was_written_is_read():
    assert record.load(HERE, FULL.name) == FULL
    assert record.load_all(HERE) == {FULL.name: FULL}


def test_a_checkpoint_of_before_a_field_was_there_holds():
    content = json.loads(record.path_of(FULL.name).read_bytes())
    for younger in ("shared_bytes", "file_bytes"):
        del content[younger], content["digest"]
        content["digest"] = record.digest(content)
        record.path_of(FULL.name).write_text(json.dumps(content))
        loaded = record.load(HERE, FULL.name)
        assert loaded is not None
        assert getattr(loaded, younger) == 0
    assert loaded == replace(FULL, shared_bytes=0, file_bytes=0)


def test_every_field_is_described():
    fields = json.loads(record.path_of(FULL.name).read_bytes()).keys()
    described = record.__doc__.split("\n\n")[2]
    told = {word for line in described.splitlines() for word in line[4:22].replace(",", "").split()}
    assert told == fields


def test_another_version_of_tidemark_is_no_reason_to_run():
    rewrite(tidemark="0.1.9")
    assert record.load(HERE, FULL.name) == FULL


def test_a_checkpoint_of_an_older_form_asks_for_a_run():
    rewrite(format=record.FORMAT - 1, inputs=["of another kind"])
    assert [reason.cause for reason in staleness.reasons(Look(HERE), FULL.name)] == [
        Cause.CHECKPOINT_OLDER
    ]


def test_one_of_a_newer_form_is_refused_with_the_version_that_wrote_it():
    rewrite(format=record.FORMAT + 1, tidemark="7.8.9", news="of a later version")
    with pytest.raises(InputError, match=r"written by Tidemark 7\.8\.9; this is ") as refused:
        next(staleness.reasons(Look(HERE), FULL.name))
    assert refused.value.where == "artifacts/evaluate_s_m.ok"


def test_what_was_edited_or_renamed_is_not_believed():
    path = record.path_of(FULL.name)
    path.with_name("evaluate_s_n.ok").write_bytes(path.read_bytes())
    path.write_text(path.read_text().replace("1.25", "1.26"))
    assert record.load_all(HERE) == {}
