"""A table's header as a form declares it: its lines, repeated names, and more cells than names."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from tidemark.adopting.conclusions import Conclusion
from tidemark.adopting.form.cells import Kind
from tidemark.adopting.form.heading import Heading, Record
from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.reading import headings
from tidemark.reading.settings import Form

DATED = re.compile(
    r"(?i)date|time|day|dat[ua]|fecha|tag\b|zeit|period|month|日|时|時|일자|날짜|дата"
)


def declared(
    path: str, heading: Heading, records: Sequence[Record]
) -> tuple[Form, list[Conclusion]]:
    """The form's part that says where the header is; of the first records, some are shown.

    Raises:
        InputError: rows have cells without a name, and which those are is open.
    """
    extra = _extra(path, heading, records)
    twice = _repeated(heading.names)
    skip = [] if heading.line else [cells[0].strip() for _, cells in heading.above]
    unit = _left_out(heading)
    form = Form(
        header_line=heading.line,
        header_lines=heading.lines + (1 if heading.units and not unit else 0),
        repeated_names="number" if twice else "refuse",
        extra_cells=extra,
        skip=(*skip, unit) if unit else tuple(skip),
    )
    return form, [*_of_lines(path, heading), *_of_columns(path, heading, extra, twice)]


def _of_lines(path: str, heading: Heading) -> Iterator[Conclusion]:
    """What is concluded of the lines of a header, those above it, and that of units."""
    line, lines = heading.line, heading.lines
    if not line:
        yield Conclusion("header", "there is none", f"{path}:{heading.data} is already a row")
    elif line > 1 and heading.above:
        above = several([repr(" ".join(cells).strip()) for _, cells in heading.above])
        yield Conclusion("header", f"in line {line}", f"what stands above is none: {above}")
    if lines > 1:
        because = f"{path}:{line} and below, what stands below each other is one name"
        yield Conclusion("header", f"{lines} lines", because)
    if heading.units and _left_out(heading):
        because = f"it says units: {several([cell for cell in heading.units[1] if cell])}"
        yield Conclusion("units", f"line {heading.units[0]} is left out", because)


def _of_columns(path: str, heading: Heading, extra: str, twice: str) -> Iterator[Conclusion]:
    """What is concluded of cells without a name, and of a name that stands twice."""
    if extra != "refuse":
        names = len(heading.names[0])
        unnamed = counted(heading.width - names, "cell")
        told = f"the {extra} {unnamed} of each row has no name"
        because = f"{path}:{heading.line} has {counted(names, 'name')}, rows have {heading.width}"
        yield Conclusion("columns", told, f"{because} cells")
    if twice:
        told = f"the second {twice!r} is called '{twice} 2'"
        yield Conclusion("columns", told, f"{path}:{heading.line} has the name twice")


def _left_out(heading: Heading) -> str:
    """The first cell of a line of units that is left out; empty if names have the units."""
    units = heading.units[1] if heading.units else [""]
    of_thousands = any(re.fullmatch(r"(?i)\W*(thousand|million)s\W*", unit) for unit in units)
    return "" if of_thousands else units[0].strip()


def _repeated(lines: Sequence[Sequence[str]]) -> str:
    """A name that stands twice; empty if none does."""
    names = [name.strip() for name in headings.joined(lines)] if lines else []
    return next((name for name in names if name and names.count(name) > 1), "")


def _extra(
    path: str, heading: Heading, records: Sequence[Record]
) -> Literal["refuse", "first", "last"]:
    """Where the cells stand for which the header has no name."""
    names = [name.strip() for name in heading.names[-1]] if heading.names else []
    more = heading.width - len(names)
    if not names or more <= 0:
        return "refuse"
    below = (cells for line, cells in records if line >= heading.data)
    rows = [cells for cells in below if len(cells) == heading.width]
    at = heading.typical.index(Kind.DATE) if Kind.DATE in heading.typical else None
    if not any(cell.strip() for cells in rows for cell in cells[-more:]):
        return "last"
    if at is not None and at >= more and DATED.search(names[at - more]):
        return "first"
    if at is not None and not any(map(DATED.search, names)):
        return "first"  # dates as an index that has no name
    if at is not None and at < len(names) and DATED.search(names[at]) and not _is_split(rows):
        return "last"
    raise InputError(
        f"{path}:{heading.data}",
        f"has {heading.width} cells where the header has {len(names)} names, and which have none is"
        " open" + ("; a sign within numbers may separate values, too" if _is_split(rows) else ""),
        "name all columns in the header, or export with ; or with quotes around values",
    )


def _is_split(rows: Sequence[Sequence[str]]) -> bool:
    """Whether neighbouring cells may be one number: 1,234.50 or 1,5 without quotes."""
    columns = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    return any(
        all(re.fullmatch(r"[-+]?[0-9]{1,3}", cell) for cell in left)
        and all(re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", cell) for cell in right)
        for left, right in pairwise(columns)
    )
