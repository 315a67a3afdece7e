"""The shapes of numbers in columns of text: how often each stands there, and where first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tidemark.adopting.form.cells import MISSING, Written, number, shapes
from tidemark.reading.table import Table

import pyarrow as pa
import pyarrow.compute as pc

NO_GROUP = r"^[^0-9]*0[.,]"  # no number with groups of digits begins with 0


@dataclass(frozen=True)
class Shape:
    """Numbers of one shape: how they are written, how many there are, and the first of them."""

    written: Written
    count: int
    text: str
    place: str

    @property
    def shown(self) -> str:
        """The first of them with its place."""
        return f"{self.text!r} in {self.place}"


@dataclass(frozen=True)
class Column:
    """The values of one text column: numbers by their shapes, and how often each word stands."""

    table: Table
    name: str
    shapes: Sequence[Shape]
    words: Counter[str]


def columns(tables: Iterable[Table]) -> list[Column]:
    """The columns of text in which most values are numbers."""
    found = []
    for table in tables:
        for name, values in zip(table.names, table.data.columns, strict=True):
            if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
                column = _column(table, name, pc.utf8_trim_whitespace(values))
                if column:
                    found.append(column)
    return found


def _column(table: Table, name: str, cells: pa.ChunkedArray) -> Column | None:
    values = cells.filter(pc.not_equal(pc.fill_null(cells, ""), ""))
    found = shapes(values)
    written, words = [], Counter[str]()
    for shape, count in zip(*pc.value_counts(found).flatten(), strict=True):
        how = number(shape.as_py())
        if how is None:
            words[shape.as_py()] = count.as_py()
            continue
        text = values[pc.index(found, shape).as_py()]
        if how.either:
            zero = pc.match_substring_regex(values.filter(pc.equal(found, shape)), NO_GROUP)
            if pc.any(zero).as_py():
                how = replace(how, either="", decimal=how.either, whole=1)
        place = table.where(pc.index(cells, text).as_py(), name)
        written.append(Shape(how, count.as_py(), text.as_py(), place))
    known = sum(count for word, count in words.items() if word.lower() in MISSING)
    numbers = sum(shape.count for shape in written)
    others = sum(words.values()) - known
    if numbers < others or not (numbers or known):
        return None
    return Column(table, name, written, words)
