"""What is read: the columns of a file under its own names, and the line of every row."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tidemark.errors import InputError
from tidemark.reading import kinds
from tidemark.reading.settings import Form

import numpy as np
import pyarrow as pa

BATCH_ROWS = 500_000


@dataclass(frozen=True)
class Table:
    """The columns of one file, or of one sheet or member of it, as text or as the file types them.

    Attributes:
        path: of the file; of one member of an archive, `prices.zip/AAPL.csv`.
        data: the columns, under the file's own names.
        lines: for each row the line on which it begins, as an editor shows it; of a file without
            lines its number. Both count from 1.
        form: how the file is written, by which its text is read.
    """

    path: str
    data: pa.Table
    lines: np.ndarray
    form: Form = field(default_factory=Form)

    def __len__(self) -> int:
        return int(self.data.num_rows)

    @property
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

    def column(self, name: str, or_else: str = "") -> pa.Array:
        """A column by the file's own name; InputError if it is not there, with another cure."""
        if name not in self.names:
            there = ", ".join(repr(other) for other in self.names[:20])
            raise InputError(
                self.path,
                f"has no column {name!r} (found: {there})",
                f"name one of these under `columns` of this source{or_else}",
            )
        return self.data[name].combine_chunks()


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
    return Batch(first.path, data, lines, first.form, tuple(tables))


def no_repeated_names(path: str, names: list[str]) -> None:
    """Refuse two columns of one name.

    Raises:
        InputError: names the first that stands twice.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(path, f"has two columns named {twice[0]!r}", "rename or remove one")
