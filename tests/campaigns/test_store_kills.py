"""The store of live data while its writers are killed, at each change of a file and at any time."""

import itertools
import os
import shutil
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from tidemark.project import Tree
from tidemark.stored import reading, snapshots
from tidemark.stored.writing import commit, commit_all

import pandas as pd


def bar(day: str, close: float) -> dict[str, Any]:
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return {"ticker": "IBM", "timestamp": f"{day}T14:30:00Z", **prices, "interval": "1d"}


FIRST = [bar("2026-10-30", 299), bar("2026-11-02", 300), bar("2026-11-03", 301)]
SECOND = [bar("2026-10-30", 299.5), bar("2026-11-03", 302), bar("2026-11-04", 304)]
DIVIDEND = {"ticker": "IBM", "timestamp": "2026-11-04", "kind": "dividend", "value": 1.68}


def put(tree: Tree, day: int, bars: list[dict[str, Any]], actions: list[dict[str, Any]]) -> None:
    commit_all(
        tree, "prices", {"bars": pd.DataFrame(bars), "actions": pd.DataFrame(actions)},
        fetched=datetime(2026, 11, day, 18, tzinfo=UTC), cursor={}, asked={}, terms={},
        convention="none",
    )  # fmt: skip


def files(tree: Tree) -> dict[str, bytes]:
    return {
        path.relative_to(tree.root).as_posix(): path.read_bytes()
        for path in sorted((tree / "data/store").rglob("*"))
        if path.is_file()
    }


class Killed(BaseException):
    """As if the process were gone at that point."""


def killed_at(instant: int, act: Callable[[], object]) -> bool:
    """Let nothing reach the disk from the nth change of a file on; whether it came to that."""
    count = itertools.count()

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def change(*arguments: Any, **named: Any) -> Any:
            if next(count) >= instant:
                raise Killed
            return real(*arguments, **named)

        return change

    with mock.patch.multiple(
        Path, **{name: guarded(getattr(Path, name)) for name in ("replace", "unlink", "mkdir")}
    ), mock.patch("os.link", guarded(os.link)):  # fmt: skip
        try:
            act()
        except Killed:
            return True
    return False


def test_a_commit_killed_at_any_instant_is_whole_or_was_never_there(tmp_path, chance, long):
    """And after the next two the store has the bytes of one that was never disturbed."""
    base, calm = Tree.at(tmp_path / "base"), Tree.at(tmp_path / "calm")
    put(base, 3, FIRST, [])
    shutil.copytree(base.root, calm.root)
    old = reading.rows(base, None, "prices")
    put(calm, 4, SECOND, [DIVIDEND])
    new = reading.rows(calm, None, "prices")
    put(calm, 5, [bar("2026-11-05", 305)], [])
    instants = itertools.count()
    for instant in instants if long else sorted(chance.sample(range(28), 3)):
        tree = Tree.at(tmp_path / f"killed{instant}")
        shutil.copytree(base.root, tree.root)
        dead = killed_at(instant, lambda it=tree: put(it, 4, SECOND, [DIVIDEND]))
        there = reading.rows(tree, None, "prices")
        assert there.equals(old) or there.equals(new), instant
        put(tree, 4, SECOND, [DIVIDEND])
        assert reading.rows(tree, None, "prices").equals(new), instant
        put(tree, 5, [bar("2026-11-05", 305)], [])
        assert files(tree) == files(calm), instant
        if not dead:
            assert instant >= 20, "it was killed at too few instants"
            break


SOURCES = ("one", "two")


def fetch(tree: Tree, source: str, days: range) -> None:
    """A day after the other, each with an overlap of which one value is restated."""
    for day in days:
        at = datetime(2026, 1, 1, 18, tzinfo=UTC) + timedelta(days=day)
        rows = [{"series": name, "timestamp": (at - timedelta(days=back)).strftime("%Y-%m-%d"),
                 "value": day - back + (0.5 if back == 2 else 0)}
                for name in "AB" for back in range(5) if day >= back]  # fmt: skip
        cursor = {"day": str(day)}
        commit(
            tree, source, "series", pd.DataFrame(rows), fetched=at, cursor=cursor, asked={},
            terms={},
        )  # fmt: skip


def fetcher(tree: Tree, source: str, days: int) -> int:
    """A process that fetches from where its cursor stands on."""
    child = os.fork()
    if child == 0:
        try:
            fetch(tree, source, range(reached(tree, source), days))
            os._exit(0)
        finally:
            os._exit(1)
    return child


def reached(tree: Tree, source: str) -> int:
    """The day after the one that the cursor names."""
    held = snapshots.current(tree).sources.get(source)
    return int(held.cursor["day"]) + 1 if held else 0


def test_fetchers_of_two_sources_side_by_side_killed_again_and_again(tmp_path, chance, long):
    """Each resumes where its cursor stands; at the end all is as if nobody had been killed."""
    tree, calm = Tree.at(tmp_path / "killed"), Tree.at(tmp_path / "calm")
    kills, days = (100, 400) if long else (2, 4)
    for _ in range(kills):
        running = [fetcher(tree, source, days) for source in SOURCES]
        for child in running:
            time.sleep(chance.uniform(0, 0.2))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        for source in snapshots.current(tree).sources:
            assert reading.rows(tree, None, source)["value"].notna().all()
    last = [fetcher(tree, source, days) for source in SOURCES]
    assert [os.waitpid(child, 0)[1] for child in last] == [0, 0]
    for source in SOURCES:
        fetch(calm, source, range(days))
    newest, undisturbed = snapshots.current(tree), snapshots.current(calm)
    assert newest.sources == undisturbed.sources, "the manifests have the same hashes"
    for source in SOURCES:
        rows = reading.rows(tree, None, source)
        assert rows.equals(reading.rows(calm, None, source))
        assert not rows.duplicated(["series", "timestamp"]).any()
    named = {path.name for path in (calm / "data/store/objects").iterdir()}
    assert {path.name for path in (tree / "data/store/objects").iterdir()} == named
    assert not list((tree / "data/store").rglob(".*.tmp"))
    assert len(snapshots.list(tree)) == 2 * days
