"""Snapshots found and brought back, and a store that is damaged or of a later version."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.project import Tree
from tidemark.stored import manifest, objects, reading, snapshot_log, snapshots
from tidemark.stored.writing import Came, commit

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

NOW = datetime(2026, 11, 30, 20, tzinfo=UTC)


def fetch(tree: Tree, source: str, day: int, values: dict[str, float]) -> Came:
    """Values of a series by its years since 2000, fetched on a day of November."""
    rows = [{"series": "X", "timestamp": f"20{year}-01-01", "value": value}
            for year, value in values.items()]  # fmt: skip
    at = datetime(2026, 11, day, 18, tzinfo=UTC)
    return commit(
        tree, source, "series", pd.DataFrame(rows), fetched=at, cursor={}, asked={}, terms={}
    )


def values(tree: Tree, which: int | str | None = None, source: str = "one") -> list[float]:
    return reading.rows(tree, which, source)["value"].tolist()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Three snapshots: of one source, of that restated, and of another one."""
    tree = Tree.at(tmp_path_factory.mktemp("made"))
    fetch(tree, "one", 10, {"09": 1.0, "10": 2.0})
    fetch(tree, "one", 11, {"10": 2.5, "11": 3.0})
    fetch(tree, "two", 12, {"10": 7.0})
    return tree.root


@pytest.fixture
def tree(made, tmp_path) -> Tree:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Tree.at(tmp_path)


def shown(tree: Tree) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (tree / "data/store/current").iterdir()}


@pytest.mark.parametrize(
    ("which", "number"),
    [
        (None, 3), (1, 1), ("2", 2), ("2026-11-10", 1), ("2026-11-11T17:59:59Z", 1),
        ("2026-11-11T18:00Z", 2), ("2026-11-11T19:00+01:00", 2), ("2026-11-11", 2),
        ("2030-01-01", 3), (datetime(2026, 11, 12, 17, tzinfo=UTC), 2),
    ],
)  # fmt: skip
def test_a_snapshot_is_found_by_its_number_or_a_time(tree, which, number):
    assert snapshots.find(tree, which).number == number


def test_a_snapshot_is_found_by_what_identifies_its_data(tree):
    """As reports and the history show it: the newest that has that, or all of several."""
    one, restated = (identity(tree, number, "one") for number in (1, 2))
    assert snapshots.find(tree, one).number == 1
    assert snapshots.find(tree, restated).number == 3
    assert snapshots.find(tree, f"{restated}, {identity(tree, 3, 'two')}").number == 3
    assert snapshots.find(tree, one[:8]).number == 1
    assert snapshots.restore(tree, one, NOW).restored == 1
    with pytest.raises(InputError, match="make snapshots lists them"):
        snapshots.find(tree, f"{one},{identity(tree, 3, 'two')}")


def identity(tree: Tree, number: int, source: str) -> str:
    return snapshots.identity(snapshots.find(tree, number).sources[source])


@pytest.mark.parametrize(
    "which", [0, 4, "99", "12345678", "2026-11-09", "yesterday", "", "0" * 12, "c0ffeec0ffee"]
)
def test_one_that_there_is_not_is_refused(tree, which):
    with pytest.raises(InputError, match="make snapshots lists them"):
        snapshots.find(tree, which)


def test_reading_as_of_each(tree):
    assert [values(tree, number) for number in (1, 2, 3)] == [[1, 2], [1, 2.5, 3], [1, 2.5, 3]]
    with pytest.raises(InputError, match="has no source two"):
        values(tree, 2, "two")
    with pytest.raises(InputError, match="has no bars"):
        reading.rows(tree, None, "one", "bars")


def test_no_snapshot_at_all(tmp_path):
    tree = Tree.at(tmp_path)
    assert (snapshots.list(tree), snapshots.current(tree).number) == ([], 0)
    with pytest.raises(InputError, match="has no source one"):
        values(tree)


def test_a_restored_one_is_the_newest_and_shown_as_it_was(tree):
    before = shown(tree)
    with_one = {"one.json": (tree / manifest_path(tree, 1)).read_bytes()}
    made = snapshots.restore(tree, 1, NOW)
    assert (made.number, made.restored, made.source) == (4, 1, None)
    assert shown(tree) == with_one
    assert values(tree) == [1, 2]
    assert snapshots.restore(tree, "1", NOW).number == 4, "it is as that one was"
    assert snapshots.restore(tree, 3, NOW).number == 5
    assert shown(tree) == before


def manifest_path(tree: Tree, number: int) -> str:
    held = snapshots.find(tree, number).sources["one"]
    return f"data/store/objects/{held.manifest}"


def test_fetches_go_on_from_a_restored_one_and_the_others_stay(tree):
    snapshots.restore(tree, 1, NOW)
    came = fetch(tree, "one", 13, {"10": 2.5, "11": 3.5})
    assert (came.added, came.restated, came.snapshot) == (1, 1, 5)
    assert values(tree) == [1, 2.5, 3.5]
    assert values(tree, 3) == [1, 2.5, 3]


def test_what_is_shown_follows_the_snapshot_though_somebody_edited_it(tree):
    before = shown(tree)
    (tree / "data/store/current/one.json").write_text("{}")
    (tree / "data/store/current/old.json").write_text("{}")
    fetch(tree, "two", 13, {"10": 7.0})
    assert shown(tree) == before


def objects_of(tree: Tree, number: int) -> set[str]:
    return snapshots.manifest_of(tree, snapshots.find(tree, number), "one").objects


@pytest.mark.parametrize("fault", ["flipped", "cut", "gone"])
def test_a_damaged_object_is_an_error_whose_cure_works(tree, fault):
    """Of 2011, which the second snapshot has and the first has not."""
    (name,) = objects_of(tree, 2) - objects_of(tree, 1) - {of_2010(tree)}
    path = objects.place(tree, name)
    data = path.read_bytes()
    path.unlink()
    if fault != "gone":
        path.write_bytes(data[:-40] if fault == "cut" else data[:50] + b"?" + data[51:])
    with pytest.raises(InputError, match="make snapshots RESTORE"):
        values(tree)
    with pytest.raises(InputError, match=name):
        fetch(tree, "one", 13, {"11": 3.1})
    assert snapshots.lost(tree, snapshots.list(tree)) == {1: [], 2: [name], 3: [name]}
    with pytest.raises(InputError, match="gone or damaged"):
        snapshots.restore(tree, 2, NOW)
    assert values(tree, 1) == [1, 2]
    snapshots.restore(tree, 1, NOW)
    fetch(tree, "one", 11, {"10": 2.5, "11": 3.0})
    assert values(tree) == [1, 2.5, 3]
    assert snapshots.lost(tree, [snapshots.current(tree)]) == {5: []}
    assert values(tree, 2) == [1, 2.5, 3], "the same bytes are there again"


def of_2010(tree: Tree) -> str:
    found = snapshots.manifest_of(tree, snapshots.find(tree, 2), "one")
    return found.kinds["series"].partitions["2010"].object


def test_a_damaged_manifest_is_an_error_too(tree):
    (tree / manifest_path(tree, 3)).write_text("{}")
    with pytest.raises(InputError, match="is damaged"):
        values(tree)


def test_an_altered_record_is_noticed(tree):
    path = tree / "data/store/snapshots/00002.json"
    path.write_text(path.read_text().replace('"added": 1', '"added": 2'))
    with pytest.raises(InputError, match="is not as it was written"):
        snapshots.list(tree)


def test_a_record_of_a_newer_version_is_refused(tree):
    record = json.loads((tree / "data/store/snapshots/00003.json").read_bytes())
    newer = {**record, "format": snapshot_log.FORMAT + 1, "version": "9.9"}
    (tree / "data/store/snapshots/00003.json").write_text(json.dumps(newer))
    with pytest.raises(InputError, match=r"go on with Tidemark 9\.9"):
        snapshots.current(tree)


def test_a_manifest_of_a_newer_version_is_refused():
    newer = store.json_bytes({"format": manifest.FORMAT + 1, "source": "one", "tables": []})
    with pytest.raises(InputError, match="a newer Tidemark wrote"):
        manifest.decoded(newer, "one.json")
    with pytest.raises(InputError, match="is not a manifest"):
        manifest.decoded(b"[]", "one.json")


def test_rows_of_a_newer_version_are_refused(tree):
    sink = pa.BufferOutputStream()
    table = pa.table({"shape": [1]}).replace_schema_metadata({"tidemark.format": "2"})
    pq.write_table(table, sink)
    data = sink.getvalue().to_pybytes()
    objects.put(tree, objects.named(data, "parquet"), data)
    with pytest.raises(InputError, match="a newer Tidemark wrote"):
        objects.rows(tree, objects.named(data, "parquet"), "series")
