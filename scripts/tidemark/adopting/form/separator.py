"""The sign between the values of a text, and its first records."""

import contextlib
import re
from collections.abc import Sequence
from itertools import islice

from tidemark.adopting.form.cells import VALUES, Kind, kind
from tidemark.adopting.form.heading import Record, usual_width
from tidemark.errors import InputError
from tidemark.reading.settings import BLANKS
from tidemark.reading.text import records as records_of
from tidemark.reading.text import tabbed

SIGNS = (",", ";", "\t", "|")
SET_OUT = re.compile(r"[ \t]{2,}")  # between the columns of a page
DO_NOT_SHOW = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
HEAD, ROWS = 300_000, 400  # characters, and records, that are looked at


def find(path: str, text: str) -> str:
    """The separator under which the cells of the first rows are whole: dates, numbers, words.

    Raises:
        InputError: none makes two columns of the rows.
    """
    worth = {sign: _worth(records(text, sign)) for sign in SIGNS}
    if worth["\t"] < 0.5:  # tabs are blanks, too
        worth[BLANKS] = _worth(records(text, BLANKS))
    best = max(worth, key=lambda sign: worth[sign])
    if not worth[best] and (hidden := DO_NOT_SHOW.search(text)):
        line = text.count("\n", 0, hidden.start()) + 1
        raise InputError(
            f"{path}:{line}",
            f"holds signs that do not show, such as U+{ord(hidden[0]):04X}, about its values",
            "export it again without them, or have an editor replace them by nothing",
        )
    if not worth[best]:
        raise InputError(
            path,
            "has no rows of several values with a date or a number, be they separated by , ; | tabs"
            " or blanks",
            "export the data as CSV, with a column of dates and at least one of prices",
        )
    return best


def records(text: str, separator: str) -> list[Record]:
    """The first records that are not blank, each with the number of its first line."""
    head = text[:HEAD]
    if len(text) > HEAD:
        head = head[: max(head.rfind("\n"), head.rfind("\r")) + 1]
    if separator == BLANKS:
        head, separator = tabbed(head), "\t"
    found: list[Record] = []
    with contextlib.suppress(InputError):  # a quote that is not closed, perhaps where the head ends
        found.extend(islice(records_of("", head, separator), ROWS))
    return found


def _worth(records: Sequence[Record]) -> float:
    """How many cells from the header on are whole and in rows of one length, as a share.

    It is 0 if no row with a date or a number has several.
    """
    width = usual_width(records)
    if width < 2:
        return 0.0
    usual = [
        len(cells) == width and not VALUES.isdisjoint(map(kind, cells)) for _, cells in records
    ]
    below = [cells for _, cells in records[max(0, usual.index(True) - 1) :]]
    rows = [cells for cells in below if len(cells) == width]
    return sum(_is_whole(cell) for cells in rows for cell in cells) / (len(below) * width)


def _is_whole(cell: str) -> bool:
    """Whether a cell is a value, or words in which no other separator stands."""
    if SET_OUT.search(cell.strip()) or cell.startswith('"'):
        return False
    return kind(cell) != Kind.WORD or not any(sign in cell for sign in SIGNS)
