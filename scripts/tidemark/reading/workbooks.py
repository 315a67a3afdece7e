"""Workbooks of Excel and LibreOffice, sheet by sheet: their own dates, numbers and texts."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tidemark.errors import InputError, first_line
from tidemark.naming import several
from tidemark.reading import grids
from tidemark.reading.patterns import chosen
from tidemark.reading.settings import Form
from tidemark.reading.table import FINDS, Table

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook


def tables(path: str, content: bytes, form: Form) -> list[Table]:
    """The sheets that the form names, or the only one.

    Raises:
        InputError: the content is damaged or encrypted, there is no such sheet or more than one and
            the form names none, or a sheet has no rows.
    """
    book = opened(path, content)
    names = chosen(book.sheet_names, form.sheet or "*")
    if not names or (len(names) > 1 and not form.sheet):
        raise InputError(
            path,
            f"has {'no sheet ' + form.sheet if form.sheet else 'several sheets'} (found:"
            f" {several(list(map(repr, book.sheet_names)))})",
            f"set form.sheet of this source, as {FINDS}; * stands for any text",
        )
    single = len(names) == 1
    return [
        _table(path if single else f"{path}/{name}", rows(path, book, name), form) for name in names
    ]


def opened(path: str, content: bytes) -> "CalamineWorkbook":
    """A workbook to read.

    Raises:
        InputError: the content is damaged or encrypted, or what reads it is not installed.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise InputError(
            path, "is a workbook, and what reads it is not installed", "type make .venv/.excel-ok"
        ) from error
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except python_calamine.PasswordError as error:
        raise InputError(path, "is locked by a password", "save it without one") from error
    except (python_calamine.CalamineError, OSError) as error:
        raise InputError(
            path,
            f"is no whole workbook ({first_line(error)})",
            "save it again; if it is text that is only called so, name it .csv or .txt",
        ) from error


def rows(path: str, book: "CalamineWorkbook", name: str) -> list[grids.Row]:
    """The rows of a sheet, each with the number that the sheet shows.

    Raises:
        InputError: the sheet is damaged, or none of cells.
    """
    import python_calamine

    try:
        sheet: CalamineSheet = book.get_sheet_by_name(name)
        left = sheet.start[1] if sheet.start else 0
        whole = sheet.to_python(skip_empty_area=False)
        return [
            (number, [None if cell == "" else cell for cell in row[left:]])
            for number, row in enumerate(whole, 1)
        ]
    except (python_calamine.CalamineError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path}/{name}", f"cannot be read ({first_line(error)})", "save the workbook again"
        ) from error


def _table(path: str, found: Sequence[grids.Row], form: Form) -> Table:
    if not any(cell is not None for _, row in found for cell in row):
        raise InputError(path, "is empty", "fill it, or correct form.sheet of this source")
    return grids.under_header(path, found, form)
