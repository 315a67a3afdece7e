"""What binds a forked process to the one that forked it: its end, and what is told of it."""

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any, Protocol

PR_SET_PDEATHSIG = 1


class Witness(Protocol):
    """What is to be known of a fresh process beyond what it computes, such as code it loaded."""

    def begin(self) -> None:
        """Called in a fresh process before anything else."""

    def news(self) -> Mapping[str, Any]:
        """Called there: what came up since the last call, plain; sent ahead of each message."""

    def heard(self, news: Mapping[str, Any]) -> None:
        """Called in the step with what `news` gave."""

    def held(self, peak_bytes: int) -> None:
        """Called in the step at the end: the most memory that all of them held at a time."""


def end_with(parent: int) -> None:
    """Have the kernel end this process with its parent, where it can (Linux)."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process, on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
