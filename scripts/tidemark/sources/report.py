"""What is to be said of a source's files: all that is wrong, and what was replaced or left out.

What reads a column notes its faults here and goes on, with the values at fault missing, so that one
report names all of them, by counts and the first lines of each kind. No record is made of such
values, because `stop` comes first.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.reading import table as reading
from tidemark.reading.table import Table

import numpy as np

SHOWN, SHOWN_FILES = 3, 5  # faults of a kind in a column, and files


@dataclass(frozen=True)
class _Faults:
    """Those of one kind in one column of a file.

    Attributes:
        path: the file.
        column: its own name; empty for faults of the whole file.
        first: the place and problem of the first ones.
        count: of all of them.
        cure: what to do about each.
    """

    path: str
    column: str
    first: Sequence[tuple[str, str]]
    count: int
    cure: str

    def lines(self) -> list[str]:
        """As people read them."""
        more = self.count - len(self.first)
        lines = [f"{place}: {problem}" for place, problem in self.first]
        return lines + [f"{self.path}: {self.column}: {more:,} more like this"] * (more > 0)


class Report:
    """What was found so far in the files of one source."""

    def __init__(self) -> None:
        self._faults: list[_Faults] = []
        self._replaced: Counter[str] = Counter()
        self._numbers_as_names: dict[str, None] = {}
        self._read: list[Table] = []

    def table(self, table: Table) -> None:
        """Note a table that was read, for what its form left out."""
        columns = table.data.schema.empty_table()  # because a slice would hold all of them
        self._read.append(replace(table, data=columns, lines=np.empty(0, np.int64)))

    def file(self, path: str, error: InputError) -> None:
        """Note what is wrong with a whole file, or with one of its columns."""
        self._faults.append(_Faults(path, "", [(error.where, error.problem)], 1, error.cure))

    def rows(
        self,
        table: Table,
        column: str,
        rows: Collection[int],
        said: Callable[[int], str],
        cure: str,
    ) -> None:
        """Note rows of a column that are wrong; `said` tells what is the matter with one."""
        wrong = np.asarray(rows, dtype=np.intp)
        file = table.file_of_row[wrong] if len(wrong) else wrong
        for number in np.unique(file):
            here = wrong[file == number]
            first = [(table.where(int(row), column), said(int(row))) for row in here[:SHOWN]]
            path = table.parts[number].path
            self._faults.append(_Faults(path, column, first, len(here), cure))

    def replaced(self, column: str, count: int) -> None:
        """Note numbers of a column that stand for missing values."""
        self._replaced[column] += count

    def numbers_as_names(self, column: str) -> None:
        """Note a column of names that the file types as numbers."""
        self._numbers_as_names[column] = None

    @property
    def first(self) -> str:
        """The first fault, with its place; empty if there is none."""
        return self._faults[0].lines()[0] if self._faults else ""

    def notes(self) -> list[str]:
        """What the user should know though nothing is wrong."""
        told = [f"{count:,} of {column}" for column, count in self._replaced.items() if count]
        note = f"numbers that form.missing_prices takes for missing: {several(told)}"
        lost = [
            f"numbers of {column} are names, such as 600519; zeros before them, if there were any,"
            " are lost in the file"
            for column in self._numbers_as_names
        ]
        return [*reading.notes(self._read), *[note] * bool(told), *lost]

    def stop(self) -> None:
        """Refuse the files if anything is wrong with them.

        Raises:
            InputError: with all that is.
        """
        faults = self._faults
        if not faults:
            return
        count = sum(kind.count for kind in faults)
        cures = "; ".join(dict.fromkeys(kind.cure for kind in faults))
        if count == 1:
            place, problem = faults[0].first[0]
            raise InputError(place, problem, cures)
        paths = list(dict.fromkeys(kind.path for kind in faults))
        shown = [kind for path in paths[:SHOWN_FILES] for kind in faults if kind.path == path]
        lines = [line for kind in shown for line in kind.lines()]
        if len(paths) > SHOWN_FILES:
            rest = counted(count - sum(kind.count for kind in shown), "more fault")
            lines.append(f"{rest} in {counted(len(paths) - SHOWN_FILES, 'more file')}")
        others = f" and {counted(len(paths) - 1, 'more file')}" if len(paths) > 1 else ""
        heading = f"{counted(count, 'fault')}, so nothing was read"
        raise InputError(f"{paths[0]}{others}", "\n".join([heading, *lines]), cures)
