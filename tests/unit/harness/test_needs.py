"""What a step is thought to need: after its last run, after other instances, or at first."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tidemark.harness import needs, record
from tidemark.harness.instance import Instance
from tidemark.harness.needs import AT_FIRST, IN_PARTS, LIBRARIES, MB, WHOLE
from tidemark.harness.record import Checkpoint
from tidemark.project import CODE, HERE

import pytest

OURS = Instance("backtest", {"strategy": "ours"})


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEMARK_SHARED_BYTES", str(200 * MB))
    record.FOLDER.mkdir()


def ran(name, peak, files=0, shared=200 * MB, step="backtest"):
    """A checkpoint of an instance, as it stands in its file."""
    instance = Instance(step, {"strategy": name} if name else {})
    one = Checkpoint(
        instance, datetime(2026, 11, 29, tzinfo=UTC),
        peak_memory_bytes=peak, file_bytes=files, shared_bytes=shared,
    )  # fmt: skip
    record.path_of(one.name).write_bytes(record.encoded(one))
    return one


def exactly(megabytes):
    return pytest.approx(megabytes * MB, abs=1)


def about(megabytes):
    """A tenth more."""
    return exactly(1.1 * megabytes)


def test_its_last_run_tells_most():
    last = ran("ours", 300 * MB, files=10 * MB)
    ran("theirs", 900 * MB, files=10 * MB)
    assert needs.of(HERE, OURS, last, 10 * MB) == (about(300), "as its last run")
    assert needs.of(HERE, OURS, last, 5 * MB).bytes == about(300), "they may grow again"


def test_it_grows_with_its_data_as_the_step_does():
    last = ran("ours", 300 * MB, files=10 * MB)
    assert needs.of(HERE, OURS, last, 30 * MB).bytes == exactly(330 + 20)
    whole = replace(last, instance=Instance("split_data", {"scenario": "s"}))
    assert needs.of(HERE, whole.instance, whole, 30 * MB).bytes == exactly(330 + 600)


def test_a_last_run_of_which_no_files_are_known_is_taken_as_it_is():
    last = ran("ours", 300 * MB)
    assert needs.of(HERE, OURS, last, 30 * MB).bytes == about(300)


def test_the_largest_of_the_other_instances_stands_for_a_first_run():
    ran("a", 300 * MB, files=200 * MB)
    ran("b", 200 * MB, files=1 * MB)  # and a fifth of a gigabyte of data more with ours
    ran("", 5000 * MB, files=1 * MB, step="backtest_other")
    assert needs.of(HERE, OURS, None, 201 * MB) == (exactly(220 + 200), "as backtest b")


def test_those_that_ran_last_are_asked():
    for number in range(6):
        ran(f"s{number}", (900 if number < 2 else 300) * MB)
    assert needs.of(HERE, OURS, None, 0).bytes == about(300)


def test_where_nothing_ran_an_estimate_stands_that_says_so():
    ran("", 900 * MB, step="assess")
    need = needs.of(HERE, OURS, None, 20 * MB)
    assert need == (IN_PARTS.bytes + 20 * MB, "an estimate from 20 MB of data")
    other = Instance("train_models", {"scenario": "s", "model": "m"})
    assert needs.of(HERE, other, None, 20 * MB).bytes == WHOLE.bytes + 30 * 20 * MB
    last = ran("ours", 0)
    assert "estimate" in needs.of(HERE, OURS, last, 0).because, "nothing was measured"


def test_a_plain_process_needs_what_a_warm_one_shares(monkeypatch):
    monkeypatch.delenv("TIDEMARK_SHARED_BYTES")
    assert needs.of(HERE, OURS, None, 0).bytes == IN_PARTS.bytes + LIBRARIES
    warm = ran("ours", 300 * MB, shared=200 * MB)
    assert needs.of(HERE, OURS, warm, 0).bytes == pytest.approx((1.1 * 300 + 200) * MB)
    plain = ran("ours", 500 * MB, shared=0)
    assert needs.of(HERE, OURS, plain, 0).bytes == about(500)


def test_its_files_are_those_of_its_rule():
    Path("artifacts/.config").mkdir()
    Path("artifacts/.promised").mkdir()
    Path("data").mkdir()
    assert needs.files_of(HERE, OURS) == 0, "Make never came to its rule"
    for name, size in {"a.csv": 100, "b.csv": 20, "x.parquet": 3}.items():
        Path("data", name).write_bytes(bytes(size))
    key = "artifacts/.config/fetch_data.prices.path"
    Path(key).write_text('"data/*.csv"')
    promised = Path(f"artifacts/.promised/{OURS.name}.ok")
    Path("code.py").write_text("a module that it was seen to load\n")
    promised.write_text(f"data/x.parquet data/missing.parquet data {key} code.py")
    assert needs.files_of(HERE, OURS) == 123


def test_what_is_known_of_a_step_names_one_that_there_is():
    assert not [step for step in AT_FIRST if not (CODE / f"scripts/{step}.py").exists()]
