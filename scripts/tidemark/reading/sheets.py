"""The rows of a workbook's sheets, read in a process of its own that has bounds.

A damaged workbook can make what reads it take memory or time without end, or fall; there is no
telling beforehand, so it is let happen where it does no harm.
"""

import io
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tidemark.errors import InputError, first_line
from tidemark.isolated import memory_limit, timed
from tidemark.reading import grids

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

Wanted = Callable[[Sequence[str]], Sequence[str]]  # which of the names of sheets
SECONDS = 60.0  # that any workbook may take, and more for each megabyte
SECONDS_A_MEGABYTE = 20.0
MEMORY = 1 << 30  # bytes that any workbook may take, and more for each byte, as it is compressed
MEMORY_A_BYTE = 100


def read(path: str, content: bytes, wanted: Wanted) -> dict[str, Sequence[grids.Row] | InputError]:
    """By name the rows of the sheets that are wanted, each with the number that the sheet shows.

    A sheet that is damaged has what is wrong with it.

    Raises:
        InputError: the workbook is damaged or encrypted, needs more time or memory than one of its
            size should, or what reads it is not installed; or what `wanted` raises.
    """
    _must_be_installed(path)
    seconds = SECONDS + SECONDS_A_MEGABYTE * len(content) / 1e6
    try:
        return timed.within(seconds, partial(_read, path, content, wanted), _hears_nothing)
    except timed.TooLongError as error:
        raise _damaged(path, f"is not read in {seconds:.0f} seconds") from error
    except timed.EndedError as error:
        raise _damaged(path, f"cannot be read: what reads it {error}") from error


def _must_be_installed(path: str) -> None:
    """Have what reads workbooks loaded, here, where a checkpoint takes note of it."""
    try:
        import python_calamine  # noqa: F401
    except ImportError as error:
        raise InputError(
            path, "is a workbook, and what reads it is not installed", "type make .venv/.excel-ok"
        ) from error


def _hears_nothing(_: object) -> None:
    """The process tells nothing before its result."""


def _damaged(path: str, problem: str) -> InputError:
    return InputError(
        path,
        f"{problem}; it seems to be damaged",
        "open it in a spreadsheet and save it again, or export it as CSV",
    )


def _read(
    path: str, content: bytes, wanted: Wanted, _: timed.Tell
) -> dict[str, Sequence[grids.Row] | InputError]:
    """Be the process."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what reads workbooks tells of its own end there
    memory_limit.take_at_most(MEMORY + MEMORY_A_BYTE * len(content))
    try:
        book = _opened(path, content)
        return {name: _rows(path, book, name) for name in wanted(book.sheet_names)}
    except MemoryError as error:
        raise _damaged(path, "takes more memory than a workbook of its size should") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a fault of the library, in Rust
            raise _damaged(path, f"cannot be read ({error})") from error
        raise


def _opened(path: str, content: bytes) -> "CalamineWorkbook":
    import python_calamine

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


def _rows(path: str, book: "CalamineWorkbook", name: str) -> Sequence[grids.Row] | InputError:
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
        return InputError(
            f"{path}/{name}", f"cannot be read ({first_line(error)})", "save the workbook again"
        )
