"""Files behind an address: CSV, Parquet or JSON of bars or of series, a row a record.

There is no API. Address (`{id}` in it stands for the id of what is asked for), form and columns
are what the source's section says (`reading`'s `Form`), and nothing is guessed. A file
comes whole each time. Who publishes it says what its terms are, and the section repeats them.
The newest row counts as closed: fetch when it is.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidemark.errors import BadValue, InputError
from tidemark.naming import several
from tidemark.ohlcv import OHLCV
from tidemark.providers import bodies, instants
from tidemark.providers.contract import Answer, Ask, Call, Get, Limit, Page, PayloadError, Terms
from tidemark.reading.files import tables
from tidemark.reading.settings import Form
from tidemark.reading.table import Table

TERMS = Terms(
    licence="that of the file, which whoever configures it has read",
    page="",
    read=date(2026, 11, 30),
    attribution="",
    store=True,
    share=False,
    train=True,
    commercial=False,
)
LIMIT = Limit(a_minute=30)
BASES = {"": ""}

OF_BARS = ("timestamp", "ticker", *OHLCV)
OF_SERIES = ("timestamp", "series", "value", "known_at", "vintage")


def bars(ask: Ask, get: Get) -> Iterator[Page]:
    """The bars of a file.

    Args:
        ask: Options: `address`, in which `{id}` is the id; without it, the id is the address.
            `columns`, Tidemark's name: the file's, with `timestamp` and `close` at least; with
            `ticker`, rows of the id alone are taken, without it all. Closes that are adjusted for
            dividends are `close`, and `convention` says so. `file`, the name by whose ending the
            file is read, where the address has none; `form`, how it is written; `date_format`, as
            in strptime, else times are ISO 8601; `time_zone` of times without an offset.
        get: see `contract`.

    Raises:
        BadValue: an option is wrong.
        PayloadError: the file is not of that form, or has no row of this ticker at all.
    """
    answer, rows = _read(ask, get, OF_BARS, ("timestamp", "close"))
    records = [
        {
            "ticker": ask.name,
            "timestamp": instants.stamp(at),
            **{name: _number(ask, name, row.get(name)) for name in OHLCV},
            "adj_close": None,
            "interval": ask.interval,
            "live": False,
            "volume_is": "traded" if row.get("volume") is not None else None,
        }
        for at, row in rows
    ]
    yield Page("bars", records, answer.body, ask.options.get("convention", "none"))


def series(ask: Ask, get: Get) -> Iterator[Page]:
    """The series of a file; options are those of `bars`, with the columns of series.

    Raises:
        BadValue: an option is wrong.
        PayloadError: the file is not of that form.
    """
    answer, rows = _read(ask, get, OF_SERIES, ("timestamp", "value"))
    records = [
        {
            "series": ask.name,
            "timestamp": instants.stamp(at),
            "value": _number(ask, "value", row.get("value")),
            "known_at": instants.stamp(known) if (known := _at(ask, row.get("known_at"))) else None,
            "vintage": None if row.get("vintage") is None else str(row["vintage"]),
        }
        for at, row in rows
    ]
    yield Page("series", records, answer.body)


def identity(ask: Ask) -> str:
    """The id, and where it is looked for."""
    return f"{ask.id} at {ask.options['address']}" if ask.options.get("address") else ask.id


def _address(ask: Ask) -> str:
    return str(ask.options.get("address") or ask.id).replace("{id}", quote(ask.id, safe=""))


Rows = list[tuple[datetime, Mapping[str, Any]]]


def _read(
    ask: Ask, get: Get, known: tuple[str, ...], needed: tuple[str, ...]
) -> tuple[Answer, Rows]:
    """What came, and its rows under Tidemark's names, each with its time, as far as wanted."""
    columns = _columns(ask, known, needed)
    name = str(ask.options.get("file") or unquote(urlsplit(_address(ask)).path).rpartition("/")[2])
    form = _form(ask)
    answer = get(Call(_address(ask)))
    try:
        found = [table for table in tables(name, answer.body, form) if _must_have(table, columns)]
    except InputError as error:
        raise PayloadError(f"{error.where}: {error.problem}", lasting=True) from error
    rows: Rows = []
    whose, known_ids = "ticker" if "ticker" in known else "series", 0
    for table in found:
        cells = [table.column(column).to_pylist() for column in columns.values()]
        for number, values in enumerate(zip(*cells, strict=True)):
            row = {ours: _plain(value, form) for ours, value in zip(columns, values, strict=True)}
            if str(row.get(whose, ask.id)) != ask.id:
                continue
            known_ids += 1
            with bodies.of_form(table.where(number, columns["timestamp"])):
                at = _at(ask, row["timestamp"])
            if at is None:
                raise PayloadError(f"{table.where(number, columns['timestamp'])}: has no time")
            if instants.is_wanted(ask, at):
                rows.append((at, row))
    if not known_ids:
        raise PayloadError(f"the file has no row of {ask.id}", lasting=True)
    return answer, rows


def _columns(ask: Ask, known: tuple[str, ...], needed: tuple[str, ...]) -> dict[str, str]:
    columns = {str(ours): str(theirs) for ours, theirs in ask.options.get("columns", {}).items()}
    if unknown := [name for name in columns if name not in known]:
        raise BadValue("columns", f"{several(unknown)}: unknown", f"use {', '.join(known)}")
    if lacking := [name for name in needed if name not in columns]:
        raise BadValue("columns", f"{several(lacking)}: missing", "say what the file calls it")
    return columns


def _form(ask: Ask) -> Form:
    try:
        return Form(**ask.options.get("form", {}))
    except TypeError as error:
        raise BadValue("form", f"{error}", "see docs for the keys that a form has") from error


def _must_have(table: Table, columns: Mapping[str, str]) -> bool:
    table.must_have(columns.values())
    return True


def _plain(value: Any, form: Form) -> Any:
    """A cell, or None where it is empty or a word for that."""
    if isinstance(value, str):
        text = value.strip()
        return None if not text or text in form.missing else text
    return None if value is None or value != value else value


def _number(ask: Ask, name: str, value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    form = _form(ask)
    with bodies.of_form(f"{name} of {ask.name}"):
        text = str(value).replace(form.thousands, "") if form.thousands else str(value)
        return bodies.number(text.replace(form.decimal, "."))


def _at(ask: Ask, value: Any) -> datetime | None:
    """A time as UTC: a date is its midnight in UTC; a time without an offset is of `time_zone`."""
    if value is None:
        return None
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        return instants.midnight(value)
    elif form := ask.options.get("date_format"):
        moment = datetime.strptime(str(value), form)
    else:
        moment = datetime.fromisoformat(str(value))
    if moment.tzinfo:
        return moment.astimezone(UTC)
    if moment == moment.replace(hour=0, minute=0, second=0, microsecond=0) and "d" in ask.interval:
        return instants.midnight(moment.date())
    return moment.replace(tzinfo=_zone(ask)).astimezone(UTC)


def _zone(ask: Ask) -> ZoneInfo:
    try:
        return ZoneInfo(str(ask.options.get("time_zone", "UTC")))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadValue("time_zone", "is none", "such as America/New_York") from error
