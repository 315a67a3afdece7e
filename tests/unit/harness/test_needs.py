"""What a step is thought to need: after its last run, after other instances, or at first."""

from datetime import UTC, datetime
from pathlib import Path

from tidemark.harness import needs, record
from tidemark.harness.instance import Instance
from tidemark.harness.needs import ALWAYS, AT_FIRST, LIBRARIES, MB
from tidemark.harness.record import Checkpoint
from tidemark.project import HERE

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


def about(megabytes):
    return pytest.approx(1.1 * megabytes * MB, abs=1)


def test_its_last_run_tells_most():
    last = ran("ours", 300 * MB, files=10 * MB)
    ran("theirs", 900 * MB, files=10 * MB)
    assert needs.of(HERE, OURS, last, 10 * MB) == (about(300), "as its last run")
    assert needs.of(HERE, OURS, last, 5 * MB).bytes == about(300), "they may grow again"


def test_it_grows_with_its_files_but_for_what_any_step_takes():
    last = ran("ours", 300 * MB, files=10 * MB)
    assert needs.of(HERE, OURS, last, 30 * MB).bytes == about(40 + 3 * 260)
    assert ALWAYS == 40 * MB
    small = ran("ours", 30 * MB, files=10 * MB)
    assert needs.of(HERE, OURS, small, 30 * MB).bytes == about(30)


def test_a_last_run_of_which_no_files_are_known_is_taken_as_it_is():
    last = ran("ours", 300 * MB)
    assert needs.of(HERE, OURS, last, 30 * MB).bytes == about(300)


def test_the_largest_of_the_other_instances_stands_for_a_first_run():
    ran("a", 300 * MB, files=10 * MB)
    ran("b", 200 * MB, files=1 * MB)  # ten times as much with ours
    ran("", 5000 * MB, files=1 * MB, step="backtest_other")
    assert needs.of(HERE, OURS, None, 10 * MB) == (about(40 + 10 * 160), "as backtest b")


def test_those_that_ran_last_are_asked():
    for number in range(6):
        ran(f"s{number}", (900 if number < 2 else 300) * MB)
    assert needs.of(HERE, OURS, None, 0).bytes == about(300)


def test_where_nothing_ran_an_estimate_stands_that_says_so():
    ran("", 900 * MB, step="assess")
    need = needs.of(HERE, OURS, None, 20 * MB)
    assert need == (AT_FIRST.of(20 * MB), "an estimate from 20 MB of data")
    assert need.bytes == AT_FIRST.bytes + AT_FIRST.each * 20 * MB
    last = ran("ours", 0)
    assert "estimate" in needs.of(HERE, OURS, last, 0).because, "nothing was measured"


def test_a_plain_process_needs_what_a_warm_one_shares(monkeypatch):
    monkeypatch.delenv("TIDEMARK_SHARED_BYTES")
    assert needs.of(HERE, OURS, None, 0).bytes == AT_FIRST.bytes + LIBRARIES
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
