"""Why a step must run again; and the time, the dependency file and pointers of its checkpoint."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tidemark.config import view
from tidemark.errors import InputError
from tidemark.files import listings, store
from tidemark.harness import acceptance, code, publishing, record, staleness
from tidemark.harness.instance import Instance
from tidemark.harness.reason import brief
from tidemark.harness.record import Checkpoint, Input, Module, Output
from tidemark.harness.staleness import Look
from tidemark.project import HERE

import pytest

NAME = "evaluate_s_m"


def checkpoint(**changes) -> Checkpoint:
    out = Path("metrics/out.json").stat()
    source = Path("scripts/m.py").read_bytes()
    base = Checkpoint(
        Instance("evaluate", {"scenario": "s", "model": "m"}),
        datetime.now(UTC),
        inputs={"data/in.csv": Input(store.sha256(b"in"))},
        outputs={"metrics/out.json": Output(store.sha256(b"out"), out.st_size, out.st_mtime_ns)},
        config={"a.b": 1},
        code={"scripts/m.py": Module(store.sha256(source), "m")},
    )
    return replace(base, **changes)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path, text in (("data/in.csv", "in"), ("metrics/out.json", "out"), ("scripts/m.py", "1")):
        Path(path).parent.mkdir()
        Path(path).write_text(text)
    view.sync(HERE, {"a": {"b": 1}}, "", 1)
    publishing.save(HERE, checkpoint(), store.now_ns(HERE))


def why() -> list[str]:
    return [str(reason) for reason in staleness.reasons(Look(HERE), NAME)]


def test_nothing_changed():
    assert why() == []
    assert staleness.holds(Look(HERE), NAME)


def test_no_reason_is_told_in_no_words():
    assert brief([]) == ""


def test_never_ran():
    assert [str(r) for r in staleness.reasons(Look(HERE), "other")] == ["never ran"]
    assert not staleness.holds(Look(HERE), "other")


@pytest.mark.parametrize("text", ["", "{", '{"format": 99}', "[]", '"x"', "{}", "\x00"])
def test_a_checkpoint_that_cannot_be_read_asks_for_a_run(text):
    record.path_of(NAME).write_text(text)
    assert why() == ["its checkpoint cannot be read"]


def test_every_kind_of_change_is_told():
    Path("data/in.csv").write_text("IN")
    Path("metrics/out.json").write_text("OUT!")
    Path("scripts/m.py").write_text("2")
    view.sync(HERE, {"a": {"b": 2}}, "", 1)
    told = why()
    assert told[0] == "config a.b 1 -> 2"
    assert told[1].startswith("data/in.csv ")
    assert told[2:] == ["code scripts/m.py", "metrics/out.json is not what the step wrote"]


def test_what_is_gone_is_told():
    for path in ("data/in.csv", "metrics/out.json", "scripts/m.py"):
        Path(path).unlink()
    view.sync(HERE, {"a": {}}, "", 1)
    assert why() == [
        "config a.b is gone",
        "data/in.csv is gone",
        "code scripts/m.py is gone",
        "metrics/out.json is missing",
    ]


def test_times_alone_are_no_reason():
    for path in ("data/in.csv", "metrics/out.json", "scripts/m.py"):
        os.utime(path, (1, 1))
    assert why() == []


def test_an_edit_that_keeps_size_and_time_of_a_source_is_found():
    stat = Path("data/in.csv").stat()
    Path("data/in.csv").write_text("IN")
    os.utime("data/in.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert len(why()) == 1


def test_a_source_that_is_too_large_is_not_hashed_to_the_end(monkeypatch):
    os.truncate("data/in.csv", 10**12)
    view.sync(HERE, {"a": {"b": 1}, "fetch_data": {"largest_file_megabytes": 1}}, "", 1)
    with monkeypatch.context() as patch:
        patch.setattr(store, "sha256_file", lambda path: pytest.fail(f"hashes {path}"))
        reasons = staleness.reasons(Look(HERE), NAME)
        assert str(next(reasons)) == "data/in.csv cannot be read"
    os.truncate("data/in.csv", 10**6 + 1)  # a template may be as large, a source may not
    assert staleness.Look(HERE).sha("data/in.csv") == store.sha256_file(Path("data/in.csv"))


def test_what_replaced_an_output_is_not_hashed_to_the_end_if_its_size_tells(monkeypatch):
    reader = Instance("read", {})
    inputs = {"metrics/out.json": Input(store.sha256_file(Path("metrics/out.json")))}
    publishing.save(HERE, Checkpoint(reader, datetime.now(UTC), inputs=inputs), store.now_ns(HERE))
    os.truncate("metrics/out.json", 10**12)
    with monkeypatch.context() as patch:
        patch.setattr(store, "sha256_file", lambda path: pytest.fail(f"hashes {path}"))
        told = [*staleness.changed_outputs(Look(HERE).checkpoint(NAME), Look(HERE))]
        assert list(map(str, told)) == ["metrics/out.json is not what the step wrote"]
        told = [*staleness.reasons(Look(HERE), reader.name)]
        assert list(map(str, told)) == ["metrics/out.json is not what its step wrote"]
        with pytest.raises(InputError, match=r"out\.json is not what its step wrote"):
            acceptance.accept(HERE, reader.name, "me", "it is large", "now")


def test_the_checkpoint_is_as_old_as_the_start_of_its_step():
    started = store.now_ns(HERE) - 10**9
    os.utime("data/in.csv", (1, 1))
    os.utime("scripts/m.py", (1, 1))
    os.utime(view.KEYS / "a.b", (1, 1))
    publishing.save(HERE, checkpoint(), started)
    assert record.path_of(NAME).stat().st_mtime_ns == started


def test_a_prerequisite_from_the_future_lifts_the_checkpoint():
    os.utime("data/in.csv", (4_000_000_000, 4_000_000_000))
    publishing.confirm(HERE, NAME, store.now_ns(HERE))
    assert record.path_of(NAME).stat().st_mtime == 4_000_000_000


def test_an_edit_since_the_start_is_newer_than_the_checkpoint():
    started = store.now_ns(HERE)
    Path("data/in.csv").write_text("in")
    publishing.save(HERE, checkpoint(), started)
    edited = Path("data/in.csv").stat().st_mtime_ns
    assert record.path_of(NAME).stat().st_mtime_ns == started < edited


def test_inputs_about_to_be_made_again_are_not_judged():
    Path("data/in.csv").unlink()
    assert why() == ["data/in.csv is gone"]
    assert list(staleness.reasons(Look(HERE), NAME, {"data/in.csv"})) == []


def test_a_file_outside_the_project_has_no_producer(tmp_path):
    (tmp_path / "prices.csv").write_text("some prices")
    assert publishing.producer(HERE, str(tmp_path / "prices.csv")) is None
    assert publishing.producer(HERE, "../prices.csv") is None


def test_the_depfile_names_keys_modules_and_outputs_but_no_file_that_people_name():
    text = Path(f"artifacts/.deps/{NAME}.d").read_text()
    first, *rest = text.splitlines()
    assert first == (
        f"artifacts/{NAME}.ok: artifacts/.config/a.b scripts/m.py $(call missing,metrics/out.json)"
    )
    assert rest == ["artifacts/.config/a.b:"]


@pytest.mark.parametrize("sign", [*"$#%:;|&=,()'`*?[]{}!~<>\\\" \t\n"])
def test_a_module_that_make_cannot_name_is_refused(sign):
    path = f"scripts/a{sign}b.py"
    with pytest.raises(InputError, match="which Make cannot handle"):
        publishing.publish(HERE, checkpoint(code={path: Module("", "")}))


def test_a_provisional_result_asks_again():
    publishing.save(HERE, checkpoint(provisional="the source was gone"), store.now_ns(HERE))
    assert why() == ["provisional: the source was gone"]
    assert f"artifacts/{NAME}.ok: FORCE" in Path(f"artifacts/.deps/{NAME}.d").read_text()


def test_a_listing_is_an_input():
    listed = {"data/*.csv": Input(listings.sha(HERE, "data/*.csv"))}
    publishing.save(HERE, checkpoint(inputs=listed), store.now_ns(HERE))
    assert why() == []
    Path("data/new.csv").write_text("")
    assert len(why()) == 1


def test_a_producer_vouches_for_its_output():
    assert publishing.producer(HERE, "metrics/out.json") == NAME
    assert publishing.produced(HERE, "data/in.csv") is None


def test_an_edit_of_plumbing_is_shown_and_no_reason_to_run():
    path = sorted(code.PLUMBING)[0]
    then = {**checkpoint().code, path: Module("0" * 64, "0")}
    Path(path).parent.mkdir(parents=True)
    Path(path).write_text("EDITED = 1\n")
    publishing.save(HERE, checkpoint(code=then), store.now_ns(HERE))
    assert why() == []
    kept = record.load(HERE, NAME)
    assert staleness.edited_plumbing(kept, staleness.Look(HERE)) == [path]
    assert path not in Path(f"artifacts/.deps/{NAME}.d").read_text()
    Path(path).unlink()
    assert why() == []
