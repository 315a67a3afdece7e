"""Which snapshot of the store the results of a run were made of."""

from datetime import UTC, datetime
from pathlib import Path

from tidemark.project import HERE
from tidemark.runs import stored
from tidemark.stored import snapshots, writing

import pandas as pd
import pytest


def commit(source: str, value: float, hour: int) -> str:
    """The hash of the list of files that the source has then."""
    rows = pd.DataFrame({"series": ["x"], "timestamp": ["2026-01-01"], "value": [value]})
    at = datetime(2026, 11, 2, hour, tzinfo=UTC)
    writing.commit(HERE, source, "series", rows, fetched=at, cursor={}, asked={}, terms={})
    return Path(snapshots.current(HERE).sources[source].manifest).stem


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_is_the_newest_that_has_all_the_lists():
    first, other, second = commit("a", 1.0, 1), commit("b", 1.0, 2), commit("a", 2.0, 3)
    assert stored.snapshot_of(HERE, {"a": second, "b": other}) == 3
    assert stored.snapshot_of(HERE, {"a": first, "b": other}) == 2
    assert stored.snapshot_of(HERE, {"a": first}) == 2
    snapshots.restore(HERE, 2, datetime(2026, 11, 3, tzinfo=UTC))
    assert stored.snapshot_of(HERE, {"a": first, "b": other}) == 4


def test_there_is_none_of_what_no_snapshot_has():
    commit("a", 1.0, 1)
    assert stored.snapshot_of(HERE, {"a": "0" * 64}) is None
    assert stored.snapshot_of(HERE, {}) is None


def test_a_store_that_is_not_whole_is_no_matter_of_the_history():
    first = commit("a", 1.0, 1)
    commit("a", 2.0, 2)
    Path("data/store/snapshots/00001.json").write_text("{}")
    assert stored.snapshot_of(HERE, {"a": first}) is None
