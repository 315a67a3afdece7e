"""Each run becomes one record, whoever comes first and whatever is killed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import locks, store
from tidemark.harness import journal
from tidemark.project import HERE
from tidemark.runs import moved, results, settling
from tidemark.tables import history

import pytest

LINES = [
    {"goals": ["all"], "host": store.HOST},
    {"planned": 1, "width": 3, "closing": True},
    {"begun": "assess", "step": "assess", "why": ""},
    {"name": "assess", "step": "assess", "state": "ran", "seconds": 1.0, "why": ""},
]


@pytest.fixture
def gone() -> int:
    """The number of a process that there was."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A folder where nothing but journals lies."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(results, "of", lambda tree: {"config_file": "config.yaml"})


def noted(process: int, began: int = 1362132000, lines: list[dict] = LINES) -> Path:
    path = journal.path_of(f"{process}-{began}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return path


def runs() -> list[str]:
    return [record.content["run"] for record in history.log(HERE).records()]


def test_a_run_that_is_over_becomes_one_record_and_leaves_nothing(gone):
    path = noted(gone)
    path.with_name(f"{path.stem}-0123456789abcdef.said").touch()
    path.with_suffix(".watched").touch()
    run = f"20130301T100000Z-{gone}"
    assert (settling.settle(HERE), settling.settle(HERE)) == ([run], [])
    assert runs() == [run]
    assert [it.name for it in journal.FOLDER.iterdir()] == [settling.LOCK]


def test_a_kill_after_the_record_and_before_the_journal_went_makes_no_second_one(gone):
    path = noted(gone)
    kept = path.read_bytes()
    settling.settle(HERE)
    path.write_bytes(kept)
    assert settling.settle(HERE) == []
    assert (len(runs()), path.exists()) == (1, False)


def test_a_record_has_the_configuration_as_the_run_began(gone, monkeypatch):
    """Somebody edits it, and types make, while an earlier make goes on."""
    head = LINES[0] | {"config": "config.yaml", "values": {"seed": 1}}
    for seed in (1, 2):
        left = {"config_file": "config.yaml", "config": {"seed": seed}}
        monkeypatch.setattr(results, "of", lambda tree, left=left: left)
        noted(gone, 1362132000 + seed, [head, *LINES[1:]])
        settling.settle(HERE)
    same, other = (it.content for it in history.log(HERE).records())
    assert [it["results"]["config"] for it in (same, other)] == [{"seed": 1}] * 2
    assert [it["reconfigured"] for it in (same, other)] == [False, True]


def test_a_run_with_an_edit_until_its_end_is_dirty_whatever_git_says_later(gone, monkeypatch):
    monkeypatch.setattr(journal, "state_of_git", lambda tree: journal.State("c0ffee", False))
    head = LINES[0] | {"commit": "c0ffee", "dirty": False}
    end = {"ended": 1.0, "commit": "c0ffee", "dirty": True}
    noted(gone, 1362132000, [head, *LINES[1:]])
    noted(gone, 1362132001, [head, *LINES[1:], end])
    settling.settle(HERE)
    assert [it.content["dirty"] for it in history.log(HERE).records()] == [False, True]


def test_several_are_recorded_in_the_order_in_which_they_began(gone):
    for began in (1362132002, 1362132000, 1362132001):
        noted(gone, began)
    assert settling.settle(HERE) == sorted(runs()) == runs()
    assert len(runs()) == 3


def test_a_make_that_goes_on_is_left_alone(gone):
    own = journal.ticks_of(os.getpid())
    noted(os.getpid(), lines=[LINES[0] | {"ticks": own}, *LINES[1:]])
    assert (settling.settle(HERE), runs()) == ([], [])


def test_another_process_of_the_same_number_is_told_apart():
    own = journal.ticks_of(os.getpid())
    noted(os.getpid(), lines=[LINES[0] | {"ticks": own - 1}, *LINES[1:]])
    assert len(settling.settle(HERE)) == 1


def test_a_make_whose_parent_has_not_asked_for_it_yet_is_gone():
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    noted(process.pid)
    assert len(settling.settle(HERE)) == 1
    process.wait()


def test_a_step_that_outlived_its_make_is_waited_for(gone):
    noted(gone, lines=LINES[:3])
    with locks.held(HERE, "assess", print):
        assert settling.settle(HERE) == []
    assert len(settling.settle(HERE)) == 1


def test_a_journal_that_a_kill_left_without_its_head_goes(gone):
    path = noted(gone, lines=[])
    assert (settling.settle(HERE), path.exists()) == ([], False)


def test_a_run_elsewhere_counts_as_over_after_a_day_without_a_sign(gone):
    path = noted(gone, lines=[{"goals": ["all"], "host": "elsewhere"}, *LINES[1:]])
    assert (settling.settle(HERE), path.exists()) == ([], True)
    yesterday = time.time() - journal.SILENT_SECONDS - 1
    os.utime(path, (yesterday, yesterday))
    assert len(settling.settle(HERE)) == 1
    assert not path.exists()


def test_a_record_is_written_whatever_keeps_the_results_from_being_compared(gone, monkeypatch):
    left = iter(([], [{"scenario": "s", "model": "m"}], [{"scenario": "s", "model": "n"}]))
    monkeypatch.setattr(results, "of", lambda tree: {"metrics": next(left)})
    errors = iter((OSError(28, "No space left", "a/file"), ZeroDivisionError("x")))

    def failing(*_: object) -> None:
        raise next(errors)

    monkeypatch.setattr(moved, "_compared", failing)
    for began in (1362132000, 1362132001, 1362132002):
        noted(gone, began)
    first, second, _ = settling.settle(HERE)
    told = [record.content["moved"] for record in history.log(HERE).records()]
    assert told == [
        None,
        history.moved(
            first,
            why="a/file: No space left. Cure: make room on that disk; nothing earlier was lost",
        ),
        history.moved(second, why="ZeroDivisionError: x"),
    ]


def test_a_record_after_the_same_results_compares_nothing(gone, monkeypatch):
    monkeypatch.setattr(moved, "_compared", None)
    noted(gone, 1362132000)
    noted(gone, 1362132001)
    first, _ = settling.settle(HERE)
    assert history.log(HERE).records()[-1].content["moved"] == history.moved(first)


def test_a_history_that_is_not_whole_keeps_the_journal(gone):
    noted(gone, 1362132000)
    settling.settle(HERE)
    record = Path(history.FOLDER) / "00001.json"
    record.write_text(record.read_text("utf-8").replace("success", "failed").replace("killed", ""))
    path = noted(gone, 1362132001)
    with pytest.raises(InputError, match="not as it was written"):
        settling.settle(HERE)
    assert path.exists()
    record.rename(record.with_suffix(".lost"))
    assert len(settling.settle(HERE)) == 1


def test_whoever_comes_beside_makes_no_second_record(gone):
    """Processes settle at the same time, as a closer and the next make do."""
    for began in range(1362132000, 1362132004):
        noted(gone, began)
    program = (
        "from tidemark.project import HERE; from tidemark.runs import results, settling;"
        "results.of = lambda tree: {}; settling.settle(HERE)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(settling.__file__).parents[2])}
    beside = [subprocess.Popen([sys.executable, "-c", program], env=environment) for _ in range(3)]
    assert [process.wait() for process in beside] == [0, 0, 0]
    assert len(runs()) == len(set(runs())) == 4
