"""Where the records of a JSON file stand."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from tidemark.adopting.conclusions import Conclusion, Sureness
from tidemark.adopting.form import encodings
from tidemark.adopting.form.cells import Kind, kind
from tidemark.errors import InputError, printable
from tidemark.naming import counted, several
from tidemark.reading.settings import Form

DEEPEST = 8
PRICES = ("price", "close", "ohlc", "candle", "quote", "bars")
Keys = tuple[str, ...]
Written = tuple[Form, list[Conclusion]]


def of(path: str, content: bytes, *, lines: bool) -> Written:
    """The form of a JSON file; with `lines`, of one that has a record a line.

    Raises:
        InputError: it is not whole, holds no records, or several lists of them.
    """
    encoding, text = encodings.decoded(path, content)
    if lines:
        return _with_header(Form(encoding=encoding), _first_lines(text), [])
    try:
        document = json.loads(text)
    except ValueError as error:
        cure = "fetch it again; it may have been cut short"
        if _are_lines(text):
            cure = "it has a record a line: let its name end in .jsonl"
        raise InputError(path, f"is not whole JSON ({error})", cure) from error
    lists = sorted(_lists(document), key=lambda found: -found[0])
    if not lists:
        raise InputError(
            path,
            f"holds no list of records{_said(document)}",
            "export the data as a list of objects, or as CSV",
        )
    rows, keys = lists[0]
    rivals = [other for count, other in lists if count == rows]
    told = []
    if len(rivals) > 1:
        priced = [one for one in rivals if any(word in one[-1].lower() for word in PRICES)]
        if len(priced) != 1:
            raise InputError(
                path,
                f"holds several lists of {counted(rows, 'record')}:"
                f" {several([_joined(one) for one in rivals])}",
                "save each as a file of its own",
            )
        keys = priced[0]
    if keys:
        others = [_joined(other) for _, other in lists if other != keys]
        because = f"{counted(rows, 'record')} there" + (
            f", and not those in {several(others)}" if others else ""
        )
        sure = Sureness.LIKELY if others else Sureness.CERTAIN
        told.append(Conclusion("records", f"stand in {_joined(keys)}", because, sure))
    for key in keys:
        document = document[key]
    form = Form(encoding=encoding, records=_joined(keys) or None)
    return _with_header(form, document if isinstance(document, list) else [], told)


def _with_header(form: Form, records: Sequence[object], told: list[Conclusion]) -> Written:
    """The form with whether records that are lists have one of names before them."""
    rows = [record for record in records[:2] if isinstance(record, list)]
    if not rows or (_are_names(rows[0]) and [*map(_look, rows[0])] != [*map(_look, rows[-1])]):
        return form, told
    because = "the first record is one of values"
    return replace(form, header_line=0), [*told, Conclusion("header", "there is none", because)]


def _are_names(record: list[object]) -> bool:
    return all(isinstance(cell, str | None) for cell in record)


def _look(cell: object) -> Kind:
    return kind(cell) if isinstance(cell, str) else Kind.EMPTY


def _first_lines(text: str) -> list[object]:
    """The records of the first two lines; what is wrong with them is said by who reads them."""
    with contextlib.suppress(ValueError):
        return [json.loads(line) for line in islice(filter(str.strip, text.splitlines()), 2)]
    return []


def _are_lines(text: str) -> bool:
    """Whether the first line is a record of its own."""
    try:
        return _is_record(json.loads(text.lstrip().partition("\n")[0]))
    except ValueError:
        return False


def _joined(keys: Keys) -> str:
    return ".".join(keys)


def _lists(node: object, keys: Keys = ()) -> Iterator[tuple[int, Keys]]:
    """How many records stand where, but none within records."""
    rows = _rows(node)
    if rows:
        yield rows, keys
    elif isinstance(node, Mapping) and len(keys) < DEEPEST:
        for key, value in node.items():
            yield from _lists(value, (*keys, key))


def _rows(node: object) -> int:
    """How many records a list, or an object of columns or of dates, holds; 0 if it holds none."""
    if isinstance(node, Sequence) and not isinstance(node, str):
        return len(node) if node and all(map(_is_record, node)) else 0
    if not isinstance(node, Mapping) or not node:
        return 0
    if _is_list(node.get("data")) and any(_is_list(node.get(name)) for name in SPLIT):
        return len(node["data"])
    values = list(node.values())
    if all(isinstance(value, Mapping) and _is_record(value) for value in values):
        if all(kind(str(key)) in (Kind.DATE, Kind.NUMBER) for key in node):
            return len(node)
        same = len({tuple(value) for value in values}) == 1
        return len(values[0]) if same and _dated(values[0]) else 0
    columns = [value for value in values if _is_list(value)]
    others = [value for value in values if not _is_list(value)]
    if len(columns) > 1 and len({len(column) for column in columns}) == 1:
        flat = all(not isinstance(cell, list | dict) for column in columns for cell in column[:1])
        return len(columns[0]) if flat and not any(isinstance(one, dict) for one in others) else 0
    return 0


SPLIT = ("columns", "column_names")


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_record(value: object) -> bool:
    """Whether it is an object or a list of several single values."""
    if isinstance(value, Mapping):
        cells = list(value.values())
    elif isinstance(value, list):
        cells = value
    else:
        return False
    return len(cells) > 1 and not any(isinstance(cell, list | dict) for cell in cells)


def _dated(record: Mapping[str, object]) -> bool:
    return all(kind(str(key)) in (Kind.DATE, Kind.NUMBER) for key in record)


def _said(document: object) -> str:
    """What a file says in place of data, such as a provider's complaint."""
    if isinstance(document, Mapping):
        words = [f"{key}: {value}" for key, value in document.items() if isinstance(value, str)]
        if words:
            return f", but says: {printable(several(words))}"
    return ""
