"""Text with separators. Its values stay text; `sources.columns` gives them types."""

import codecs
import csv
import io
from collections.abc import Iterator

from tidemark.errors import InputError, first_line
from tidemark.reading.settings import Form
from tidemark.reading.table import Table, no_repeated_names

import numpy as np
import pyarrow as pa
import pyarrow.csv


def table(path: str, content: bytes, form: Form) -> Table:
    """The rows below the header.

    Raises:
        InputError: the content is empty, ragged, not of the encoding, or repeats a column name.
    """
    text = decoded(path, content)
    nul = text.find("\0")
    if nul >= 0:
        line = text[:nul].count("\n") + 1
        raise InputError(f"{path}:{line}", "holds a NUL byte", "save the file as UTF-8 text")
    header = _header(path, text)
    no_repeated_names(path, header)
    try:
        data = pa.csv.read_csv(
            pa.BufferReader(text.encode()),
            pa.csv.ReadOptions(use_threads=False),
            pa.csv.ParseOptions(newlines_in_values=True),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
        )
    except pa.ArrowInvalid as error:
        raise _malformed(path, text, header, error) from error
    return Table(path, data, _lines(path, text, data.num_rows), form)


def decoded(path: str, content: bytes) -> str:
    """The text of a file, without byte-order marks.

    Raises:
        InputError: names the line of a byte that is not of the encoding.
    """
    try:
        return content.decode("utf-8-sig").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        wide = (
            "; the file is UTF-16"
            if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            else ""
        )
        raise InputError(
            f"{path}:{line}",
            f"byte 0x{content[error.start]:02x} is not UTF-8 text{wide}",
            "save the file as UTF-8",
        ) from error


def records(path: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank, each with the number of its first line.

    Raises:
        InputError: a record is not CSV.
    """
    reader = csv.reader(io.StringIO(text, newline=""))
    line = 1
    try:
        for fields in reader:
            if fields:
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}:{line}", f"is not CSV ({error})", "check the quotes from there on"
        ) from error


def _lines(path: str, text: str, rows: int) -> np.ndarray:
    """For each row the line on which it begins."""
    text = text.rstrip("\r\n")
    ends = text.count("\n") + text.count("\r") - text.count("\r\n")
    if ends == rows:  # a record a line, and none is blank
        return np.arange(2, rows + 2)
    begun = (line for line, _ in records(path, text))
    return np.fromiter(begun, np.int64)[1:]


def _header(path: str, text: str) -> list[str]:
    for _, fields in records(path, text):
        return fields
    raise InputError(path, "is empty", "fill it, or correct `path` of this source")


def _malformed(path: str, text: str, header: list[str], error: Exception) -> InputError:
    for line, fields in records(path, text):
        if len(fields) != len(header):
            if any("\n" in field or "\r" in field for field in fields):
                cure = 'put " at both ends of the value, and "" for one within it'
                return InputError(f"{path}:{line}", "opens a quote that is not closed", cure)
            return InputError(
                f"{path}:{line}",
                f"has {len(fields)} fields where the header has {len(header)}",
                "complete the line; put quotes around a value that contains a comma",
            )
    return InputError(path, f"is not CSV ({first_line(error)})", "export it again")
