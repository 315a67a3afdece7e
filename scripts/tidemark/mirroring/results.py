"""Tables of artifacts/metrics.duckdb, copied whole; those that are as they were are left alone.

A table stands in the schema of the same name, with its descriptions, in the order of its rows.
Views that read what runs left (history, checkpoints) are copied as tables, as of now, because no
server could read those files. Views over rows of the store are not, as the mirror has the rows.

Rows are exchanged in one transaction, so whoever reads sees all tables as they were or all as they
are; rights to a table and views on it stay, unless it has other columns than before.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from tidemark.mirroring import copy_text
from tidemark.mirroring.keeping import Count
from tidemark.mirroring.server import Server
from tidemark.tables.table import Table

import pyarrow as pa

TYPES = {
    "VARCHAR": "text",
    "DOUBLE": "double precision",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "DATE": "date",
    "BOOLEAN": "boolean",
    "JSON": "json",
    "VARCHAR[]": "text[]",
}
STORED = ("market_data", "economic_data", "news", "events")  # schemas of the store's own rows
# What pages ask by; each has an index of its own in every table that has the column.
LOOKED_UP = (
    "run",
    "snapshot",
    "scenario",
    "model",
    "strategy",
    "strategy_name",
    "scenario_name",
    "ticker",
    "symbol",
    "timestamp",
    "run_date",
    "step",
)
MEMORY = 16 << 20  # bytes of a table's text; beyond, it stands in a temporary file
ROWS = 50_000


@dataclass(frozen=True)
class Copied:
    """Tables that were copied and their rows, and tables that were as they are."""

    tables: int = 0
    rows: int = 0
    same: int = 0


def mirrored(tables: Mapping[str, Table]) -> dict[str, Table]:
    """The tables that are copied, by their name with the schema."""
    full = {name if "." in name else f"main.{name}": table for name, table in tables.items()}
    return {name: table for name, table in full.items() if name.split(".")[0] not in STORED}


def copy(server: Server, database: Any, tables: Mapping[str, Table], count: Count) -> Copied:
    """Have the mirror hold these tables of a DuckDB database, and none that it held before beside.

    Args:
        server: of the mirror, migrated.
        database: a connection of DuckDB; views in it read files below the working folder.
        tables: as the catalogue declares them.
        count: told of tables done and of all.

    Raises:
        InputError: the server refuses it.
        duckdb.Error: the database is not as declared.
    """
    wanted = mirrored(tables)
    found = server.run("SELECT name, columns, sha256 FROM tidemark.results")
    before = {str(name): (str(columns), str(sha256)) for name, columns, sha256 in found}
    copied = Copied()
    with server.transaction():
        for name in sorted(before.keys() - wanted.keys()):
            server.run(f"DROP TABLE IF EXISTS {_quoted(name)}")
            server.run("DELETE FROM tidemark.results WHERE name = :name", name=name)
        for done, (name, table) in enumerate(wanted.items(), 1):
            with tempfile.SpooledTemporaryFile(MEMORY) as text:
                rows, sha256 = _written(database, name, table, text)
                columns = _columns(table)
                if before.get(name) == (columns, sha256) and _is_there(server, name):
                    copied = Copied(copied.tables, copied.rows, copied.same + 1)
                    continue
                _exchange(server, name, table, same=before.get(name, ("",))[0] == columns)
                text.seek(0)
                server.copy(_quoted(name), _pieces(text))
            server.run(
                "INSERT INTO tidemark.results VALUES (:name, :columns, :sha256, :rows)"
                " ON CONFLICT (name) DO UPDATE SET columns = excluded.columns,"
                " sha256 = excluded.sha256, rows = excluded.rows",
                name=name,
                columns=columns,
                sha256=sha256,
                rows=rows,
            )
            copied = Copied(copied.tables + 1, copied.rows + rows, copied.same)
            count(done, len(wanted), "tables")
    return copied


def indexes(table: Table) -> list[str]:
    """The columns of a table that have an index."""
    return [name for name in LOOKED_UP if name in table.columns]


def _written(database: Any, name: str, table: Table, to: IO[bytes]) -> tuple[int, str]:
    """Write the rows as text for COPY; how many, and the hash of the text."""
    selected = ", ".join(
        f'CAST("{column}" AS {"VARCHAR" if one.kind == "JSON" else one.kind}) AS "{column}"'
        for column, one in table.columns.items()
    )
    reader = database.sql(f"SELECT {selected} FROM {_quoted(name)}").to_arrow_reader(ROWS)
    rows, digest = 0, hashlib.sha256()
    for batch in reader:
        for chunk in copy_text.chunks(pa.Table.from_batches([batch])):
            to.write(chunk)
            digest.update(chunk)
        rows += batch.num_rows
    return rows, digest.hexdigest()


def _exchange(server: Server, name: str, table: Table, *, same: bool) -> None:
    """An empty table with the right columns, indexes and descriptions."""
    if same and _is_there(server, name):
        server.run(f"DELETE FROM {_quoted(name)}")
        return
    server.run('CREATE SCHEMA IF NOT EXISTS "{}"'.format(name.partition(".")[0]))
    server.run(f"DROP TABLE IF EXISTS {_quoted(name)}")
    columns = ", ".join(f'"{column}" {TYPES[one.kind]}' for column, one in table.columns.items())
    server.run(f"CREATE TABLE {_quoted(name)} ({columns})")
    for column in indexes(table):
        server.run(f'CREATE INDEX ON {_quoted(name)} ("{column}")')
    server.run(f"COMMENT ON TABLE {_quoted(name)} IS {_literal(table.about)}")
    for column, one in table.columns.items():
        server.run(f'COMMENT ON COLUMN {_quoted(name)}."{column}" IS {_literal(one.about)}')


def _columns(table: Table) -> str:
    """All that the server's table is made of."""
    kinds = {name: [one.kind, one.about] for name, one in table.columns.items()}
    return json.dumps([table.about, kinds, indexes(table)])


def _is_there(server: Server, name: str) -> bool:
    ((found,),) = server.run("SELECT to_regclass(:name) IS NOT NULL", name=_quoted(name))
    return bool(found)


def _pieces(text: IO[bytes]) -> Iterator[bytes]:
    while piece := text.read(1 << 18):
        yield piece


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
