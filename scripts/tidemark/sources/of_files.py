"""The user's own files as a source. They are read whole each time, so it goes on from no cursor."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tidemark.errors import InputError
from tidemark.reading import files as reading
from tidemark.reading.settings import Form
from tidemark.reading.table import Table
from tidemark.sources.contract import Batch, Request
from tidemark.sources.places import Placed
from tidemark.sources.report import Report

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


def tables(
    files: Mapping[str, bytes], section: Mapping[str, Any], report: Report
) -> Iterator[Table]:
    """The tables of files, in order, read by the `form` of the section.

    A file that cannot be read goes into the report.
    """
    form = Form(**section.get("form", {}))
    for path, content in files.items():
        try:
            read = reading.tables(path, content, form)
        except InputError as error:
            report.file(path, error)
            continue
        for table in read:
            report.table(table)
            yield table
