"""Events of a calendar in CSV: a line each, with columns named as the records' fields or mapped.

Days and times are ISO 8601, or of the form that the option `date_format` says. A day on which
something was announced counts from its end.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from tidemark.errors import BadValue, hint
from tidemark.providers import bodies, calendar_options, instants
from tidemark.providers.calendar_options import Said
from tidemark.providers.contract import PayloadError

FIELDS = ("ticker", "kind", "timestamp", "announced_at", "name", "value")
SHOWN = 5  # faults in one message


def read(body: bytes, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records of all lines, in their order.

    Args:
        body: in UTF-8, with a line of names first.
        options: see `calendar_options`, and `columns`, names by field where they differ from it,
            `separator` (a comma), `date_format` (of strptime).

    Raises:
        BadValue: an option is wrong.
        PayloadError: a column is missing, or lines are at fault, some of which are told.
    """
    said = calendar_options.of(options)
    columns = options.get("columns", {})
    for name in columns:
        if name not in FIELDS:
            raise BadValue("columns", f"{name} is no field of an event{hint(name, FIELDS)}",
                           f"fields are {', '.join(FIELDS)}")  # fmt: skip
    records, faults = [], []
    for number, line in _lines(body, options.get("separator", ","), columns):
        try:
            records.append(_record(line, said, options.get("date_format")))
        except (ValueError, OverflowError) as error:
            faults.append(f"line {number}: {error}")
    if faults:
        more = f", and {len(faults) - SHOWN} further ones" if len(faults) > SHOWN else ""
        raise PayloadError("; ".join(faults[:SHOWN]) + more)
    return records


def _lines(
    body: bytes, separator: str, columns: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Texts by field of each line that is not empty, with the number of the line."""
    try:
        text = io.StringIO(body.decode("utf-8-sig"), newline="")
        rows = csv.reader(text, delimiter=separator, strict=True)
        header = [name.strip() for name in next(rows, [])]
        names = {field: columns.get(field, field) for field in FIELDS}
        for name in (names["timestamp"], *columns.values()):
            if name not in header:
                there = f"there are {', '.join(header)[:300]}" if header else "it is empty"
                raise PayloadError(
                    f"the calendar has no column {name}{hint(name, header)}: {there}"
                )
        places = {field: header.index(name) for field, name in names.items() if name in header}
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise PayloadError(
                    f"line {rows.line_num} has {len(row)} fields, the first {len(header)}"
                )
            yield rows.line_num, {name: row[place].strip() for name, place in places.items()}
    except UnicodeDecodeError as error:
        raise PayloadError(f"the calendar is not in UTF-8: {error}") from error
    except csv.Error as error:
        raise PayloadError(f"the calendar is no CSV: {error}") from error


def _record(line: Mapping[str, str], said: Said, date_format: str | None) -> dict[str, Any]:
    kind = said.kind_of(line["kind"]) if line.get("kind") else said.kind
    if kind is None:
        raise ValueError(
            f"{line.get('kind', '')!r} is no kind of event; `kinds` may say what it is"
        )
    announced = line.get("announced_at")
    return {
        "ticker": line.get("ticker") or said.ticker,
        "kind": kind,
        "timestamp": instants.stamp(said.moment(_parsed(line["timestamp"], date_format))),
        "announced_at": _announced(_parsed(announced, date_format), said) if announced else None,
        "name": line.get("name") or kind,
        "value": bodies.number(line["value"]) if line.get("value") else None,
    }


def _announced(stated: date, said: Said) -> str:
    if isinstance(stated, datetime):
        return instants.stamp(said.moment(stated))
    return instants.stamp(instants.end_of(stated, said.zone.key if said.zone else "UTC"))


def _parsed(text: str, date_format: str | None) -> date:
    """A date, or a datetime if the text has a time."""
    if not date_format:
        return date.fromisoformat(text) if len(text) == len("2026-11-30") else (
            datetime.fromisoformat(text))  # fmt: skip
    moment = datetime.strptime(text, date_format)
    has_time = any(mark in date_format for mark in ("%H", "%I", "%c", "%X"))
    return moment if has_time else moment.date()
