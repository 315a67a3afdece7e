"""What a run held of memory, and how much of it this machine has."""

import contextlib
import json
import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tidemark.config import view
from tidemark.files import store
from tidemark.isolated.lives import MAXRSS, resident_bytes
from tidemark.project import Tree

KEY = "machine.memory_gigabytes"
GB = 1_000_000_000
CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
STATUS = Path("/proc/self/status")

_apart = [0]


class Limit(NamedTuple):
    """So many bytes, whose limit that is, for people, and what names all that share it."""

    bytes: int
    of: str
    among: str


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


def count_awaited(peak: int) -> None:
    """Count what another process held while this one waited, and held what it holds now."""
    count_apart(resident_bytes() + peak - _own_peak_bytes())


def shared_bytes() -> int:
    """What this process had at its start from the warm interpreter, and shares with others."""
    return int(os.environ.get("TIDEMARK_SHARED_BYTES", 0))


def limit(tree: Tree) -> Limit:
    """What all steps of a project may hold together: as configured, or else what there is."""
    gigabytes = json.loads(view.stored(tree)(KEY) or "null")
    return of_machine() if gigabytes is None else Limit(int(gigabytes * GB), KEY, host())


def of_machine() -> Limit:
    """What this machine has, or the control group of this process, if that may have less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    size, group = min(_of_groups(), default=(machine, ""))
    if size >= machine:
        return Limit(machine, "this machine", host())
    return Limit(size, "its control group", f"{host()}-{store.sha256(group.encode())[:8]}")


def host() -> str:
    """This machine's name, as a file may have it."""
    return re.sub(r"[^\w.-]", "_", os.uname().nodename)


def _of_groups() -> Iterator[tuple[int, str]]:
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
        root = CGROUPS / "memory" if kinds else CGROUPS
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):
            with contextlib.suppress(OSError, ValueError):  # not there, or "max"
                file = folder / ("memory.limit_in_bytes" if kinds else "memory.max")
                yield int(file.read_text("ascii")), str(folder)
            if folder == root:
                break


def told(size: int) -> str:
    """For people: `40 MB`, `230 MB`, `1.2 GB`."""
    return f"{size / 1e6:.0f} MB" if size < 0.9995e9 else f"{size / 1e9:.1f} GB"
