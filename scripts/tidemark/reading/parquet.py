"""Parquet files: their own columns with their own types, and what they take once decoded."""

import contextlib
from collections.abc import Iterator

from tidemark.errors import InputError, first_line
from tidemark.reading.settings import Form
from tidemark.reading.table import Table, framed

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MEASURED_ROWS = 4_000


def table(path: str, content: bytes, form: Form) -> Table:
    """The columns of a Parquet file.

    Raises:
        InputError: the content is damaged, has no rows, or repeats a column name.
    """
    with _naming(path, content):
        data = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        data.validate(full=True)
        names = data.column_names
    return framed(path, data.columns, names, np.arange(1, len(data) + 1), form)


@contextlib.contextmanager
def _naming(path: str, content: bytes) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise InputError(
            path,
            f"is not a whole Parquet file of {len(content)} bytes ({first_line(error)})",
            "fetch or export it again; it may have been cut short",
        ) from error


def decoded_size(path: str, content: bytes, at_most: int) -> int:
    """Bytes of a Parquet file's columns once decoded, counted until there are more than `at_most`.

    Numbers count 8 bytes or their own width. Texts are read some rows at a time, and as numbers
    that point into a dictionary where the reader can, so that one long text that a file stores
    once takes no memory a thousand times.

    Raises:
        InputError: the content is damaged.
    """
    with _naming(path, content):
        metadata = pq.read_metadata(pa.BufferReader(content))
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        told = sum(group.total_byte_size for group in groups)
        size, texts, shared = 0, [], []
        for number in range(metadata.num_columns):
            column = metadata.schema.column(number)
            chunks = [group.column(number) for group in groups]
            size += max(8, column.length) * sum(chunk.num_values for chunk in chunks)
            if column.physical_type == "BYTE_ARRAY" and column.logical_type.type != "DECIMAL":
                texts.append(column.path)
                if not any(way.startswith("DELTA") for chunk in chunks for way in chunk.encodings):
                    shared.append(column.path)
        if texts and max(told, size) <= at_most:
            file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=shared)
            for batch in file.iter_batches(MEASURED_ROWS, columns=texts, use_threads=False):
                size += sum(map(_text_bytes, batch.columns))
                if size > at_most:
                    break
    return int(max(told, size))


def _text_bytes(values: pa.Array) -> int:
    """Bytes of texts, at any depth, each as often as it stands there."""
    kind = values.type
    if pa.types.is_map(kind):
        return _text_bytes(values.keys) + _text_bytes(values.items)
    if pa.types.is_struct(kind):
        return sum(map(_text_bytes, values.flatten()))
    if pa.types.is_nested(kind):
        return _text_bytes(values.flatten())
    if not pa.types.is_dictionary(kind):
        return int(values.nbytes)
    lengths = pc.binary_length(values.dictionary).take(values.indices)
    return int(pc.sum(lengths.cast(pa.int64())).as_py() or 0)
