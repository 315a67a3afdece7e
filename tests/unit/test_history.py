"""Snapshots of the metrics, and other files that lie among them."""

import json
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import history

import pytest

ROW = {"scenario": "s", "model": "m", "metric": "mse", "value": None}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    history.FOLDER.mkdir(parents=True)
    for number in (2, 10, 99999, 100000):
        snapshot = {"metrics": [ROW | {"value": float(number)}]}
        (history.FOLDER / f"{number:05d}.json").write_text(json.dumps(snapshot))
    return history.FOLDER


def test_snapshots_stand_in_the_order_of_their_numbers(folder):
    (folder / "00010 (copy).json").write_text("no snapshot")
    values = [one["metrics"][0]["value"] for one in history.snapshots()]
    assert values == [2, 10, 99999, 100000]
    assert history.next_path() == "metrics/history/100001.json"


GARBAGE = [b"", b"{", b"\xff\xfe", b"\0" * 99, b"[]", b"{}", b'{"metrics": 5}', b"[" * 100_000]
GARBAGE += [
    b'{"metrics": [{"scenario": "s"}]}',
    json.dumps({"metrics": [ROW | {"value": "x"}]}).encode(),
]


@pytest.mark.parametrize("data", GARBAGE, ids=lambda data: repr(data[:30]))
def test_garbage_is_named_with_a_cure(folder, data):
    (folder / "00010.json").write_bytes(data)
    with pytest.raises(
        InputError, match=r"^metrics/history/00010\.json: .*Cure: restore it"
    ) as error:
        history.snapshots()
    assert str(error.value).isprintable()


def test_a_folder_among_them_is_named(folder):
    (folder / "00003.json").mkdir()
    with pytest.raises(InputError, match=r"^metrics/history/00003\.json: "):
        history.snapshots()
