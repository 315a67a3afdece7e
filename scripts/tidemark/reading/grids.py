"""Rows of cells as a table: which are data, how many cells they may have, what columns are called.

For what has rows that may differ: text that is not the same in every line, arrays of JSON, sheets.
"""

from collections.abc import Sequence

from tidemark.errors import InputError, together
from tidemark.naming import counted, several
from tidemark.reading import cells, headings
from tidemark.reading.cells import Cell
from tidemark.reading.kinds import place
from tidemark.reading.rows import Skipping, must_not_rename
from tidemark.reading.settings import Form
from tidemark.reading.table import FINDS, LeftOut, Table, framed

import numpy as np

Row = tuple[int, Sequence[Cell]]  # its number or line, and its cells


def table(
    path: str,
    header: Sequence[str] | None,
    rows: Sequence[Row],
    form: Form,
    cure: str = "complete the row",
    blank: Cell = None,
    header_lines: Sequence[Sequence[str]] = (),
) -> Table:
    """The rows as the form lets them differ from the header.

    Args:
        path: of the file.
        header: the names of columns, empty where one has none; None without a header.
        rows: what stands below.
        form: how it is written.
        cure: what to do about a row of another length, for messages.
        blank: a cell without a value.
        header_lines: the cells of which the names are joined, if there are several lines.

    Raises:
        InputError: some rows have other cells than the form admits, or none is data.
    """
    skipping = Skipping(form)
    data: list[Row] = []
    out: list[LeftOut] = []
    for number, row in rows:
        if skipping.is_data(row, len(header or ())):
            data.append((number, row))
        else:
            where = place(path, number)
            must_not_rename(where, row, header_lines or [header or ()], below_data=bool(data))
            out.append(LeftOut(number, skipping.told_by(row, len(header or ()))))
    widths = [len(row) for _, row in data]
    least, most = _bounds(header, widths, form)
    odd = [row for row, width in zip(data, widths, strict=True) if not least <= width <= most]
    if odd:
        faults = [_ragged(path, header, odd, most, cure)]
        try:
            headings.called(path, header or (), form)
        except InputError as error:
            faults.append(error)
        raise together(*faults)
    filled = [[*row, *[blank] * (most - len(row))] for _, row in data]
    columns = [cells.column(column, form) for column in zip(*filled, strict=True)]
    numbers = np.array([number for number, _ in data], np.int64)
    return framed(path, columns, names(header, most, form), numbers, form, out)


def names(header: Sequence[str] | None, width: int, form: Form) -> list[str]:
    """The names of so many columns, empty where the header has none."""
    found = list(header or ())
    more = [""] * (width - len(found))
    return more + found if form.extra_cells == "first" else found + more


def under_header(path: str, rows: Sequence[Row], form: Form) -> Table:
    """The rows below the header, which is itself some of them, as the form says.

    Raises:
        InputError: as `table`, or the rows end above the header.
    """
    if not form.header_line:
        return table(path, None, rows, form)
    left = [row for row in rows if row[0] >= form.header_line]
    filled = [at for at, (_, row) in enumerate(left) if any(cell is not None for cell in row)]
    if len(filled) < form.header_lines:
        raise no_header(path, form)
    header = [[_name(cell, form) for cell in left[at][1]] for at in filled[: form.header_lines]]
    below = left[filled[form.header_lines - 1] + 1 :]
    return table(path, headings.joined(header), below, form, header_lines=header)


def _name(cell: Cell, form: Form) -> str:
    return "" if cell is None else cells.text(cell, form)


def no_header(path: str, form: Form) -> InputError:
    """What is wrong with a file that ends above its header."""
    return InputError(
        path,
        f"ends before {counted(form.header_lines, 'header line')} from line {form.header_line} on",
        f"correct form.header_line and form.header_lines of this source, as {FINDS}",
    )


def _bounds(header: Sequence[str] | None, widths: Sequence[int], form: Form) -> tuple[int, int]:
    """How few and how many cells a row may have.

    Cells of columns without a name, at the end of the header, may be lacking.
    """
    most = max(widths, default=0)
    if header is None:
        usual = next(iter(widths), 0)
        return (1, most) if form.extra_cells == "last" else (usual, usual)
    named = max((number for number, name in enumerate(header, 1) if name.strip()), default=1)
    match form.extra_cells:
        case "first":
            return most, most
        case "last":
            return named, max(most, len(header))
    return named, len(header)


def _ragged(
    path: str, header: Sequence[str] | None, rows: Sequence[Row], width: int, cure: str
) -> InputError:
    """What is wrong with rows of other widths than the header."""
    (number, row), *others = rows
    where = place(path, number)
    if any("\n" in cell or "\r" in cell for cell in row if isinstance(cell, str)):
        return InputError(
            where,
            "opens a quote that is not closed",
            'put " at both ends of the value, and "" for one within it',
        )
    above = "the header" if header is not None else "the first row"
    more = several([f"{place(path, number)} has {len(row)}" for number, row in others])
    if width == 1:
        cure = f"set form.header_line of this source if other lines stand above it, as {FINDS}"
    return InputError(
        where,
        f"has {len(row)} fields where {above} has {width}" + (f"; {more}" if more else ""),
        cure,
    )
