"""Ask the metrics database questions in SQL and print the answers as tables.

    make sql Q="select scenario, model, value from metrics where metric = 'rmse' order by value"
    make sql                 a prompt: a question ends with a semicolon
    make sql < questions.sql

A terminal shows as many rows and columns as it has room for, a pipe or a file all columns and up to
9,900 rows; the last line says if there are more. Several questions on one line have an
answer each. `copy (select ...) to 'all.csv'` writes every row.
"""

import argparse
import contextlib
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.layout.collect_metrics import DATABASE
from tidemark.project import HERE, ROOT
from tidemark.runs import settling

import duckdb

ROWS = 9_900  # DuckDB looks no further than 9,999
WIDE = 10**9  # letters
LEAVING = ("quit", "exit")
HELP = """\
A question ends with a semicolon and may go over several lines; quit or Ctrl-D ends.
    from tables;               every table and view, and what a row of it is
    describe metrics;          the columns of one
    from runs;                 the runs that changed something
    from history where metric = 'rmse';"""


def main() -> int:
    """Print the answers; exit code 2 if a question is no SQL, or asks for what is not there.

    At the prompt, a question that is wrong is answered with what is wrong, and the next one comes.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("query", help="in SQL", nargs="?", default=os.environ.get("Q", ""))
    options = parser.parse_args()
    os.chdir(ROOT)  # because the views read records below the project
    settling.settle(HERE)
    with _opened() as database:
        if options.query.strip():
            console.say(_answer(database, options.query))
        elif sys.stdin.isatty():
            _converse(database)
        else:
            for question in _questions(lambda _: sys.stdin.readline() or None):
                console.say(_answer(database, question))
    return 0


def _converse(database: duckdb.DuckDBPyConnection) -> None:
    """Answer questions until there is no more."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(ImportError):  # lines can then be edited, and come back by the arrows
        import readline  # noqa: F401
    console.say(f"{DATABASE}, read-only. help shows what to ask; quit or Ctrl-D ends.")
    for question in _questions(_typed):
        word = _word(question)
        if word in LEAVING:
            return
        try:
            console.say(HELP if word == "help" else _answer(database, question))
        except InputError as error:
            console.complain(error.problem)
        except KeyboardInterrupt:
            console.complain("interrupted")


def _typed(asked: str) -> str | None:
    """The line that somebody types; none after Ctrl-D, an empty one after Ctrl-C."""
    try:
        return input("     ...> " if asked.strip() else "tidemark> ") + "\n"
    except KeyboardInterrupt:
        console.say("")
        return ""
    except EOFError:
        console.say("")
        return None


def _questions(next_line: Callable[[str], str | None]) -> Iterator[str]:
    """Each question as soon as it is whole: with a semicolon behind it, or the last one without.

    Args:
        next_line: gives the line after what was asked so far; an empty one gives that up.
    """
    asked = ""
    while (line := next_line(asked)) is not None:
        asked = asked + line if line else ""
        if _is_whole(asked) or _word(asked) in (*LEAVING, "help"):
            yield asked
            asked = ""
    if any(kind != duckdb.token_type.comment for _, kind in duckdb.tokenize(asked)):
        yield asked


def _word(asked: str) -> str:
    return asked.strip("; \n").lower()


def _is_whole(asked: str) -> bool:
    """Whether a semicolon ends it that is no part of a text, a name or a remark."""
    whole = asked.rstrip()
    kinds = [kind for _, kind in duckdb.tokenize(whole)]
    return whole.endswith(";") and kinds[-1] == duckdb.token_type.operator


def _answer(database: duckdb.DuckDBPyConnection, query: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        try:
            answered = False
            for one in duckdb.extract_statements(query):
                found = database.sql(_bare(one.query))
                if found is not None:
                    found.show(**_room())
                    answered = True
            if not answered:
                raise InputError("Q", "is empty", "ask something, e.g. Q='from tables'")
        except duckdb.Error as error:
            cure = (
                "mend the query; make sql Q='from tables' lists tables, 'describe models' columns"
            )
            problem = " ".join(str(error).split("\n\n")[0].split()).rstrip(".!?")
            raise InputError("Q", problem, cure) from error
    return shown.getvalue()


def _bare(statement: str) -> str:
    """A statement without the semicolons and remarks behind it, which DuckDB's `show` refuses."""
    text, end = statement.encode(), None
    for start, kind in reversed(duckdb.tokenize(statement)):  # places of bytes
        if kind != duckdb.token_type.comment and text[start : start + 1] != b";":
            break
        end = start
    return text[:end].decode()


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
