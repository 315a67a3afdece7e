"""Columns of numbers and of text; what is wrong with them goes into a report, with line and value.

Nothing is guessed: numbers are written as the form of the table says (`number_forms`).
"""

import re
from collections.abc import Sequence

from tidemark.arrays import Floats
from tidemark.errors import InputError
from tidemark.reading.table import Table
from tidemark.sources import number_forms, tickers
from tidemark.sources.report import Report

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LARGEST = 1e18
SMALLEST_PRICE = 1e-18


def are_there(table: Table, names: Sequence[str], report: Report, or_else: str = "") -> bool:
    """Whether a table has these columns; if not, each file's report has those that it lacks."""
    try:
        table.must_have(names, or_else)
    except InputError as error:
        for part in table.parts:
            report.file(part.path, InputError(part.path, error.problem, error.cure))
        return False
    return True


def numbers(
    table: Table,
    column: str,
    report: Report,
    *,
    smallest: float = 0.0,
    divide_by: float = 1.0,
    missing: Sequence[float] = (),
) -> Floats:
    """A column as float64, NaN where missing; infinities pass, for validation to refuse.

    What is no number is a fault, and so is one so large, or so small without being 0, that products
    and ratios of such would overflow.

    Args:
        table: has the column.
        column: its own name of it.
        report: takes the faults.
        smallest: what a number other than 0 must not be below.
        divide_by: how many of the file's units are one.
        missing: numbers of the file that stand for a missing one.
    """
    values = table.column(column)
    parsed = _numbers(table, column, values, report)
    if missing:
        stand_in = np.isin(parsed, missing)
        report.replaced(column, int(stand_in.sum()))
        parsed = np.where(stand_in, np.nan, parsed)
    divided = parsed / divide_by
    size = np.abs(divided)
    beyond = (size > LARGEST) & np.isfinite(size) | (size < smallest) & (size > 0)
    if np.isinf(divided).any() and not pa.types.is_floating(values.type):
        beyond |= np.isinf(divided) & ~_says_infinite(values)
    report.rows(
        table,
        column,
        np.flatnonzero(beyond),
        lambda row: (
            f"{shown(values[row].as_py())} is beyond what a price, a rate or a volume can be"
            f" ({smallest or -LARGEST:g} to {LARGEST:g})"
        ),
        "mend the value, or leave it empty if it is missing",
    )
    return divided


def _says_infinite(values: pa.Array) -> np.ndarray:
    """Where a text is a word for infinity, rather than a number that overflows."""
    return np.array([not re.search(r"[0-9]", str(value)) for value in values.to_pylist()])


def _numbers(table: Table, column: str, values: pa.Array, report: Report) -> Floats:
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _float64(values.cast(pa.float64(), safe=False))
    if pa.types.is_null(values.type) or pa.types.is_decimal(values.type):
        return _float64(values.cast(pa.float64()))
    written = text(table, column, "numbers", report)
    parsed = number_forms.parsed(written, table.form)
    report.rows(
        table,
        column,
        np.flatnonzero(parsed.unread),
        lambda row: f"{shown(written[row].as_py())} is not a number",
        "write it as in 1234.5, or leave it empty if it is missing; or, if the whole file is"
        " written so, say it under `form` of this source (`make adopt FILE=...` finds out)",
    )
    return parsed.numbers


def _float64(values: pa.Array) -> Floats:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def texts(table: Table, column: str, report: Report) -> list[str]:
    """A column of names, without the blanks around them. NA and null are names like any other.

    Whole numbers are names, too. A name that is empty or not fit to be a ticker (see `tickers`) is
    a fault.
    """
    values = numbers_as_names(table.column(column))
    if values is not None:
        report.numbers_as_names(column)
    else:
        values = pc.utf8_trim(_strings(table, column, "text", report), " ")
    if values.null_count:
        return [""] * len(table)
    problems = {name: tickers.fault(name) for name in pc.unique(values).to_pylist()}
    unfit = pa.array([name for name, problem in problems.items() if problem], pa.string())
    is_unfit = pc.is_in(values, value_set=unfit).to_numpy(zero_copy_only=False)
    wrong = np.flatnonzero(is_unfit).tolist()
    names: list[str] = values.to_pylist()
    empty = [row for row in wrong if not names[row].strip()]
    report.rows(table, column, empty, lambda _: "is empty", "fill it, or remove the line")
    report.rows(
        table,
        column,
        [row for row in wrong if names[row].strip()],
        lambda row: f"{tickers.shown(names[row])} {problems[names[row]]}",
        "write it in plain letters",
    )
    return names


def numbers_as_names(values: pa.Array) -> pa.Array | None:
    """Whole numbers that a file types as such, in digits, empty where missing; None if others."""
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
        whole = pc.all(pc.equal(values, pc.round(values))).as_py()
        if not whole or values.null_count == len(values):
            return None
        try:
            values = values.cast(pa.int64())
        except pa.ArrowInvalid:
            return None
    if not pa.types.is_integer(values.type):
        return None
    return pc.fill_null(values.cast(pa.string()), "")


def text(table: Table, column: str, wanted: str, report: Report) -> pa.Array:
    """A column of strings without the blanks around them; null is the empty string."""
    return pc.utf8_trim_whitespace(_strings(table, column, wanted, report))


def _strings(table: Table, column: str, wanted: str, report: Report) -> pa.Array:
    """A column of strings; of another type it is a fault, and all of it is empty."""
    values = table.column(column)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    if not any(is_kind(values.type) for is_kind in kinds):
        for part in table.parts:
            report.file(part.path, _of_other_type(part, column, values.type, wanted))
        return pa.array([None] * len(table), pa.string())
    return pc.fill_null(values.cast(pa.string()), "")


def _of_other_type(part: Table, column: str, kind: pa.DataType, wanted: str) -> InputError:
    return InputError(
        f"{part.path}: {column}",
        f"holds {kind}, not {wanted}",
        "correct `columns` of this source, or export the column again",
    )


def shown(value: object) -> str:
    """A value for a message, of bearable length."""
    told = repr(value)
    return told if len(told) <= 60 else f"{told[:56]}..."
