"""What `make snapshots` shows of the store of live data."""

import json
from datetime import UTC, datetime

from commands import snapshots as command
from tidemark.errors import InputError
from tidemark.project import Tree
from tidemark.stored import objects, snapshots
from tidemark.stored.writing import commit

import pandas as pd
import pytest


def fetch(tree: Tree, day: int, **values: float) -> None:
    rows = [{"series": name, "timestamp": f"2026-11-{day:02d}", "value": value}
            for name, value in values.items()]  # fmt: skip
    if day > 10:
        rows.append({"series": "USD", "timestamp": "2026-11-10", "value": 1.12})
    at = datetime(2026, 11, day, 18, tzinfo=UTC)
    asked = {"from": None if day == 10 else "2026-11-10", "to": f"2026-11-{day:02d}"}
    commit(tree, "ecb", "series", pd.DataFrame(rows), fetched=at, cursor={}, asked=asked, terms={})


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Tree:
    """Two fetches, and the first one restored."""
    tree = Tree(tmp_path, tmp_path)
    fetch(tree, 10, USD=1.11, JPY=178.0)
    fetch(tree, 11, USD=1.13)
    snapshots.restore(tree, 1, datetime(2026, 11, 12, tzinfo=UTC))
    monkeypatch.setattr(command, "HERE", tree)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["snapshots.py"])
    for name in ("N", "FORMAT", "VERIFY", "RESTORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tree


def test_what_came_what_was_restated_and_what_was_restored(tree, capsys):
    assert command.main() == 0
    first, second = (data_of(tree, number)[:12] for number in (1, 2))
    assert capsys.readouterr().out.splitlines() == [
        "  no.  fetched, UTC                               added  restated  data          asked",
        "    3  2026-11-12 00:00  snapshot 1 restored",
        "    2  2026-11-11 18:00  ecb: series                  1         1"
        f"  {second}  2026-11-10 to 2026-11-11",
        f"    1  2026-11-10 18:00  ecb: series                  2         0  {first}  2026-11-10",
    ]


def data_of(tree: Tree, number: int) -> str:
    return snapshots.find(tree, number).sources["ecb"].manifest.removesuffix(".json")


def test_as_json(tree, capsys, monkeypatch):
    monkeypatch.setenv("FORMAT", "json")
    monkeypatch.setenv("N", "2")
    assert command.main() == 0
    third, second = json.loads(capsys.readouterr().out)
    assert (third["number"], third["restored"], third["source"]) == (3, 1, None)
    assert (second["added"], second["restated"], second["sources"]) == (1, 1, ["ecb"])
    assert second["data"] == {"ecb": data_of(tree, 2)}
    assert third["data"] == {"ecb": data_of(tree, 1)}


def test_damage_is_found_and_what_is_whole_is_named(tree, capsys, monkeypatch):
    monkeypatch.setenv("VERIFY", "yes")
    assert command.main() == 0
    assert "verified  all files of 3 snapshots are as they were kept" in capsys.readouterr().out
    (name,) = snapshots.manifest_of(tree, snapshots.find(tree, 2), "ecb").objects
    objects.place(tree, name).write_bytes(b"PAR1")
    assert command.main() == 1
    shown = capsys.readouterr().out
    assert f"damaged   data/store/objects/{name}\nwhole     3, 1\nCure: " in shown


def test_one_is_restored_once(tree, capsys, monkeypatch):
    monkeypatch.setenv("RESTORE", "2026-11-11")
    assert command.main() == 0
    assert command.main() == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown == [
        "snapshot 4 is the newest: all is as snapshot 2 had it; fetches go on from there",
        "snapshot 4 is the newest: all is as snapshot 2 had it; fetches go on from there",
    ]
    assert len(snapshots.list(tree)) == 4


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [("N", "0", "N=0"), ("N", "x", "N=x"), ("FORMAT", "xml", "FORMAT=xml"),
     ("VERIFY", "1", "VERIFY=1"), ("RESTORE", "9", "snapshot 9")],
)  # fmt: skip
def test_what_is_no_choice_is_refused(tree, monkeypatch, name, value, where):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=where):
        command.main()


def test_nothing_yet(tree, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "HERE", Tree(tmp_path / "empty", tmp_path))
    assert command.main() == 0
    assert capsys.readouterr().out == "nothing was fetched yet\n"
