"""Bring results to the remote of the results store, or from there.

make push    let the remote have what it lacks
make pull    let the store have what the remote holds for this configuration, the newest first
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tidemark.config import view
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import console, exchange, memory, pruning, remote_hits, restoring
from tidemark.harness.failures import exit_code_of
from tidemark.harness.remote_store import RemoteStore
from tidemark.harness.results_store import Store
from tidemark.naming import counted
from tidemark.project import HERE, ROOT
from tidemark.remotes.contract import LostError, RemoteError, SlowError
from tidemark.remotes.opening import opened


def main() -> int:
    """Exit code 1 when the remote cannot be reached, 2 when it refuses or is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("direction", choices=["push", "pull"])
    parser.add_argument("--checkpoints", type=Path, help="a file that lists them, for pull")
    options = parser.parse_args()
    os.chdir(ROOT)
    kept, (address, patience) = _store(), _remote()
    try:
        there = RemoteStore(opened(address, patience, HERE.root))
        with tempfile.TemporaryDirectory() as folder:
            seen = Store(Path(folder))
            if options.direction == "push":
                console.say(_push(there, kept, seen))
            else:
                listed = options.checkpoints.read_text("utf-8").split()
                names = [Path(checkpoint).stem for checkpoint in listed]
                console.say(_pull(there, names, kept, seen))
    except RemoteError as error:
        if isinstance(error, LostError | SlowError):
            console.complain(str(error))
            return 1
        raise InputError(error.where, error.problem, error.cure) from error
    return 0


def _store() -> Store:
    kept = Store.of(HERE, view.stored(HERE))
    if kept is None:
        raise InputError("the results store", "is off", "set store.enabled: true; no STORE=off")
    return kept


def _remote() -> tuple[str, float]:
    asked = remote_hits.asked(view.stored(HERE))
    if asked is None:
        raise InputError(
            "store.remote", "names no remote", "let it be s3://bucket/prefix, or a folder"
        )
    return asked


def _push(there: RemoteStore, kept: Store, seen: Store) -> str:
    done = exchange.push(there, kept, seen, _note)
    return (
        f"pushed {counted(done.results, 'result')} to {there.remote.address}:"
        f" {counted(done.objects, 'object')}, {memory.told(done.bytes)};"
        f" {done.known:,} were there already"
    )


def _pull(there: RemoteStore, names: Sequence[str], kept: Store, seen: Store) -> str:
    held = pruning.contents(kept, store.file_clock_ns(HERE)).bytes
    bound = restoring.bound(view.stored(HERE))
    done = exchange.pull(there, names, kept, seen, bound - held, _note)
    left = f"; {done.left:,} older ones do not fit in store.max_gigabytes" if done.left else ""
    return (
        f"pulled {counted(done.results, 'result')} from {there.remote.address}:"
        f" {counted(done.objects, 'object')}, {memory.told(done.bytes)};"
        f" {done.known:,} were here already{left}"
    )


def _note(words: str) -> None:
    console.say(f"    note: {words}")


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
