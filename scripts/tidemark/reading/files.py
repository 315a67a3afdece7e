"""A file of any kind as tables, by its ending; nothing is guessed."""

from tidemark.errors import InputError
from tidemark.reading import json_records, parquet, text, workbooks
from tidemark.reading.kinds import (
    ENDINGS,
    Kind,
    extra_of,
    kind_of,
    must_be_of_kind,
    unzipped_name,
)
from tidemark.reading.settings import Form
from tidemark.reading.table import Table
from tidemark.reading.unpacking import unpacked

READERS = {
    Kind.TEXT: text.table,
    Kind.PARQUET: parquet.table,
    Kind.JSON: json_records.table,
    Kind.JSON_LINES: json_records.table,
}
MEASURES = {Kind.PARQUET: parquet.decoded_size, Kind.WORKBOOK: workbooks.decoded_size}


def tables(path: str, content: bytes, form: Form) -> list[Table]:
    """The tables of a file: one, or of an archive or workbook of several each.

    Raises:
        InputError: the content is empty, damaged, not of the form, ragged, has no rows or repeats a
            column name; or the file's name has another ending.
    """
    files = unpacked(path, content, form.members)
    return [table for name, plain in files for table in _of_one(name, plain, form)]


def _of_one(path: str, content: bytes, form: Form) -> list[Table]:
    kind = kind_of(unzipped_name(path))
    if kind is None or kind in (Kind.GZIP, Kind.ZIP):
        raise InputError(
            path,
            "has an unknown file type",
            f"use a file that ends in {', '.join(ENDINGS)}, or `make adopt FILE=...`",
        )
    must_be_of_kind(path, kind, content)
    if kind is Kind.WORKBOOK:
        return workbooks.tables(path, content, form)
    return [READERS[kind](path, content, form)]


def must_unpack_to(path: str, content: bytes, at_most: int) -> None:
    """Refuse a file that unpacks to more than `at_most` bytes, before it takes that memory.

    What is compressed is unpacked no further; of Parquet the size of the decoded columns counts,
    each text as often as it stands there, of a workbook the cells between its outermost ones.

    Raises:
        InputError: names the file, its size and the limit.
    """
    size = 0
    for name, plain in unpacked(path, content, at_most=at_most + 1):
        size += len(plain)
        kind = kind_of(unzipped_name(name))
        if size <= at_most and kind in MEASURES:
            size += MEASURES[kind](name, plain, at_most) - len(plain)
        if size > at_most:
            raise InputError(
                path,
                f"unpacks to more than {at_most // 1_000_000:,} MB",
                "if the file is what you expect, raise fetch_data.largest_file_megabytes",
            )


def extras_of(path: str, content: bytes) -> set[str]:
    """The libraries, beyond those that all need, that reading a file and its members takes.

    Raises:
        InputError: an archive is damaged.
    """
    names = (name for name, _ in unpacked(path, content, at_most=0))
    return {extra for name in names if (extra := extra_of(name))}
