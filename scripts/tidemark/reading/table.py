"""What is read: the columns of a file under its own names, and the line of every row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.reading import headings, kinds
from tidemark.reading.settings import Form

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BATCH_ROWS = 500_000
FINDS = "`make adopt FILE=...` finds out"


@dataclass(frozen=True, order=True)
class LeftOut:
    """A row that the form skips, or that holds nothing: its line, and its first cell."""

    line: int
    cell: str


@dataclass(frozen=True)
class Table:
    """The columns of one file, or of one sheet or member of it, as text or as the file types them.

    Attributes:
        path: of the file; of one member of an archive, `prices.zip/AAPL.csv`.
        data: the columns, under the file's own names.
        lines: for each row the line on which it begins, as an editor shows it; of a file without
            lines its number. Both count from 1.
        form: how the file is written, by which its text is read.
        left_out: rows that are not in `data`.
        nameless: the names in `data` that no header has, such as `column 3`.
        empty_columns: how many columns had neither a name nor a value, and are not in `data`.
    """

    path: str
    data: pa.Table
    lines: np.ndarray
    form: Form = field(default_factory=Form)
    left_out: tuple[LeftOut, ...] = ()
    nameless: frozenset[str] = frozenset()
    empty_columns: int = 0

    def __len__(self) -> int:
        return int(self.data.num_rows)

    @cached_property
    def names(self) -> list[str]:
        """The file's own column names."""
        return list(self.data.column_names)

    @property
    def stem(self) -> str:
        """The file's name without its ending: BRK.A of data/BRK.A.csv.gz."""
        return kinds.stem(self.path)

    def where(self, row: int, column: str) -> str:
        """The place of a value, for messages; `row` counts from 0."""
        return kinds.place(self.path, int(self.lines[row]), column)

    @property
    def parts(self) -> tuple["Table", ...]:
        """The tables of single files."""
        return (self,)

    @property
    def file_of_row(self) -> np.ndarray:
        """For each row, the number of its file among `parts`."""
        return np.repeat(np.arange(len(self.parts)), [len(part) for part in self.parts])

    @property
    def row_in_file(self) -> np.ndarray:
        """For each row, its number in its own file."""
        return np.concatenate([np.arange(len(part)) for part in self.parts])

    def called(self, name: str) -> str:
        """The name in `data` of a column; that of the only one without a name is "", too."""
        if name == "" and len(self.nameless) == 1:
            (name,) = self.nameless
        return name

    def column(self, name: str) -> pa.Array:
        """A column by the file's own name.

        Raises:
            InputError: it is not there.
        """
        self.must_have([name])
        return self.data[self.called(name)].combine_chunks()

    def must_have(self, names: Iterable[str], or_else: str = "") -> None:
        """Refuse a file that lacks columns.

        Raises:
            InputError: names all of them; with another cure, if there is one.
        """
        lacking = [name for name in dict.fromkeys(names) if self.called(name) not in self.names]
        if lacking:
            there = ", ".join(repr(other) for other in self.names[:20])
            noun = "column" if len(lacking) == 1 else "columns"
            told = f"has no {noun} {', '.join(map(repr, lacking))} (found: {there})"
            raise InputError(self.path, told, self._cure(or_else))

    def _cure(self, or_else: str) -> str:
        """What to do where a column is missing: another separator explains it, if there is one."""
        first = self.names[0] if len(self.names) == 1 else ""
        other = next((sign for sign in ";\t|," if sign in first), None)
        if other:
            return f"set form.separator of this source to {other!r}, as {FINDS}"
        return f"name one of these under `columns` of this source{or_else}"


@dataclass(frozen=True)
class Batch(Table):
    """Files of the same columns as one table: thousands of small ones are typed in one pass."""

    files: tuple[Table, ...] = ()

    @property
    def parts(self) -> tuple[Table, ...]:
        """The tables of single files."""
        return self.files

    def where(self, row: int, column: str) -> str:
        """The place of a value in its own file."""
        file = int(self.file_of_row[row])
        return self.files[file].where(int(self.row_in_file[row]), column)


def batches(tables: Iterable[Table]) -> Iterator[Table]:
    """The tables in order, those of the same columns together, as long as memory bears it."""
    rows = 0
    batch: list[Table] = []
    for table in tables:
        if batch and (rows > BATCH_ROWS or not table.data.schema.equals(batch[0].data.schema)):
            yield _joined(batch)
            rows, batch = 0, []
        rows += len(table)
        batch.append(table)
    if batch:
        yield _joined(batch)


def _joined(tables: list[Table]) -> Table:
    first = tables[0]
    if len(tables) == 1:
        return first
    data = pa.concat_tables([table.data for table in tables])
    lines = np.concatenate([table.lines for table in tables])
    return Batch(first.path, data, lines, first.form, nameless=first.nameless, files=tuple(tables))


def framed(
    path: str,
    columns: Sequence[pa.Array],
    found: Sequence[str],
    lines: np.ndarray,
    form: Form,
    left_out: Sequence[LeftOut] = (),
) -> Table:
    """Columns as a table: named, less those that the form leaves out or that hold nothing at all.

    Args:
        path: of the file.
        columns: all that it has.
        found: their names in its header, empty where it has none.
        lines: of each row.
        form: how it is written.
        left_out: rows that are not among `columns`.

    Raises:
        InputError: there is no row, two columns have one name, or one that the form leaves out is
            not there.
    """
    if not len(lines):
        raise InputError(
            path, "has column names but no rows", "fill the file, or correct `path` of this source"
        )
    names, nameless = headings.called(path, found, form)
    empty = {name for name, cells in zip(names, columns, strict=True)
             if name in nameless and _is_blank(cells)}  # fmt: skip
    unknown = [name for name in form.leave_out if name and name not in names]
    if unknown:
        raise InputError(
            path,
            f"has no column {several(list(map(repr, unknown)))} to leave out",
            "correct form.leave_out of this source",
        )
    out = empty | {*form.leave_out} | (nameless if "" in form.leave_out else set())
    data = {name: cells for name, cells in zip(names, columns, strict=True) if name not in out}
    return Table(path, pa.table(data), lines, form, tuple(left_out), nameless - out, len(empty))


def _is_blank(cells: pa.Array) -> bool:
    """Whether a column holds no value at all."""
    if cells.null_count == len(cells):
        return True
    if not pa.types.is_string(cells.type):
        return False
    return bool(pc.all(pc.equal(pc.utf8_trim_whitespace(cells), "")).as_py())


def notes(tables: Iterable[Table]) -> list[str]:
    """What people should know of rows and columns that were left out of these files."""
    parts = [part for table in tables for part in table.parts]
    rows = [(part, row) for part in parts for row in part.left_out]
    skipped = [f"{kinds.place(part.path, row.line)} {row.cell!r}" for part, row in rows if row.cell]
    blank = [kinds.place(part.path, row.line) for part, row in rows if not row.cell]
    columns = [part.path for part in parts if part.empty_columns]
    told = []
    if skipped:
        told.append(
            f"left out {counted(len(skipped), 'row')} as form.skip says: {several(skipped)}"
        )
    if blank:
        told.append(f"left out {counted(len(blank), 'row')} without a value: {several(blank)}")
    if columns:
        told.append(f"left out a column without a name or a value of {several(columns)}")
    return told
