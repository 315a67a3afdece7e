"""Questions to artifacts/metrics.duckdb, which is verified before each, and closed after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness.instance import Instance
from tidemark.layout.collect_metrics import DATABASE
from tidemark.notebook import verified
from tidemark.project import Tree

import duckdb

if TYPE_CHECKING:
    from pandas import DataFrame

WRITER = Instance("collect_metrics", {})
LISTED = "t.tables() lists tables, t.sql('describe models') the columns of one"
State = tuple[int, ...]


@dataclass
class Database:
    """The metrics database of a tree, not hashed again while nothing touches it."""

    tree: Tree
    _verified: tuple[State, str] | None = None

    def ask(self, query: str, parameters: Mapping[str, Any]) -> "DataFrame":
        """The answer to a question in SQL, in which `$name` stands for a parameter.

        Raises:
            InputError: there is no database, it is damaged, or it cannot answer.
        """
        connection = verified.opened(self.tree, WRITER, DATABASE, self._connected)
        with connection:
            try:
                frame: DataFrame = connection.execute(query, dict(parameters)).df()
            except duckdb.Error as error:
                problem = " ".join(str(error).split("\n\n")[0].split()).rstrip(".!?")
                raise InputError("sql", problem, LISTED) from error
        return frame

    def _connected(self, path: Path, sha256: str) -> duckdb.DuckDBPyConnection | None:
        """A connection to the file, if it has this hash.

        The file is attached to a database of its own in memory: `duckdb.connect` would give the
        earlier file of that name as long as somebody in this process has it open.
        """
        state = _state(path)
        if self._verified != (state, sha256) and store.sha256_file(path) != sha256:
            return None
        connection = duckdb.connect(config={"python_enable_replacements": "false"})
        connection.execute(f"ATTACH {_quoted(str(path))} AS metrics (READ_ONLY); USE metrics")
        # there the views find records
        connection.execute(f"SET file_search_path = {_quoted(str(self.tree.root))}")
        if _state(path) != state:
            connection.close()
            return None
        self._verified = state, sha256
        return connection


def _state(path: Path) -> State:
    """What differs once anything is done to a file."""
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))
