"""A process without data, and fresh ones forked from it on demand.

A nursery is forked before its step reads anything, so neither it nor what it forks ever held what
the step holds later. It ends with the step, and ends all that it forked; where the system can
(Linux), the kernel sees to that as well.
"""

import contextlib
import functools
import gc
import io
import os
import random
import signal
import socket
import struct
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from tidemark.arrays import Floats
from tidemark.errors import InputError
from tidemark.isolated import errors_across
from tidemark.isolated.channel import Channel, Ended, Silent
from tidemark.isolated.confinement import CURE, Confinement, Refusal
from tidemark.isolated.family import Witness, end_with, prctl
from tidemark.isolated.lives import Lives

import numpy as np
from numpy.typing import NDArray

PATIENCE = 600.0  # seconds without a word
GRACE = 1.0  # seconds in which a process that closed its end must be over
PR_SET_DUMPABLE = 4
BUFFER = 1 << 20  # bytes that may be under way; systems give less if that is their limit
ORDER = struct.Struct("<cq")  # what the nursery is told: one of those below, and a process
FRESH, KILL, ENDED, OVER = b"f", b"k", b"e", b"o"
DEAF = 256  # status of a process that lives, but has closed its end
ANSWER = struct.Struct("<q")
MOST_SAID = 1 << 14  # characters of each stream that are printed
LEFT_OUT = "\n... more output is left out\n"
CURES = {
    "SIGKILL": "memory may have run out: try it on fewer sets or bars",
    "SIGSEGV": "native code that it calls failed: see which library that is",
    "SIGABRT": "native code that it calls gave up (abort): see which library that is",
}

Work = Callable[[Channel], None]


class Nursery:
    """Fresh processes that do one kind of work; `with` opens it.

    Args:
        work: what each fresh process does, given its end of the channel.
        witness: see there.
        patience: seconds in which a fresh process must say something when it is asked.

    Attributes:
        without: means of confinement that this system turned out not to have.
    """

    def __init__(
        self, work: Work, witness: Witness | None = None, patience: float = PATIENCE
    ) -> None:
        self._work, self._witness, self._patience = work, witness, patience
        self._control: socket.socket | None = None
        self._pid = 0
        self.without: set[str] = set()

    def __enter__(self) -> "Nursery":
        ours, theirs = socket.socketpair()
        step = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            end_with(step)
            _serve(theirs.detach(), self._work, self._witness)
        theirs.close()
        self._control = ours
        prctl(PR_SET_DUMPABLE, 0)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the nursery and all that came from it."""
        if self._control:
            peak_bytes = self._order(OVER, 0)
            if self._witness and peak_bytes > 0:
                self._witness.held(peak_bytes)
            self._control.close()
            self._control = None
            os.waitpid(self._pid, 0)

    @contextlib.contextmanager
    def fresh(self, where: str) -> Iterator["Room"]:
        """A process that has seen nothing; it ends with the block.

        Args:
            where: what runs there, for messages, such as the file of a strategy.
        """
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        with theirs:
            pid = self._order(FRESH, 0, theirs.fileno())
        channel = Channel(ours.detach(), self._patience)
        try:
            yield Room(channel, where, self, functools.partial(self._order, ENDED, pid))
        finally:
            channel.close()
            if self._control:  # else it is over already
                self._order(KILL, pid)

    def heard(self, message: Mapping[str, Any]) -> bool:
        """Take in what a fresh process says of itself; False if the message is for the step."""
        match message["is"]:
            case "said":
                print(message["text"], end="", file=_stream(message["to"]))
            case "warned":
                place = str(message["file"]), int(message["line"])
                kind = _category(str(message["kind"]))
                warnings.showwarning(str(message["text"]), kind, *place)
            case "news":
                if self._witness:
                    self._witness.heard(message)
            case "confined":
                self.without.update(map(str, message["without"]))
            case _:
                return False
        return True

    def _order(self, order: bytes, pid: int, *descriptors: int) -> int:
        """What the nursery answers; as if all was killed, if the nursery was."""
        if self._control is None:
            raise RuntimeError("the nursery is not open")
        try:
            socket.send_fds(self._control, [ORDER.pack(order, pid)], descriptors)
            (answer,) = ANSWER.unpack(_exactly(self._control, ANSWER.size))
        except OSError:
            return -signal.SIGKILL
        return int(answer)


class Room:
    """A fresh process as the step sees it.

    What it prints and warns of appears as if the step had said it.
    """

    def __init__(
        self, channel: Channel, where: str, nursery: Nursery, status: Callable[[], int]
    ) -> None:
        self._channel, self._where, self._nursery = channel, where, nursery
        self._status = status

    def send(self, message: Mapping[str, Any], *arrays: NDArray[Any]) -> None:
        """Write a message and arrays.

        Raises:
            InputError: the process is over.
        """
        with self.watched():
            try:
                self._channel.send(message, *arrays)
            except Ended:
                self.receive()  # why it ended may still lie there
                raise

    def receive(self) -> dict[str, Any]:
        """The next message.

        Raises:
            Exception: whatever was raised there, as it was raised.
            InputError: the process ended, or said nothing for too long.
        """
        while True:
            with self.watched():
                message = self._channel.receive()
                if self._nursery.heard(message):
                    continue
                error = self._error(message)
            if error:
                raise error
            return message

    def _error(self, message: Mapping[str, Any]) -> Exception | None:
        match message["is"]:
            case "raised":
                return errors_across.raised(message, self._where)
            case "refused":
                return self._refused(message)
        return None

    def _refused(self, message: Mapping[str, Any]) -> InputError:
        lines = [line for file, line in message["frames"] if file == self._where]
        where = ":".join([self._where, *map(str, lines[:1])])
        return InputError(where, str(message["problem"]), CURE)

    def floats(self, shape: tuple[int, ...], *, by_columns: bool) -> Floats:
        """An array that follows a message, see `Channel.floats`."""
        with self.watched():
            return self._channel.floats(shape, by_columns=by_columns)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Around what takes a message apart: one that has it wrong is an InputError."""
        try:
            yield
        except Ended:
            raise self._over(self._status()) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise InputError(
                self._where, "it sent what is no answer", "leave its process's files alone"
            ) from error
        except Silent:
            minutes = self._channel.patience or 0.0
            raise InputError(
                self._where,
                f"it gave no answer in {minutes / 60:g} minutes",
                "make it faster, or try it on fewer sets or bars",
            ) from None

    def _over(self, status: int) -> InputError:
        if status < 0:
            known = {each.value: each.name for each in signal.Signals}
            name = known.get(-status, f"signal {-status}")
            cure = CURES.get(name, "see what it calls that ends by such a signal")
            return InputError(self._where, f"its process was ended by {name}", cure)
        if status == DEAF:
            return InputError(
                self._where, "it closed its process's channel", "leave its process's files alone"
            )
        return InputError(
            self._where, f"its process ended by itself, with {status}", "return targets instead"
        )


def _stream(name: object) -> Any:
    return sys.stderr if name == "stderr" else sys.stdout


@functools.cache
def _category(name: str) -> type[Warning]:
    import builtins

    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, Warning):
        return known
    return type(name, (Warning,), {})


def _exactly(control: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = control.recv(size - len(data))
        if not more:
            raise BrokenPipeError
        data += more
    return data


def _serve(control: int, work: Work, witness: Witness | None) -> NoReturn:
    """Be the nursery."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the step, and so us
        _lead_all_but(control)
        confinement = Confinement()
        gc.freeze()
        lives = Lives()
        with socket.socket(fileno=control) as orders, contextlib.suppress(OSError):
            while True:
                data, descriptors, _, _ = socket.recv_fds(orders, ORDER.size, 1)
                if len(data) < ORDER.size:
                    break
                order, pid = ORDER.unpack(data)
                if order == FRESH:
                    answer = _forked(orders, descriptors[0], confinement, work, witness)
                    os.close(descriptors[0])
                    lives.begin(answer)
                elif order == OVER:
                    _end_all(lives)
                    answer = lives.peak_bytes()
                else:
                    answer = _ended(pid, order, lives) if pid in lives.now else 0
                orders.sendall(ANSWER.pack(answer))
        _end_all(lives)
    finally:
        os._exit(0)


def _forked(
    orders: socket.socket,
    channel: int,
    confinement: Confinement,
    work: Work,
    witness: Witness | None,
) -> int:
    nursery = os.getpid()
    pid = os.fork()
    if pid == 0:
        end_with(nursery)
        orders.close()
        _live(channel, confinement, work, witness)
    return pid


def _ended(pid: int, order: bytes, lives: Lives) -> int:
    """The status of a process, as subprocess has it; one that is not over is ended."""
    until = time.monotonic() + (GRACE if order == ENDED else 0.0)
    while True:
        over, status, usage = os.wait4(pid, os.WNOHANG)
        if over:
            lives.end(pid, usage)
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            status = _killed(pid, lives)
            return DEAF if order == ENDED else status
        time.sleep(0.002)


def _killed(pid: int, lives: Lives) -> int:
    os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    lives.end(pid, usage)
    return os.waitstatus_to_exitcode(status)


def _end_all(lives: Lives) -> None:
    for pid in [*lives.now]:
        _killed(pid, lives)


def _close_all_but(*kept: int) -> None:
    for descriptor in map(int, os.listdir("/dev/fd")):  # noqa: PTH208 - numbers
        if descriptor not in kept:
            with contextlib.suppress(OSError):  # that of the listing is closed
                os.close(descriptor)
    _silence()


def _lead_all_but(kept: int) -> None:
    """Lead all descriptors but one to nothing.

    They stay open until a fresh process has begun: libraries close some of theirs as it is forked,
    and Arrow aborts if it cannot.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in map(int, os.listdir("/dev/fd")):  # noqa: PTH208 - numbers
        if descriptor not in (kept, null):
            os.dup2(null, descriptor)


def _silence() -> None:
    """Lead the three streams to nothing, by a file that this process opened itself.

    Who shares an open file shares its flags, and could talk by them.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        if null != stream:
            os.dup2(null, stream)
    if null > 2:
        os.close(null)


class _Inside(Channel):
    """The end of a fresh process: what it has to tell goes ahead of each message."""

    def __init__(self, descriptor: int, witness: Witness | None) -> None:
        super().__init__(descriptor)
        self._witness = witness

    def send(self, message: Mapping[str, Any], *arrays: NDArray[Any]) -> None:
        news = self._witness.news() if self._witness else None
        if news:
            super().send({"is": "news", **news})
        super().send(message, *arrays)


class _Said(io.TextIOBase):
    """A stream whose text the step prints, up to a length."""

    def __init__(self, channel: Channel, to: str) -> None:
        self._channel, self._to = channel, to
        self._left = MOST_SAID

    def write(self, text: str) -> int:
        if self._left >= 0:
            said = text if len(text) <= self._left else text[: self._left] + LEFT_OUT
            self._channel.send({"is": "said", "to": self._to, "text": said})
            self._left -= len(text)
        return len(text)


def _live(
    descriptor: int, confinement: Confinement, work: Work, witness: Witness | None
) -> NoReturn:
    """Be a fresh process."""
    try:
        _close_all_but(descriptor, *confinement.descriptors)
        if witness:
            witness.begin()
        random.seed()
        np.random.seed()  # noqa: NPY002 - code that draws from it must not draw the same
        channel = _Inside(descriptor, witness)
        sys.stdin = None
        sys.stdout, sys.stderr = _Said(channel, "stdout"), _Said(channel, "stderr")
        sys.dont_write_bytecode = True
        warnings.showwarning = functools.partial(_warned, channel, set())
        with contextlib.suppress(Ended):
            try:
                without = confinement.shut(functools.partial(_refused, channel))
                channel.send({"is": "confined", "without": without})
                work(channel)
            except Ended:
                raise
            except BaseException as error:
                refusal = confinement.of_kernel(error.__cause__ or error)
                if refusal:
                    _refused(channel, refusal)
                channel.send(errors_across.told(error))
    finally:
        os._exit(0)


def _refused(channel: Channel, refusal: Refusal) -> None:
    channel.send({"is": "refused", "problem": refusal.problem, "frames": refusal.frames})


def _warned(
    channel: Channel,
    before: set[tuple[str, str, int]],
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    *_: object,
) -> None:
    """Serve as `warnings.showwarning`: tell the step, once a line."""
    key = (category.__name__, filename, lineno)
    if key not in before:
        before.add(key)
        told = {"kind": key[0], "file": filename, "line": lineno, "text": str(message)}
        channel.send({"is": "warned", **told})
