"""The user's own files as a source. They are read whole each time, so it goes on from no cursor."""

from collections.abc import Callable, Mapping
from typing import Any

from tidemark.sources.contract import Batch, Request
from tidemark.sources.places import Placed

Parser = Callable[[Mapping[str, bytes], Mapping[str, Any]], Placed]


def batch(request: Request, parse: Parser) -> Batch:
    """The records of the files that `path` of the section names.

    Args:
        request: of the fetcher.
        parse: makes records of the files' contents; takes them by path, and the section.
    """
    files = request.read(request.section["path"])
    placed = parse(files, request.section)
    return Batch(placed.records, placed.places, placed.notes)
