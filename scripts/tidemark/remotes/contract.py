"""What a remote is: objects by name, each written once and never changed."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
SLOWEST = 100_000  # bytes a second; what takes longer than that beyond the patience is too slow


class RemoteError(Exception):
    """A remote did not do what it was asked for.

    `where` is its address, `problem` says what is wrong, and `cure` what to do.
    """

    def __init__(self, where: str, problem: str, cure: str) -> None:
        super().__init__(where, problem, cure)
        self.where = where
        self.problem = problem
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}. Cure: {self.cure}"


class AccessError(RemoteError):
    """There are no credentials, or the remote does not take them."""


class NoPlaceError(RemoteError):
    """There is no such bucket or folder."""


class LostError(RemoteError):
    """It cannot be reached, or the connection was lost."""


class SlowError(RemoteError):
    """It said nothing for longer than its user has patience."""


class NoClientError(RemoteError):
    """The library that speaks to it is not installed."""


class Listed(NamedTuple):
    """An object as a listing has it: its name, its size in bytes, when it was written."""

    name: str
    bytes: int
    written: datetime


class Remote(Protocol):
    """Objects by name; names are as `NAME` has them.

    Whatever it raises is a RemoteError, or an OSError of a file on this machine. It may be used by
    several threads at a time.
    """

    address: str

    def get(self, name: str, to: Path) -> bool:
        """Write an object to a new file; False if there is none, and then there is no file."""

    def put_if_absent(self, name: str, file: Path) -> bool:
        """Keep a file's content under a name; False if something was there, which stays.

        Of several that put at a time, one has written, and it is seen whole or not at all.
        """

    def list(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects below a folder such as `entries/evaluate_a_ridge`; `""`: all."""


def seconds_for(size: int, patience: float) -> float:
    """How long `size` bytes may take."""
    return patience + size / SLOWEST
