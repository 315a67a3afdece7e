"""The metrics database: results, and views over what runs left, in a DuckDB file, as declared.

Rows stand in the order given, which is that of config.yaml; times are naive UTC. Each table and
column has its description as a comment.
"""

import errno
from collections.abc import Mapping, Sequence
from pathlib import Path

from tidemark.stored.manifest import Manifest
from tidemark.tables import stored_files
from tidemark.tables.catalogue import TABLES
from tidemark.tables.table import AsSent, Declared, ParquetFile, Record, Rows, Table, View

import duckdb
import pyarrow as pa

ARROW = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "TIMESTAMP": pa.timestamp("us"),
    "BOOLEAN": pa.bool_(),
}


def build(
    path: Path,
    rows: Mapping[str, Sequence[Record]],
    files: Mapping[str, Path],
    stored: Sequence[Manifest] = (),
) -> None:
    """Create the database at `path`, which must not exist, and close it.

    Args:
        path: the file to create.
        rows: of each table that is made neither by a query nor of the declarations; each row has
            all columns, None where it has no value. Keys that are no column are left out.
        files: for each table of a Parquet file where that is.
        stored: of each source that has a provider, what is stored now.

    Raises:
        KeyError: a row lacks a column.
        OSError: the file cannot be written.
    """
    try:
        with duckdb.connect(str(path)) as connection:
            connection.execute("BEGIN")  # each commit waits for the disk
            for schema in sorted({name.partition(".")[0] for name in TABLES if "." in name}):
                connection.execute(f"CREATE SCHEMA {schema}")
            for name, table in TABLES.items():
                match table.source:
                    case ParquetFile(query=query):
                        at = {"path": str(files[name])}
                        connection.execute(f"CREATE TABLE {name} AS {query}", at)
                    case View(query):
                        connection.execute(f"CREATE VIEW {name} AS {query}")
                    case AsSent():
                        query = stored_files.query(table, stored)
                        connection.execute(f"CREATE VIEW {name} AS {query}")
                    case source:
                        own = _declared() if isinstance(source, Declared) else rows[name]
                        connection.register("rows", _arrow(table, own))
                        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
                        connection.unregister("rows")
                connection.execute(_comments(table))
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT")  # when closing, a failure to write would be silent
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        raise OSError(errno.EIO, str(error), str(path)) from error


def _declared() -> Rows:
    """The rows of the table of tables."""
    return [
        {"name": table.name, "format": table.format, "about": table.about}
        for table in TABLES.values()
    ]


def _arrow(table: Table, rows: Sequence[Record]) -> pa.Table:
    """The rows with the table's columns, whatever else they hold."""
    kinds = {name: ARROW[column.kind] for name, column in table.columns.items()}
    return pa.Table.from_pylist(
        [{name: row[name] for name in kinds} for row in rows], pa.schema(kinds)
    )


def _comments(table: Table) -> str:
    """SQL that writes the descriptions beside what they describe."""
    kind = "VIEW" if isinstance(table.source, View | AsSent) else "TABLE"
    words = {f"{kind} {table.name}": table.about} | {
        f'COLUMN {table.name}."{name}"': column.about for name, column in table.columns.items()
    }
    return "; ".join(
        "COMMENT ON {} IS '{}'".format(what, about.replace("'", "''"))
        for what, about in words.items()
    )
