"""CSV and Parquet files as tables of columns, with errors that name file and line.

Nothing is guessed: a CSV file is UTF-8, comma-separated, and has a header line. Its values stay
text here; `columns` gives them types.
"""

import codecs
import contextlib
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from tidemark.errors import InputError
from tidemark.sources import places

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

# What a file that is none of ours begins with, and what it is then.
GZIP, PARQUET = rb"\x1f\x8b", rb"PAR1[^ -~]"
BEGINNINGS = {
    rb"PK(\x03\x04|\x05\x06)": "a ZIP archive (perhaps an Excel workbook)",
    GZIP: "a gzip file",
    PARQUET: "a Parquet file",
    rb"\xd0\xcf\x11\xe0": "an Excel workbook",
    rb"%PDF-": "a PDF document",
    rb"BZh[1-9]1AY&SY|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd": "compressed in another way",
    rb"SQLite format 3\0": "an SQLite database",
    rb"(ARROW1|FEA1)\0": "an Arrow file",
    rb"\x89PNG|\xff\xd8\xff|GIF8[79]a": "a picture",
    rb"([!-~]\x00){2}|(\x00[!-~]){2}": "text in UTF-16 (save it as UTF-8)",
    rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype|\?xml|!--|(html|head|body)[\s>])": "an HTML or XML page",
    rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[\[\]{"])': "JSON",
}
ENDINGS = (".csv.gz", ".csv", ".parquet")
BATCH_ROWS = 500_000
MEASURED_ROWS = 4_000


@dataclass(frozen=True)
class Table:
    """A file's columns; `text` is that of a CSV file, kept to find the line of a row."""

    path: str
    data: pa.Table
    text: str | None

    def __len__(self) -> int:
        return int(self.data.num_rows)

    @property
    def names(self) -> list[str]:
        """The file's own column names."""
        return list(self.data.column_names)

    @property
    def stem(self) -> str:
        """The file's name without its ending: BRK.A of data/BRK.A.csv.gz."""
        name = PurePosixPath(self.path).name
        ending = next(ending for ending in ENDINGS if name.lower().endswith(ending))
        return name[: -len(ending)]

    def where(self, row: int, column: str) -> str:
        """The place of a value, for messages; `row` counts from 0."""
        return places.where(self.path, int(self.lines[row]), column)

    @cached_property
    def lines(self) -> np.ndarray:
        """For each row the line on which it begins, as an editor shows it; of Parquet its number.

        Both count from 1, and of CSV the header's lines count too.
        """
        if self.text is None:
            return np.arange(1, len(self) + 1)
        text = self.text.rstrip("\r\n")
        ends = text.count("\n") + text.count("\r") - text.count("\r\n")
        if ends == len(self):  # a record a line, and none is blank
            return np.arange(2, len(self) + 2)
        begun = (line for line, _ in _records(self.path, self.text))
        return np.fromiter(begun, np.int64)[1:]

    @property
    def parts(self) -> tuple["Table", ...]:
        """The tables of single files."""
        return (self,)

    @property
    def file_of_row(self) -> np.ndarray:
        """For each row, the number of its file among `parts`."""
        return np.repeat(np.arange(len(self.parts)), [len(part) for part in self.parts])

    @property
    def row_in_file(self) -> np.ndarray:
        """For each row, its number in its own file."""
        return np.concatenate([np.arange(len(part)) for part in self.parts])

    def column(self, name: str, or_else: str = "") -> pa.Array:
        """A column by the file's own name; InputError if it is not there, with another cure."""
        if name not in self.names:
            there = ", ".join(repr(other) for other in self.names[:20])
            raise InputError(
                self.path,
                f"has no column {name!r} (found: {there})",
                f"name one of these under `columns` of this source{or_else}",
            )
        return self.data[name].combine_chunks()


@dataclass(frozen=True)
class Batch(Table):
    """Files of the same columns as one table: thousands of small ones are typed in one pass."""

    files: tuple[Table, ...] = ()

    @property
    def parts(self) -> tuple[Table, ...]:
        """The tables of single files."""
        return self.files

    def where(self, row: int, column: str) -> str:
        """The place of a value in its own file."""
        file = int(self.file_of_row[row])
        return self.files[file].where(int(self.row_in_file[row]), column)


def batches(files: Mapping[str, bytes]) -> Iterator[Table]:
    """The files in order, those of the same columns together, as long as memory bears it.

    Raises:
        InputError: as `read_table`.
    """
    tables = (read_table(path, content) for path, content in files.items())
    rows = 0
    batch: list[Table] = []
    for table in tables:
        if batch and (rows > BATCH_ROWS or not table.data.schema.equals(batch[0].data.schema)):
            yield _joined(batch)
            rows, batch = 0, []
        rows += len(table)
        batch.append(table)
    if batch:
        yield _joined(batch)


def _joined(tables: list[Table]) -> Table:
    first = tables[0]
    if len(tables) == 1:
        return first
    data = pa.concat_tables([table.data for table in tables])
    return Batch(first.path, data, None, tuple(tables))


def read_table(path: str, content: bytes) -> Table:
    """Parse a .csv, .csv.gz or .parquet file.

    Raises:
        InputError: the content is empty, damaged, not UTF-8, ragged, has no rows or repeats a
            column name; or the file's name has another ending.
    """
    lower = path.lower()
    _must_be_of_kind(path, lower, content)
    if lower.endswith(".parquet"):
        table = Table(path, _parquet(path, content), None)
    elif lower.endswith((".csv", ".csv.gz")):
        plain = _decompressed(path, content) if lower.endswith(".gz") else content
        _must_be_of_kind(path, ".csv", plain)
        table = _csv(path, plain)
    else:
        raise InputError(
            path, "has an unknown file type", "use a file that ends in .csv, .csv.gz or .parquet"
        )
    if not len(table):
        raise InputError(
            path, "has column names but no rows", "fill the file, or correct `path` of this source"
        )
    return table


def _must_be_of_kind(path: str, ending: str, content: bytes) -> None:
    """Refuse a file that begins like one of another kind than its name says."""
    kinds = {".parquet": ("Parquet", PARQUET), ".gz": ("gzip", GZIP)}
    wanted, own = kinds.get(PurePosixPath(ending).suffix, ("CSV", None))
    begun = next((start for start in BEGINNINGS if re.match(start, content)), own)
    if begun is not None and begun != own:
        raise InputError(
            path,
            f"is {BEGINNINGS[begun]}, not {wanted}",
            "fetch or export it as its name says, or correct `path` of this source",
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
        size = _unpacked_size(path, content, at_most)
    elif path.lower().endswith(".parquet"):
        size = _decoded_size(path, content, at_most)
    if size > at_most:
        raise InputError(
            path,
            f"unpacks to more than {at_most // 1_000_000:,} MB",
            "if the file is what you expect, raise fetch_data.largest_file_megabytes",
        )


def _no_repeated_names(path: str, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(path, f"has two columns named {twice[0]!r}", "rename or remove one")


def _parquet(path: str, content: bytes) -> pa.Table:
    with _naming_parquet(path, content):
        data = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        data.validate(full=True)
        names = data.column_names
    _no_repeated_names(path, names)
    return data


@contextlib.contextmanager
def _naming_parquet(path: str, content: bytes) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise InputError(
            path,
            f"is not a whole Parquet file of {len(content)} bytes ({_first_line(error)})",
            "fetch or export it again; it may have been cut short",
        ) from error


def _decoded_size(path: str, content: bytes, at_most: int) -> int:
    """Bytes of a Parquet file's columns once decoded, counted until there are more than `at_most`.

    Numbers count 8 bytes or their own width. Texts are read some rows at a time, and as numbers
    that point into a dictionary where the reader can, so that one long text that a file stores
    once takes no memory a thousand times.
    """
    with _naming_parquet(path, content):
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


def _unpacked_size(path: str, content: bytes, at_most: int) -> int:
    """Bytes of a gzip file's content, counted until there are more than `at_most`."""
    size = 0
    with _naming_gzip(path), gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        while size <= at_most and (piece := file.read(1 << 20)):
            size += len(piece)
    return size


def _decompressed(path: str, content: bytes) -> bytes:
    with _naming_gzip(path):
        return gzip.decompress(content)


@contextlib.contextmanager
def _naming_gzip(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            path,
            f"is not a whole gzip file ({_first_line(error)})",
            "fetch or compress it again; it may have been cut short",
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def _csv(path: str, content: bytes) -> Table:
    text = _decoded(path, content).lstrip("\ufeff")
    nul = text.find("\0")
    if nul >= 0:
        line = text[:nul].count("\n") + 1
        raise InputError(f"{path}:{line}", "holds a NUL byte", "save the file as UTF-8 text")
    header = _header(path, text)
    _no_repeated_names(path, header)
    try:
        data = pa.csv.read_csv(
            pa.BufferReader(text.encode()),
            pa.csv.ReadOptions(use_threads=False),
            pa.csv.ParseOptions(newlines_in_values=True),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
        )
    except pa.ArrowInvalid as error:
        raise _malformed(path, text, header, error) from error
    return Table(path, data, text)


def _decoded(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
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


def _header(path: str, text: str) -> list[str]:
    for _, fields in _records(path, text):
        return fields
    raise InputError(path, "is empty", "fill it, or correct `path` of this source")


def _records(path: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank, each with the number of its first line."""
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


def _malformed(path: str, text: str, header: list[str], error: Exception) -> InputError:
    for line, fields in _records(path, text):
        if len(fields) != len(header):
            if any("\n" in field or "\r" in field for field in fields):
                cure = 'put " at both ends of the value, and "" for one within it'
                return InputError(f"{path}:{line}", "opens a quote that is not closed", cure)
            return InputError(
                f"{path}:{line}",
                f"has {len(fields)} fields where the header has {len(header)}",
                "complete the line; put quotes around a value that contains a comma",
            )
    return InputError(path, f"is not CSV ({_first_line(error)})", "export it again")
