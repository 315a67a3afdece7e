"""A bound on what a process takes of memory, beyond which the kernel gives it no more."""

import contextlib
import os
import resource


def take_at_most(more: int) -> None:
    """Let this process take `more` bytes beyond what it has, where the kernel tells that (Linux).

    What asks for more then gets a MemoryError or, in native code, ends.
    """
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", "rb") as statm:  # noqa: PTH123
        taken = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = taken + more
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
