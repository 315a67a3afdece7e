"""What goes from a results store that holds too much, and what stays."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tidemark.files import store
from tidemark.harness import pruning, results_store
from tidemark.harness.instance import Instance
from tidemark.harness.record import Checkpoint, Output
from tidemark.harness.results_store import Store, Tally
from tidemark.project import Tree

import pytest

SIZE = 10_000
OLD = 10**9  # seconds: long ago


@pytest.fixture
def tree(tmp_path) -> Tree:
    (tmp_path / "out").write_bytes(b"")
    return Tree(tmp_path, tmp_path)


@pytest.fixture
def kept(tmp_path) -> Store:
    return Store(tmp_path / "store")


def keep(kept: Store, tree: Tree, number: int, *, content: int | None = None) -> Checkpoint:
    """Keep a run whose only output has that content, used so many seconds after long ago."""
    data = str(number if content is None else content).encode() * SIZE
    (tree / "out").write_bytes(data)
    output = Output(store.sha256(data), len(data), 1)
    instance = Instance("backtest", {"strategy": f"s{number}"})
    ran = Checkpoint(instance, datetime.now(UTC), config={"a": number}, outputs={"out": output})
    kept.keep(tree, ran, "me")
    for path in (kept.entry_path(ran), kept.shape_path(ran), kept.object_path(output.sha256)):
        os.utime(path, (OLD + number, OLD + number))
    return ran


def there(kept: Store, some: list[Checkpoint]) -> list[bool]:
    """Whether each is whole, entry and object."""
    return [
        kept.entry_path(ran).exists()
        and all(kept.object_path(output.sha256).exists() for output in ran.outputs.values())
        for ran in some
    ]


def size(kept: Store) -> int:
    return sum(path.stat().st_size for path in kept.folder.rglob("*") if path.is_file())


def test_what_was_used_last_stays_down_to_nine_tenths_of_the_bound(kept, tree):
    some = [keep(kept, tree, number) for number in range(1, 7)]
    results_store.touch(kept.entry_path(some[0]))
    before = size(kept)
    gone = pruning.prune(kept, before - 1)
    assert gone == pytest.approx(before - size(kept), abs=500), "the tally has one line now"
    assert there(kept, some) == [True, False, True, True, True, True]
    assert size(kept) <= before * pruning.DOWN_TO
    assert kept.counted().bytes == pytest.approx(size(kept), abs=100)
    assert not list(kept.shapes(some[1].name)), "nothing is left that leads nowhere"


def test_nothing_goes_within_the_bound_and_the_tally_spares_the_look(kept, tree, monkeypatch):
    some = [keep(kept, tree, number) for number in range(1, 4)]
    pruning.prune(kept, 10**9)
    monkeypatch.setattr(pruning, "contents", None)  # a look would fail, and count as no look
    assert pruning.prune(kept, 10**9) == 0
    assert there(kept, some) == [True] * 3
    kept.count(Tally(bytes=2 * 10**9))
    with pytest.raises(TypeError):
        pruning.contents(kept, 0)
    assert pruning._due(kept, 10**9)


def test_an_object_that_another_run_made_too_stays(kept, tree, monkeypatch):
    monkeypatch.setattr(pruning, "DOWN_TO", 1.0)
    first, second = keep(kept, tree, 1, content=7), keep(kept, tree, 2, content=7)
    pruning.prune(kept, size(kept) - 1)
    assert there(kept, [first, second]) == [False, True]


def test_what_is_pinned_stays_with_its_entry(kept, tree):
    some = [keep(kept, tree, number) for number in range(1, 4)]
    pinned = [output.sha256 for output in some[0].outputs.values()]
    kept.pin("history", pinned)
    kept.pin("history", pinned)
    assert len(list((kept.folder / "pins").iterdir())) == 1
    pruning.prune(kept, 1, now=True)
    assert there(kept, some) == [True, False, False]
    for pin in (kept.folder / "pins").iterdir():
        pin.chmod(0o644)
        pin.write_text("{")
    assert pruning.prune(kept, 1, now=True) == 0, "a pin that cannot be read may name anything"
    assert there(kept, some[:1]) == [True]


def test_a_full_disk_takes_half(kept, tree):
    some = [keep(kept, tree, number) for number in range(1, 9)]
    before = size(kept)
    assert pruning.halve(kept) > 0.4 * before
    assert there(kept, some)[0] is False
    assert there(kept, some)[-1] is True


def test_objects_of_a_run_that_has_no_entry_yet_stay_for_a_day(kept, tree):
    ran = keep(kept, tree, 1)
    kept.entry_path(ran).unlink()
    (path,) = (kept.object_path(output.sha256) for output in ran.outputs.values())
    os.utime(path)
    pruning.prune(kept, 1, now=True)
    assert path.exists()
    os.utime(path, (OLD, OLD))
    pruning.prune(kept, 1, now=True)
    assert not path.exists()


def test_what_killed_writers_left_goes(kept, tree):
    keep(kept, tree, 1)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        ended = process.pid
    folder = kept.folder / "objects/ab"
    folder.mkdir(parents=True, exist_ok=True)
    names = {
        f".x.{ended}-{store.HOST}.tmp": False,
        f".x.{os.getpid()}-{store.HOST}.tmp": True,
        ".x.1-elsewhere.tmp": True,
        ".y.1-elsewhere.tmp": False,
    }
    for name in names:
        (folder / name).write_bytes(b"half")
        minute_ago = (folder / name).stat().st_mtime - 60
        os.utime(folder / name, (minute_ago, minute_ago))
    os.utime(folder / ".y.1-elsewhere.tmp", (OLD, OLD))
    damaged = kept.folder / "entries/backtest_s1/half.json"
    damaged.write_text("{")
    os.utime(damaged, (OLD, OLD))
    pruning.prune(kept, 10**9, now=True)
    assert {name: (folder / name).exists() for name in names} == names
    assert not damaged.exists()


def test_two_do_not_prune_at_once_and_what_is_used_meanwhile_stays(kept, tree, monkeypatch):
    some = [keep(kept, tree, number) for number in range(1, 4)]
    with pruning._alone(kept) as began:
        assert began is not None
        assert pruning.prune(kept, 1, now=True) == 0
    assert there(kept, some) == [True] * 3
    look = pruning.contents

    def used_meanwhile(kept: Store, now_ns: int) -> pruning.Contents:
        found = look(kept, now_ns)
        results_store.touch(kept.entry_path(some[0]))
        return found

    monkeypatch.setattr(pruning, "contents", used_meanwhile)
    pruning.prune(kept, 1, now=True)
    assert kept.entry_path(some[0]).exists()


def test_a_store_that_is_not_there_is_left_alone(tmp_path):
    assert pruning.prune(Store(tmp_path / "none"), 1, now=True) == 0
    assert not Path(tmp_path / "none").exists()


def test_outputs_edited_while_they_are_kept_are_not_kept(kept, tree):
    ran = keep(kept, tree, 1)
    kept.object_path(ran.outputs["out"].sha256).unlink()
    kept.entry_path(ran).unlink()
    (tree / "out").write_bytes(b"2" * SIZE)
    kept.keep(tree, ran, "me")
    assert there(kept, [ran]) == [False]
    assert not list(kept.folder.rglob(".*.tmp"))


def test_counts_of_writers_at_once_add_up_and_half_a_line_counts_for_nothing(kept, tmp_path):
    kept.folder.mkdir()
    program = (
        "import sys; from pathlib import Path;"
        "from tidemark.harness.results_store import Store, Tally;"
        "kept = Store(Path(sys.argv[1]));"
        "[kept.count(Tally(1, 1, 0.5)) for _ in range(200)]"
    )
    command = [sys.executable, "-c", program, str(kept.folder)]
    around = {**os.environ, "PYTHONPATH": str(Path(results_store.__file__).parents[2])}
    some = [subprocess.Popen(command, env=around) for _ in range(3)]
    assert [process.wait() for process in some] == [0, 0, 0]
    assert kept.counted() == Tally(600, 600, 300.0)
    with (kept.folder / "tally").open("a") as file:
        file.write("[1, 2")
    assert kept.counted() == Tally(600, 600, 300.0)
    kept.recount(5)
    assert kept.counted() == Tally(5, 600, 300.0)
