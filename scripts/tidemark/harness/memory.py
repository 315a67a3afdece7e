"""What a run held of memory, and how much of it this machine has."""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tidemark.isolated.lives import MAXRSS

CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
STATUS = Path("/proc/self/status")

_apart = [0]


class Limit(NamedTuple):
    """So many bytes, and whose limit that is, for people."""

    bytes: int
    of: str


def peak_bytes() -> int:
    """The most that this run can have held at a time, without `shared_bytes`.

    That is this process's own peak, and that of the processes which a nursery forked for it, see
    `isolated.lives`. Pages that it shared at first and then wrote to are not counted.
    """
    return max(_own_peak_bytes() - shared_bytes(), 0) + _apart[0]


def _own_peak_bytes() -> int:
    """`getrusage` would tell that of whoever became this process, too: its shell, say."""
    with contextlib.suppress(OSError, StopIteration):
        lines = STATUS.read_text("ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS


def count_apart(peak: int) -> None:
    """Count what other processes held for this one; whether at its own peak is not known."""
    _apart[0] = max(_apart[0], peak)


def shared_bytes() -> int:
    """What this process had at its start from the warm interpreter, and shares with others."""
    return int(os.environ.get("TIDEMARK_SHARED_BYTES", 0))


def of_machine() -> Limit:
    """What this machine has, or the control group of this process, if that may have less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    group = min(_of_groups(), default=machine)
    if group < machine:
        return Limit(group, "its control group's")
    return Limit(machine, "this machine's")


def _of_groups() -> Iterator[int]:
    """The limits of this process's control groups and of those around them (version 1 and 2).

    In a container the path may be that of the host; then its own limit stands in the folder above.
    """
    try:
        lines = OWN.read_text("ascii").splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        root, file = (
            (CGROUPS / "memory", "memory.limit_in_bytes") if kinds else (CGROUPS, "memory.max")
        )
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):
            with contextlib.suppress(OSError, ValueError):  # not there, or "max"
                yield int((folder / file).read_text("ascii"))
            if folder == root:
                break
