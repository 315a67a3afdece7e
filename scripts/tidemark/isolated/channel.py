"""Messages between two processes: a JSON object, then arrays as their raw bytes.

The receiver says which arrays it awaits. Nothing is ever unpickled, so a message cannot run code.
"""

import contextlib
import json
import os
import select
import struct
import threading
from collections.abc import Mapping
from typing import Any

from tidemark.arrays import Floats

import numpy as np
from numpy.typing import NDArray

LENGTH = struct.Struct("<Q")
LONGEST = 1 << 28  # bytes of a JSON object
MOST_PARTS = 16  # written in one call: what POSIX promises


class Ended(Exception):
    """The other end is closed."""


class Silent(Exception):
    """The other end sent nothing for as long as the channel waits."""


class Channel:
    """One end of a connection; `patience` is how many seconds it waits for the other one."""

    def __init__(self, descriptor: int, patience: float | None = None) -> None:
        self.descriptor = descriptor
        self.patience = patience
        self._sending = threading.RLock()
        os.set_blocking(descriptor, patience is None)

    def send(self, message: Mapping[str, Any], *arrays: NDArray[Any]) -> None:
        """Write a message and the bytes of arrays, each as it lies in memory.

        Raises:
            Ended: the other end is closed.
            Silent: it took nothing in time.
        """
        layouts = [(each.shape, _by_columns(each)) for each in arrays]
        text = json.dumps({**message, "layouts": layouts}).encode()
        flat = (each.T if _by_columns(each) else each for each in arrays)
        bodies = [_bytes_of(np.ascontiguousarray(each)) for each in flat]
        with self._sending:
            self._write([memoryview(LENGTH.pack(len(text)) + text), *bodies])

    def _write(self, parts: list[memoryview]) -> None:
        """Write all in as few calls as the system takes: each may wake the other end."""
        try:
            while parts := [part for part in parts if part]:
                try:
                    count = os.writev(self.descriptor, parts[:MOST_PARTS])
                except BlockingIOError:
                    self._wait(select.POLLOUT)
                    continue
                for place, part in enumerate(parts):
                    taken = min(count, len(part))
                    parts[place], count = part[taken:], count - taken
        except OSError as error:
            raise Ended from error

    def receive(self) -> dict[str, Any]:
        """The next message.

        Raises:
            Ended: the other end is closed.
            Silent: the other end sent nothing in time.
            ValueError: what it sent is no message.
        """
        (length,) = LENGTH.unpack(self._bytes(LENGTH.size))
        if length > LONGEST:
            raise ValueError(f"a message of {length} bytes")
        try:
            message = json.loads(self._bytes(length))
        except RecursionError as error:
            raise ValueError("a message without end") from error
        if not isinstance(message, dict):
            raise ValueError("a message that is no object")
        return message

    def floats(self, shape: tuple[int, ...], *, by_columns: bool) -> Floats:
        """An array of 64-bit numbers that follows a message; `by_columns` as it lies in memory."""
        values = np.empty(shape[::-1] if by_columns else shape)
        self._read(_bytes_of(values))
        return values.T if by_columns else values

    def fixed(self, layout: tuple[list[int], bool], kind: str) -> NDArray[Any]:
        """An array of that layout in a message, in memory that cannot be written to."""
        shape, by_columns = layout
        data = _bytes_of(np.empty(shape, kind))
        self._read(data)
        values = np.frombuffer(data.toreadonly(), kind)
        values = values.reshape(shape[::-1] if by_columns else shape)
        return values.T if by_columns else values

    def _bytes(self, size: int) -> bytes:
        data = bytearray(size)
        self._read(memoryview(data))
        return bytes(data)

    def _read(self, left: memoryview) -> None:
        while left:
            try:
                count = os.readv(self.descriptor, [left])
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError as error:
                raise Ended from error
            if not count:
                raise Ended
            left = left[count:]

    def _wait(self, event: int) -> None:
        poll = select.poll()
        poll.register(self.descriptor, event)
        left = self.patience or 0.0
        while not poll.poll(min(left, 1.0) * 1000):  # so that a pause of all counts little
            left -= 1.0
            if left <= 0.0:
                raise Silent

    def close(self) -> None:
        """Close this end; whoever waits at the other one hears of it."""
        with contextlib.suppress(OSError):
            os.close(self.descriptor)


def _bytes_of(values: NDArray[Any]) -> memoryview:
    return memoryview(values.reshape(-1).view(np.uint8).data)


def _by_columns(values: NDArray[Any]) -> bool:
    return values.flags.f_contiguous and not values.flags.c_contiguous
