"""What goes to a remote and comes back: whole at any moment, the first stays, damage is noted."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tidemark.files.store import sha256
from tidemark.harness import exchange, fetching
from tidemark.harness.instance import Instance
from tidemark.harness.record import Checkpoint, Input, Output
from tidemark.harness.remote_store import RemoteStore
from tidemark.harness.results_store import Entry, Store
from tidemark.project import Tree
from tidemark.remotes.contract import Listed, LostError
from tidemark.remotes.folder import Folder

import pytest

RUN = Checkpoint(
    instance=Instance("preprocess", {"scenario": "a"}),
    started=datetime(2026, 11, 20, tzinfo=UTC),
    seconds=2.0,
    inputs={"data/raw/prices.parquet": Input("0" * 64, 1)},
)
NAME = RUN.name


class Failing(Folder):
    """A remote that is lost after some requests; it notes what was written."""

    def __init__(self, folder: Path, requests: int = 10**9) -> None:
        super().__init__(folder)
        self.left = requests
        self.written: list[str] = []

    def _one(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise LostError("there", "the connection was lost", "try again")

    def get(self, name: str, to: Path) -> bool:
        self._one()
        return super().get(name, to)

    def put_if_absent(self, name: str, file: Path) -> bool:
        self._one()
        self.written.append(name)
        return super().put_if_absent(name, file)

    def list(self, prefix: str) -> Iterator[Listed]:
        self._one()
        yield from super().list(prefix)


class World:
    """Stores with results, and a remote that they share."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.there = folder, folder / "there"
        self.there.mkdir()
        self.notes: list[str] = []

    def store(self, name: str, *contents: bytes, who: str = "Ann") -> Store:
        """A store with a run for each content, from another input each."""
        tree, kept = Tree.at(self.folder / f"{name}-tree"), Store(self.folder / name)
        for number, content in enumerate(contents):
            output = tree / "data/processed/a.parquet"
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_bytes(content)
            known = Output(sha256(content), len(content), output.stat().st_mtime_ns, None)
            inputs = {"data/raw/prices.parquet": Input(f"{number:064}", 1)}
            outputs = {"data/processed/a.parquet": known}
            kept.keep(tree, replace(RUN, inputs=inputs, outputs=outputs), who)
        return kept

    def seen(self) -> Store:
        folder = self.folder / "seen"
        shutil.rmtree(folder, ignore_errors=True)
        return Store(folder)

    def push(self, kept: Store, requests: int = 10**9) -> exchange.Exchanged:
        there = RemoteStore(Failing(self.there, requests))
        return exchange.push(there, kept, self.seen(), self.notes.append)

    def pull(self, to: str, room: float = 1e9, requests: int = 10**9) -> exchange.Exchanged:
        there = RemoteStore(Failing(self.there, requests))
        kept = Store(self.folder / to)
        return exchange.pull(there, [NAME], kept, self.seen(), room, self.notes.append)


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def held(kept: Store, to: Path) -> set[bytes]:
    """What the entries of a store lead to; each has all that it names, and is found by a shape."""
    contents = set()
    for entry in kept.all_entries():
        assert kept.shape_path(entry.checkpoint).exists()
        for output in entry.checkpoint.outputs.values():
            assert kept.get(output.sha256, to)
            contents.add(to.read_bytes())
    return contents


def test_what_is_pushed_is_pulled(world, tmp_path):
    kept = world.store("ann", b"one", b"two", b"three")
    assert world.push(kept) == exchange.Exchanged(results=3, objects=3, bytes=11, known=0)
    assert world.push(kept) == exchange.Exchanged(results=0, objects=0, bytes=0, known=3)
    assert world.pull("bob") == exchange.Exchanged(results=3, objects=3, bytes=11, known=0)
    assert held(Store(tmp_path / "bob"), tmp_path / "got") == {b"one", b"two", b"three"}
    assert world.pull("bob") == exchange.Exchanged(results=0, objects=0, bytes=0, known=3)
    assert world.notes == []


def test_a_push_that_is_cut_at_any_request_leaves_what_is_whole_and_goes_on(world, tmp_path):
    kept = world.store("ann", b"one", b"two")
    for requests in range(30):
        shutil.rmtree(world.there)
        world.there.mkdir()
        try:
            world.push(kept, requests)
        except LostError:
            shutil.rmtree(tmp_path / "bob", ignore_errors=True)
            world.pull("bob")
            assert held(Store(tmp_path / "bob"), tmp_path / "got") <= {b"one", b"two"}
            world.push(kept)
            world.pull("bob")
            assert held(Store(tmp_path / "bob"), tmp_path / "got") == {b"one", b"two"}
        else:
            break
    assert requests == 1 + 2 + 2 + 1  # a listing, objects, entries, their shape
    assert world.notes == []


def test_objects_go_before_entries_and_these_before_shapes(world):
    there = Failing(world.there)
    kept = world.store("ann", b"one", b"two")
    exchange.push(RemoteStore(there), kept, world.seen(), world.notes.append)
    kinds = [name.split("/")[0] for name in there.written]
    assert kinds == ["objects", "objects", "entries", "entries", "shapes"]


def test_a_pull_that_is_cut_at_any_request_leaves_what_is_whole(world, tmp_path):
    world.push(world.store("ann", b"one", b"two"))
    for requests in range(30):
        try:
            world.pull("bob", requests=requests)
        except LostError:
            assert held(Store(tmp_path / "bob"), tmp_path / "got") <= {b"one", b"two"}
        else:
            break
    assert requests > 3
    assert held(Store(tmp_path / "bob"), tmp_path / "got") == {b"one", b"two"}


def test_the_first_of_two_results_stays_and_the_second_is_told(world, tmp_path):
    world.push(world.store("ann", b"one", b"two"))
    done = world.push(world.store("bob", b"one", b"other", who="Bob"))
    assert (done.results, done.known) == (0, 2)
    (told,) = world.notes
    assert f"{NAME}: the remote has other results" in told
    assert "computed 2026-11-20 by Ann" in told
    world.pull("carol")
    assert held(Store(tmp_path / "carol"), tmp_path / "got") == {b"one", b"two"}


def altered(folder: Path, kind: str, content: bytes) -> None:
    """Let the first file of a kind hold something else."""
    file = sorted(path for path in (folder / kind).rglob("*") if path.is_file())[0]
    file.chmod(0o644)
    file.write_bytes(content)


@pytest.mark.parametrize("kind", ["objects", "entries"])
def test_what_is_damaged_there_is_noted_and_left_out(world, tmp_path, kind):
    world.push(world.store("ann", b"one", b"two"))
    altered(world.there, kind, b"{}")
    assert world.pull("bob").results == 1
    assert len(held(Store(tmp_path / "bob"), tmp_path / "got")) == 1
    (told,) = world.notes
    assert told.startswith(f"{kind}/")


def test_what_is_damaged_here_is_not_pushed(world, tmp_path):
    kept = world.store("ann", b"one", b"two")
    altered(kept.folder, "objects", b"else")
    assert world.push(kept).results == 1
    assert len(world.notes) == 1
    world.pull("bob")
    assert len(held(Store(tmp_path / "bob"), tmp_path / "got")) == 1


def test_the_newest_come_as_far_as_there_is_room(world, tmp_path):
    world.push(world.store("ann", b"one"))
    for path in (world.there / "entries").rglob("*.json"):
        shutil.copystat(__file__, path)  # older
    world.push(world.store("bob", b"one", b"longer"))
    done = world.pull("carol", room=8)
    assert (done.results, done.bytes, done.left) == (1, 6, 1)
    assert held(Store(tmp_path / "carol"), tmp_path / "got") == {b"longer"}


def test_names_that_are_none_of_a_store_are_passed_over(world, tmp_path):
    world.push(world.store("ann", b"one"))
    for name in ("x.json", "a/b.json", f"{'0' * 64}/x.json"):
        strange = world.there / "entries" / NAME / name
        strange.parent.mkdir(exist_ok=True)
        strange.write_bytes(b"{}")
    assert world.pull("bob").results == 1
    assert world.notes == []


class Asked:
    """What a step asks of the remote, and what became of it."""

    def __init__(self, world: World) -> None:
        self.kept, self.seen_ = Store(world.folder / "bob"), world.seen()
        self.left: list[str] = []
        self.allowed: list[float] = []
        self._world = world

    def fetch(self) -> bool:
        def fitting(of: Store) -> Iterator[Entry]:
            return of.all_entries()

        def keys(of: Store) -> Iterator[str]:
            files = (self._world.there / "entries" / NAME).iterdir()
            return (file.name for file in files) if [*of.shapes(NAME)] else iter(())

        return fetching.fetch(
            str(self._world.there), 1.0, Path(), NAME, self.seen_, self.kept, keys, fitting,
            self.allowed.append, self.left.append,
        )  # fmt: skip


def test_a_step_gets_what_it_lacks_and_as_long_as_its_run_took(world, tmp_path):
    world.push(world.store("ann", b"one"))
    asked = Asked(world)
    assert asked.fetch()
    assert held(asked.kept, tmp_path / "got") == {b"one"}
    assert (asked.allowed, asked.left) == ([3.0], [])


def test_a_step_goes_on_to_the_next_entry_if_one_is_damaged(world, tmp_path, capsys):
    world.push(world.store("ann", b"one", b"two"))
    for path in (world.there / "objects").rglob("*"):
        if path.is_file() and path.read_bytes() == b"one":
            path.chmod(0o644)
            path.write_bytes(b"eno")
    asked = Asked(world)
    assert asked.fetch()
    assert held(asked.kept, tmp_path / "got") == {b"two"}
    assert asked.left == []
    told = capsys.readouterr().out
    assert told.count("what the remote has of it is damaged (objects/") <= 1


def test_a_remote_that_is_gone_is_left_alone(world):
    shutil.rmtree(world.there)
    asked = Asked(world)
    assert not asked.fetch()
    assert "is no folder" in asked.left[0]
