import math
import os
import pickle
import subprocess
from pathlib import Path

from tidemark.files import store
from tidemark.harness import verification
from tidemark.harness.outputs import Staging
from tidemark.harness.record import Output
from tidemark.project import HERE

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st


def test_json_keeps_order_and_makes_nan_null():
    value = {"b": np.float64(0.1), "a": [np.int64(3), math.nan, math.inf, True, None], "ä": "€"}
    assert store.json_bytes(value).decode() == (
        '{\n  "b": 0.1,\n  "a": [\n    3,\n    null,\n    null,\n    true,\n    null\n  ],\n'
        '  "ä": "€"\n}\n'
    )


def test_json_refuses_what_it_cannot_say():
    with pytest.raises(TypeError, match="set has no JSON form"):
        store.json_bytes({"x": {1}})


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=20))
def test_parquet_gives_back_what_it_was_given_in_the_same_bytes(values):
    stamps = pd.date_range("2001-01-01", periods=len(values))
    frame = pd.DataFrame({"timestamp": stamps, "ticker": "A", "close": values})
    data = store.parquet_bytes(frame, {"source": "x"})
    assert data == store.parquet_bytes(frame.copy(), {"source": "x"})
    back = store.parquet_frame(data)
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
    assert str(back["timestamp"].dtype) == "datetime64[us]"


def test_a_file_of_parts_holds_their_rows_in_order(tmp_path):
    frames = [pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [3.0]})]
    parts = store.ParquetParts(tmp_path / ".temporary", known_as="metrics/x.parquet")
    for frame in frames:
        parts.write(frame)
    parts.close()
    assert parts.rows == 3
    back = store.parquet_frame((tmp_path / ".temporary").read_bytes())
    pd.testing.assert_frame_equal(back, pd.concat(frames, ignore_index=True))


def test_parts_that_cannot_be_written_name_the_file_that_people_know(tmp_path):
    parts = store.ParquetParts(tmp_path / "gone/.temporary", known_as="metrics/x.parquet")
    with pytest.raises(OSError, match="No such file") as failed:
        parts.write(pd.DataFrame({"x": [1.0]}))
    assert failed.value.filename == "metrics/x.parquet"
    parts.close()


def test_staged_outputs_appear_together_and_only_on_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    staging = Staging(HERE, {})
    staging.put("a/one", b"1")
    staging.put("a/two", b"2", rows=5)
    assert [p.name for p in Path("a").glob("[!.]*")] == []
    described = staging.commit()
    assert described["a/two"].rows == 5
    assert sorted(p.name for p in Path("a").iterdir()) == ["one", "two"]


def test_discarding_leaves_the_old_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("one").write_bytes(b"old")
    staging = Staging(HERE, {})
    staging.put("one", b"new")
    staging.discard()
    assert Path("one").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def test_the_same_bytes_keep_their_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("one").write_bytes(b"same")
    os.utime("one", ns=(5, 5))
    staging = Staging(HERE, {})
    staging.put("one", b"same")
    assert staging.commit()["one"].mtime_ns == 5


def test_a_deleted_output_comes_back_with_its_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    staging = Staging(HERE, {"one": Output(store.sha256(b"same"), 4, 7)})
    staging.put("one", b"same")
    assert staging.commit()["one"].mtime_ns == 7


def test_only_what_was_killed_on_this_machine_is_swept_from_bookkeeping(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("artifacts").mkdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    here = f"{os.getpid()}-{store.HOST}"
    assert store.temporary_name(Path("artifacts/x")) == Path(f"artifacts/.x.{here}.tmp")
    elsewhere = f"{ended.pid}-another"
    for owner in (here, elsewhere, f"{ended.pid}-{store.HOST}"):
        Path(f"artifacts/.x.{owner}.tmp").touch()
    verification._sweep(HERE)
    left = {path.name for path in Path("artifacts").iterdir()}
    assert left == {f".x.{here}.tmp", f".x.{elsewhere}.tmp"}


def test_what_a_killed_run_left_is_cleared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(".one.12345-another.tmp").write_bytes(b"half")
    Path(".one.12345-another.tmp.wal").write_bytes(b"half")
    staging = Staging(HERE, {})
    staging.put("one", b"whole")
    staging.commit()
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def test_an_atomic_write_that_fails_leaves_the_old_file(tmp_path):
    target = tmp_path / "file"
    store.write_atomic(target, b"old")
    with pytest.raises(TypeError):
        store.write_atomic(target, "text")  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_pickle_round_trip():
    assert pickle.loads(store.pickle_bytes({"a": 1})) == {"a": 1}


def test_of_outputs_no_longer_written_only_what_was_edited_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/one").write_bytes(b"edited")
    Path("data/two").write_bytes(b"same")
    paths = ("data/one", "data/two", "data/gone")
    staging = Staging(HERE, {path: Output(store.sha256(b"same"), 4, 0) for path in paths})
    staging.remove(paths)
    assert list(Path("data").iterdir()) == []
    assert staging.kept == ["artifacts/edited_by_hand/data/one"]
    assert Path(staging.kept[0]).read_bytes() == b"edited"


def test_an_output_edited_by_hand_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/one").write_bytes(b"edited")
    staging = Staging(HERE, {"data/one": Output(store.sha256(b"same"), 4, 7)})
    staging.put("data/one", b"same")
    assert staging.commit()["data/one"].mtime_ns == 7
    assert staging.kept == ["artifacts/edited_by_hand/data/one"]
    assert Path(staging.kept[0]).read_bytes() == b"edited"


@pytest.fixture
def opened(tmp_path):
    """Two files: rows of a, b, c in groups of two, and rows of c alone."""
    for name, texts in (("one", "abbcac"), ("two", "cc")):
        frame = pd.DataFrame(
            {"text": list(texts), "row": [f"{name}{n}" for n in range(len(texts))]}
        )
        parts = store.ParquetParts(tmp_path / name, known_as=name)
        for first in range(0, len(frame), 2):
            parts.write(frame[first : first + 2])
        parts.close()
    with store.open_file(tmp_path / "one") as one, store.open_file(tmp_path / "two") as two:
        yield [one, two]


def test_rows_by_text_are_those_of_the_texts_in_the_order_of_the_files(opened):
    rows = store.RowsByText(opened, "text")
    assert rows.counts == {"a": 2, "b": 2, "c": 4}
    assert list(rows.of(["c"])["row"]) == ["one3", "one5", "two0", "two1"]
    assert list(rows.of(["b", "a"])["row"]) == ["one0", "one1", "one2", "one4"]
    assert list(rows.of(["c"], ["text"]).columns) == ["text"]
    assert list(rows.of(["d"]).columns) == ["text", "row"]
    assert rows.of(["d"]).empty


def test_row_groups_without_a_wanted_text_are_not_read(opened, monkeypatch):
    rows, read = store.RowsByText(opened, "text", categories=["text"]), []
    real = pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_group",
        lambda self, number, *rest, **named: (
            read.append(number) or real(self, number, *rest, **named)
        ),
    )
    assert list(rows.of(["b"])["text"]) == ["b", "b"]
    assert read == [0, 1]
