"""Where a table's header stands, and what stands about it, from its first records."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tidemark.adopting.form import across
from tidemark.adopting.form.cells import VALUES, Kind, kind
from tidemark.errors import InputError

MOST_DATED_ABOVE = 5  # lines with dates and numbers above a header that make a table

Record = tuple[int, list[str]]  # the line on which it begins, and its cells
UNITS = frozenset([
    "%", "percent", "usd", "eur", "gbp", "jpy", "chf", "cny", "us$", "$", "\u20ac", "\u00a3",
    "\u00a5", "dollars", "euros", "cents", "pence", "points", "units", "unit", "shares", "lots",
    "contracts", "number", "count", "yyyy-mm-dd", "yyyymmdd", "dd/mm/yyyy", "mm/dd/yyyy",
    "millions", "thousands",
])  # fmt: skip


@dataclass(frozen=True)
class Heading:
    """The header of a table.

    Attributes:
        line: on which it begins; 0: there is none.
        lines: how many it takes, a line that names the index alone among them.
        names: of the columns as they stand there, one list a line.
        above: records above it that belong to no table.
        units: the record below it that says units, if one does.
        typical: for each column of a row the kind that most of its cells are of.
        data: the line of the first row.
    """

    line: int
    lines: int
    names: Sequence[Sequence[str]]
    above: Sequence[Record]
    units: Record | None
    typical: Sequence[Kind]
    data: int

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.typical)


def find(path: str, records: Sequence[Record]) -> Heading:
    """The header of the table that these records begin; the first row of values tells it apart.

    Raises:
        InputError: no record looks like a row of dates and numbers, or dates are along the header.
    """
    across.must_not_be(path, records)
    width = usual_width(records)
    typical = _typical(records, width)
    first = next(
        (number for number, (_, cells) in enumerate(records) if _is_row(cells, typical)), None
    )
    if first is None and len(records) == 1 and _are_names(records[0][1]):
        raise InputError(path, "has column names but no rows", "export it again, with its rows")
    if first is None:
        raise InputError(
            path,
            "has no row of dates and numbers that would be a table",
            "name the file that holds the prices, a row a date, or export it as CSV",
        )
    block, above = _block(records[:first], width)
    if not block and above and len(above[-1][1]) > width and _are_names(above[-1][1]):
        line, names = above[-1]
        raise InputError(
            f"{path}:{line}",
            f"names {len(names)} columns, and the rows below have {width} cells",
            "complete the rows, or remove the names that have no values",
        )
    rows = [line for line, cells in above if {Kind.DATE, Kind.NUMBER} <= set(map(kind, cells))]
    if len(rows) >= MOST_DATED_ABOVE and block:
        raise InputError(
            f"{path}:{block[-1][0]}",
            f"is a header below rows of dates and numbers, from line {rows[0]} on",
            "make each table a file of its own",
        )
    units = None
    if len(block) > 1 and _is_units(block[-1][1]) and _are_names(block[-2][1]):
        units = block.pop()
    header = _header(block)
    above = [*above, *block[: len(block) - len(header)]]
    return Heading(
        header[0][0] if header else 0,
        max(1, len(header)),
        [cells for _, cells in header],
        above,
        units,
        typical,
        records[first][0],
    )


def usual_width(records: Sequence[Record]) -> int:
    """How many cells most records have that hold a date or a number; 0 if none does."""
    valued = [cells for _, cells in records if any(kind(cell) in VALUES for cell in cells)]
    counts = Counter(map(len, valued))
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _typical(records: Sequence[Record], width: int) -> list[Kind]:
    """For each column the kind that most of its cells are of."""
    kinds = [[kind(cell) for cell in cells] for _, cells in records if len(cells) == width]
    rows = [row for row in kinds if not VALUES.isdisjoint(row)]
    typical = []
    for column in zip(*rows, strict=True):
        found = Counter(one for one in column if one not in (Kind.EMPTY, Kind.MISSING))
        typical.append(found.most_common(1)[0][0] if found else Kind.EMPTY)
    return typical


def _is_row(cells: Sequence[str], typical: Sequence[Kind]) -> bool:
    """Whether a record is one of values: dates where they belong, or without such, numbers.

    A quote of today may have its hour in place of a date.
    """
    if len(cells) != len(typical):
        return False
    kinds = [kind(cell) for cell in cells]
    dated = [one for one, usual in zip(kinds, typical, strict=True) if usual == Kind.DATE]
    if dated:
        return Kind.DATE in dated or Kind.CLOCK in dated
    values = [one for one, usual in zip(kinds, typical, strict=True) if usual in VALUES]
    return any(one in VALUES for one in values) and Kind.WORD not in values


def _block(records: Sequence[Record], width: int) -> tuple[list[Record], list[Record]]:
    """The records straight above the first row that are as wide as it, and those above these.

    Where none is, those that are a little narrower: rows have more cells than these have names.
    """
    for fewer in range(3):
        start = len(records)
        while start and _may_be_header(records[start - 1][1], width, fewer):
            start -= 1
        if start < len(records):
            break
    return list(records[start:]), list(records[:start])


def _may_be_header(cells: Sequence[str], width: int, fewer: int) -> bool:
    names = list(cells)
    while len(names) > width and not names[-1].strip():
        names.pop()
    return len(names) == max(2, width - fewer) and any(name.strip() for name in names)


def _are_names(cells: Sequence[str]) -> bool:
    """Whether cells are different names; the first may be empty."""
    names = [cell.strip() for cell in cells]
    while len(names) > 1 and not names[-1]:
        names.pop()
    names = names if names[0] else names[1:]
    return all(names) and len(set(names)) == len(names)


def _is_units(cells: Sequence[str]) -> bool:
    """Whether cells say units, such as USD or (shares), and nothing else."""
    words = [cell.strip().strip("()[]").lower() for cell in cells if cell.strip()]
    return bool(words) and all(word in UNITS for word in words)


def _header(block: Sequence[Record]) -> list[Record]:
    """The lines of the header among the records above the first row, the last ones of these.

    Names that stand once alone are a header. What is repeated or left empty, as where cells were
    merged, needs the line above or below it to be a name.
    """
    if len(block) < 2:
        return list(block)
    start = len(block) - 1
    if _names_the_index(block[start][1]):  # below the two lines or more of a MultiIndex
        start = max(0, start - 2)
    while start and not _names_the_index(block[start - 1][1]):
        upper, lower = block[start - 1][1], block[start][1]
        if _are_names(upper) and _are_names(lower):
            break
        start -= 1
    return list(block[start:])


def _names_the_index(cells: Sequence[str]) -> bool:
    """Whether only the first cell is filled, as pandas writes the name of an index."""
    return bool(cells[0].strip()) and len(cells) > 1 and not any(map(str.strip, cells[1:]))
