"""Workbooks of Excel and LibreOffice, sheet by sheet: their own dates, numbers and texts."""

import io
import re
import zipfile
from collections.abc import Sequence
from functools import partial

from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading import grids, sheets
from tidemark.reading.patterns import chosen
from tidemark.reading.settings import Form
from tidemark.reading.table import FINDS, Table
from tidemark.reading.unpacking import unpacked

CELL_BYTES = 32
ADDRESS = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
VALUE = re.compile(rb"<table:table-cell[^>]*office:value-type[^>]*>")
TIMES_COLUMNS = re.compile(rb'number-columns-repeated="([0-9]{1,9})"')
TIMES_ROWS = re.compile(rb'number-rows-repeated="([0-9]{1,9})"')


def tables(path: str, content: bytes, form: Form) -> list[Table]:
    """The sheets that the form names, or the only one.

    Raises:
        InputError: the content is damaged or encrypted, there is no such sheet or more than one and
            the form names none, or a sheet has no rows.
    """
    found = sheets.read(path, content, partial(_wanted, path, form))
    for sheet in found.values():
        if isinstance(sheet, InputError):
            raise sheet
    single = len(found) == 1
    return [
        _table(path if single else f"{path}/{name}", rows, form)
        for name, rows in found.items()
        if not isinstance(rows, InputError)
    ]


def _wanted(path: str, form: Form, there: Sequence[str]) -> Sequence[str]:
    names = chosen(there, form.sheet or "*")
    if not names or (len(names) > 1 and not form.sheet):
        raise InputError(
            path,
            f"has {'no sheet ' + form.sheet if form.sheet else 'several sheets'} (found:"
            f" {several(list(map(repr, there)))})",
            f"set form.sheet of this source, as {FINDS}; * stands for any text",
        )
    return names


def decoded_size(path: str, content: bytes, at_most: int) -> int:
    """Bytes of a workbook's parts and cells, counted until there are more than `at_most`.

    Between the outermost values of a sheet each cell takes memory, and one value may stand for many
    cells.

    Raises:
        InputError: the content is damaged.
    """
    size = len(content)
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return size
    for name, part in unpacked(f"{path}.zip", content, at_most=at_most + 1):
        size += len(part) + CELL_BYTES * (_cells(part) if name.endswith(".xml") else 0)
        if size > at_most:
            break
    return size


def _cells(part: bytes) -> int:
    """How many cells a sheet takes, by the addresses or the repetitions that it names."""
    letters, numbers = b"", 0
    for address in ADDRESS.finditer(part):
        letters = max(letters, address[1], key=lambda name: (len(name), name))
        numbers = max(numbers, int(address[2]))
    width = 0
    for letter in letters:
        width = 26 * width + letter - 64
    repeated = 0
    for row in part.split(b"<table:table-row")[1:]:
        count = TIMES_ROWS.search(row.partition(b">")[0])
        cells = sum(
            int(times[1]) if (times := TIMES_COLUMNS.search(cell)) else 1
            for cell in VALUE.findall(row)
        )
        repeated += cells * (int(count[1]) if count else 1)
    return width * numbers + repeated


def _table(path: str, found: Sequence[grids.Row], form: Form) -> Table:
    if not any(cell is not None for _, row in found for cell in row):
        raise InputError(path, "is empty", "fill it, or correct form.sheet of this source")
    return grids.under_header(path, found, form)
