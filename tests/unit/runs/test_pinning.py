"""The data that the history names stay in the results store."""

from tidemark.config import view
from tidemark.harness.results_store import Store
from tidemark.project import Tree
from tidemark.runs import pinning
from tidemark.tables import history

import pytest


class Record:
    def __init__(self, **data: str) -> None:
        self.content = {"results": {"data": data}}


class Log:
    def __init__(self, *records: Record) -> None:
        self.records = records

    def last(self, count: int) -> list[Record]:
        return list(self.records[-count:])


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Tree:
    monkeypatch.setenv("STORE", str(tmp_path / "store"))
    view.sync(Tree.at(tmp_path), {"store": {"enabled": True}}, "", 1)
    return Tree.at(tmp_path)


def test_each_snapshot_is_pinned_once(tree, tmp_path, monkeypatch):
    some = (Record(a="1", b="2"), Record(b="2", a="1"), Record(a="3"), Record())
    monkeypatch.setattr(history, "log", lambda tree: Log(*some))
    pinning.pin_data(tree)
    pinning.pin_data(tree)
    kept = Store(tmp_path / "store")
    assert {pin.objects for pin in kept.pins()} == {("1", "2"), ("3",)}
    assert {pin.by for pin in kept.pins()} == {"history"}


def test_a_store_that_is_off_is_not_made(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("STORE", "off")
    pinning.pin_data(tree)
    assert not (tmp_path / "store").exists()
