"""Text with separators. Its values stay text; `sources` gives them types."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tidemark.errors import InputError
from tidemark.reading import grids, headings
from tidemark.reading.decoding import decoded
from tidemark.reading.kinds import place
from tidemark.reading.rows import Skipping, must_not_rename
from tidemark.reading.settings import BLANKS, Form
from tidemark.reading.table import LeftOut, Table, framed

import numpy as np
import pyarrow as pa
import pyarrow.csv

LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+$")

Record = tuple[int, list[str]]  # the number of its first line, and its cells


@dataclass(frozen=True)
class Body:
    """What stands below the header.

    Attributes:
        path: of the file.
        text: the records.
        separator: the sign between their values.
        line: the number of the first line in the file.
        header: the names of columns, empty where one has none; None without a header.
        header_lines: the cells of which they are joined.
    """

    path: str
    text: str
    separator: str
    line: int
    header: list[str] | None
    header_lines: Sequence[Sequence[str]] = ()


def table(path: str, content: bytes, form: Form) -> Table:
    """The rows below the header.

    Raises:
        InputError: the content is empty, ragged, not of the encoding, or repeats a column name.
    """
    body = below_header(path, decoded(path, content, form), form)
    cure = f"complete the line; put quotes around a value that contains {body.separator!r}"
    return _regular(body, form) or grids.table(
        path, body.header, [*_records(body)], form, cure, "", body.header_lines
    )


def below_header(path: str, text: str, form: Form) -> Body:
    """A text cut where its header ends.

    Raises:
        InputError: the text is empty, or ends before.
    """
    if not text.strip():
        raise InputError(path, "is empty", "fill it, or correct `path` of this source")
    separator = form.separator
    if separator == BLANKS:
        text, separator = tabbed(text), "\t"
    if not form.header_line:
        return Body(path, text, separator, 1, None)
    reader = csv.reader(lines_of(text, _start_of(text, form.header_line)), delimiter=separator)
    try:
        header = list(islice(filter(None, reader), form.header_lines))
    except csv.Error as error:
        where = f"{path}:{form.header_line}"
        raise InputError(where, f"is no header ({error})", "check its quotes") from error
    if len(header) < form.header_lines:
        raise grids.no_header(path, form)
    line = form.header_line + reader.line_num
    return Body(
        path, text[_start_of(text, line) :], separator, line, headings.joined(header), header
    )


def lines_of(text: str, start: int = 0) -> Iterator[str]:
    """The lines of a text from a place on, each with its end, whichever of the three it is."""
    return (line[0] for line in LINE.finditer(text, start))


def _start_of(text: str, line: int) -> int:
    """Where a line begins, or where the text ends if it has fewer."""
    found = next(islice(LINE.finditer(text), line - 1, None), None)
    return len(text) if found is None else found.start()


def tabbed(text: str) -> str:
    """Text whose values are separated by any number of blanks and tabs, now by one tab."""
    trimmed = re.sub(r"(?:(?<=[\r\n])|\A)[ \t]+|[ \t]+(?=[\r\n]|\Z)", "", text)
    if '"' not in text:
        return re.sub(r"[ \t]+", "\t", trimmed)
    return re.sub(r'("[^"\r\n]*")|[ \t]+', lambda found: found[1] or "\t", trimmed)


def records(path: str, text: str, separator: str = ",", line: int = 1) -> Iterator[Record]:
    """The records that are not blank, each with the number of its first line.

    Args:
        path: of the file.
        text: some of its lines.
        separator: a single sign.
        line: the number of the first of them in the file.

    Raises:
        InputError: a record is not CSV.
    """
    reader = csv.reader(lines_of(text), delimiter=separator)
    first = line
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = first + reader.line_num
    except csv.Error as error:
        raise InputError(
            f"{path}:{line}", f"is not CSV ({error})", "check the quotes from there on"
        ) from error


def _records(body: Body) -> Iterator[Record]:
    return records(body.path, body.text, body.separator, body.line)


def _regular(body: Body, form: Form) -> Table | None:
    """The rows, if all that are data have as many cells as there are names; None if not."""
    skipping = Skipping(form)
    width = len(body.header or ())
    if body.header is None or form.extra_cells != "refuse":
        data = (cells for _, cells in _records(body) if skipping.is_data(cells))
        width = len(next(data, body.header or ()))
    names = grids.names(body.header, width, form)
    if not width or len(names) != width:
        return None
    odd: list[tuple[int, str]] = []
    read = cells_of(
        body.text, body.separator, width, lambda row: odd.append((row.number - 1, row.text))
    )
    if read is None:
        return None
    try:
        aside = [next(csv.reader([text], delimiter=body.separator)) for _, text in odd]
    except csv.Error:
        return None
    named = len(body.header or ())
    if any(skipping.is_data(cells, named) for cells in aside):
        return None
    lines = _lines(body, len(read) + len(odd))
    apart = [at for at, _ in odd]
    for line, cells in zip(lines[apart], aside, strict=True):
        must_not_rename(place(body.path, int(line)), cells, body.header_lines)
    out = _left_out(lines[apart], [skipping.told_by(cells, named) for cells in aside])
    lines = np.delete(lines, apart)
    keep = skipping.are_data(read.columns)
    if not keep.all():
        skipped = zip(*(column.filter(pa.array(~keep)).to_pylist() for column in read), strict=True)
        first = lines[keep.argmax()]
        for line, row in zip(lines[~keep], skipped, strict=True):
            where = place(body.path, int(line))
            must_not_rename(where, row, body.header_lines, below_data=line > first)
        out += _left_out(lines[~keep], read[0].filter(pa.array(~keep)).to_pylist())
        read, lines = read.filter(pa.array(keep)), lines[keep]
    return framed(body.path, read.columns, names, lines, form, sorted(out))


def cells_of(
    text: str,
    separator: str,
    width: int,
    aside: Callable[[pa.csv.InvalidRow], object],
    skip_lines: int = 0,
) -> pa.Table | None:
    """The records with so many cells, as text; None if the text is no CSV.

    Args:
        text: the records.
        separator: a single sign.
        width: how many cells.
        aside: is given the other records.
        skip_lines: lines at the beginning that are not read.
    """

    def put_aside(row: pa.csv.InvalidRow) -> str:
        aside(row)
        return "skip"

    names = list(map(str, range(width)))
    try:
        return pa.csv.read_csv(
            pa.BufferReader(text.encode()),
            pa.csv.ReadOptions(use_threads=False, skip_rows=skip_lines, column_names=names),
            pa.csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=put_aside
            ),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid:
        return None  # such as a quote that is never closed


def _left_out(lines: np.ndarray, firsts: Sequence[str]) -> list[LeftOut]:
    return [LeftOut(int(line), cell.strip()) for line, cell in zip(lines, firsts, strict=True)]


def _lines(body: Body, rows: int) -> np.ndarray:
    """For each row the line on which it begins."""
    text = body.text.rstrip("\r\n")
    ends = text.count("\n") + text.count("\r") - text.count("\r\n")
    if ends + 1 == rows:  # a record a line, and none is blank
        return np.arange(body.line, body.line + rows)
    if '"' not in text:  # so that every line is a record or blank
        whole = enumerate(lines_of(text), body.line)
        return np.fromiter((line for line, told in whole if told.strip("\r\n")), np.int64)
    return np.fromiter((line for line, _ in _records(body)), np.int64)
