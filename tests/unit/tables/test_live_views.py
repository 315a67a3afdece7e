"""Views over what providers sent, in a database as collect_metrics makes it."""

import json
from datetime import UTC, datetime

from tidemark.project import HERE
from tidemark.providers.contract import Terms
from tidemark.stored import manifest, objects, records, writing
from tidemark.tables import sources, stored_files
from tidemark.tables.catalogue import TABLES
from tidemark.tables.live import OF
from tidemark.tables.live import TABLES as OF_LIVE
from tidemark.tables.table import AsSent

import duckdb
import pandas as pd
import pytest

FIRST, SECOND = datetime(2026, 11, 2, 19, tzinfo=UTC), datetime(2026, 11, 3, 19, tzinfo=UTC)
VIEWS = [table for table in OF_LIVE if isinstance(table.source, AsSent)]
NEWS = {"id": "1", "timestamp": "2026-11-01T10:00Z", "title": "A'b", "source": "Gazette",
        "tickers": ["AAPL", "MSFT"]}  # fmt: skip


def of_series(value: float) -> pd.DataFrame:
    return pd.DataFrame({"series": ["cpi"], "timestamp": ["2026-09-01"], "value": [value],
                         "known_at": ["2026-10-14T12:30Z"], "vintage": ["a"]})  # fmt: skip


def listed(name: str) -> manifest.Manifest:
    path = objects.STORE / "current" / f"{name}.json"
    return manifest.decoded(path.read_bytes(), str(path))


def commit(name: str, kind: str, rows: pd.DataFrame, at: datetime) -> None:
    extent = writing.Extent(provider=f"of {name}")
    writing.commit_all(
        HERE, name, {kind: rows}, fetched=at, cursor={}, asked={}, terms={}, extent=extent
    )


def built(*stored: manifest.Manifest) -> duckdb.DuckDBPyConnection:
    """The views, with the schemas that they are in."""
    connection = duckdb.connect()
    for name in ("market_data", "economic_data", "news", "events"):
        connection.execute(f"CREATE SCHEMA {name}")
    for table in VIEWS:
        connection.execute(f"CREATE VIEW {table.name} AS {stored_files.query(table, stored)}")
    return connection


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("table", VIEWS, ids=lambda table: table.name)
def test_a_view_has_the_columns_that_are_declared_with_and_without_rows(table):
    kind = table.source.kind
    if kind == "news":
        commit("headlines", "news", pd.DataFrame([NEWS]), FIRST)
    found = built(listed("headlines")) if kind == "news" else built()
    told = found.sql(f"DESCRIBE {table.name}").fetchall()
    assert [(row[0], row[1]) for row in told] == [
        (name, column.kind) for name, column in table.columns.items()
    ]
    assert len(found.sql(f"FROM {table.name}").fetchall()) == (kind == "news")
    names = {table.source.renamed.get(name, name) for name in table.columns}
    hidden = set() if table.source.superseded else {"superseded_at"}
    assert records.KINDS[kind].kept.keys() - hidden <= names, "a stored column is not shown"


def test_rows_have_source_known_at_and_revision_and_replaced_ones_when_that_was():
    commit("others", "series", of_series(1.0), FIRST)
    commit("prices", "series", of_series(1.0), FIRST)
    commit("prices", "series", of_series(1.25), SECOND)
    found = built(listed("prices"), listed("others"))
    known = datetime(2026, 10, 14, 12, 30)
    query = "SELECT source, provider, value, known_at, revision FROM economic_data.series"
    assert found.sql(f"{query} ORDER BY source").fetchall() == [
        ("others", "of others", 1.0, known, 0),
        ("prices", "of prices", 1.25, SECOND.replace(tzinfo=None), 1),
    ]
    every = found.sql(
        "SELECT value, revision, superseded_at FROM economic_data.series_revisions"
        " WHERE source = 'prices' ORDER BY revision"
    )
    assert every.fetchall() == [(1.0, 0, SECOND.replace(tzinfo=None)), (1.25, 1, None)]


def test_an_article_has_its_publisher_beside_the_source_that_it_came_by():
    commit("headlines", "news", pd.DataFrame([NEWS]), FIRST)
    row = built(listed("headlines")).sql(
        "SELECT source, provider, publisher, title, tickers, timestamp FROM news.articles"
    )
    assert row.fetchall() == [
        ("headlines", "of headlines", "Gazette", "A'b", ["AAPL", "MSFT"], datetime(2026, 11, 1, 10))
    ]


def test_a_view_shows_what_was_current_when_it_was_made():
    commit("prices", "series", of_series(1.0), FIRST)
    found = built(listed("prices"))
    commit("prices", "series", of_series(1.25), SECOND)
    assert found.sql("SELECT value FROM economic_data.series").fetchall() == [(1.0,)]


TERMS = Terms("none", "https://e.example/terms", FIRST.date(), "By E", False, False, True, False)
TIMES = pd.Series(pd.to_datetime(["2026-01-05", "2026-01-02"]))


def test_a_source_has_the_terms_of_its_provider_and_who_accepted_them():
    section = {"provider": "e", "terms_accepted": "Ada", "path": "data/store/current/rates.json"}
    row = sources.row("rates", section, TIMES, "f" * 64, TERMS)
    assert row.keys() == TABLES["sources"].columns.keys()
    assert (row["rows"], row["first"], row["last"]) == (2, TIMES[1], TIMES[0])
    told = {name: row[name] for name in ("may_store", "may_share", "may_train", "accepted_by")}
    assert told == {"may_store": False, "may_share": False, "may_train": True, "accepted_by": "Ada"}
    assert (row["terms_read"], row["path"], row["about"]) == ("2026-11-02", None, "")


def test_nobody_is_asked_about_a_file_of_ones_own():
    section = {"provider": None, "terms_accepted": None, "path": "own/a.csv"}
    section |= {"about": ["Bought.", "Not to be shared."]}
    row = sources.row("prices", section, TIMES[:0], "f" * 64, None)
    assert row.keys() == TABLES["sources"].columns.keys()
    assert [row[name] for name in ("provider", "licence", "may_share", "accepted_by", "last")] == [
        None
    ] * 5
    assert (row["path"], row["about"]) == ("own/a.csv", "Bought. Not to be shared.")
    json.dumps(row)


def test_each_kind_that_is_stored_has_its_views():
    assert sorted(kind for kind, *_ in OF.values()) == sorted(records.KINDS)
