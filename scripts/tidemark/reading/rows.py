"""Rows that are no data: those that a form skips, such as totals, and those without a value."""

import re
from collections.abc import Sequence

from tidemark.reading import cells
from tidemark.reading.cells import Cell
from tidemark.reading.patterns import expression
from tidemark.reading.settings import Form

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


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
