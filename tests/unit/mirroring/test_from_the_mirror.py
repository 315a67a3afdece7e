"""What data/store lost comes back from the mirror, byte by byte."""

import shutil

from mirrored_stores import PRIVATE, at, bars, put, send
from tidemark.errors import InputError
from tidemark.mirroring import restoring
from tidemark.project import Tree
from tidemark.stored import objects, reading, snapshots

import pandas as pd
import pytest

STORE = objects.STORE


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree.at(tmp_path / "first")


def files(tree):
    """All that the store keeps, by path."""
    root = tree / STORE
    kept = [path for path in root.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(kept)}


def restore(server, tree, which="", **more):
    return restoring.restore(server, tree, which, at(20), **more)


def lose(tree, source="prices"):
    """Remove an object of the current snapshot; its name."""
    name = min(snapshots.manifest_of(tree, snapshots.current(tree), source).objects)
    objects.place(tree, name).unlink()
    return name


def test_an_object_that_is_lost_and_one_that_is_damaged_come_back(server, tree):
    put(tree, 1, bars(100))
    send(server, tree)
    before = files(tree)
    lost = lose(tree)
    damaged = max(snapshots.manifest_of(tree, snapshots.current(tree), "prices").objects)
    objects.place(tree, damaged).write_bytes(b"something else")
    done = restore(server, tree)
    assert (done.objects, done.records, done.newest) == (2, 0, 1)
    assert files(tree) == before
    assert objects.whole(tree, lost)
    assert restore(server, tree).objects == 0


def test_everything_comes_back_to_a_fresh_clone(server, tree, tmp_path):
    put(tree, 1, bars(100))
    put(tree, 2, bars(120, close=5.0))
    put(tree, 3, bars(10), source="other")
    send(server, tree)
    fresh = Tree.at(tmp_path / "fresh")
    done = restore(server, fresh)
    assert (done.records, done.newest) == (3, 3)
    there = files(fresh)
    assert there == {name: data for name, data in files(tree).items() if name in there}
    assert snapshots.lost(fresh, snapshots.list(fresh))[3] == []
    pd.testing.assert_frame_equal(
        reading.rows(fresh, None, "prices"), reading.rows(tree, None, "prices")
    )
    done = restore(server, fresh, "1")
    assert (done.wanted, done.newest) == (1, 4)
    pd.testing.assert_frame_equal(
        reading.rows(fresh, None, "prices"), reading.rows(tree, 1, "prices")
    )
    put(fresh, 21, bars(130, close=5.0))  # fetches go on from there
    assert snapshots.current(fresh).number == 5


def test_a_restoration_that_was_interrupted_ends_the_same(server, tree, tmp_path):
    put(tree, 1, bars(100))
    put(tree, 2, bars(120, close=5.0))
    send(server, tree)
    fresh = Tree.at(tmp_path / "fresh")
    restore(server, fresh)
    whole = files(fresh)
    for path in [*(fresh / STORE / "objects").iterdir()][::2]:
        path.unlink()
    (fresh / STORE / "snapshots" / "last.json").unlink()
    (fresh / STORE / "snapshots" / "00001.json").unlink()
    shutil.rmtree(fresh / STORE / "current")
    restore(server, fresh)
    assert files(fresh) == whole


def test_what_no_mirror_has_is_named_and_can_be_left_out(server, tree, tmp_path):
    put(tree, 1, bars(10))
    put(tree, 2, bars(4, ticker="SECRET"), source="fred", terms=PRIVATE)
    send(server, tree)
    fresh = Tree.at(tmp_path / "fresh")
    done = restore(server, fresh)
    assert (done.newest, done.unshared, [*done.missing]) == (None, {"fred"}, ["fred"])
    with pytest.raises(InputError, match="is no source of it"):
        restore(server, fresh, without=["feds"])
    done = restore(server, fresh, without=["fred"])
    assert (done.newest, done.missing) == (3, {})
    assert snapshots.current(fresh).sources.keys() == {"prices"}
    assert len(reading.rows(fresh, None, "prices")) == 10
    again = put(fresh, 21, bars(4, ticker="SECRET"), source="fred", terms=PRIVATE)
    assert again.added == 4


def test_an_object_damaged_in_the_mirror_is_told(server, tree):
    put(tree, 1, bars(10))
    send(server, tree)
    name = lose(tree)
    server.run("UPDATE tidemark.object_parts SET content = 'x' WHERE name = :name", name=name)
    with pytest.raises(InputError, match="is damaged there"):
        restore(server, tree)
    assert not objects.place(tree, name).exists()


def test_a_large_object_goes_in_parts(server, tree, monkeypatch):
    monkeypatch.setattr("tidemark.mirroring.keeping.PART", 1000)
    put(tree, 1, bars(31))
    send(server, tree)
    ((most,),) = server.run("SELECT max(nth) FROM tidemark.object_parts")
    assert most > 2
    before = files(tree)
    lose(tree)
    restore(server, tree)
    assert files(tree) == before


def test_a_database_without_a_mirror_or_of_another_store_is_refused(server, tree, tmp_path):
    with pytest.raises(InputError, match="has no mirror"):
        restore(server, tree)
    put(tree, 1, bars(10))
    send(server, tree)
    with pytest.raises(InputError, match="there is no such snapshot"):
        restore(server, tree, "7")
    other = Tree.at(tmp_path / "other")
    put(other, 3, bars(10))
    with pytest.raises(InputError, match="is not the one of this data/store"):
        restore(server, other)


def test_a_record_that_is_lost_for_good_stays_so(server, tree, tmp_path):
    for day in (1, 2, 3):
        put(tree, day, bars(10 * day))
    folder = tree / STORE / "snapshots"
    (folder / "00002.json").rename(folder / "00002.lost")
    send(server, tree)
    fresh = Tree.at(tmp_path / "fresh")
    restore(server, fresh)
    assert [one.number for one in snapshots.list(fresh)] == [1, 3]
