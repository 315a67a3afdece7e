"""Compressed files and archives: the files that are in them, as far as memory bears it."""

import contextlib
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO

from tidemark.errors import InputError, first_line
from tidemark.naming import several
from tidemark.reading.kinds import Kind, kind_of, must_be_of_kind
from tidemark.reading.patterns import chosen

WHOLE = -1


def unpacked(
    path: str, content: bytes, members: str | None = None, at_most: int = WHOLE
) -> Iterator[tuple[str, bytes]]:
    """The files in a file: itself, what it compresses, or the members of an archive.

    A member of prices.zip is called prices.zip/AAPL.csv, and may be compressed itself.

    Args:
        path: of the file.
        content: its bytes.
        members: a pattern of those that are wanted; None: all.
        at_most: how many bytes of each are unpacked.

    Raises:
        InputError: the file is damaged, encrypted, or holds no such member.
    """
    if kind_of(path) is not Kind.ZIP:
        yield path, _plain(path, io.BytesIO(content), at_most)
        return
    must_be_of_kind(path, Kind.ZIP, content)
    with _naming(path, "ZIP archive"):
        archive = zipfile.ZipFile(io.BytesIO(content))
    there = [name for name in archive.namelist() if _is_data(name)]
    names = chosen(there, members or "*")
    if not names or len(set(names)) < len(names):
        raise InputError(
            path,
            f"holds {'twice a' if names else 'no'} file {members or ''} (found:"
            f" {several(there) or 'nothing'})",
            "correct `path`, or form.members of this source",
        )
    for name in names:
        with _naming(f"{path}/{name}", "ZIP member"), archive.open(name) as member:
            yield f"{path}/{name}", _plain(f"{path}/{name}", member, at_most)


def _is_data(member: str) -> bool:
    """Whether a member is a file, and none that systems add of their own accord."""
    hidden = PurePosixPath(member).name.startswith(".")
    return not (member.endswith("/") or member.startswith("__MACOSX/") or hidden)


def _plain(path: str, file: IO[bytes], at_most: int) -> bytes:
    if kind_of(path) is not Kind.GZIP:
        return file.read(at_most)
    content = file.read()
    must_be_of_kind(path, Kind.GZIP, content)
    with _naming(path, "gzip file"), gzip.GzipFile(fileobj=io.BytesIO(content)) as plain:
        return plain.read(at_most)


@contextlib.contextmanager
def _naming(path: str, kind: str) -> Iterator[None]:
    """Name the file in whatever its unpacking raises; RuntimeError is for passwords."""
    try:
        yield
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise InputError(
            path,
            f"is not a whole {kind} ({first_line(error)})",
            "fetch or compress it again, without a password; it may have been cut short",
        ) from error
