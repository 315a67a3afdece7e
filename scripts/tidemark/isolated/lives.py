"""What processes forked from one held of memory together, told by the kernel as each ends."""

import os
import resource
import sys
from dataclasses import dataclass, field

MAXRSS = 1 if sys.platform == "darwin" else 1024  # bytes a unit of `ru_maxrss`


@dataclass
class Life:
    """A process: when it began and ended, counted in such events, and the most it held."""

    began: int
    inherited_bytes: int
    ended: int = 0
    peak_bytes: int = 0


@dataclass
class Lives:
    """The processes that this one forked.

    Attributes:
        now: those that have not ended, by process id.
    """

    now: dict[int, Life] = field(default_factory=dict)
    _over: list[Life] = field(default_factory=list)
    _events: int = 0

    def begin(self, pid: int) -> None:
        """Take note of a process that was just forked."""
        self._events += 1
        self.now[pid] = Life(self._events, resident_bytes())

    def end(self, pid: int, usage: resource.struct_rusage) -> None:
        """Take note of what `wait4` told of one that ended."""
        self._events += 1
        life = self.now.pop(pid)
        life.ended = self._events
        life.peak_bytes = max(usage.ru_maxrss * MAXRSS - life.inherited_bytes, 0)
        self._over.append(life)

    def peak_bytes(self) -> int:
        """The most that those which ended can have held at a time.

        Each counts with its own peak for all of its life, less what it had from its parent at its
        start and shared with it. Pages of these that it wrote to later are not counted.
        """
        return max(
            (
                sum(each.peak_bytes for each in self._over if each.began <= at.began < each.ended)
                for at in self._over
            ),
            default=0,
        )


def resident_bytes() -> int:
    """What this process has in memory; 0 where the kernel does not tell (macOS)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - no pathlib
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
