"""Rows that are no data: those that a form skips, such as totals, and those without a value."""

import re
from collections.abc import Sequence

from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading import cells
from tidemark.reading.cells import Cell
from tidemark.reading.patterns import expression
from tidemark.reading.settings import Form

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FEWEST_NAMES = 3


def must_not_rename(
    where: str, row: Sequence[Cell], lines: Sequence[Sequence[str]], *, below_data: bool = False
) -> None:
    """Refuse a header among the rows whose columns are not those of the header above them.

    Args:
        where: the place of the row.
        row: its cells.
        lines: of the header, any of which the row may be.
        below_data: whether rows of data stand above it, so that it does not say units.

    Raises:
        InputError: the row has two names of a line, and others in their places; or, below data,
            as many names of its own, as of another language.
    """
    cells = _as_names(["" if cell is None else str(cell) for cell in row])
    headers = [_as_names(line) for line in lines]
    if cells in headers:
        return
    for names in headers:
        begins = {_first_word(name) for name in names}
        alike = [cell for cell in cells if cell and _first_word(cell) in begins]
        if len(alike) > 1 or (below_data and len(cells) == len(names) and _are_names(cells)):
            raise InputError(
                where,
                f"is a header of other columns ({several(list(map(repr, cells)), 8)}) than the one"
                f" above the rows ({several(list(map(repr, names)), 8)})",
                "make it a file of its own, from this line on; or remove the line, if it names the"
                " same columns in the same order",
            )


def _are_names(cells: Sequence[str]) -> bool:
    """Whether cells are words, all different, and too many to be a remark."""
    are_words = all(re.fullmatch(r"\D*[^\W\d_]{2}\D*", cell) for cell in cells)
    return are_words and len(set(cells)) == len(cells) >= FEWEST_NAMES


def _as_names(cells: Sequence[str]) -> list[str]:
    """Names in small letters, without the empty ones at the end."""
    names = [cell.strip().casefold() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _first_word(name: str) -> str:
    return re.split(r"\W", name, maxsplit=1)[0] or name


class Skipping:
    """Which rows a form skips.

    `expression` is one for Python and for Arrow, or None: it matches the first cells of rows to
    skip.
    """

    def __init__(self, form: Form) -> None:
        self.expression = expression(map(str.strip, form.skip)) if form.skip else None
        self._form = form
        self._compiled = re.compile(self.expression) if self.expression else None

    def told_by(self, row: Sequence[Cell], width: int = 0) -> str:
        """The cell of a row that is like a pattern, or else its first, as patterns see it.

        That is the first cell, but any of a row with fewer cells than `width`.
        """
        seen = row if len(row) < width else row[:1]
        texts = ["" if cell is None else cells.text(cell, self._form).strip() for cell in seen]
        like = (text for text in texts if self._compiled and self._compiled.search(text))
        return next(like, texts[0] if texts else "")

    def is_data(self, row: Sequence[Cell], width: int = 0) -> bool:
        """Whether a row is to be read, of which `told_by` says what tells."""
        told = self.told_by(row, width)
        if self._compiled is not None and self._compiled.search(told):
            return False
        return bool(told) or any(
            bool(cell.strip()) if isinstance(cell, str) else cell is not None for cell in row
        )

    def are_data(self, columns: Sequence[pa.Array]) -> np.ndarray:
        """Which rows are to be read, of columns of text."""
        first = pc.utf8_trim_whitespace(columns[0])
        blank = np.flatnonzero(pc.equal(first, "").to_numpy(zero_copy_only=False))
        for column in columns[1:]:
            there = pc.utf8_trim_whitespace(column.take(pa.array(blank)))
            blank = blank[pc.equal(there, "").to_numpy(zero_copy_only=False)]
        keep = np.ones(len(first), bool)
        keep[blank] = False
        if self.expression is not None:
            keep &= ~pc.match_substring_regex(first, self.expression).to_numpy(zero_copy_only=False)
        return keep
