"""Ask the metrics database a question in SQL and print the answer as a table.

    make sql Q="select scenario, model, value from metrics where metric = 'rmse' order by value"

A terminal shows as many rows and columns as it has room for, a pipe or a file all columns and up to
9,900 rows; the last line says if there are more. `copy (select ...) to 'all.csv'` writes every row.
"""

import argparse
import contextlib
import io
import os
import shutil
import sys
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.layout.collect_metrics import DATABASE
from tidemark.project import ROOT

import duckdb

ROWS = 9_900  # DuckDB looks no further than 9,999
WIDE = 10**9  # letters


def main() -> int:
    """Print the answer; exit code 2 if the question is no SQL, or asks for what is not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("query", help="in SQL", nargs="?", default=os.environ.get("Q", ""))
    options = parser.parse_args()
    os.chdir(ROOT)  # because the views read records below the project
    console.say(_answer(options.query))
    return 0


def _answer(query: str) -> str:
    with _opened() as database, contextlib.redirect_stdout(io.StringIO()) as shown:
        try:
            found = database.sql(query)
            if found is None:
                raise InputError("Q", "is empty", "ask something, e.g. Q='from tables'")
            found.show(**_room())
        except duckdb.Error as error:
            cure = (
                "mend the query; make sql Q='from tables' lists tables, 'describe models' columns"
            )
            problem = " ".join(str(error).split("\n\n")[0].split()).rstrip(".!?")
            raise InputError("Q", problem, cure) from error
    return shown.getvalue()


def _opened() -> duckdb.DuckDBPyConnection:
    try:
        store.must_be_file(Path(DATABASE))
        return duckdb.connect(DATABASE, read_only=True)
    except FileNotFoundError as error:
        raise InputError(DATABASE, "is not there yet", "make all") from error
    except duckdb.Error as error:
        cure = f"rm {DATABASE}, and make all"
        raise InputError(DATABASE, str(error).splitlines()[0], cure) from error


def _room() -> dict[str, int]:
    """As arguments of DuckDB's `show`."""
    if sys.__stdout__ is not None and sys.__stdout__.isatty():
        columns, lines = shutil.get_terminal_size()
        return {"max_width": columns, "max_rows": max(lines - 8, 10)}
    return {"max_width": WIDE, "max_rows": ROWS, "max_col_width": WIDE}


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
