"""Tables of the metrics database in the mirror: all of them, with the same rows."""

from dataclasses import replace
from datetime import datetime

from tidemark.mirroring import migrating, results
from tidemark.tables.catalogue import TABLES
from tidemark.tables.table import Records, Table, count, flag, real, text, time

import duckdb
import pytest

VALUES = {
    "VARCHAR": ['it\'s\ta \\ \n"é" \\N', "", None],
    "DOUBLE": [0.1 + 0.2, float("inf"), float("nan")],
    "BIGINT": [2**62, -1, None],
    "TIMESTAMP": [datetime(2026, 11, 2, 14, 30, 0, 123456), datetime(1970, 1, 1), None],
    "BOOLEAN": [True, False, None],
}


@pytest.fixture
def migrated(server):
    migrating.migrate(server)
    return server


def made(path, tables, rows=3):
    """A database with odd values in every table; views that read files are tables of their rows."""
    connection = duckdb.connect(str(path))
    for schema in sorted({name.split(".")[0] for name in tables if "." in name}):
        connection.execute(f"CREATE SCHEMA {schema}")
    for name, table in tables.items():
        columns = ", ".join(f'"{column}" {one.kind}' for column, one in table.columns.items())
        connection.execute(f"CREATE TABLE {name} ({columns})")
        for number in range(rows):
            row = [
                '{"a": "\\u0000"}' if one.kind == "JSON" else VALUES[one.kind][number]
                for one in table.columns.values()
            ]
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {name} VALUES ({marks})", row)
    return connection


def copy(server, connection, tables):
    return results.copy(server, connection, tables, lambda done, of, what: None)


def test_every_table_of_the_catalogue_has_the_rows_of_the_database(migrated, tmp_path):
    tables = {name: table for name, table in TABLES.items()
              if name.split(".")[0] not in results.STORED}  # fmt: skip
    with made(tmp_path / "metrics.duckdb", tables) as connection:
        done = copy(migrated, connection, TABLES)
        assert (done.tables, done.rows) == (len(tables), 3 * len(tables))
        for name in tables:
            full = name if "." in name else f"main.{name}"
            columns = ", ".join(f'"{column}"' for column in tables[name].columns)
            found = migrated.run(f"SELECT {columns} FROM {full}")
            expected = connection.execute(f"SELECT {columns} FROM {name}").fetchall()
            kinds = [one.kind for one in tables[name].columns.values()]
            assert len(found) == len(expected)
            for one, other in zip(found, expected, strict=True):
                for value, own, kind in zip(one, other, kinds, strict=True):
                    if kind != "JSON":
                        assert str(value) == str(own), name
        again = copy(migrated, connection, TABLES)
        assert (again.tables, again.same) == (0, len(tables))


SMALL = {
    "metrics": Table("metrics", "A metric; it's one.", Records((), list),
                     {"scenario": text("name"), "value": real("figure")}),
    "assessment.cells": Table("assessment.cells", "A cell.", Records((), list),
                              {"strategy_name": text("name"), "timestamp": time("UTC"),
                               "ok": flag("whether"), "n": count("many")}),
}  # fmt: skip


def test_tables_go_and_change_while_rights_and_views_on_the_others_stay(migrated, tmp_path):
    with made(tmp_path / "first.duckdb", SMALL) as connection:
        copy(migrated, connection, SMALL)
    migrated.run("CREATE VIEW public.seen AS SELECT scenario FROM main.metrics")
    one = {"metrics": SMALL["metrics"]}
    with made(tmp_path / "second.duckdb", one, rows=2) as connection:
        done = copy(migrated, connection, one)
    assert (done.tables, done.rows) == (1, 2)
    assert migrated.run("SELECT count(*) FROM public.seen") == [[2]]
    assert migrated.run("SELECT to_regclass('assessment.cells')") == [[None]]
    migrated.run("DROP VIEW public.seen")
    columns = SMALL["metrics"].columns | {"model": text("name")}
    wider = {"metrics": replace(SMALL["metrics"], columns=columns)}
    with made(tmp_path / "third.duckdb", wider) as connection:
        assert copy(migrated, connection, wider).tables == 1
    assert len(migrated.run("SELECT scenario, value, model FROM main.metrics")) == 3
    assert results.indexes(wider["metrics"]) == ["scenario", "model"]
    found = migrated.run("SELECT indexdef FROM pg_indexes WHERE schemaname = 'main' ORDER BY 1")
    assert len(found) == 2


def test_a_table_removed_by_hand_is_made_again(migrated, tmp_path):
    with made(tmp_path / "first.duckdb", SMALL) as connection:
        copy(migrated, connection, SMALL)
        migrated.run("DROP TABLE assessment.cells")
        assert copy(migrated, connection, SMALL).tables == 1


def test_readers_see_all_tables_as_they_were_or_all_as_they_are(migrated, tmp_path):
    with made(tmp_path / "first.duckdb", SMALL) as connection:
        copy(migrated, connection, SMALL)
    wrong = {"metrics": SMALL["metrics"], "missing": replace(SMALL["metrics"], name="missing")}
    with (
        made(tmp_path / "second.duckdb", {"metrics": SMALL["metrics"]}, rows=1) as other,
        pytest.raises(duckdb.Error),
    ):
        copy(migrated, other, wrong)
    assert migrated.run("SELECT count(*) FROM main.metrics") == [[3]]


def test_every_kind_of_column_has_a_type():
    kinds = {one.kind for table in TABLES.values() for one in table.columns.values()}
    assert kinds <= results.TYPES.keys()
