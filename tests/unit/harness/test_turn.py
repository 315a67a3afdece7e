"""A step's turn to hold memory: what it says while it waits, and that it needs no lock for that."""

import json
import threading
import time
from pathlib import Path

from tidemark.harness import memory, turn
from tidemark.harness.instance import Instance
from tidemark.harness.memory import KEY, Limit
from tidemark.harness.needs import MB, Need
from tidemark.harness.turn import Turn
from tidemark.project import HERE

import pytest

GB = 1000 * MB


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("artifacts/.config").mkdir(parents=True)
    monkeypatch.setattr(turn, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(turn, "UNTOLD_SECONDS", 0.03)
    configured(3)


def configured(gigabytes):
    Path("artifacts/.config", KEY).write_text(json.dumps(gigabytes))


@pytest.fixture
def needing(monkeypatch):
    """A turn of a strategy's backtest with that need, which may change while it waits."""
    needs_of = {}
    monkeypatch.setattr(
        "tidemark.harness.needs.of",
        lambda tree, instance, last, size: Need(needs_of[instance.words], "as its last run"),
    )

    def of(name, size):
        needs_of[name] = size
        return Turn(HERE, Instance("backtest", {"strategy": name}))

    of.change = needs_of.__setitem__
    return of


def test_the_limit_is_configured_or_that_of_the_machine(monkeypatch):
    assert memory.limit(HERE)[:2] == (3 * GB, "machine.memory_gigabytes")
    there_is = Limit(7 * GB, "this machine", "here")
    monkeypatch.setattr(memory, "of_machine", lambda: there_is)
    configured(None)
    assert memory.limit(HERE) == there_is
    Path("artifacts/.config", KEY).unlink()
    assert memory.limit(HERE) == there_is, "older keys have none"


def test_who_waits_says_once_for_what_and_for_whom(needing):
    said = []
    with needing("sma_cross", 22 * GB // 10) as first, needing("momentum", 12 * GB // 10) as second:
        assert first.comes(None)
        assert first.note() == ""
        assert not second.comes(None)

        def say(text):
            said.append(text)
            leaving.start()

        leaving = threading.Timer(0.1, first.__exit__)
        second.wait(say)
        leaving.join()
        assert second.comes(None), "it is asked once more, under its lock"
    assert said == [
        "    backtest momentum: waiting for memory: needs 1.2 GB (as its last run), 800 MB of"
        " 3.0 GB free (machine.memory_gigabytes); held by backtest sma_cross (2.2 GB)"
    ]


def test_what_the_shared_libraries_hold_is_named_so_that_the_sum_comes_out(needing, monkeypatch):
    monkeypatch.setenv("TIDEMARK_RUN", "1-2")
    monkeypatch.setenv("TIDEMARK_SHARED_BYTES", str(210 * MB))
    configured(0.5)
    said = []
    with needing("sma_cross", 84 * MB) as first, needing("momentum", 231 * MB) as second:
        assert first.comes(None)
        assert not second.comes(None)

        def say(text):
            said.append(text)
            leaving.start()

        leaving = threading.Timer(0.1, first.__exit__)
        second.wait(say)
        leaving.join()
    assert said == [
        "    backtest momentum: waiting for memory: needs 231 MB (as its last run), 206 MB of"
        " 500 MB free (machine.memory_gigabytes); held by backtest sma_cross (84 MB);"
        " shared libraries hold 210 MB"
    ]


def test_a_short_wait_is_not_worth_a_word(needing, monkeypatch):
    monkeypatch.setattr(turn, "UNTOLD_SECONDS", 60.0)
    said = []
    with needing("a", 2 * GB) as first, needing("b", 2 * GB) as second:
        assert first.comes(None)
        assert not second.comes(None)
        leaving = threading.Timer(0.1, first.__exit__)
        leaving.start()
        second.wait(said.append)
        leaving.join()
    assert said == []


def test_who_needs_more_than_there_is_runs_alone_and_says_so(needing):
    with needing("large", 4 * GB) as large, needing("small", 1 * MB) as small:
        assert large.comes(None)
        assert large.note() == (
            "needs 4.0 GB (as its last run), more than is left of the 3.0 GB of"
            " machine.memory_gigabytes: no other step runs beside it"
        )
        assert not small.comes(None)


def test_what_becomes_known_while_it_waits_counts(needing, monkeypatch):
    """The first instance of a step has ended: the others are no longer guessed at."""
    monkeypatch.setattr(turn, "UNTOLD_SECONDS", 60.0)
    with needing("a", 1 * GB) as first, needing("b", 50 * GB) as second, needing("c", GB) as third:
        assert first.comes(None)
        assert not second.comes(None)
        assert not third.comes(None)
        needing.change("b", GB)
        second.wait(pytest.fail)
        third.wait(pytest.fail)
        assert second.note() == ""


def test_shared_libraries_count_once_a_make(needing, monkeypatch):
    monkeypatch.setenv("TIDEMARK_RUN", "1-2")
    monkeypatch.setenv("TIDEMARK_SHARED_BYTES", str(GB))
    with needing("a", GB) as first, needing("b", GB) as second, needing("c", 1) as third:
        assert first.comes(None)
        assert second.comes(None)
        assert not third.comes(None)
    with needing("d", 2 * GB + 1) as fourth:
        assert fourth.comes(None)
        assert "more than is left" in fourth.note()


def test_a_step_that_need_not_run_asks_for_nothing(needing):
    with needing("a", GB):
        pass
    assert not Path("artifacts/.memory").exists()


def test_machines_do_not_share(needing, monkeypatch):
    with needing("a", 3 * GB) as first, needing("b", 3 * GB) as second:
        assert first.comes(None)
        monkeypatch.setattr(memory, "host", lambda: "another")
        began = time.monotonic()
        assert second.comes(None)
        assert time.monotonic() - began < 1.0
