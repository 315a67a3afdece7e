"""Tables that lie on their side: dates along the header, a row for each ticker."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tidemark.adopting.form.cells import Kind, kind
from tidemark.errors import InputError

DAY_IN_DIGITS = re.compile(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9]")
YEAR = re.compile(r"(1[789]|20)[0-9]{2}")
FEWEST_DATES, FEWEST_YEARS = 2, 3


def must_not_be(path: str, records: Sequence[tuple[int, list[str]]]) -> None:
    """Refuse a table whose dates are names of columns, with names and numbers below them.

    Raises:
        InputError: names the line of the dates.
    """
    for number, (line, cells) in enumerate(records):
        at = _dates(cells)
        if not at:
            continue
        below = [row for _, row in records[number + 1 :] if len(row) == len(cells)]
        if below and all(_is_of_a_ticker(row, at[0]) for row in below):
            raise InputError(
                f"{path}:{line}",
                f"has dates along the header, such as {cells[at[0]].strip()!r}, and a row for each"
                " ticker or field",
                "turn the table, so that each date has a row: in a spreadsheet copy it and paste it"
                " transposed",
            )
        return


def _dates(cells: Sequence[str]) -> list[int]:
    """The places of the dates that fill most of a record; none if they do not."""
    cells = [cell.strip() for cell in cells]
    filled = sum(map(bool, cells))
    days = [
        at
        for at, cell in enumerate(cells)
        if kind(cell) is Kind.DATE or DAY_IN_DIGITS.fullmatch(cell)
    ]
    years = [at for at, cell in enumerate(cells) if YEAR.fullmatch(cell)]
    steps = {int(cells[after]) - int(cells[before]) for before, after in pairwise(years)}
    for found, fewest in (
        (days, FEWEST_DATES),
        (years if steps in ({1}, {-1}) else [], FEWEST_YEARS),
    ):
        if len(found) >= fewest and 2 * len(found) >= filled:
            return found
    return []


def _is_of_a_ticker(row: Sequence[str], first: int) -> bool:
    """Whether a record has words before the place of the first date, and no date itself."""
    kinds = [kind(cell) for cell in row]
    return Kind.WORD in kinds[:first] and Kind.DATE not in kinds
