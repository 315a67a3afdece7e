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

    def first(self, row: Sequence[Cell]) -> str:
        """The first cell of a row, as patterns see it."""
        return "" if not row or row[0] is None else cells.text(row[0], self._form).strip()

    def is_data(self, row: Sequence[Cell]) -> bool:
        """Whether a row is to be read."""
        first = self.first(row)
        if self._compiled is not None and self._compiled.search(first):
            return False
        return bool(first) or any(
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
