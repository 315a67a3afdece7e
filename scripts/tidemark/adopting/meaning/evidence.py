"""The columns of a user's tables, each as one array over all files, as a step would type it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tidemark.adopting.meaning import date_formats
from tidemark.arrays import Floats
from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading.table import Table
from tidemark.sources import columns, time_columns
from tidemark.sources.report import Report

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Evidence:
    """Tables of one form, one below the other.

    Attributes:
        tables: at least one, each with rows.
    """

    tables: Sequence[Table]
    _numbers: dict[str, Floats | None] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return sum(map(len, self.tables))

    @cached_property
    def names(self) -> list[str]:
        """The columns that all tables have, in the order of the first."""
        others = [set(table.names) for table in self.tables[1:]]
        return [name for name in self.tables[0].names if all(name in other for other in others)]

    @property
    def uneven(self) -> list[str]:
        """The columns that some tables have and others lack."""
        everywhere = set(self.names)
        some = dict.fromkeys(name for table in self.tables for name in table.names)
        return [name for name in some if name not in everywhere]

    def of_other_columns(self) -> tuple[Table, Table]:
        """The first table, and the first whose columns are others, where they differ."""
        first = self.tables[0]
        return first, next(one for one in self.tables if {*one.names} != {*first.names})

    def must_agree(self) -> None:
        """Refuse files that have no column in common.

        Raises:
            InputError: names the first that differs.
        """
        if self.names:
            return
        first = set(self.tables[0].names)
        other = next(table for table in self.tables if not first & set(table.names))
        raise InputError(
            other.path,
            f"has other columns than {self.tables[0].path}: {several(other.names, 8)}",
            "give files of one form, such as those of one provider",
        )

    @cached_property
    def file_of_row(self) -> np.ndarray:
        """For each row, the number of its table."""
        lengths = [len(table) for table in self.tables]
        return np.asarray(np.repeat(np.arange(len(lengths)), lengths))

    def file_and(self, series: np.ndarray) -> np.ndarray:
        """For each row, a number of its series within its file."""
        numbers: np.ndarray = self.file_of_row * (int(series.max(initial=0)) + 1) + series
        return numbers

    def numbers(self, name: str) -> Floats | None:
        """A column as float64, NaN where missing; None if it holds anything but numbers."""
        if name not in self._numbers:
            report = Report()
            parts = [columns.numbers(table, name, report) for table in self.tables]
            numbers = np.concatenate(parts).astype(np.float64, copy=False)
            self._numbers[name] = None if report.first else numbers
        return self._numbers[name]

    def first_fault(self, name: str) -> str:
        """What is wrong with the first value of a column that is no number."""
        report = Report()
        for table in self.tables:
            columns.numbers(table, name, report)
        return report.first

    def texts(self, name: str) -> pa.Array | None:
        """A column of text without the blanks around it; None if the files type it otherwise."""
        parts = [_plain(table.column(name)) for table in self.tables]
        if not all(pa.types.is_string(part.type) for part in parts):
            return None
        return pc.utf8_trim_whitespace(pc.fill_null(pa.concat_arrays(parts), ""))

    def tickers(self, name: str) -> pa.Array | None:
        """A column as names: its text, or whole numbers that the files type; None if others."""
        parts = [columns.numbers_as_names(table.column(name)) for table in self.tables]
        if any(part is None for part in parts):
            return self.texts(name)
        return pa.concat_arrays(parts)

    def stamps(self, name: str) -> pa.Array:
        """A column as text of dates or hours, as a step would join it with another."""
        parts = [time_columns.stamp_text(table, name, Report()) for table in self.tables]
        return pc.utf8_trim_whitespace(pc.fill_null(pa.concat_arrays(parts), ""))

    def times(self, name: str) -> pd.Series | None:
        """A column that all files type as dates or times, by its own clocks; None if not."""
        parts = [table.column(name) for table in self.tables]
        if not all(_is_time(part.type) for part in parts):
            return None
        return pd.concat([_by_own_clocks(part) for part in parts], ignore_index=True)

    def is_dates(self, name: str) -> bool:
        """Whether a column holds dates or times and no number, where it holds anything."""
        if self.times(name) is not None:
            return True
        texts = self.texts(name) if self.numbers(name) is None else None
        return texts is not None and bool(
            date_formats.readings(texts.filter(pc.not_equal(texts, "")))
        )

    def instants(self, name: str) -> pd.Series:
        """A column of times that have a zone, in UTC."""
        parts = [table.column(name).cast(pa.timestamp("us")) for table in self.tables]
        return pd.concat([part.to_pandas() for part in parts], ignore_index=True)

    def has_zone(self, name: str) -> bool:
        """Whether times that the files type have a zone."""
        return _zone(self.tables[0].column(name).type) is not None

    def values(self, name: str) -> Floats:
        """The numbers of a column that holds nothing else."""
        numbers = self.numbers(name)
        assert numbers is not None, name
        return numbers

    def prices(self, name: str) -> Floats:
        """Such a column, without the numbers that stand for a missing price."""
        values, missing = self.values(name), self.tables[0].form.missing_prices
        return np.where(np.isin(values, missing), np.nan, values) if len(missing) else values

    def is_empty(self, name: str) -> bool:
        """Whether a column holds no value at all."""
        values = self.numbers(name)
        return values is not None and bool(np.isnan(values).all())

    def where(self, row: int, name: str) -> str:
        """The place of a value; `row` counts through all tables."""
        file = int(self.file_of_row[row])
        return self.tables[file].where(row - sum(map(len, self.tables[:file])), name)


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _by_own_clocks(values: pa.Array) -> pd.Series:
    wall = pc.local_timestamp(values) if _zone(values.type) else values
    return wall.cast(pa.timestamp("us"), safe=False).to_pandas()


def _zone(kind: pa.DataType) -> str | None:
    return getattr(kind, "tz", None)


def _plain(values: pa.Array) -> pa.Array:
    """Text of any of Arrow's types as its plain one; other values as they are."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        return values.cast(pa.string())
    return values
