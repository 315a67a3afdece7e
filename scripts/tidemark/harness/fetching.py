"""What a remote has for one checkpoint, brought to the store; done in the fork of `remote_hits`."""

import os
import site
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tidemark.files.libraries import SITE
from tidemark.harness import console
from tidemark.harness.remote_store import DamagedError, RemoteStore
from tidemark.harness.results_store import Entry, Store, Tally
from tidemark.remotes.contract import NoClientError, RemoteError
from tidemark.remotes.opening import opened


def fetch(
    address: str,
    patience: float,
    base: Path,
    name: str,
    seen: Store,
    kept: Store,
    keys: Callable[[Store], Iterator[str]],
    fitting: Callable[[Store], Iterator[Entry]],
    allow: Callable[[float], None],
    leave: Callable[[str], None],
) -> bool:
    """Whether the store has an entry now that fits, with all that it names.

    What is damaged at the remote is noted, and nothing of it is kept. A fetch that takes longer
    than the run did, and the patience more, is given up: computing is faster.

    Args:
        address: of the remote; a path is relative to `base`.
        patience: seconds without an answer after which it is too slow.
        base: the project.
        name: of the checkpoint.
        seen: what this make knows of the remote; its small files are brought there.
        kept: the store.
        keys: gives what leads to entries, by the shapes in a store.
        fitting: gives the entries in a store that fit.
        allow: lets this take so many seconds more.
        leave: says why the remote is asked no more.
    """
    if sys.flags.no_site:  # as `verify.py` is started, which needs no library
        site.addsitedir(str(SITE))
    try:
        there = RemoteStore(opened(address, patience, base))
        _look(there, name, seen, keys)
        for entry in fitting(seen):
            allow(patience + entry.checkpoint.seconds)
            try:
                came = there.take(entry, kept)
            except DamagedError as error:
                _note(name, error)
                continue
            kept.count(Tally(bytes=came))
            return True
    except NoClientError as error:
        if "TIDEMARK_LAUNCHED" in os.environ:  # else Make installs it before a step begins
            leave(str(error))
    except RemoteError as error:
        leave(str(error))
    except OSError as error:
        leave(f"what it has cannot be kept: {error.filename}: {error.strerror}")
    return False


def _look(
    there: RemoteStore, name: str, seen: Store, keys: Callable[[Store], Iterator[str]]
) -> None:
    """Bring the shapes and entries that may fit, as far as this make has not asked for them."""
    asked = seen.folder / "asked" / name
    asked.mkdir(parents=True, exist_ok=True)
    if not (asked / "shapes").exists():
        there.fetch_shapes(name, seen)
        (asked / "shapes").touch()
    for key in dict.fromkeys(keys(seen)):
        if (asked / key).exists():
            continue
        for found in there.entries(name, key):
            try:
                there.fetch_entry(found.name, found.relative, seen)
            except DamagedError as error:
                _note(name, error)
        (asked / key).touch()


def _note(name: str, error: DamagedError) -> None:
    console.say(f"    note: {name}: what the remote has of it is damaged ({error}); it is not used")
