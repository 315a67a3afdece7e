"""What processes held together, by what the kernel tells of each."""

import os
import signal
from types import SimpleNamespace

from tidemark.isolated.lives import MAXRSS, Lives
from tidemark.isolated.nursery import Nursery

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MB = 1_000_000


class Told:
    """A witness that keeps what it is told of memory."""

    def __init__(self):
        self.peaks = []

    def begin(self):
        pass

    def news(self):
        return {}

    def heard(self, news):
        pass

    def held(self, peak_bytes):
        self.peaks.append(peak_bytes)


def hold(channel):
    """Hold so many megabytes for a moment, then none, until the channel closes."""
    while True:
        np.ones(channel.receive()["megabytes"] * MB, np.uint8)
        channel.send({"is": "held"})


def ask(room, megabytes):
    room.send({"megabytes": megabytes})
    room.receive()


@pytest.mark.parametrize("alone", [True, False])
def test_processes_at_the_same_time_count_together_each_at_its_peak(alone):
    ours = np.ones(150 * MB, np.uint8)  # what they inherit is no memory of theirs
    told = Told()
    with Nursery(hold, told) as nursery:
        with nursery.fresh("a") as first:
            ask(first, 60)
            if not alone:
                with nursery.fresh("b") as second:
                    ask(second, 40)
        with nursery.fresh("c") as third:
            ask(third, 30)
    (peak,) = told.peaks
    expected = 60 if alone else 100
    assert expected - 1 < peak / MB < expected + 25
    assert len(ours) == 150 * MB


def test_a_nursery_that_was_killed_tells_nothing():
    told = Told()
    with Nursery(hold, told) as nursery, nursery.fresh("a") as room:
        ask(room, 1)
        os.kill(nursery._pid, signal.SIGKILL)
    assert told.peaks == []


@settings(deadline=None)
@given(st.data(), st.integers(0, 12))
def test_the_peak_is_that_of_the_worst_moment(data, number):
    peaks = [data.draw(st.integers(0, 1000)) for _ in range(number)]
    lives, open_, worst, begun = Lives(), [], 0, 0
    while begun < number or open_:
        if begun < number and (not open_ or data.draw(st.booleans())):
            lives.begin(begun)
            lives.now[begun].inherited_bytes = 7 * MAXRSS
            open_.append(begun)
            begun += 1
            worst = max(worst, sum(peaks[pid] for pid in open_))
        else:
            pid = open_.pop(data.draw(st.integers(0, len(open_) - 1)))
            lives.end(pid, SimpleNamespace(ru_maxrss=peaks[pid] + 7))
    assert lives.peak_bytes() == worst * MAXRSS
    assert lives.now == {}
