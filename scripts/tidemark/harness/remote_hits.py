"""Results that a remote has and the store lacks, asked for when a step would run otherwise.

The remote is asked by a fork of the process, whose imports are then not those of a step, and which
a clock watches: a disk that hangs answers no request, but the step runs. What it finds goes to the
store, where it is met as anything else there.

One make asks the same once, and leaves a remote alone that has failed. What its processes know of
it lies in `artifacts/.run/<run>.remote/`:

    shapes/, entries/    brought from there
    asked/               what was asked for
    off                  why it is left alone
"""

import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import NoReturn

from tidemark.config.view import Stored
from tidemark.harness import console, journal
from tidemark.harness.results_store import Entry, Store
from tidemark.harness.staleness import Look
from tidemark.project import Tree

ADDRESS, SECONDS = "store.remote", "store.remote_seconds"
OFF, SUFFIX = "off", ".remote"
DEFAULT_SECONDS = "10"
TRIES = 3  # times the patience is what a request takes with its repetitions


def fetched(
    look: Look,
    name: str,
    kept: Store,
    keys: Callable[[Store], Iterator[str]],
    fitting: Callable[[Store], Iterator[Entry]],
) -> bool:
    """Whether the store has an entry now that fits, because the remote had one.

    Args:
        look: at the tree.
        name: of the checkpoint.
        kept: the store.
        keys: gives what leads to entries, by the shapes in a store.
        fitting: gives the entries in a store that fit.
    """
    remote = asked(look.stored)
    if remote is None:
        return False
    address, patience = remote
    seen = _of_this_make(look.tree)
    if (seen.folder / OFF).exists():
        return False

    def work(allow: Callable[[float], None]) -> bool:
        from tidemark.harness import fetching  # only here: see above

        return fetching.fetch(
            address, patience, look.tree.root, name, seen, kept, keys, fitting, allow,
            lambda words: leave(seen, words),
        )  # fmt: skip

    try:
        return _in_a_fork(work, TRIES * patience + 1)
    except TimeoutError:
        leave(seen, f"{address}: did not answer in time. Cure: look whether it is there")
        return False


def asked(stored: Stored) -> tuple[str, float] | None:
    """The address of the remote, and how many seconds it may be silent; None if there is none."""
    address = json.loads(stored(ADDRESS) or "null")
    return address and (address, float(json.loads(stored(SECONDS) or DEFAULT_SECONDS)))


def leave(seen: Store, why: str) -> None:
    """Leave the remote alone for the rest of this make, and say why, once."""
    seen.folder.mkdir(parents=True, exist_ok=True)
    try:
        with (seen.folder / OFF).open("x", encoding="utf-8") as file:
            file.write(f"{why}\n")
    except FileExistsError:
        return
    console.complain(f"the remote is not asked any more: {why}")


def _of_this_make(tree: Tree) -> Store:
    """Where the processes of one make keep what they know of the remote; it goes with the journal.

    A step that is started by hand has a place of its own.
    """
    run = os.environ.get("TIDEMARK_RUN") or f"{os.getpid()}-{time.time():.0f}"
    return Store(tree / journal.FOLDER / f"{run}{SUFFIX}")


def _in_a_fork(work: Callable[[Callable[[float], None]], bool], seconds: float) -> bool:
    """What `work` returns, done in a fork that has so long, and longer if it is allowed to.

    Raises:
        TimeoutError: it did not end in time, and was killed.
    """
    ours, theirs = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        _live(work, theirs)
    os.close(theirs)
    deadline = time.monotonic() + seconds
    try:
        while select.select([ours], [], [], max(deadline - time.monotonic(), 0))[0]:
            last = [b"", *os.read(ours, 4096).split()][-1]
            if last in (b"", b"yes", b"no"):
                return last == b"yes"
            deadline = time.monotonic() + float(last)
        raise TimeoutError
    finally:
        os.close(ours)
        _end(pid)


def _end(pid: int) -> None:
    """Kill a fork, and do not wait for one that hangs at a dead disk."""
    os.kill(pid, signal.SIGKILL)
    for _ in range(100):
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.01)


def _live(work: Callable[[Callable[[float], None]], bool], pipe: int) -> NoReturn:
    """Be the fork."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

        def allow(seconds: float) -> None:
            os.write(pipe, f"{seconds}\n".encode())

        done = work(allow)
        os.write(pipe, b"yes\n" if done else b"no\n")
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)
