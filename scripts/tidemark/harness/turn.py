"""A step's turn to hold memory: steps that run at a time together hold what they may, no more.

Whoever waits for memory holds nothing, not even its step's lock: what holds memory may wait for
locks, but what holds a lock never waits for memory.
"""

import os
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from tidemark.files.shares import Common, Share, Standing
from tidemark.harness import memory, needs
from tidemark.harness.instance import Instance
from tidemark.harness.memory import Limit
from tidemark.harness.record import Checkpoint
from tidemark.naming import several
from tidemark.project import Tree

FOLDER = Path("artifacts/.memory")
LOOK_SECONDS = 0.2
UNTOLD_SECONDS = 1.0  # of waiting


class Turn:
    """The turn of one run; `with` ends it.

    Attributes:
        file_bytes: the size of the files that its need goes by.
    """

    def __init__(self, tree: Tree, instance: Instance) -> None:
        self._tree, self._instance = tree, instance
        self._last: Checkpoint | None = None
        self._taken = False
        self.file_bytes = 0

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *_: object) -> None:
        if "_share" in vars(self):
            self._share.give_back()

    @cached_property
    def _limit(self) -> Limit:
        return memory.limit(self._tree)

    @cached_property
    def _common(self) -> Common:
        """The libraries of this make's warm interpreter, if the step runs in a child of it."""
        shared = memory.shared_bytes()
        return Common(os.environ.get("TIDEMARK_RUN", "") if shared else "", shared)

    @cached_property
    def _share(self) -> Share:
        folder = self._tree / FOLDER / self._limit.among
        return Share(folder, self._limit.bytes, self._instance.title, self._common)

    def comes(self, last: Checkpoint | None) -> bool:
        """Take what the step needs, unless it has it, if that is free and nobody waits before it.

        Args:
            last: the checkpoint of its last run.
        """
        if not self._taken:
            self._last, self.file_bytes = last, needs.files_of(self._tree, self._instance)
            self._know_need()
            self._taken = self._share.take(self._need.bytes).taken
        return self._taken

    def _know_need(self) -> None:
        """Other instances may have ended since, which tell more than an estimate does."""
        self._need = needs.of(self._tree, self._instance, self._last, self.file_bytes)

    def wait(self, say: Callable[[str], object]) -> None:
        """Stand in line until it has come; say so once if that takes a while."""
        began, told, seen = time.monotonic(), False, None
        while not (standing := self._share.take(self._need.bytes)).taken:
            if standing.others != seen:
                seen = standing.others
                self._know_need()
            if not told and time.monotonic() - began >= UNTOLD_SECONDS:
                say(f"    {self._instance.title}: {self._waiting(standing)}")
                told = True
            time.sleep(LOOK_SECONDS)
        self._taken = True

    def _waiting(self, standing: Standing) -> str:
        held = [f"{one.who} ({memory.told(one.amount)})" for one in standing.others if one.taken]
        shared = self._common.amount
        line = sum(not one.taken for one in standing.others)
        return (
            f"waiting for memory: needs {self._needs()},"
            f" {memory.told(standing.free)} of {memory.told(self._limit.bytes)} free"
            f" ({self._limit.of})"
            + (f"; held by {several(held)}" if held else "")
            + (f"; shared libraries hold {memory.told(shared)}" if shared else "")
            + (f"; {line} more wait" if line else "")
        )

    def _needs(self) -> str:
        return f"{memory.told(self._need.bytes)} ({self._need.because})"

    def note(self) -> str:
        """What people should know of it; empty if nothing."""
        if self._need.bytes <= self._limit.bytes - self._common.amount:
            return ""
        return (
            f"needs {self._needs()}, more than is left of the {memory.told(self._limit.bytes)} of"
            f" {self._limit.of}: no other step runs beside it"
        )
