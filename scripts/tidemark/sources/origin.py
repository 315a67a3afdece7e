"""Where a raw file came from.

The Parquet metadata say how the source was read, and how far its records reach. The hashes of the
files that were read stand beside the raw file, not in it, so that a source that changed but still
says the same gives the same raw bytes.
"""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

KEY = "source"  # the form of a raw file: another form has another key, so none is taken for it
CURSOR = "cursor"


def metadata(source: Mapping[str, Any], cursor: Mapping[str, str]) -> dict[str, str]:
    """Parquet metadata that name the source's path, how it was read, and its cursor if any."""
    read = {KEY: json.dumps(source, sort_keys=True)}
    return read | ({CURSOR: json.dumps(cursor, sort_keys=True)} if cursor else {})


def is_same_source(parquet: bytes, source: Mapping[str, Any]) -> bool:
    """Whether these Parquet bytes were read from the same path in the same way."""
    return _said(parquet, KEY) == metadata(source, {})[KEY]


def cursor_of(parquet: bytes) -> dict[str, str]:
    """The cursor that these Parquet bytes were written with; empty if they had none."""
    cursor: dict[str, str] = json.loads(_said(parquet, CURSOR) or "{}")
    return cursor


def _said(parquet: bytes, key: str) -> str | None:
    pairs = pq.read_metadata(pa.BufferReader(parquet)).metadata or {}
    value = pairs.get(key.encode())
    return None if value is None else value.decode()


def checksums(hashes: Mapping[str, str]) -> str:
    """One line a file, as `sha256sum --check` reads them in the project's folder.

    Args:
        hashes: SHA-256 by path.
    """
    return "".join(_line(path, sha) for path, sha in hashes.items())


def _line(path: str, sha: str) -> str:
    quoted = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if quoted == path else chr(92)}{sha}  {quoted}\n"
