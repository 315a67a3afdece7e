"""A table's header as a form declares it: its lines, repeated names, and more cells than names."""

import re
from collections.abc import Sequence
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
    told = []
    skip: list[str] = []
    line, lines = heading.line, heading.lines
    if not line:
        told.append(Conclusion(
            "header", "there is none", f"{path}:{heading.data} is already a row"))  # fmt: skip
        skip += [cells[0].strip() for _, cells in heading.above]
    elif line > 1 and heading.above:
        above = several([repr(" ".join(cells).strip()) for _, cells in heading.above])
        told.append(Conclusion("header", f"in line {line}", f"what stands above is none: {above}"))
    if lines > 1:
        told.append(Conclusion("header", f"{lines} lines", f"{path}:{line} and below, what stands"
            " below each other is one name"))  # fmt: skip
    if heading.units and heading.units[1][0].strip():
        skip.append(heading.units[1][0].strip())
        told.append(Conclusion("units", f"line {heading.units[0]} is left out",
            f"it says units: {several([cell for cell in heading.units[1] if cell])}"))  # fmt: skip
    elif heading.units:
        lines += 1
    extra = _extra(path, heading, records)
    if extra != "refuse":
        count = heading.width - len(heading.names[0])
        told.append(Conclusion("columns", f"the {extra} {counted(count, 'cell')} of each row"
            " has no name", f"{path}:{line} has {counted(len(heading.names[0]), 'name')}, rows have"
            f" {heading.width} cells"))  # fmt: skip
    twice = _repeated(heading.names)
    if twice:
        told.append(Conclusion("columns", f"the second {twice!r} is called '{twice} 2'",
            f"{path}:{line} has the name twice"))  # fmt: skip
    form = Form(
        header_line=line,
        header_lines=lines,
        repeated_names="number" if twice else "refuse",
        extra_cells=extra,
        skip=tuple(skip),
    )
    return form, told


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
