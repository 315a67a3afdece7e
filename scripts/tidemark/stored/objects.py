"""Content by its hash, written once: data/store/objects/<SHA-256>.parquet or .json."""

import io
import json
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.project import VERSION, Tree
from tidemark.stored import records

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

STORE = Path("data/store")
FOLDER = STORE / "objects"
FORMAT = 1  # of a file of rows, in its metadata
NEWER = "is of format {}, which a newer Tidemark wrote; this is " + VERSION
GO_BACK = (
    "restore it from a backup; or go back to a snapshot without it (make snapshots VERIFY=yes says"
    " which are whole, make snapshots RESTORE=<number> brings one back), and fetch again"
)


def place(tree: Tree, name: str) -> Path:
    """Where the object of that name is."""
    return tree / FOLDER / name


def named(data: bytes, ending: str) -> str:
    """The name of an object with that content."""
    return f"{store.sha256(data)}.{ending}"


def put(tree: Tree, name: str, data: bytes) -> None:
    """Keep `data` under its name; what was damaged there is replaced.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    store.write_if_changed(place(tree, name), data)


def get(tree: Tree, name: str) -> bytes:
    """The content of an object, which is what was kept.

    Raises:
        InputError: it is gone or damaged.
        OSError: it cannot be read.
    """
    path = place(tree, name)
    try:
        data = store.read_file(path)
    except FileNotFoundError as error:
        raise InputError(str(FOLDER / name), "is gone", GO_BACK) from error
    return verified(name, data)


def verified(name: str, data: bytes) -> bytes:
    """The content of an object, if it is what was kept.

    Raises:
        InputError: it is damaged.
    """
    if store.sha256(data) != Path(name).stem:
        raise InputError(str(FOLDER / name), "is damaged: its hash is not its name", GO_BACK)
    return data


def whole(tree: Tree, name: str) -> bool:
    """Whether an object is there, as it was kept."""
    path = place(tree, name)
    return path.is_file() and store.sha256_file(path) == path.stem


def rows_bytes(kind: str, rows: pd.DataFrame) -> bytes:
    """Rows in the form of `records`, as Parquet: the same rows give the same bytes."""
    table = pa.Table.from_pandas(rows, schema=records.schema(kind), preserve_index=False)
    table = table.replace_schema_metadata({"tidemark.format": str(FORMAT), "tidemark.kind": kind})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **store.PARQUET)
    return buffer.getvalue()


def rows(tree: Tree, name: str, kind: str) -> pd.DataFrame:
    """The rows of an object.

    Raises:
        InputError: it is gone, damaged, or written by a newer Tidemark.
        OSError: it cannot be read.
    """
    return rows_in(name, get(tree, name))


def rows_in(name: str, data: bytes) -> pd.DataFrame:
    """The rows of an object with that content; raises as `table_in` does."""
    frame: pd.DataFrame = table_in(name, data).to_pandas(use_threads=False)
    return frame


def table_in(name: str, data: bytes) -> pa.Table:
    """The rows of an object with that content, as they are kept.

    Raises:
        InputError: it is damaged, or written by a newer Tidemark.
    """
    verified(name, data)
    file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
    form = json.loads(file.schema_arrow.metadata[b"tidemark.format"])
    if form > FORMAT:
        raise InputError(str(FOLDER / name), NEWER.format(form), "go on with that one")
    return file.read(use_threads=False)
