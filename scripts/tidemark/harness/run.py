"""One run of a step: its configuration, what it reads, what it writes, and what it tells people."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from tidemark.config import given, view
from tidemark.config.sections import filled
from tidemark.errors import BadValue
from tidemark.harness import guard, record
from tidemark.harness.instance import Instance
from tidemark.harness.messages import Messages
from tidemark.harness.reads import Reads
from tidemark.harness.writes import Writes
from tidemark.project import Tree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")


class Run:
    """One run of one step instance; what passes through here becomes its checkpoint.

    Attributes:
        read, write, tell: its reads, its writes, its messages.
        config: a view of the configuration, which records the keys that are read.
        seen: those keys, with their values.
        log: the step's own log file.
        attempts: at reading what may come from elsewhere.
        provisional: why the next make must run the step again; empty if it need not.
        last: the checkpoint of the run before, if there is one.
    """

    def __init__(self, tree: Tree, instance: Instance) -> None:
        self.tree, self.instance = tree, instance
        self.name, self.step = instance.name, instance.step
        self.last = record.load(tree, self.name)
        previous = self.last.outputs if self.last else {}
        self.read, self.write = Reads(tree, instance, previous), Writes(tree, previous)
        self.tell = Messages(tree, instance, self.last.seconds if self.last else None)
        self.log = self.tell.log
        self.seen: dict[str, Any] = {}
        self.config = view.View(cache(view.stored(tree)), self.seen)  # one value a key
        self.attempts = 1
        self.provisional = ""
        self._passing = ""

    if not TYPE_CHECKING:  # where a misspelt attribute should not pass for a kind

        def __getattr__(self, kind: str) -> str:
            """`run.model`: the model of this instance; so for every kind that its step is of."""
            try:
                return self.instance.names[kind]
            except KeyError:
                raise AttributeError(f"a run of {self.name} has no {kind}") from None

    @property
    def seed(self) -> int:
        """A 32-bit seed from `seed` in the configuration, the step's name and its instance."""
        return self._seed_of(self.name)

    @property
    def common_seed(self) -> int:
        """The same for all instances of the step: draws that instances are to share."""
        return self._seed_of(self.step)

    def _seed_of(self, name: str) -> int:
        text = f"{self.config['seed']}:{name}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])

    @property
    def threads(self) -> int:
        """Threads to compute on: the processors by the jobs that Make may run, at least 1.

        So jobs and their threads together are as many as processors. No result may depend on it.
        """
        jobs = re.search(r"(?:^| )-j(\d*)", os.environ.get("MAKEFLAGS", "").partition(" -- ")[0])
        known = hasattr(os, "sched_getaffinity")
        processors = len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
        if jobs is None:  # started by hand
            return processors
        return max(1, processors // int(jobs[1])) if jobs[1] else 1

    def own(self, path: str, **names: str) -> str:
        """A path of `layout` with the names of this instance, and others if it has more."""
        return path.format(**self.instance.names, **names)

    def plain(self, section: Any) -> Any:
        """A section of the configuration as nested dicts; every key below it counts as read."""
        return view.plain(section)

    def settings(self, kind: type[T], section: Any) -> T:
        """A section as the settings that its room declares; every key below it counts as read."""
        return filled(kind, view.plain(section))

    @contextlib.contextmanager
    def values_of(self, section: str) -> Iterator[None]:
        """Bad parameters in the block are keys of that section; elsewhere, of the step's own."""
        try:
            yield
        except BadValue as bad:
            with guard.opened():
                raise given.refusal(self.tree, section, bad) from bad

    def now(self) -> datetime:
        """The time, UTC."""
        self.only_this_time("it asked for the time")
        return datetime.now(UTC)

    def only_this_time(self, why: str) -> None:
        """Another run from the same may give something else: the results store keeps none."""
        self._passing = why

    @property
    def passing(self) -> str:
        """Why the results store does not keep what this run writes; empty if it does."""
        looked_back = "it went on from what it had written before" if self.read.looked_back else ""
        return self._passing or looked_back

    def retry_next_time(self, why: str) -> None:
        """The result is provisional: the next make runs this step again."""
        self.provisional = why

    def save_figure(self, path: str, figure: "Figure", dpi: int) -> str | None:
        """Stage a figure, trying twice; one that cannot be written does not stop the run.

        Returns:
            The SHA-256 of the PNG; None if there is none.
        """
        try:
            return self.write.figure(path, figure, dpi)
        except OSError as first:
            self.log.warning("%s: %s; trying once more", path, first)
            try:
                return self.write.figure(path, figure, dpi)
            except OSError as error:
                self.tell.alert(f"{path} is missing: {error.strerror or error}")
                self.retry_next_time(f"{path} could not be written")
                return None
