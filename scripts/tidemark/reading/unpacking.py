"""Compressed files: their content, and how large it is before it takes memory."""

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator

from tidemark.errors import InputError, first_line


def gunzipped(path: str, content: bytes) -> bytes:
    """The content of a gzip file.

    Raises:
        InputError: the file is damaged.
    """
    with _naming_gzip(path):
        return gzip.decompress(content)


def gunzipped_size(path: str, content: bytes, at_most: int) -> int:
    """Bytes of a gzip file's content, counted until there are more than `at_most`.

    Raises:
        InputError: the file is damaged.
    """
    size = 0
    with _naming_gzip(path), gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        while size <= at_most and (piece := file.read(1 << 20)):
            size += len(piece)
    return size


@contextlib.contextmanager
def _naming_gzip(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            path,
            f"is not a whole gzip file ({first_line(error)})",
            "fetch or compress it again; it may have been cut short",
        ) from error
