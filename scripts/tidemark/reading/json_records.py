"""JSON in the shapes that programs and web services write tables in.

A list of objects or of arrays; an object of columns, or of objects by row; the `split` of pandas;
a value for each date; any of these below a path of keys; and a record a line. What stands in
objects within a record is a column of its own, `quote.open`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading import grids
from tidemark.reading.cells import Cell
from tidemark.reading.decoding import decoded
from tidemark.reading.kinds import Kind, kind_of, place, unzipped_name
from tidemark.reading.settings import Form
from tidemark.reading.table import FINDS, Table
from tidemark.reading.text import lines_of

# What rows are called, and columns are not: numbers and dates; of these two, dates are the rows.
DATE = re.compile(r"\d{4}([-/.]\d\d){1,2}([T ].*)?|\d{8}|\d{1,2}[-/. ]\w+[-/. ]\d{2,4}.*")
LABEL = re.compile(rf"[-+]?\d+(\.\d+)?|{DATE.pattern}")
NAMES = ("columns", "column_names")  # beside `data`: of pandas, perhaps with `index`; of Quandl
Shape = tuple[list[str] | None, list[list[Cell]]]  # the names of columns, if it has them, and rows
INDEX = ""  # the name of a column of keys, which has none


def table(path: str, content: bytes, form: Form) -> Table:
    """The records of a file, one a row.

    Raises:
        InputError: the content is no JSON, repeats a key, or holds no records where the form says.
    """
    value, numbers = parsed(path, decoded(path, content, form))
    found = value if form.records is None else _at(path, value, form.records)
    rows = rows_of(found)
    if rows is None:
        raise InputError(
            path,
            f"holds no records {'below ' + form.records if form.records else 'at its top'}",
            _elsewhere(value),
        )
    header, cells = rows
    if found is not value or not numbers:
        numbers = list(range(1, len(cells) + 1))
    numbered = list(zip(numbers, cells, strict=True))
    if header is not None:
        return grids.table(path, header, numbered, form)
    is_header = all(isinstance(cell, str | None) for cell in cells[0])
    if form.header_line == 1 and not is_header:
        raise InputError(
            place(path, numbers[0]),
            "is no header, because not all of it is text",
            f"set form.header_line of this source to 0 if there is none, as {FINDS}",
        )
    return grids.under_header(path, numbered, form)


def parsed(path: str, text: str) -> tuple[Any, list[int]]:
    """The value of a JSON text; of one a line, their list and lines.

    Raises:
        InputError: names the line of what is no JSON.
    """
    kind = kind_of(unzipped_name(path))
    if kind is not Kind.JSON_LINES:
        try:
            return json.loads(text, object_pairs_hook=_object), []
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                raise _no_json(path, error.lineno, error) from error
        except (ValueError, RecursionError) as error:
            raise _no_json(path, None, error) from error
    lines = [(number, line) for number, line in enumerate(lines_of(text), 1) if line.strip()]
    values = []
    for number, line in lines:
        try:
            values.append(json.loads(line, object_pairs_hook=_object))
        except (ValueError, RecursionError) as error:
            raise _no_json(path, number, error) from error
    return values, [number for number, _ in lines]


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"names {next(n for n in names if names.count(n) > 1)!r} twice")
    return found


def _no_json(path: str, line: int | None, error: Exception) -> InputError:
    told = getattr(error, "msg", str(error))
    where = path if line is None else f"{path}:{line}"
    return InputError(
        where, f"is not JSON ({told})", "fetch or export it again; it may have been cut short"
    )


def records_in(value: Any, above: str = "") -> Iterator[tuple[str, Shape]]:
    """Records with the path of keys, joined by dots, below which they stand; outermost first."""
    rows = rows_of(value)
    if rows is not None:
        yield above, rows
        return
    parts = value.items() if isinstance(value, Mapping) else enumerate(
        value[:3] if isinstance(value, list) else ())  # fmt: skip
    for key, part in parts:
        yield from records_in(part, f"{above}.{key}" if above else str(key))


def _elsewhere(value: Any) -> str:
    """What to do where no records are, from where there are some."""
    places = [place for place, _ in records_in(value)]
    if not places:
        return "fetch or export it again; it may hold a message instead of data"
    if places == [""]:
        return "leave form.records of this source out, because the records stand at the top"
    return f"set form.records of this source, here to {several(places)}"


def _at(path: str, value: Any, keys: str) -> Any:
    """What stands below a path of keys, whose own names may have dots."""
    for found in _below(value, keys.split(".")):
        return found
    raise InputError(path, f"has nothing below {keys}", _elsewhere(value))


def _below(value: Any, keys: Sequence[str]) -> Iterator[Any]:
    if not keys:
        yield value
    for count in range(len(keys), 0, -1):
        key = ".".join(keys[:count])
        if isinstance(value, Mapping) and key in value:
            yield from _below(value[key], keys[count:])
        if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            yield from _below(value[int(key)], keys[count:])


def rows_of(value: Any) -> Shape | None:
    """The names of columns, where a value has them, and its rows; None: these are no records."""
    if isinstance(value, list) and value:
        if all(isinstance(record, dict) for record in value):
            return _of_objects(value)
        return (None, value) if all(isinstance(record, list) for record in value) else None
    if not isinstance(value, dict) or not value:
        return None
    parts = value.values()
    names = next((value[name] for name in NAMES if name in value), None)
    split = _of_split(names, value.get("data"), value.get("index"))
    if split:
        return split
    if any(isinstance(part, list) for part in parts):
        return _of_columns(value)
    if all(isinstance(part, dict) for part in parts):
        return _of_keyed(value)
    if all(map(LABEL.fullmatch, value)) and not any(map(_is_nested, parts)):
        return [INDEX, INDEX], [[key, cell] for key, cell in value.items()]
    return None


def _is_nested(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _of_objects(records: Sequence[dict[str, Any]]) -> Shape | None:
    """Objects of values; where these are tables in turn, the records are further below."""
    if any(
        isinstance(part, list) and any(map(_is_nested, part))
        for record in records
        for part in record.values()
    ):
        return None
    flat = [_flat(record) for record in records]
    names = list(dict.fromkeys(name for record in flat for name in record))
    return names, [[record.get(name) for name in names] for record in flat]


def _flat(record: dict[str, Any]) -> dict[str, Cell]:
    """A record whose objects are columns of their own."""
    if not any(isinstance(part, dict) for part in record.values()):
        return record
    return {
        f"{name}.{inner}" if inner else name: cell
        for name, part in record.items()
        for inner, cell in (_flat(part).items() if isinstance(part, dict) else [("", part)])
    }


def _of_split(columns: Any, data: Any, index: Any) -> Shape | None:
    """Rows beside the names of columns; those of several levels are joined by a blank."""
    if not isinstance(columns, list) or not isinstance(data, list):
        return None
    header = [" ".join(map(str, name)) if isinstance(name, list) else str(name) for name in columns]
    if not all(isinstance(row, list) and len(row) == len(header) for row in data):
        return None
    if index is None:
        return header, data
    if not isinstance(index, list) or len(index) != len(data):
        return None
    return [INDEX, *header], [[key, *row] for key, row in zip(index, data, strict=True)]


def _of_columns(value: dict[str, Any]) -> Shape | None:
    """Lists of one length, and what stands beside them once for all rows."""
    lists = [part for part in value.values() if isinstance(part, list)]
    nested = any(_is_nested(cell) for part in lists for cell in part)
    if nested or len({*map(len, lists)}) > 1 or any(isinstance(p, dict) for p in value.values()):
        return None
    rows = len(lists[0])
    columns = [part if isinstance(part, list) else [part] * rows for part in value.values()]
    return list(value), [list(row) for row in zip(*columns, strict=True)]


def _of_keyed(value: dict[str, dict[str, Any]]) -> Shape | None:
    """Objects by row, or by column: rows are what has the names of dates or numbers."""
    inner = dict.fromkeys(key for part in value.values() for key in part)
    by_row = _are_rows(value, inner)
    if by_row is None:
        return None
    if by_row:
        objects = _of_objects(list(value.values()))
        return objects and (
            [INDEX, *(objects[0] or ())],
            [[key, *row] for key, row in zip(value, objects[1], strict=True)],
        )
    return [INDEX, *value], [[key, *(part.get(key) for part in value.values())] for key in inner]


def _are_rows(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> bool | None:
    """Whether the outer keys are those of rows, and the inner those of columns; None: unclear."""
    for is_row in (LABEL, DATE):
        there = all(map(is_row.fullmatch, outer)), all(map(is_row.fullmatch, inner))
        if there[0] != there[1]:
            return there[0]
    return None
