"""What lies in metrics/history/ and is no record of it."""

import json

from tidemark.errors import InputError
from tidemark.project import HERE
from tidemark.tables import history

import pytest

ROW = {"scenario": "s", "model": "m", "metric": "mse", "value": None}
GARBAGE = [b"", b"[]", b"{}", b'{"metrics": 5}', b'{"metrics": [{"scenario": "s"}]}']
GARBAGE += [
    json.dumps({"metrics": [ROW | {"value": "x"}]}).encode(),
    json.dumps({"metrics": [ROW], "more": 1}).encode(),
]


@pytest.mark.parametrize("data", GARBAGE, ids=lambda data: repr(data[:30]))
def test_garbage_is_named_with_a_cure(tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    folder = history.log(HERE).folder
    folder.mkdir(parents=True)
    (folder / "00009.json").write_text(json.dumps({"metrics": [ROW]}))
    (folder / "00010.json").write_bytes(data)
    told = r"^metrics/history/00010\.json: .*Cure: restore it"
    with pytest.raises(InputError, match=told) as error:
        history.log(HERE).records()
    assert str(error.value).isprintable()
