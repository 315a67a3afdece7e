"""Atomic reads and writes: bytes in, bytes out, and a hash of each.

Every writer is deterministic: the same value gives the same bytes on every machine.
"""

import contextlib
import errno
import hashlib
import io
import json
import math
import os
import pickle
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidemark.project import Tree

CLOCK = Path("artifacts/.clock")
TICK_NS = 10_000_000  # no file clock ticks more coarsely
HOST = os.uname().nodename.replace(".", "_")  # several machines may work in one tree

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


def sha256(data: bytes) -> str:
    """Hex SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's content.

    Raises:
        OSError: the file cannot be read, or is not a file.
    """
    with open_file(path) as file:
        return sha256_of(file)


def sha256_of(file: io.BufferedReader) -> str:
    """Hex SHA-256 of an open file, from where it stands to its end."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_size(path: Path, sizes: Collection[int]) -> str | None:
    """Hex SHA-256 of a file that has one of these sizes in bytes; None if it has another one.

    What is compared with contents of known sizes need not be read to its end, which for a sparse
    file is nowhere near.

    Raises:
        OSError: the file cannot be read, or is not a file.
    """
    must_be_file(path)
    return sha256_file(path) if path.stat().st_size in sizes else None


class UnfitFileError(OSError):
    """A pipe, a device or a socket where a file should be, or a file too large."""


def open_file(path: Path) -> io.BufferedReader:
    """Open a file for reading, without waiting on a pipe or a device.

    Raises:
        IsADirectoryError, UnfitFileError: the name is that of something else.
        OSError: the file cannot be opened.
    """
    must_be_file(path)
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    try:
        _must_be_file(path, os.fstat(file.fileno()))
    except OSError:
        file.close()
        raise
    return file


def must_be_file(path: Path) -> None:
    """Refuse what is not a regular file.

    Raises:
        IsADirectoryError, UnfitFileError: the name is that of something else.
        OSError: nothing has this name, or it cannot be looked at.
    """
    _must_be_file(path, path.stat())


def _must_be_file(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", str(path))
    if not stat.S_ISREG(found.st_mode):
        kind = "pipe" if stat.S_ISFIFO(found.st_mode) else "device or a socket"
        raise UnfitFileError(errno.EINVAL, f"is a {kind}, not a file", str(path))


def must_be_at_most(path: Path, at_most: int) -> None:
    """Refuse a file of more than `at_most` bytes.

    Raises:
        UnfitFileError: it is larger.
        OSError: it cannot be looked at.
    """
    size = path.stat().st_size
    if size > at_most:
        problem = f"has {size:,} bytes, more than {at_most:,}"
        raise UnfitFileError(errno.EFBIG, problem, str(path))


def read_file(path: Path) -> bytes:
    """The content of a file that nobody changes while it is read.

    Raises:
        IsADirectoryError, UnfitFileError: the name is that of something else.
        OSError: the file cannot be read, or changed while it was read.
    """
    with open_file(path) as file:
        before = os.fstat(file.fileno())
        data = file.read(before.st_size + 1) or b""
        after = os.fstat(file.fileno())
    if len(data) != before.st_size or before.st_mtime_ns != after.st_mtime_ns:
        raise OSError(errno.EAGAIN, "changed while it was read", str(path))
    return data


def write_atomic(path: Path, data: bytes, mtime_ns: int | None = None) -> None:
    """Replace `path` by `data` in one move; a reader sees the old content or the new, never half.

    If `mtime_ns` is given, the file has that modification time from the moment it has its name.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    temporary = temporary_name(path)
    try:
        with naming(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_flushed(temporary, data)
            if mtime_ns is not None:
                os.utime(temporary, ns=(mtime_ns, mtime_ns))
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_if_changed(path: Path, data: bytes) -> None:
    """Write like `write_atomic`, except that a file which already holds `data` keeps its time."""
    try:
        if path.read_bytes() == data:
            return
    except FileNotFoundError:
        pass
    write_atomic(path, data)


def file_clock_ns(tree: Tree) -> int:
    """The time now by the file system's clock, which on a file server may differ from ours."""
    clock = tree / CLOCK
    clock.parent.mkdir(exist_ok=True)
    clock.write_bytes(b"")
    return clock.stat().st_mtime_ns


def now_ns(tree: Tree) -> int:
    """A time that any later edit is newer than, although file clocks tick coarsely."""
    return file_clock_ns(tree) - TICK_NS


@contextlib.contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Report errors in the block under `path`, the name that people know."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(error.errno or errno.EIO, reason, str(path)) from error


def temporary_name(path: Path) -> Path:
    """A hidden name in the same folder, so that the rename stays within one file system."""
    return path.with_name(f".{path.name}.{os.getpid()}-{HOST}.tmp")


def write_flushed(path: Path, data: bytes) -> None:
    """Write `data` and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(path: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


PARQUET: Any = {"compression": "zstd", "coerce_timestamps": "us", "version": "2.6"}


def parquet_bytes(frame: "DataFrame", metadata: Mapping[str, str] | None = None) -> bytes:
    """Encode a frame as Parquet: microsecond timestamps, no index, zstd.

    pandas' own metadata is left out: it names library versions, which are not content.
    """
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(_table(frame, metadata), buffer, **PARQUET)
    return buffer.getvalue()


class ParquetParts:
    """One Parquet file of frames of the same columns that come one by one; at least one does.

    Memory holds one frame at a time, so the file may be larger than it. Each frame is a row group.

    Args:
        path: of the file.
        known_as: its name for messages.
        repeating: columns whose values repeat, to be written each once a row group; None for all.
    """

    def __init__(self, path: Path, known_as: str, repeating: Sequence[str] | None = None) -> None:
        self.rows = 0
        self._path, self._known_as = path, known_as
        self._options = PARQUET if repeating is None else PARQUET | {"use_dictionary": repeating}
        self._writer: Any = None

    def write(self, frame: "DataFrame") -> None:
        """Append the rows of `frame`."""
        import pyarrow.parquet as pq

        table = _table(frame)
        with naming(self._known_as):
            self._writer = self._writer or pq.ParquetWriter(
                self._path, table.schema, **self._options
            )
            self._writer.write_table(table)
        self.rows += len(frame)

    def close(self) -> None:
        """End the file and wait until the disk has it; nothing if no frame came."""
        if self._writer:
            with naming(self._known_as):
                self._writer.close()
                with self._path.open("rb") as file:
                    os.fsync(file.fileno())


def _table(frame: "DataFrame", metadata: Mapping[str, str] | None = None) -> Any:
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    return table.replace_schema_metadata(dict(metadata) if metadata else None)


def parquet_frame(
    content: bytes | io.BufferedReader, columns: Collection[str] | None = None
) -> "DataFrame":
    """Decode a Parquet file, given as its bytes or open at any place; None for all its columns.

    Memory holds what is read about once: a column's Arrow form goes when pandas has it.

    Raises:
        pyarrow.ArrowInvalid: it is not a whole Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = pa.BufferReader(content) if isinstance(content, bytes) else content
    file = pq.ParquetFile(source, pre_buffer=False)
    wanted = None if columns is None else [one for one in file.schema.names if one in columns]
    table = file.read(columns=wanted, use_threads=False)
    frame: DataFrame = table.to_pandas(use_threads=False, self_destruct=True)
    return frame


class RowsByText:
    """The rows of Parquet files of the same columns, by the text that they have in one column.

    Which texts each row group has is found out once, from its statistics where these tell. Beside
    the rows that are asked for, memory holds one row group; the files stay open, so that nobody
    else can change what is read.

    Args:
        files: open for reading, at least one.
        by: the column of texts.
        categories: columns of text that become categories.
    """

    def __init__(
        self, files: Sequence[io.BufferedReader], by: str, categories: Sequence[str] = ()
    ) -> None:
        import pyarrow.parquet as pq

        self.counts: Counter[str] = Counter()  # how many rows have each text
        self._by = by
        self._groups: list[tuple[Any, int, set[str]]] = []
        for opened in files:
            with _memory_kept():
                file = pq.ParquetFile(opened, read_dictionary=list(categories), pre_buffer=False)
            for number in range(file.num_row_groups):
                texts = _texts(file, number, by)
                self.counts.update(texts)
                self._groups.append((file, number, set(texts)))

    def of(self, texts: Collection[str], columns: Sequence[str] | None = None) -> "DataFrame":
        """The rows that have one of these texts, in the order of the files.

        Args:
            texts: the texts.
            columns: those to read; None for all.
        """
        import pyarrow as pa

        wanted = set(texts)
        some = [group for group in self._groups if wanted & group[2]] or self._groups[:1]
        tables = [self._read(*group, wanted, columns) for group in some]
        whole = pa.concat_tables(tables).unify_dictionaries()
        frame: DataFrame = whole.to_pandas(use_threads=False)
        return frame

    def each(
        self,
        text: str,
        columns: Sequence[str] | None = None,
        within: tuple[str, Collection[str]] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The columns of the rows that have this text, a row group at a time, in the files' order.

        Categories come as a `pandas.Categorical`, everything else as a numpy array: to make a frame
        of few rows takes longer than to read them.

        Args:
            text: the text.
            columns: those to read; None for all.
            within: another column that is read, and the texts that rows must have there, too. Row
                groups whose statistics rule them out are not read.
        """
        for group in self._groups:
            file, number, present = group
            if text not in present or (within and _without(file, number, *within)):
                continue
            table = self._read(*group, {text}, columns)
            if within:
                table = _having(table, *within)
            if len(table):
                yield {name: _array(table[name]) for name in table.column_names}

    def _read(
        self,
        file: Any,
        number: int,
        present: set[str],
        wanted: set[str],
        columns: Sequence[str] | None,
    ) -> Any:
        """The rows of a row group that have one of the wanted texts, as a table."""
        if wanted >= present:
            return _row_group(file, number, columns)
        chosen = columns if columns is None or self._by in columns else [*columns, self._by]
        table = _having(_row_group(file, number, chosen), self._by, wanted)
        return table.select(columns) if columns else table


def _row_group(file: Any, number: int, columns: Sequence[str] | None) -> Any:
    with _memory_kept():
        return file.read_row_group(number, columns, use_threads=False)


@contextlib.contextmanager
def _memory_kept() -> Iterator[None]:
    """Within the block Arrow's memory is the process's own, which keeps what is freed.

    Elsewhere it goes back to the system at once, which for row groups that are read one after the
    other, each as small as the last, takes longer than to read them.
    """
    import pyarrow as pa

    usual = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(usual)


def _texts(file: Any, number: int, column: str) -> dict[str, int]:
    """How many rows of a row group have each text in a column."""
    told = _statistics(file, number, column)
    if told and told.min == told.max and told.null_count == 0:
        return {told.min: told.num_values}
    values = _row_group(file, number, [column])[column]
    return {pair["values"]: pair["counts"] for pair in values.value_counts().to_pylist()}


def _without(file: Any, number: int, column: str, texts: Collection[str]) -> bool:
    """Whether the statistics of a row group say that it has none of these texts in a column."""
    told = _statistics(file, number, column)
    return bool(told) and not any(told.min <= text <= told.max for text in texts)


def _statistics(file: Any, number: int, column: str) -> Any:
    """The lowest and highest value of a column in a row group, and more; None if unknown."""
    place = file.schema_arrow.get_field_index(column)
    told = file.metadata.row_group(number).column(place).statistics
    return told if told is not None and told.has_min_max and told.has_null_count else None


def _array(column: Any) -> Any:
    """A column of a table in memory."""
    import pandas as pd
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column.to_numpy()
    whole = column.combine_chunks()
    return pd.Categorical.from_codes(whole.indices.to_numpy(), whole.dictionary.to_pylist())


def _having(table: Any, column: str, texts: Collection[str]) -> Any:
    """The rows of a table that have one of these texts in a column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(sorted(texts), pa.string())
    values = table[column].unify_dictionaries()
    if pa.types.is_dictionary(values.type) and values.num_chunks:
        among = values.chunk(0).dictionary.cast(pa.string())
        if pc.all(pc.is_in(among, wanted)).as_py() and not values.null_count:
            return table  # all have one, as mostly when the row group was found by its statistics
    return table.filter(pc.is_in(values.cast(pa.string()), wanted))


def json_bytes(value: object) -> bytes:
    """Encode as indented JSON in UTF-8; NaN and infinities become null."""
    return (json.dumps(_plain(value), indent=2, ensure_ascii=False) + "\n").encode()


def _plain(value: Any) -> Any:
    """JSON's own types: numpy scalars unwrapped, mappings and sequences copied, NaN to None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")


def pickle_bytes(value: object) -> bytes:
    """Encode with pickle, at a protocol that every supported Python writes alike."""
    return pickle.dumps(value, protocol=5)


def figure_bytes(figure: "Figure", dpi: int) -> bytes:
    """Encode a Matplotlib figure as PNG of at most 256 colours, a third of what all would take.

    Nothing in it names versions or times.
    """
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="rgba", dpi=dpi)
    width, height = (int(dpi * inches) for inches in figure.get_size_inches())
    drawn = Image.frombytes("RGBA", (width, height), buffer.getvalue()).convert("RGB")
    plain = drawn.quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    plain.save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()
