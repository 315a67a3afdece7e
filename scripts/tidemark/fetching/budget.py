"""How many requests a provider takes, shared by all processes that work in one tree.

A bucket holds as many tokens as the provider takes requests a minute. A request takes one, which is
back a minute after, so no minute whatsoever has more requests than that. Whoever finds it empty
waits; so does everybody while the provider wants to be left alone. Of those that ask at a time
there are at most so many as it takes at once: each holds a lock, which the system frees when its
process ends, however it ends.

`data/store/budgets/<provider>.json` holds it, as JSON with `format`; a file that is not what it
should be counts as an empty bucket. Seconds are those since 1970, UTC.

    taken      when the tokens were taken that are not back yet
    rest       until when the provider is left alone
    month      in which the requests are counted, such as 2026-11
    in_month   how many there were

Who waits says so in a file beside the locks, which counts as long as its process lives.
"""

import contextlib
import fcntl
import json
import math
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from tidemark.fetching.clock import Clock
from tidemark.fetching.errors import SpentError
from tidemark.files import locks, store
from tidemark.project import Tree
from tidemark.providers.contract import Limit

FOLDER = Path("data/store/budgets")
FORMAT = 1
MINUTE = 60.0
LOOK = 0.05  # seconds after which somebody may have ended
LONGEST_REST = 86_400.0  # seconds; what is further away is a clock that was wrong


@dataclass(frozen=True)
class Waiting:
    """A process that waits for its turn: at which provider, why, until when, UTC."""

    provider: str
    why: str
    until: datetime
    process: int


@dataclass
class _State:
    taken: list[float]
    rest: float
    month: str
    in_month: int


class Budget:
    """What one provider takes.

    Args:
        tree: whose processes share it.
        provider: its name.
        limit: how much it takes.
        clock: the time, and what waits.
    """

    def __init__(self, tree: Tree, provider: str, limit: Limit, clock: Clock) -> None:
        self._tree, self._provider, self._limit, self._clock = tree, provider, limit, clock
        self._tokens = max(1, int(limit.a_minute))
        self._back = MINUTE * self._tokens / limit.a_minute
        self._file = tree / FOLDER / f"{provider}.json"

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn; in the block one request may be made.

        Raises:
            SpentError: the month has no more.
        """
        with self._one_of_those_at_once():
            while seconds := self._missing():
                why = f"{self._provider} takes {self._limit.a_minute:g} requests a minute"
                with self._noted(why, seconds):
                    self._clock.sleep(seconds)
            yield

    def leave_alone(self, seconds: float) -> None:
        """Let nobody ask for so long, because the provider said so."""
        with self._alone():
            state = self._state()
            state.rest = max(state.rest, self._clock.now() + min(seconds, LONGEST_REST))
            self._keep(state)

    def _missing(self) -> float:
        """Take a token, or the seconds after which to look again."""
        with self._alone():
            state, now = self._state(), self._clock.now()
            month = f"{self._clock.utc():%Y-%m}"
            if state.month != month:
                state.month, state.in_month = month, 0
            if self._limit.a_month is not None and state.in_month >= self._limit.a_month:
                raise SpentError(
                    self._provider,
                    f"the {self._limit.a_month:,} requests that it takes in a month were made",
                    "wait for the next month, or ask for less",
                )
            if state.rest > now:
                return state.rest - now
            if len(state.taken) >= self._tokens:
                return max(state.taken[-self._tokens] + self._back - now, LOOK)
            state.taken.append(now)
            state.in_month += 1
            self._keep(state)
            return 0.0

    def _state(self) -> _State:
        """What the file holds, without the tokens that are back."""
        now = self._clock.now()
        try:
            kept = json.loads(store.read_file(self._file))
            if kept.pop("format") != FORMAT:
                raise ValueError
            state = _State(**kept)
            state.taken = sorted(float(each) for each in state.taken)
            state.rest, state.in_month = float(state.rest), int(state.in_month)
        except FileNotFoundError:
            state = _State([], 0.0, "", 0)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            state = _State([math.inf] * self._tokens, 0.0, "", 0)
        state.rest = state.rest if state.rest <= now + LONGEST_REST else 0.0
        state.taken = [each for each in state.taken if each + self._back > now]
        if any(each > now for each in state.taken):  # the clock was set, or the file is none
            state.taken = [min(each, now) for each in state.taken]
            self._keep(state)
        return state

    def _keep(self, state: _State) -> None:
        """Replace the file, without waiting for the disk: half of one counts as an empty bucket."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_name(f".{self._provider}.tmp")  # one, whoever is killed
        temporary.write_bytes(store.json_bytes({"format": FORMAT, **asdict(state)}))
        temporary.replace(self._file)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with _file(self._tree, f"budget.{self._provider}") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _one_of_those_at_once(self) -> Iterator[None]:
        with self._slot() or self._awaited_slot():
            yield

    def _slot(self) -> IO[str] | None:
        """The lock of one of those that may ask at a time; None if all are held."""
        for number in range(self._limit.at_once):
            lock = _file(self._tree, f"asking.{self._provider}.{number}")
            if _taken(lock):
                return lock
            lock.close()
        return None

    def _awaited_slot(self) -> IO[str]:
        why = f"{self._provider} takes {self._limit.at_once} at once"
        with self._noted(why, MINUTE):
            while not (lock := self._slot()):
                self._clock.sleep(LOOK)
            return lock

    @contextlib.contextmanager
    def _noted(self, why: str, seconds: float) -> Iterator[None]:
        """Say in the block that this process waits."""
        until = self._clock.now() + seconds
        told = {"provider": self._provider, "why": why, "until": until, "process": os.getpid()}
        name = f"waiting.{self._provider}.{os.getpid()}.{threading.get_ident()}"
        with _file(self._tree, name) as note:
            fcntl.flock(note, fcntl.LOCK_EX)
            note.write(json.dumps(told))
            note.flush()
            try:
                yield
            finally:
                Path(note.name).unlink(missing_ok=True)


def waiting(tree: Tree) -> list[Waiting]:
    """The processes of a tree that wait for a provider, by its name."""
    found = []
    for path in sorted((tree / locks.FOLDER).glob("waiting.*")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError), path.open() as note:
            if not _free(note):
                told = json.loads(note.read())
                until = datetime.fromtimestamp(told["until"], UTC)
                found.append(Waiting(told["provider"], told["why"], until, told["process"]))
    return found


def _file(tree: Tree, name: str) -> IO[str]:
    path = tree / locks.FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w")


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free(note: IO[str]) -> bool:
    """Whether nobody holds this file, whose process has then ended."""
    try:
        fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
