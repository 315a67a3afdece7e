"""Files of years, months and days, those of an older Tidemark among them; and what is withdrawn."""

from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from tidemark.project import Tree
from tidemark.stored import manifest, reading, snapshots, writing
from tidemark.stored.partitions import Whole
from tidemark.stored.writing import Came, Extent

import pandas as pd
import pytest

PLAIN = Extent()
NOW = datetime(2026, 11, 5, 20, tzinfo=UTC)


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree.at(tmp_path)


def series(first: str, last: str, value: float = 1.0, name: str = "jobs") -> pd.DataFrame:
    months = pd.date_range(first, last, freq="MS").strftime("%Y-%m-%dT00:00:00Z")
    return pd.DataFrame({"series": name, "timestamp": months, "value": value})


def bars(first: str, last: str, ticker: str = "IBM", close: float = 1.0) -> pd.DataFrame:
    days = pd.bdate_range(first, last).strftime("%Y-%m-%dT00:00:00Z")
    return pd.DataFrame({"ticker": ticker, "timestamp": days, "close": close, "interval": "1d"})


def put(tree: Tree, at: datetime = NOW, extent: Extent = PLAIN, **rows: pd.DataFrame) -> Came:
    return writing.commit_all(
        tree, "one", rows, fetched=at, cursor={}, asked={}, terms={}, convention="none",
        extent=extent,
    )  # fmt: skip


def labels(tree: Tree, kind: str) -> list[str]:
    listed = snapshots.manifest_of(tree, snapshots.current(tree), "one")
    return sorted(listed.kinds[kind].partitions)


def test_series_are_a_file_a_year(tree):
    put(tree, series=series("2024-01-01", "2026-11-01"))
    assert labels(tree, "series") == ["2024", "2025", "2026"]


def test_bars_of_years_that_are_over_are_a_file_each_and_months_of_the_one_that_goes_on(tree):
    put(tree, bars=bars("2024-12-01", "2026-02-03"))
    assert labels(tree, "bars") == ["2024", "2025", "2026-01", "2026-02"]
    later = datetime(2027, 1, 5, tzinfo=UTC)
    put(tree, later, bars=bars("2025-12-30", "2027-01-04", close=2.0))
    assert labels(tree, "bars")[:4] == ["2024", "2025", "2026-01", "2026-02"], "as they were"
    assert labels(tree, "bars")[-2:] == ["2026-12", "2027-01"]
    kept = reading.rows(tree, None, "one")
    assert not kept.duplicated(["ticker", "timestamp"]).any()
    assert len(kept) == len(bars("2024-12-01", "2027-01-04"))


def by_month(kind, times, interval, taken, now):
    """The labels of format 1."""
    return times.dt.strftime("%Y-%m").astype(object)


@pytest.mark.parametrize("kind", ["series", "bars"])
def test_a_store_of_format_1_goes_on_and_holds_the_same_rows(tree, tmp_path, kind):
    make, of = {"series": series, "bars": bars}[kind], {"series": "value", "bars": "close"}
    other = Tree.at(tmp_path / "other")
    with mock.patch.multiple(manifest, FORMAT=1, labels=by_month):
        put(tree, **{kind: make("2024-01-01", "2026-09-30")})
    assert b'"format": 1' in Path(tree / "data/store/current/one.json").read_bytes()
    put(other, **{kind: make("2024-01-01", "2026-09-30")})
    assert len(labels(tree, kind)) == 33
    before = reading.rows(tree, 1, "one")
    for where in (tree, other):
        at = datetime(2027, 1, 20, tzinfo=UTC)
        put(where, at, **{kind: make("2025-06-01", "2027-01-15").assign(**{of[kind]: 2.0})})
    mixed, plain = (reading.rows(w, None, "one", superseded=True) for w in (tree, other))
    pd.testing.assert_frame_equal(mixed, plain)
    pd.testing.assert_frame_equal(reading.rows(tree, 1, "one"), before)
    assert "2026-10" in labels(tree, kind), "of a year that has months"
    assert not {"2024", "2025", "2026"} & {*labels(tree, kind)}


def test_names_that_begin_anew_leave_nothing_of_before(tree):
    put(tree, series=pd.concat([series("2020-01-01", "2021-12-01"), *[series("2020-01-01",
        "2020-12-01", name="pay")]]))  # fmt: skip
    put(
        tree, datetime(2026, 12, 1, tzinfo=UTC), Extent(names_anew=frozenset({"jobs"})),
        series=series("2020-06-01", "2020-07-01", 7.0),
    )  # fmt: skip
    rows = reading.rows(tree, None, "one", superseded=True)
    assert rows.groupby("series").size().to_dict() == {"jobs": 2, "pay": 12}
    assert (rows.query("series == 'jobs'")["revision"] == 0).all()
    assert labels(tree, "series") == ["2020"]
    assert len(reading.rows(tree, 1, "one")) == 36
    assert not any(snapshots.lost(tree, snapshots.list(tree)).values())


def events(*days: str, name: str = "Q3") -> pd.DataFrame:
    return pd.DataFrame(
        {"ticker": "IBM", "kind": "earnings", "timestamp": [f"{day}T21:00:00Z" for day in days],
         "announced_at": None, "name": name, "value": None}
    )  # fmt: skip


def test_an_event_that_was_moved_or_cancelled_holds_no_more_and_was_known_then(tree):
    year = datetime(2027, 11, 5, tzinfo=UTC)
    put(tree, events=events("2026-11-01", "2026-12-20", "2027-01-30"))
    later = datetime(2026, 11, 20, tzinfo=UTC)
    came = put(tree, later, Extent(whole=Whole(later, year)), events=events("2026-12-22"))
    assert (came.added, came.restated) == (1, 2)
    held = reading.rows(tree, None, "one")["timestamp"].dt.strftime("%Y-%m-%d")
    assert held.tolist() == ["2026-11-01", "2026-12-22"], "what is over is no longer sent"
    assert len(reading.rows(tree, 1, "one")) == 3
    every = reading.rows(tree, None, "one", superseded=True)
    assert every["superseded_at"].notna().sum() == 2
    same = put(tree, later, Extent(whole=Whole(later, year)), events=events("2026-12-22"))
    assert (same.added, same.restated, same.snapshot) == (0, 0, 2)


def test_an_event_that_comes_back_holds_again(tree):
    year = datetime(2027, 11, 5, tzinfo=UTC)
    put(tree, events=events("2026-12-20", "2026-12-21"))
    for day, own in ((6, ("2026-12-21",)), (7, ("2026-12-20", "2026-12-21"))):
        at = datetime(2026, 11, day, tzinfo=UTC)
        put(tree, at, Extent(whole=Whole(at, year)), events=events(*own))
    rows = reading.rows(tree, None, "one")
    assert rows["revision"].tolist() == [1, 0]
    assert rows["known_at"].iloc[0] == pd.Timestamp("2026-11-07", tz="UTC")
