"""How far a step is, said while it runs: from its tenth second on, at growing distances.

A step that counts is told by what it has done and what is left at its rate so far. Of any other,
the time so far is told, and what its last run took. A thread says it, so that a step is heard of
in the midst of one long call too.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FIRST, LONGEST = 10.0, 120.0  # seconds until the first word, and between two at most


@dataclass(frozen=True)
class Count:
    """So many of these were done at that second of the run."""

    done: int
    of: int
    what: str
    second: float


class Progress:
    """How far one run is.

    Args:
        last_seconds: what the run before took; None if there was none.
        clock: seconds, from any moment on.
    """

    def __init__(
        self, last_seconds: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._last_seconds, self._clock = last_seconds, clock
        self._began = clock()
        self._counts: tuple[Count, Count] | None = None  # the first of its kind, and the latest

    def count(self, done: int, of: int, what: str) -> None:
        """Take note that `done` of `of` are done; `what` they are, in the plural."""
        now = Count(done, of, what, self._seconds())
        first = self._counts[0] if self._counts else now
        same = (first.of, first.what) == (of, what)
        self._counts = (first if same else now), now

    def _seconds(self) -> float:
        return self._clock() - self._began

    def words(self) -> str:
        """`34 of 115 market scenarios, about 40 s left`; or `20 s so far, took 25 s last time`."""
        if self._counts is None or self._counts[1].done >= self._counts[1].of:
            so_far = f"{duration(self._seconds())} so far"
            last = self._last_seconds
            return so_far if last is None else f"{so_far}, took {duration(last)} last time"
        _, now = self._counts
        left = self._left(*self._counts)
        estimate = "" if left is None else f", about {duration(left)} left"
        return f"{now.done:,} of {now.of:,} {now.what}{estimate}"

    def _left(self, first: Count, now: Count) -> float | None:
        """Seconds; None where no rate is known."""
        done, took = now.done - first.done, now.second - first.second
        if done <= 0:
            done, took = now.done, now.second
        if done <= 0:
            return None
        since = self._seconds() - now.second
        return max((now.of - now.done) * took / done - since, 1.0)

    @contextlib.contextmanager
    def told(self, say: Callable[[str], object]) -> Iterator[None]:
        """Say it in the block, and no more when the block ends."""
        over = threading.Event()
        teller = threading.Thread(target=self._tell, args=(say, over), name="progress", daemon=True)
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()

    def _tell(self, say: Callable[[str], object], over: threading.Event) -> None:
        wait = FIRST
        while not over.wait(wait):
            with contextlib.suppress(OSError, ValueError):  # nobody can hear it
                say(self.words())
            wait = pause(self._seconds())


def pause(seconds: float) -> float:
    """Seconds from a word at that second of a run until the next."""
    return min(max(FIRST, seconds / 5), LONGEST)


def duration(seconds: float) -> str:
    """For people: `40 s`, `3 min`, `2.5 h`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.1f} h"
