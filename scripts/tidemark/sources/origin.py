"""Where a raw file came from.

The Parquet metadata say how the source was read. The hashes of the source's files stand beside the
raw file, not in it, so that a source that changed but still says the same gives the same raw bytes.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

KEY = "source"  # the form of a raw file: another form has another key, so none is taken for it


def metadata(source: Mapping[str, Any]) -> dict[str, str]:
    """Parquet metadata that name the source's path and how it was read."""
    return {KEY: json.dumps(source, sort_keys=True)}


def is_same_source(parquet: bytes, source: Mapping[str, Any]) -> bool:
    """Whether these Parquet bytes were read from the same path in the same way."""
    found = pq.read_metadata(pa.BufferReader(parquet)).metadata or {}
    return bool(found.get(KEY.encode()) == metadata(source)[KEY].encode())


def checksums(hashes: Mapping[str, str]) -> str:
    """One line a file, as `sha256sum --check` reads them in the project's folder.

    Args:
        hashes: SHA-256 by path.
    """
    return "".join(_line(path, sha) for path, sha in hashes.items())


def hashes_in(checksums: str) -> dict[str, str]:
    """SHA-256 by path, as `checksums` wrote them."""
    lines = [line.partition("  ") for line in checksums.split("\n")[:-1]]
    return {
        _unquoted(path) if sha.startswith("\\") else path: sha.removeprefix("\\")
        for sha, _, path in lines
    }


def _line(path: str, sha: str) -> str:
    quoted = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if quoted == path else chr(92)}{sha}  {quoted}\n"


def _unquoted(path: str) -> str:
    signs = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}
    return re.sub(r"\\.", lambda found: signs[found[0]], path)
