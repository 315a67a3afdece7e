"""What commits make of the rows that came: added, restated, unchanged; nothing lost or doubled."""

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from tidemark.errors import InputError
from tidemark.project import Tree
from tidemark.stored import reading, records, snapshots
from tidemark.stored.upsert import upsert
from tidemark.stored.writing import Came, commit, commit_all

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

TERMS = {"licence": "made up for a test", "share": True}


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree.at(tmp_path)


def at(day: int, hour: int = 18) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def bar(day: str, close: float, ticker: str = "IBM", **more: Any) -> dict[str, Any]:
    time = day if "T" in day else f"{day}T14:30:00Z"
    prices = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 100}
    told = {"adj_close": None, "interval": "1d", "live": False, "volume_is": "traded"}
    return {"ticker": ticker, "timestamp": time, **prices, **told, **more}


def action(day: str, kind: str, value: float, ticker: str = "IBM") -> dict[str, Any]:
    time = f"{day}T00:00:00Z"
    return {"ticker": ticker, "timestamp": time, "kind": kind, "value": value, "currency": "USD"}


def put(
    tree: Tree, fetched: datetime, convention: str = "none", **rows: list[Mapping[str, Any]]
) -> Came:
    frames = {kind: pd.DataFrame(own) for kind, own in rows.items()}
    asked = {"from": None, "to": fetched.isoformat()}
    return commit_all(
        tree, "prices", frames, fetched=fetched, cursor={"until": fetched.isoformat()},
        asked=asked, terms=TERMS, convention=convention,
    )  # fmt: skip


def series(tree: Tree, fetched: datetime, rows: list[Mapping[str, Any]]) -> Came:
    frame = pd.DataFrame(rows, columns=["series", "timestamp", "value", "known_at", "vintage"])
    return commit(tree, "rates", "series", frame, fetched=fetched, cursor={}, asked={}, terms=TERMS)


def everything(tree: Tree) -> dict[str, bytes]:
    return {
        path.relative_to(tree.root).as_posix(): path.read_bytes()
        for path in sorted((tree / "data/store").rglob("*"))
        if path.is_file()
    }


def counted(came: Came) -> tuple[int, int, int, int]:
    return came.added, came.restated, came.unchanged, came.snapshot


TWO = [bar("2026-11-02", 300), bar("2026-11-03", 302)]


def test_a_first_fetch_is_a_snapshot_with_all_that_it_brought(tree):
    came = put(tree, at(3), bars=TWO, actions=[action("2026-11-03", "dividend", 1.68)])
    assert counted(came) == (3, 0, 0, 1)
    bars = reading.rows(tree, None, "prices")
    assert bars["close"].tolist() == [300, 302]
    assert bars["known_at"].tolist() == [pd.Timestamp(at(3))] * 2
    assert reading.rows(tree, 1, "prices", "actions")["value"].tolist() == [1.68]
    (made,) = snapshots.list(tree)
    assert (made.at, made.source) == ("2026-11-03T18:00:00+00:00", "prices")
    assert made.came["bars"]["added"] == 2
    assert made.sources["prices"].terms == TERMS
    assert made.sources["prices"].cursor == {"until": at(3).isoformat()}


def test_the_same_once_more_changes_no_byte(tree):
    put(tree, at(3), bars=TWO)
    before = everything(tree)
    assert counted(put(tree, at(4), bars=TWO[::-1] + TWO)) == (0, 0, 2, 1)
    assert counted(put(tree, at(4), bars=[])) == (0, 0, 0, 1)
    assert everything(tree) == before


def test_what_was_restated_stays_with_when(tree):
    put(tree, at(3), bars=TWO)
    came = put(tree, at(4), bars=[bar("2026-11-03", 303), bar("2026-11-04", 304)])
    assert counted(came) == (1, 1, 0, 2)
    rows = reading.rows(tree, None, "prices", superseded=True)
    told = rows[["close", "revision", "fetched_at", "superseded_at"]].to_numpy().tolist()
    first, second = pd.Timestamp(at(3)), pd.Timestamp(at(4))
    assert told[:3] == [
        [300, 0, first, pd.NaT],
        [302, 0, first, second],
        [303, 1, second, pd.NaT],
    ]
    assert reading.rows(tree, 1, "prices")["close"].tolist() == [300, 302]
    assert reading.rows(tree, None, "prices")["close"].tolist() == [300, 303, 304]


def test_rows_fetched_before_what_is_kept_change_nothing_and_are_told(tree):
    put(tree, at(4), bars=TWO)
    came = put(tree, at(3), bars=[bar("2026-11-03", 299)])
    assert (came.older, *counted(came)) == (1, 0, 0, 0, 1)
    assert reading.rows(tree, None, "prices")["close"].tolist() == [300, 302]


def test_a_bar_that_takes_the_place_of_a_quote_is_no_restatement(tree):
    put(tree, at(3, 16), bars=[TWO[0], bar("2026-11-03", 301.2, live=True)])
    assert reading.bars_adjusted(tree, None, "prices")["close"].tolist() == [300]
    assert reading.bars_adjusted(tree, None, "prices", live=True)["close"].tolist() == [300, 301.2]
    came = put(tree, at(3), bars=TWO)
    assert (came.quotes, *counted(came)) == (1, 0, 0, 1, 2)
    assert reading.bars_adjusted(tree, None, "prices")["close"].tolist() == [300, 302]


def test_of_pages_between_which_a_row_changed_the_later_one_holds(tree):
    assert counted(put(tree, at(3), bars=[*TWO, TWO[0], bar("2026-11-03", 303)])) == (2, 0, 0, 1)
    assert reading.rows(tree, None, "prices")["close"].tolist() == [300, 303]


def test_two_dividends_of_one_day_both_count_in_any_order(tree):
    """IBM's of 2013-02-06, as a regular and a special one; they sum to the 0.85 it was."""
    two = [action("2013-02-06", "dividend", 0.75), action("2013-02-06", "dividend", 0.10)]
    around = [bar("2013-02-05", 202.79), bar("2013-02-06", 201.02)]
    put(tree, at(3), bars=around, actions=two)
    before = everything(tree)
    assert counted(put(tree, at(4), bars=around, actions=[*two[::-1], two[0]])) == (0, 0, 4, 1)
    assert everything(tree) == before
    found = reading.bars_adjusted(tree, None, "prices")["adj_close"]
    assert found.tolist() == pytest.approx([202.79 - 0.85, 201.02], rel=1e-12)


def test_two_dividends_that_become_one_do_not_count_twice(tree):
    two = [action("2013-02-06", "dividend", 0.75), action("2013-02-06", "dividend", 0.10)]
    put(tree, at(3), actions=two)
    came = put(tree, at(4), actions=[action("2013-02-06", "dividend", 0.85)])
    assert counted(came) == (0, 2, 0, 2)
    assert reading.rows(tree, None, "prices")["value"].tolist() == [0.85]
    assert reading.rows(tree, 1, "prices")["value"].tolist() == [0.75, 0.10]
    again = put(tree, at(5), actions=two)
    assert counted(again) == (1, 1, 0, 3)
    rows = reading.rows(tree, None, "prices", superseded=True)
    assert rows[["nth", "value", "revision"]].to_numpy().tolist() == [
        [0, 0.75, 0], [0, 0.85, 1], [0, 0.75, 2], [1, 0.10, 0], [1, 0.10, 1],
    ]  # fmt: skip


def test_vintages_stand_side_by_side_and_a_missing_one_is_a_key_too(tree):
    one = {"series": "GDP", "timestamp": "2026-07-01T00:00:00Z", "known_at": None}
    rows = [
        {**one, "value": 2.8, "vintage": "2026-10-29"},
        {**one, "value": 3.1, "vintage": "2026-11-26"},
        {**one, "value": None, "vintage": None},
    ]
    assert counted(series(tree, at(3), rows)) == (3, 0, 0, 1)
    assert counted(series(tree, at(4), rows)) == (0, 0, 3, 1)
    came = series(tree, at(5), [{**one, "value": 3.2, "vintage": None}])
    assert counted(came) == (0, 1, 0, 2)
    kept = reading.rows(tree, None, "rates")
    assert kept["value"].tolist() == [3.2, 2.8, 3.1]
    assert kept["known_at"].tolist() == [pd.Timestamp(at(5)), *[pd.Timestamp(at(3))] * 2]


def test_what_replaced_a_value_was_not_known_before_its_fetch(tree):
    """A yield of 2 November, published at 18:00 in New York and corrected a week later."""
    one = {"series": "yield_10y", "timestamp": "2026-11-02T00:00:00Z", "vintage": None,
           "known_at": "2026-11-02T23:00:00Z"}  # fmt: skip
    series(tree, at(3), [{**one, "value": 4.1}])
    series(tree, at(10), [{**one, "value": 4.2}])
    rows = reading.rows(tree, None, "rates", superseded=True).sort_values("revision")
    assert rows["value"].tolist() == [4.1, 4.2]
    assert rows["known_at"].tolist() == [pd.Timestamp("2026-11-02T23:00Z"), pd.Timestamp(at(10))]
    later = {**one, "value": 4.3, "known_at": at(12).isoformat()}
    series(tree, at(11), [later])  # a provider that says when it corrected it
    assert reading.rows(tree, None, "rates")["known_at"].tolist() == [pd.Timestamp(at(12))]


def test_news_stays_one_whenever_it_is_dated_and_however_often_it_is_fetched(tree):
    """Its known-at is the fetch, so that is no change; its date may move into another month."""
    item = {"id": "a", "timestamp": "2026-10-31T23:50:00Z", "title": "IBM: ein Überblick",
            "tickers": ["IBM", "AAPL"], "url": "u", "source": "s"}  # fmt: skip
    for day, known, when in ((1, 1, "2026-10-31T23:50:00Z"), (2, 2, "2026-11-01T00:10:00Z")):
        rows = pd.DataFrame([{**item, "timestamp": when, "known_at": at(known).isoformat()}])
        commit(tree, "wire", "news", rows, fetched=at(day), cursor={}, asked={}, terms=TERMS)
    rows = pd.DataFrame([{**item, "timestamp": when, "known_at": at(9).isoformat()}])
    came = commit(tree, "wire", "news", rows, fetched=at(9), cursor={}, asked={}, terms=TERMS)
    assert counted(came) == (0, 0, 1, 2)
    (kept,) = reading.rows(tree, None, "wire").to_dict("records")
    assert (kept["revision"], kept["timestamp"]) == (1, pd.Timestamp("2026-11-01T00:10Z"))
    assert (kept["title"], list(kept["tickers"])) == ("IBM: ein Überblick", ["IBM", "AAPL"])


def test_only_the_partitions_that_rows_came_to_are_written_anew(tree):
    put(tree, at(3), bars=[bar("2026-09-01", 250), bar("2026-10-01", 275), *TWO])
    before = current(tree)["kinds"]["bars"]["partitions"]
    put(tree, at(4), bars=[bar("2026-11-04", 304)])
    after = current(tree)["kinds"]["bars"]["partitions"]
    assert {month for month in after if after[month] != before[month]} == {"2026-11"}
    assert after["2026-11"]["rows"] == 3


def current(tree: Tree, source: str = "prices") -> dict[str, Any]:
    return json.loads((tree / f"data/store/current/{source}.json").read_bytes())


def test_bars_within_a_day_are_kept_by_day(tree):
    hours = [bar(f"2026-11-{day}T{hour}:30:00Z", 300, interval="1h") for day in ("02", "03")
             for hour in (14, 15)]  # fmt: skip
    put(tree, at(4), bars=hours)
    assert [*current(tree)["kinds"]["bars"]["partitions"]] == ["2026-11-02", "2026-11-03"]


def test_a_source_is_seen_to_change_only_when_its_own_rows_do(tree):
    put(tree, at(3), bars=TWO)
    path = tree / "data/store/current/prices.json"
    before = path.read_bytes(), path.stat().st_mtime_ns
    one = {"series": "USD", "timestamp": "2026-11-03T00:00:00Z", "value": 1.1}
    series(tree, at(4), [one])
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert {*snapshots.current(tree).sources} == {"prices", "rates"}


def test_the_same_rows_give_the_same_bytes_elsewhere_and_in_any_order(tree, tmp_path):
    other = Tree.at(tmp_path / "other")
    rows = [*TWO, bar("2026-10-30", 299), bar("2026-11-02", 12, "F")]
    put(tree, at(3), bars=rows)
    put(other, at(3), bars=rows[::-1])
    assert everything(tree) == everything(other)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{**TWO[0], "colour": "red"}], "colour: no column"),
        ([{**TWO[0], "ticker": None}], "ticker: missing in 1 row"),
        ([{**TWO[0], "timestamp": "yesterday"}], "timestamp: "),
        ([{**TWO[0], "close": "n/a"}], "close: "),
        ([{name: value for name, value in TWO[0].items() if name != "ticker"}], "ticker: missing"),
        ([TWO[0], {**TWO[1], "interval": "1h"}], "interval: 1d, 1h in one source"),
    ],
)
def test_rows_of_another_kind_are_refused_and_change_nothing(tree, rows, problem):
    put(tree, at(3), bars=TWO)
    before = everything(tree)
    with pytest.raises(InputError, match=problem):
        put(tree, at(4), bars=rows)
    assert everything(tree) == before


def test_bars_of_another_convention_or_interval_are_refused(tree):
    put(tree, at(3), bars=TWO, convention="splits")
    with pytest.raises(InputError, match="convention: splits, none in one source"):
        put(tree, at(4), bars=TWO, convention="none")
    with pytest.raises(InputError, match="interval: 1h, 1d in one source"):
        put(tree, at(4), bars=[bar("2026-11-02", 300, interval="1h")], convention="splits")


@pytest.mark.parametrize("name", ["", "../prices", "a/b", ".hidden", "-x"])
def test_a_source_has_a_name_that_files_can_have(tree, name):
    with pytest.raises(InputError, match="no name of a source"):
        commit(tree, name, "bars", pd.DataFrame(TWO), fetched=at(3), cursor={}, asked={}, terms={})


def test_a_disk_that_is_full_leaves_what_was(tree):
    put(tree, at(3), bars=TWO)
    full = mock.patch("tidemark.files.store.write_flushed", side_effect=OSError(28, "full"))
    with full, pytest.raises(OSError, match="full"):
        put(tree, at(4), bars=[bar("2026-11-03", 303)])
    assert reading.rows(tree, None, "prices")["close"].tolist() == [300, 302]
    assert counted(put(tree, at(4), bars=[bar("2026-11-03", 303)])) == (0, 1, 0, 2)


def test_committers_side_by_side_lose_nothing(tree):
    def one(day: int) -> None:
        put(tree, at(20), bars=[bar(f"2026-11-{day:02d}", 300 + day)])

    threads = [threading.Thread(target=one, args=(day,)) for day in range(2, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reading.rows(tree, None, "prices")["close"].tolist() == list(range(302, 310))
    assert len(snapshots.list(tree)) == 8


VALUES = st.sampled_from([1.0, 2.0, None])
FETCHES = st.lists(
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3), VALUES), max_size=4), max_size=4
)


@settings(max_examples=12, deadline=None)
@given(FETCHES)
def test_rows_are_what_a_dictionary_would_hold_and_each_change_is_one_more(fetches):
    holds: dict[tuple[str, str], float | None] = {}
    changes, kept = 0, records.none("series")
    for number, rows in enumerate(fetches):
        keyed = {(name, f"2026-{month:02d}-01"): value for name, month, value in rows}
        changes += sum(holds.get(key, "none") != value for key, value in keyed.items())
        holds |= keyed
        sent = [{"series": name, "timestamp": f"2026-{month:02d}-01", "value": value}
                for name, month, value in rows]  # fmt: skip
        sent = pd.DataFrame(sent, columns=["series", "timestamp", "value"])
        came = records.received("rates", "series", sent, at(number + 1))
        kept, counts = upsert("series", kept, came)
        assert counts.added + counts.restated + counts.unchanged == len(keyed)
    now = kept[kept["superseded_at"].isna()]
    days = now["timestamp"].dt.strftime("%Y-%m-%d")
    values = [None if value != value else value for value in now["value"]]
    assert dict(zip(zip(now["series"], days, strict=True), values, strict=True)) == holds
    assert len(kept) == changes
