"""A file of any kind as tables, by its ending; nothing is guessed."""

from tidemark.errors import InputError
from tidemark.reading import parquet, text, unpacking
from tidemark.reading.kinds import must_be_of_kind
from tidemark.reading.settings import Form
from tidemark.reading.table import Table

import numpy as np


def tables(path: str, content: bytes, form: Form) -> list[Table]:
    """The tables of a file: one, or of an archive or workbook of several each.

    Raises:
        InputError: the content is empty, damaged, not of the form, ragged, has no rows or repeats a
            column name; or the file's name has another ending.
    """
    table = _table(path, content, form)
    if not len(table):
        raise InputError(
            path, "has column names but no rows", "fill the file, or correct `path` of this source"
        )
    return [table]


def _table(path: str, content: bytes, form: Form) -> Table:
    lower = path.lower()
    must_be_of_kind(path, lower, content)
    if lower.endswith(".parquet"):
        data = parquet.columns(path, content)
        return Table(path, data, np.arange(1, data.num_rows + 1), form)
    if lower.endswith((".csv", ".csv.gz")):
        plain = unpacking.gunzipped(path, content) if lower.endswith(".gz") else content
        must_be_of_kind(path, ".csv", plain)
        return text.table(path, plain, form)
    raise InputError(
        path, "has an unknown file type", "use a file that ends in .csv, .csv.gz or .parquet"
    )


def must_unpack_to(path: str, content: bytes, at_most: int) -> None:
    """Refuse a file that unpacks to more than `at_most` bytes, before it takes that memory.

    A compressed CSV file is unpacked piece by piece and counted; of Parquet the size of the
    decoded columns counts, each text as often as it stands there.

    Raises:
        InputError: names the file, its size and the limit.
    """
    size = len(content)
    if path.lower().endswith(".gz"):
        size = unpacking.gunzipped_size(path, content, at_most)
    elif path.lower().endswith(".parquet"):
        size = parquet.decoded_size(path, content, at_most)
    if size > at_most:
        raise InputError(
            path,
            f"unpacks to more than {at_most // 1_000_000:,} MB",
            "if the file is what you expect, raise fetch_data.largest_file_megabytes",
        )
