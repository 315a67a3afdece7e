"""Rows that are none: totals, repeated headers, notes below the table, dividends, a quote of today.

Each is told by its first cell, or if it is a short one by any, so that the same are left out of
tomorrow's file.
"""

import csv
import re
from collections.abc import Sequence

from tidemark.adopting.form.cells import CLOCK, Kind, kind, shapes
from tidemark.adopting.form.heading import Heading
from tidemark.reading.patterns import expression
from tidemark.reading.settings import BLANKS
from tidemark.reading.text import cells_of, tabbed

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOST = 1_000  # odd rows that are looked at, for a file that has more is none with odd rows
LIKE_A_DATE = r"^\s*[0-9](\S*[0-9]){4,}\S*$"  # 2020-03-24*, or a count of seconds


def of_text(text: str, separator: str, heading: Heading) -> list[str]:
    """What tells such rows of a text."""
    if separator == BLANKS:
        text, separator = tabbed(text), "\t"
    odd: list[str] = []
    data = cells_of(
        text,
        separator,
        heading.width,
        lambda row: odd.append(row.text) if len(odd) < MOST else None,
        heading.data - 1,
    )
    if data is None:
        return []  # what is wrong is said by the reader of that form
    ragged = [row for line in odd for row in csv.reader([line], delimiter=separator)]
    return patterns(data, ragged, heading)


def patterns(data: pa.Table, ragged: Sequence[Sequence[str]], heading: Heading) -> list[str]:
    """What tells such rows, with * for any text and ? for any sign.

    Args:
        data: rows as text that have the usual width.
        ragged: others.
        heading: what stands above them.
    """
    fits = _fits(data, heading.typical)
    odd = [_odd_cell([cell.strip() for cell in cells], heading) for cells in ragged if cells]
    odd += pc.unique(data.column(0).filter(pc.invert(fits))).slice(0, MOST).to_pylist()
    told = [cell for cell in dict.fromkeys(map(str.strip, odd)) if cell]
    if not told:
        return []
    return _telling(told, pc.unique(pc.utf8_trim_whitespace(data.column(0).filter(fits))))


def _fits(data: pa.Table, typical: Sequence[Kind]) -> pa.Array:
    """For each row whether it has a date where dates stand, or a number, which may be missing.

    What is only like a date is left to who reads dates: the row is not to be lost.
    """
    at = typical.index(Kind.DATE) if Kind.DATE in typical else 0
    if typical[at] not in (Kind.DATE, Kind.NUMBER):
        return pa.array(np.ones(len(data), bool))
    expected = {typical[at], Kind.MISSING} if typical[at] == Kind.NUMBER else {typical[at]}
    found = shapes(data.column(at))
    usual = [one for one in pc.unique(found).to_pylist() if kind(one) in expected]
    fits = pc.is_in(found, pa.array(usual, found.type))
    if typical[at] == Kind.DATE:
        fits = pc.or_(fits, pc.match_substring_regex(found, LIKE_A_DATE))
    return fits


def _odd_cell(cells: Sequence[str], heading: Heading) -> str:
    """What tells a row of another width from those that are only torn; empty if nothing does."""
    if kind(cells[0]) != heading.typical[0]:
        return cells[0]
    words = [cell for cell in cells if kind(cell) == Kind.WORD]
    return words[-1] if words and len(cells) < heading.width and heading.line else ""


def _telling(odd: Sequence[str], usual: pa.Array) -> list[str]:
    """A pattern for each odd cell that no usual one is like; none for a cell that has none."""
    found: list[str] = []
    for cell in odd:
        if re.search(expression(found), cell):
            continue
        fit = (one for one in _candidates(cell) if not _is_any_like(usual, one))
        found += list(fit)[:1]
    return found


def _is_any_like(cells: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, expression([pattern]))).as_py())


def _candidates(cell: str) -> list[str]:
    """Patterns for a cell, the widest first that will fit it tomorrow, too."""
    plain = re.sub(r"[*?]", "?", cell)
    if CLOCK.fullmatch(cell):
        return [re.sub(r"[0-9]", "?", plain)]
    word, *more = plain.split(" ")
    if more and not re.search(r"[0-9]", word):
        return [f"{word} *", plain]
    if more and not re.search(r"[0-9]", more[-1]):
        return [f"* {more[-1]}", plain]
    return [re.sub(r"[0-9]", "?", plain), plain]
