"""Work in a fork that a clock watches: what comes back, what ends it, and that nothing is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tidemark.errors import BadValue, InputError
from tidemark.isolated import timed

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
LONG = 60.0


def unheard(content):
    raise AssertionError(content)


def gone(pid):
    """Whether that process ends soon; a child of another process may be waited for by nobody."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


class Witness:
    """Notes what it is asked, and where."""

    def __init__(self):
        self.began, self.told, self.peak = 0, [], 0

    def begin(self):
        self.began = os.getpid()

    def news(self):
        return {"began": self.began, "now": os.getpid()}

    def heard(self, news):
        self.told.append(news)

    def held(self, peak_bytes):
        self.peak = peak_bytes


def test_what_the_work_tells_and_returns_comes_back():
    heard, witness = [], Witness()

    def work(tell):
        for number in range(3):
            tell((number, 3))
        return os.getpid(), np.ones((1000, 1000))

    pid, array = timed.within(LONG, work, heard.append, witness)
    assert heard == [(0, 3), (1, 3), (2, 3)]
    assert array.sum() == 1e6
    assert witness.told == [{"began": pid, "now": pid}] * 4  # ahead of each word
    assert pid != os.getpid()
    assert witness.peak >= array.nbytes
    assert gone(pid)


def test_what_the_work_raises_is_raised():
    def work(tell):
        raise BadValue("alpha", "is bad", "mend it")

    with pytest.raises(BadValue, match="is bad") as caught:
        timed.within(LONG, work, unheard)
    assert caught.value.parameter == "alpha"


def test_work_that_leaves_its_process_is_told_with_its_place():
    def work(tell):
        sys.exit(3)

    line = work.__code__.co_firstlineno + 1
    with pytest.raises(InputError, match=r"ends its own process \(SystemExit\)") as caught:
        timed.within(LONG, work, unheard)
    assert f"{Path(__file__).name}, line {line}" in str(caught.value)
    assert "sys.exit(3)" in str(caught.value.__cause__)


def test_a_result_that_cannot_be_pickled_is_told():
    with pytest.raises(Exception, match="pickle") as caught:
        timed.within(LONG, lambda _: lambda: None, unheard)
    assert "Traceback" in str(caught.value.__cause__)
    with pytest.raises(TypeError, match="cannot pickle"):
        timed.within(LONG, lambda _: sys.stdout, unheard)


def test_what_is_printed_is_seen_once(capfd):
    def work(tell):
        print("said there")
        print("mind this", file=sys.stderr)

    print("said before", end="")
    timed.within(LONG, work, unheard)
    said, complained = capfd.readouterr()
    assert (said.count("said before"), said.count("said there")) == (1, 1)
    assert complained.count("mind this") == 1


def test_work_that_takes_too_long_is_killed():
    pids = []

    def work(tell):
        tell(os.getpid())
        np.linalg.svd(np.random.default_rng(0).normal(size=(3000, 3000)))  # hears no signal
        time.sleep(LONG)

    began = time.monotonic()
    with pytest.raises(timed.TooLongError):
        timed.within(0.2, work, pids.append)
    assert time.monotonic() - began < 5.0
    assert gone(pids[0])


def test_each_word_gives_more_time():
    def work(tell):
        for number in range(4):
            time.sleep(0.15)
            tell(number)
        return "done"

    assert timed.within(0.4, work, lambda _: None) == "done"


def test_a_process_that_ends_otherwise_is_told():
    with pytest.raises(timed.EndedError, match="was ended by SIGKILL"):
        timed.within(LONG, lambda _: os.kill(os.getpid(), signal.SIGKILL), unheard)
    with pytest.raises(timed.EndedError, match="ended by itself, with 3"):
        timed.within(LONG, lambda _: os._exit(3), unheard)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_end_of_the_step_is_that_of_its_work(by):
    program = (
        f"import sys, os, time; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        "from tidemark.isolated import timed\n"
        "def work(tell):\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(60)\n"
        "timed.within(60, work, print)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as step:
        work = int(step.stdout.readline())
        step.send_signal(by)
        step.wait(10)
    assert work != step.pid
    assert gone(work)
