"""What a long step says of itself, and when."""

import contextlib
import threading
import time
from itertools import accumulate, pairwise

from tidemark.harness import progress
from tidemark.harness.progress import Progress, duration, pause

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def after(seconds, last=None, counts=()):
    """The words at that second of a run that counted at seconds before: (second, done, of)."""
    clock = Clock()
    told = Progress(last, clock)
    for second, done, of, *what in counts:
        clock.now = 1000.0 + second
        told.count(done, of, *(what or ["market scenarios"]))
    clock.now = 1000.0 + seconds
    return told.words()


@pytest.mark.parametrize(
    ("words", "seconds", "last", "counts"),
    [
        ("20 s so far, took 25 s last time", 20, 25.3, []),
        ("20 s so far", 20, None, []),
        ("98 min so far, took 2.5 h last time", 5880, 9000, []),
        # 33 in 15 seconds since the first call, 82 to go; one second has passed of those
        ("34 of 115 market scenarios, about 36 s left", 21, 99, [(5, 1, 115), (20, 34, 115)]),
        # what came before the count is no part of the rate
        ("10 of 20 market scenarios, about 10 s left", 40, None, [(30, 0, 20), (40, 10, 20)]),
        # a single call: since the run began
        ("1 of 5 market scenarios, about 40 s left", 10, None, [(10, 1, 5)]),
        ("0 of 5 market scenarios", 10, None, [(0, 0, 5)]),
        # all that it counts is done, and yet it goes on
        ("30 s so far, took 35 s last time", 30, 35, [(0, 0, 5), (29, 5, 5)]),
        # later than it was thought
        ("4 of 5 market scenarios, about 1 s left", 300, None, [(0, 0, 5), (20, 4, 5)]),
        # another count begins anew
        (
            "2 of 4 fits, about 2 s left", 22, None,
            [(0, 0, 9, "rows"), (20, 9, 9, "rows"), (20, 0, 4, "fits"), (22, 2, 4, "fits")],
        ),
        (
            "1,000 of 12,000 cells, about 2 min left", 10, None,
            [(0, 0, 12_000, "cells"), (10, 1000, 12_000, "cells")],
        ),
    ],
)  # fmt: skip
def test_words(words, seconds, last, counts):
    assert after(seconds, last, counts) == words


def test_durations_have_two_figures_or_so():
    told = [duration(seconds) for seconds in (0.4, 59.6, 99.4, 99.6, 600, 5969, 9000)]
    assert told == ["0 s", "60 s", "99 s", "2 min", "10 min", "99 min", "2.5 h"]


@settings(deadline=None)
@given(st.integers(2, 10**6), st.integers(1, 1000))
def test_what_goes_on_at_one_rate_is_foretold_exactly(of, seconds_each):
    clock = Clock()
    told = Progress(None, clock)
    told.count(0, of, "fits")
    done = of // 2
    clock.now += done * seconds_each
    told.count(done, of, "fits")
    left = (of - done) * seconds_each
    about = f"about {duration(max(left, 1.0))} left"
    assert told.words() == f"{done:,} of {of:,} fits, {about}"


def test_the_first_word_comes_after_ten_seconds_and_an_hour_has_fifty_at_most():
    moments = list(accumulate(range(200), lambda second, _: second + pause(second), initial=10.0))
    within = [moment for moment in moments if moment <= 3600]
    assert 30 < len(within) < 50
    assert within[:5] == [10, 20, 30, 40, 50]
    assert max(later - sooner for sooner, later in pairwise(moments)) == 120


def test_it_is_said_while_a_call_lasts_and_not_after_it(monkeypatch):
    monkeypatch.setattr(progress, "FIRST", 0.02)
    said, deadline = [], time.monotonic() + 10
    with Progress(2.0).told(said.append):
        while len(said) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    heard = len(said)
    assert heard >= 2
    assert said[0].endswith(" s so far, took 2 s last time")
    time.sleep(0.1)
    assert len(said) == heard


def test_a_short_run_says_nothing_and_does_not_wait_for_its_teller():
    said, began = [], time.monotonic()
    with Progress(None).told(said.append):
        pass
    assert time.monotonic() - began < 1.0
    assert said == []


def test_an_error_in_the_block_ends_it_and_a_screen_that_is_gone_does_not(monkeypatch):
    monkeypatch.setattr(progress, "FIRST", 0.02)
    tries = []

    def gone(text):
        tries.append(text)
        raise BrokenPipeError

    deadline = time.monotonic() + 10
    with contextlib.suppress(KeyError), Progress(None).told(gone):
        while len(tries) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        raise KeyError
    assert len(tries) > 1
    assert not [thread for thread in threading.enumerate() if thread.name == "progress"]
