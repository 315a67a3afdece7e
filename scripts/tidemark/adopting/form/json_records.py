"""Where the records of a JSON file stand."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from tidemark.adopting.conclusions import Conclusion, Sureness
from tidemark.adopting.form import encodings
from tidemark.adopting.form.cells import Kind, kind
from tidemark.errors import InputError, printable
from tidemark.naming import counted, several
from tidemark.reading.json_records import Shape, records_in, rows_of
from tidemark.reading.settings import Form

PRICES = ("price", "close", "ohlc", "candle", "quote", "bars")
NO_PRICES = ("dividend", "split", "earning", "event")
FIRST_DATE = 10_000_000  # of what dates and epochs are as numbers; what is below is a price
Written = tuple[Form, list[Conclusion]]


def of(path: str, content: bytes, *, lines: bool) -> Written:
    """The form of a JSON file; with `lines`, of one that has a record a line.

    Raises:
        InputError: it is not whole, holds no records, or several lists of them.
    """
    encoding, text = encodings.decoded(path, content)
    if lines:
        return _with_header(Form(encoding=encoding), rows_of(_first_lines(text)), [])
    document = _document(path, text)
    lists = sorted(records_in(document), key=lambda found: -len(found[1][1]))
    if not lists:
        raise InputError(
            path,
            f"holds no list of records{_said(document)}",
            "export the data as a list of objects, or as CSV",
        )
    place, rows = _the_prices(path, lists)
    told = []
    if place:
        others = [other for other, _ in lists if other != place]
        because = f"{counted(len(rows[1]), 'record')} there" + (
            f", and not those in {several(others)}" if others else ""
        )
        sure = Sureness.LIKELY if others else Sureness.CERTAIN
        told.append(Conclusion("records", f"stand in {place}", because, sure))
    return _with_header(Form(encoding=encoding, records=place or None), rows, told)


def _document(path: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        cure = "fetch it again; it may have been cut short"
        if rows_of(_first_lines(text)):
            cure = "it has a record a line: let its name end in .jsonl"
        raise InputError(path, f"is not whole JSON ({error})", cure) from error


def _the_prices(path: str, lists: Sequence[tuple[str, Shape]]) -> tuple[str, Shape]:
    """The longest list of records, or of all that may be prices the one that is called so.

    Raises:
        InputError: several may be meant.
    """
    header, cells = lists[0][1]
    rivals = [
        (place, rows)
        for place, rows in lists
        if len(rows[1]) == len(cells)
        or (header and rows[0] == header)
        or (_may_be_prices(rows[1]) and not _is_called(NO_PRICES, place))
    ]
    if len(rivals) == 1:
        return rivals[0]
    priced = [one for one in rivals if _is_called(PRICES, one[0])]
    if len(priced) == 1:
        return priced[0]
    raise InputError(
        path,
        f"holds several lists of records: {several([place for place, _ in rivals])}",
        "save each as a file of its own",
    )


def _is_called(words: Sequence[str], place: str) -> bool:
    last_key = place.rpartition(".")[2].lower()
    return any(word in last_key for word in words)


def _may_be_prices(records: Sequence[Sequence[object]]) -> bool:
    """Whether records are several, with a date and another number in each of the first two."""
    return len(records) > 1 and all(
        {Kind.DATE, Kind.NUMBER} <= {*map(_looks_dated, record)} for record in records[:2]
    )


def _looks_dated(cell: object) -> Kind:
    """What a cell looks like; a whole number that is as large as dates and epochs is a date."""
    if not isinstance(cell, str | int | float) or isinstance(cell, bool):
        return Kind.EMPTY
    digits = str(cell).removesuffix(".0")
    if digits.isdecimal() and int(digits) >= FIRST_DATE:
        return Kind.DATE
    return kind(str(cell))


def _with_header(form: Form, rows: Shape | None, told: list[Conclusion]) -> Written:
    """The form with whether records that are lists have one of names before them."""
    if rows is None or rows[0] is not None:
        return form, told
    first, *others = rows[1][:2]
    if _are_names(first) and not (others and [*map(_look, first)] == [*map(_look, others[0])]):
        return form, told
    because = "the first record is one of values"
    return replace(form, header_line=0), [*told, Conclusion("header", "there is none", because)]


def _are_names(record: Sequence[object]) -> bool:
    return all(isinstance(cell, str | None) for cell in record)


def _look(cell: object) -> Kind:
    return kind(cell) if isinstance(cell, str) else Kind.EMPTY


def _first_lines(text: str) -> list[object]:
    """The records of the first two lines; what is wrong with them is said by who reads them."""
    with contextlib.suppress(ValueError):
        return [json.loads(line) for line in islice(filter(str.strip, text.splitlines()), 2)]
    return []


def _said(document: object) -> str:
    """What a file says in place of data, such as a provider's complaint."""
    if isinstance(document, Mapping):
        words = [f"{key}: {value}" for key, value in document.items() if isinstance(value, str)]
        if words:
            return f", but says: {printable(several(words))}"
    return ""
