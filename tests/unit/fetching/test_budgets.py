"""The budget of requests that all processes of a tree share."""

import json
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tidemark.fetching import budget
from tidemark.fetching.budget import Budget
from tidemark.fetching.clock import Clock
from tidemark.fetching.errors import SpentError
from tidemark.project import Tree
from tidemark.providers.contract import Limit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

START = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()
FORK = multiprocessing.get_context("fork")


@dataclass
class Hours:
    """A clock that only waiting moves."""

    at: float = START
    waited: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.at, self.sleep)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path, tmp_path)


def ask(one: Budget) -> None:
    with one.turn():
        pass


def test_a_bucket_gives_what_it_holds_at_once_and_then_what_comes_back(tree):
    hours = Hours()
    one = Budget(tree, "massive", Limit(5), hours.clock)
    for _ in range(5):
        ask(one)
    assert hours.waited == []
    ask(one)
    assert hours.waited == [60.0]


def test_less_than_one_a_minute_is_one_after_longer(tree):
    hours = Hours()
    one = Budget(tree, "slow", Limit(0.5), hours.clock)
    ask(one)
    ask(one)
    assert hours.waited == [120.0]


@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.floats(0, 90), max_size=20), st.integers(1, 7))
def test_no_minute_has_more_requests_than_the_provider_takes(tmp_path_factory, pauses, a_minute):
    hours = Hours()
    folder = tmp_path_factory.mktemp("tree")
    shared = [Budget(Tree(folder, folder), "p", Limit(a_minute), hours.clock) for _ in range(2)]
    times = []
    for number, pause in enumerate(pauses):
        hours.at += pause
        with shared[number % 2].turn():
            times.append(hours.at)
    for first, later in zip(times, times[a_minute:], strict=False):
        assert later - first >= 60.0 - 1e-6


def test_a_month_has_an_end_and_the_next_one_begins_anew(tree):
    hours = Hours(datetime(2026, 11, 30, 23, 59, 30, tzinfo=UTC).timestamp())
    one = Budget(tree, "coingecko", Limit(100, a_month=3), hours.clock)
    for _ in range(3):
        ask(one)
    with pytest.raises(SpentError, match="the 3 requests that it takes in a month were made"):
        ask(one)
    hours.at += 31
    ask(one)


def test_who_wants_to_be_left_alone_is_left_alone_by_everybody(tree):
    hours = Hours()
    Budget(tree, "p", Limit(100), hours.clock).leave_alone(40)
    ask(Budget(tree, "other", Limit(100), hours.clock))
    assert hours.waited == []
    ask(Budget(tree, "p", Limit(100), hours.clock))
    assert hours.waited == [40.0]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 99}', b'{"format": 1, "taken": "x"}', b"\xff"]
)
def test_a_file_that_is_none_counts_as_an_empty_bucket(tree, content):
    hours = Hours()
    one = Budget(tree, "p", Limit(2), hours.clock)
    ask(one)
    (tree / budget.FOLDER / "p.json").write_bytes(content)
    ask(one)
    assert hours.waited == [60.0]


def test_a_clock_that_was_a_year_ahead_stops_nobody(tree):
    hours = Hours(START + 365 * 86_400)
    one = Budget(tree, "p", Limit(1), hours.clock)
    ask(one)
    one.leave_alone(50)
    hours.at = START
    ask(one)
    assert sum(hours.waited) <= 60


def test_threads_get_no_more_than_processes(tree):
    taken, inside, most = [], [], []

    def work():
        one = Budget(tree, "p", Limit(6000, at_once=2), Clock())
        for _ in range(5):
            with one.turn():
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.002)
                inside.pop()
            taken.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(taken) == 20
    assert max(most) <= 2
    state = json.loads((tree / budget.FOLDER / "p.json").read_bytes())
    assert (len(state["taken"]), state["in_month"]) == (20, 20)


def _hold(tree: Tree, ready: object) -> None:
    with Budget(tree, "p", Limit(6000), Clock()).turn():
        ready.set()
        time.sleep(60)


def test_a_killed_holder_gives_its_turn_back_and_who_waits_is_seen(tree):
    ready, through = FORK.Event(), threading.Event()
    holder = FORK.Process(target=_hold, args=[tree, ready])
    holder.start()
    assert ready.wait(10)

    def wait() -> None:
        ask(Budget(tree, "p", Limit(6000), Clock()))
        through.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    while not (seen := budget.waiting(tree)):
        time.sleep(0.005)
    assert [(one.provider, one.why, one.process) for one in seen] == [
        ("p", "p takes 1 at once", os.getpid())
    ]
    assert not through.is_set()
    os.kill(holder.pid, signal.SIGKILL)
    holder.join(10)
    assert through.wait(10)
    waiter.join(10)
    assert budget.waiting(tree) == []


def _wait_long(tree: Tree) -> None:
    one = Budget(tree, "p", Limit(1), Clock())
    ask(one)
    ask(one)


def test_the_note_of_a_killed_waiter_does_not_count(tree):
    waiter = FORK.Process(target=_wait_long, args=[tree])
    waiter.start()
    while not (seen := budget.waiting(tree)):
        time.sleep(0.005)
    assert seen[0].why == "p takes 1 requests a minute"
    assert 0 < seen[0].until.timestamp() - time.time() <= 60
    os.kill(waiter.pid, signal.SIGKILL)
    waiter.join(10)
    assert budget.waiting(tree) == []
