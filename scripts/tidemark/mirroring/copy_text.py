"""Rows of Arrow as the text of COPY: tabs between columns, backslashes before what ends one.

Numbers stand as the shortest decimals that give them back, times in UTC to the microsecond. A NUL,
which PostgreSQL has no text with, becomes its picture, U+2400.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NULL = r"\N"
NUL, PICTURE = "\0", "␀"
ESCAPED = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), (NUL, PICTURE))
TAB, END, NOTHING = (pa.scalar(sign, pa.large_string()) for sign in ("\t", "\n", ""))
ROWS = 50_000  # at a time


def chunks(rows: pa.Table) -> Iterator[bytes]:
    """The text of a table, piece by piece."""
    for start in range(0, rows.num_rows, ROWS):
        part = rows.slice(start, ROWS).combine_chunks()
        columns = [_text(part.column(name)) for name in part.column_names]
        columns[-1] = pc.binary_join_element_wise(columns[-1], END, NOTHING)
        lines = pc.binary_join_element_wise(*columns, TAB)
        joined = pa.concat_arrays(lines.chunks) if isinstance(lines, pa.ChunkedArray) else lines
        yield _content(joined)


def has_nul(rows: pa.Table) -> int:
    """How many texts of a table hold a NUL."""
    return sum(
        int(pc.sum(pc.match_substring(pc.cast(column, pa.large_string()), NUL)).as_py() or 0)
        for column in rows.columns
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    )


def blob_line(name: str, nth: int, content: bytes) -> bytes:
    """A row of a name, a number and bytes."""
    return f"{name}\t{nth}\t\\\\x{content.hex()}\n".encode()


def array(texts: Sequence[str] | None) -> str | None:
    """Texts as an array of PostgreSQL."""
    if texts is None:
        return None
    quoted = ('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in texts)
    return "{" + ",".join(quoted) + "}"


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        arrays = [array(texts) for texts in column.to_pylist()]
        column = pa.chunked_array([pa.array(arrays, pa.large_string())])
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    text = pc.cast(column, pa.large_string())
    if is_text:
        for sign, escaped in ESCAPED:
            text = pc.replace_substring(text, sign, escaped)
    return pc.fill_null(text, NULL)


def _content(lines: pa.Array) -> bytes:
    """All lines one after the other: what Arrow keeps of them lies so already."""
    if len(lines) == 0:
        return b""
    _, offsets, data = lines.buffers()
    kind = "<i8" if pa.types.is_large_string(lines.type) else "<i4"
    ends = np.frombuffer(offsets, dtype=kind)[lines.offset : lines.offset + len(lines) + 1]
    return bytes(memoryview(data)[int(ends[0]) : int(ends[-1])])
