"""Shares of something of which all processes together have so much, such as memory.

A process gets in line, takes a share as soon as it is its turn and enough is free, and gives it
back. Who asks for more than there is gets it as soon as nobody else has a share, so all come to
their end. First come, first served: a small share does not pass a large one that waits.

Each has a file in the folder, `<number>`, locked for as long as it stands in line or has its share;
the kernel unlocks it when its process ends, however that ends. Numbers grow, so they are the line.
All looks and changes happen under the folder's own lock, which nobody keeps for longer than that.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple


class Common(NamedTuple):
    """What those with the same `of` hold together, beside their shares; it counts once."""

    of: str
    amount: int


class Place(NamedTuple):
    """A process in line, or with its share.

    Attributes:
        who: for people.
        amount: what it needs.
        taken: whether it has it.
        common: what it holds together with others.
    """

    who: str
    amount: int
    taken: bool
    common: Common


class Standing(NamedTuple):
    """What one look showed: whether the share is ours now, and who else there is, in line."""

    taken: bool
    free: int
    others: Sequence[Place]


class Share:
    """A share of `whole` in a folder; it ends with `give_back`, or with the process."""

    def __init__(self, folder: Path, whole: int, who: str, common: Common) -> None:
        self._folder, self._whole, self._who, self._common = folder, whole, who, common
        self._path: Path | None = None
        self._file = -1

    def give_back(self) -> None:
        """Give it back, or leave the line."""
        if self._path:
            self._path.unlink(missing_ok=True)  # first, so that nobody takes a new one for ours
            os.close(self._file)
            self._path = None

    def take(self, amount: int) -> Standing:
        """Take the share if it is our turn and enough is free; else stand in line for it.

        `amount` may be another one each time.
        """
        with self._looking() as others:
            held = [place for _, place in others if place.taken]
            ahead = [
                number for number, place in others if not place.taken and number < self._number()
            ]
            commons = {self._common.of: self._common.amount}
            for place in held:
                of, amount_of_all = place.common
                commons[of] = max(amount_of_all, commons.get(of, 0))
            free = self._whole - sum(commons.values()) - sum(place.amount for place in held)
            taken = not ahead and (not held or amount <= free)
            self._write(Place(self._who, amount, taken, self._common))
            return Standing(taken, max(free, 0), [place for _, place in others])

    @contextlib.contextmanager
    def _looking(self) -> Iterator[list[tuple[int, Place]]]:
        """All others in line, under the folder's lock; those whose process is gone are removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            names = (path.name for path in self._folder.glob("[0-9]*"))
            numbers = sorted(int(name) for name in names if name.isdecimal())  # else not ours
            others = [
                (number, place)
                for number in numbers
                if number != self._number() and (place := _living(self._folder / str(number)))
            ]
            if not self._path:
                self._begin(max([0, *numbers]) + 1)
            yield others

    def _number(self) -> int:
        return int(self._path.name) if self._path else 0

    def _begin(self, number: int) -> None:
        self._path = self._folder / str(number)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def _write(self, place: Place) -> None:
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(place).encode(), 0)


def _living(path: Path) -> Place | None:
    """Whose place that is; None if its process is gone, or gave it back just now."""
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _place(file.read())
        path.unlink(missing_ok=True)
    return None


def _place(content: bytes) -> Place | None:
    """None if it is not whole: whoever wrote it, under the folder's lock, is just being killed."""
    try:
        who, amount, taken, common = json.loads(content)
        return Place(who, amount, taken, Common(*common))
    except ValueError:
        return None
