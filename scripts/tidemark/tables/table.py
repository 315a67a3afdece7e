"""How a table is declared: its name, what it is, where its rows come from, and its columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

Record = Mapping[str, Any]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Column:
    """A column: its type in SQL; what it holds, with the unit."""

    kind: str
    about: str


text, real, count = (partial(Column, kind) for kind in ("VARCHAR", "DOUBLE", "BIGINT"))
time, flag, json = (partial(Column, kind) for kind in ("TIMESTAMP", "BOOLEAN", "JSON"))


@dataclass(frozen=True)
class Records:
    """Rows made of JSON files.

    Attributes:
        files: paths of `layout`; `{scenario}` stands for each name of that kind of instance.
        rows: gets for each of `files` the list of what they hold, in the order of config.yaml.
    """

    files: tuple[str, ...]
    rows: Callable[..., Rows]


@dataclass(frozen=True)
class ParquetFile:
    """The rows of a Parquet file, which never become Python objects.

    Attributes:
        path: of the file.
        query: makes the table; `$path` is the file, and it may read tables declared earlier.
    """

    path: str
    query: str = "FROM read_parquet($path)"


@dataclass(frozen=True)
class View:
    """No rows, but a query that is answered whenever somebody asks."""

    query: str


@dataclass(frozen=True)
class AsSent:
    """No rows, but a view over the files in data/store/ that are current when it is made.

    Attributes:
        kind: of the records, see `stored.records`.
        renamed: columns of the view that the files call otherwise.
        superseded: whether rows that others have replaced are in it, too.
    """

    kind: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    superseded: bool = False


@dataclass(frozen=True)
class Sources:
    """A row for each source, with what is known of its data and its provider's terms.

    Attributes:
        files: paths of `layout` that say so, for each source.
    """

    files: tuple[str, ...]


@dataclass(frozen=True)
class Configured:
    """A row for each name that config.yaml lists, with its kind of instance."""


@dataclass(frozen=True)
class Declared:
    """A row for each table, as it is declared."""


@dataclass(frozen=True)
class Table:
    """A table of artifacts/metrics.duckdb.

    Attributes:
        name: with its schema, unless that is `main`.
        about: what a row is.
        source: where the rows come from.
        columns: by name, in order.
        format: rises when a column goes or gets another meaning or unit, not when one is added.
    """

    name: str
    about: str
    source: Records | ParquetFile | View | AsSent | Sources | Configured | Declared
    columns: Mapping[str, Column]
    format: int = 1

    def files(self) -> tuple[str, ...]:
        """The paths of its files, as declared."""
        match self.source:
            case Records(files) | Sources(files):
                return files
            case ParquetFile(path):
                return (path,)
        return ()


def as_time(text: str) -> datetime:
    """An ISO time as a column of times holds it: naive UTC."""
    when = datetime.fromisoformat(text)
    return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
