"""Clocks that were set back, differ or jump: edits are seen, and nothing runs twice."""

import os
import time
from pathlib import Path

from conftest import CUT, CUTTING, Tree, assert_mends

import pytest

DAY = 86_400


def move_times(tree: Tree, seconds: int) -> None:
    """Shift all times in the tree, as if the clock had since been set back by so much."""
    verified = tree.path / "artifacts/.verified"
    verified.write_text(f"{int(verified.read_text()) + seconds}\n")
    files = [path for path in tree.path.rglob("*") if ".venv" not in path.parts]
    for path in sorted(files, key=lambda path: path.stat().st_ctime_ns):  # which cannot be set
        then = path.stat().st_mtime_ns + seconds * 10**9
        os.utime(path, ns=(then, then))


def edit_back_and_forth(tree: Tree, **environment: str) -> None:
    """Edit and undo: both edits are seen, and each needs only one make."""
    for old, new in (CUT, CUT[::-1]):
        tree.edit("config.yaml", old, new)
        outcome = tree.make("preprocess", **environment)
        assert (outcome.code, outcome.ran) == (0, CUTTING), outcome
        outcome = tree.make("preprocess", **environment)
        assert (outcome.code, outcome.ran, outcome.checked) == (0, set(), set()), outcome


@pytest.mark.long
def test_a_clock_set_back_by_a_day(settled, cold):
    move_times(settled, DAY)
    edit_back_and_forth(settled)
    assert_mends(settled, cold[0].state())


@pytest.fixture
def faked(long: bool, tmp_path: Path) -> dict[str, str]:
    """The environment of processes with a clock of their own; files keep the machine's times."""
    if not long:
        pytest.skip("long: pytest tests/campaigns --long")
    libraries = sorted(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"))
    if not libraries:
        pytest.skip("libfaketime is not installed")
    return {
        "LD_PRELOAD": str(libraries[0]),
        "NO_FAKE_STAT": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "clock"),
    }


def set_clock(faked: dict[str, str], offset: str) -> None:
    Path(faked["FAKETIME_TIMESTAMP_FILE"]).write_text(offset)


@pytest.mark.parametrize("offset", ["-1d", "+1d", "-400d", "+400d"])
def test_a_file_server_whose_clock_differs(tree, cold, faked, offset):
    set_clock(faked, offset)
    edit_back_and_forth(tree, **faked)
    edit_back_and_forth(tree)
    assert_mends(tree, cold[0].state())


@pytest.mark.parametrize("offset", ["-2d", "+2d"])
def test_a_clock_that_jumps_while_make_runs(tree, cold, faked, chance, offset):
    for _ in range(4):
        set_clock(faked, "+0")
        assert tree.make("clean").code == 0
        running = tree.start("all", **faked)
        time.sleep(chance.uniform(1, 10))
        set_clock(faked, offset)
        outcome = running.outcome()
        assert (outcome.code, outcome.ran) == (0, cold[1].ran), outcome
        edit_back_and_forth(tree, **faked)
        assert_mends(tree, cold[0].state())
