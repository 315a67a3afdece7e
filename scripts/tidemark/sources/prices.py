"""Prices: one tidy frame from long or wide files, all tickers in one file or one file each."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from tidemark.bars import zones
from tidemark.errors import BadValue, InputError
from tidemark.naming import several
from tidemark.ohlcv import FIELDS
from tidemark.reading.kinds import place
from tidemark.reading.table import Table, batches
from tidemark.sources import columns, of_files, places, tickers
from tidemark.sources.contract import Batch, Request
from tidemark.sources.places import Placed

import numpy as np
import pandas as pd

EVERY_OTHER_COLUMN = "*"
WITHOUT_TICKERS = (
    "; or, if each file is one ticker, leave `ticker` out there and have a * in path, such as"
    " mydata/*.csv: the file's name is the ticker"
)


def source(request: Request) -> Batch:
    """The prices of the user's files."""
    return of_files.batch(request, partial(read, ends_days=request.zone_ends_days()))


def read(
    files: Mapping[str, bytes],
    source: Mapping[str, Any],
    *,
    ends_days: bool = False,
) -> Placed:
    """Prices as the tidy contract wants them, and the place of each row.

    The notes tell of tickers that are spelt in several ways, and of columns without a value.

    Args:
        files: content by path; without a ticker column, a file's name less its ending is the
            ticker.
        source: `layout`, `bar`, `date_format`, `time_zone` and `columns` of the configuration. In
            the wide layout, a field that is mapped to "*" takes its values from every column but
            the timestamp's, and these columns' names are the tickers.
        ends_days: whether `time_zone` says when days end, so that it matters to dates without an
            offset, too.

    Returns:
        `timestamp` (naive UTC; daily bars at midnight), `ticker` (see `tickers.normalised`), and
        FIELDS as float64; a field that is not mapped is NaN. Sorted by ticker and timestamp.

    Raises:
        InputError: a file or value that cannot be read, time that goes backwards, or two spellings
            of a ticker that have a bar at one time.
        BadValue: `time_zone` is not one, or can have no effect; `date_format` is not one; `columns`
            do not fit the layout.
    """
    parts, lines, wide = [], {}, source["layout"] == "wide"
    notes: list[str] = []
    if wide:
        for table in of_files.tables(files, source):
            if not ends_days:
                _zone_must_matter(table, source)
            parts.append(_wide(table, source))
            lines[table.path] = table.lines[parts[-1].index]
            notes += _empty_columns(table, source, parts[-1])
    else:
        for table in batches(of_files.tables(files, source)):
            if not ends_days:
                _zone_must_matter(table, source)
            parts.append(_long(table, source))
            lines |= {part.path: part.lines for part in table.parts}
    bars, where = pd.concat(parts), places.of(lines)
    written, spellings = pd.factorize(bars["ticker"])
    if wide:
        where["column"] = pd.Categorical.from_codes(written, spellings)
    bars["ticker"] = np.array([tickers.normalised(name) for name in spellings], object)[written]
    bars["ticker"] = bars["ticker"].astype("str")
    if bars["ticker"].nunique() < len(spellings):
        _one_bar_a_time(bars, written, spellings, where, source)
        notes.append(_several_spellings(spellings))
    return places.in_order(bars, where, ["ticker", "timestamp"])._replace(notes=notes)


def _empty_columns(table: Table, source: Mapping[str, Any], bars: pd.DataFrame) -> Iterator[str]:
    """Tell of the columns of a wide file that hold no value, since no ticker comes of them."""
    held = {*bars["ticker"].unique(), source["columns"]["timestamp"]}
    empty = [name for name in table.names if name not in held]
    if empty:
        yield f"{table.path}: no value in {several(empty)}, so no such ticker"


def _one_bar_a_time(
    bars: pd.DataFrame,
    written: np.ndarray,
    spellings: pd.Index,
    where: pd.DataFrame,
    source: Mapping[str, Any],
) -> None:
    """Refuse a bar that another spelling of its ticker has at the same time."""
    key = pd.DataFrame(
        {"ticker": bars["ticker"].array, "timestamp": bars["timestamp"].array, "written": written}
    )
    here = ["ticker", "timestamp"]
    first = key.groupby(here, sort=False)["written"].transform("first")
    other = np.flatnonzero(key["written"] != first)
    if not len(other):
        return
    row = int(other[0])
    names = source["columns"]
    column = names["ticker"] if "ticker" in names else spellings[written[row]]
    raise InputError(
        place(where["file"][row], int(where["line"][row]), column),
        f"{spellings[written[row]]} and {spellings[first[row]]} are one ticker,"
        f" {key['ticker'][row]}, and both have a bar at {key['timestamp'][row]}",
        "decide which is right; if they are two things, give one of them another name",
    )


def _several_spellings(spellings: pd.Index) -> str:
    ways = pd.Series(spellings).groupby([tickers.normalised(name) for name in spellings]).agg(list)
    told = [f"{' and '.join(names)} as {name}" for name, names in ways.items() if len(names) > 1]
    return f"tickers that are spelt in several ways are taken for one: {several(told)}"


def _zone_must_matter(table: Table, source: Mapping[str, Any]) -> None:
    """Refuse a zone of daily dates that have no offset, since these are taken as written."""
    zone = source["time_zone"]
    if source["bar"] == "intraday" or zone == "UTC":
        return
    if not columns.have_offsets(table, source["columns"]["timestamp"], source["date_format"]):
        problem, cure = zones.without_effect(zone)
        raise BadValue("time_zone", f"{problem}, as in {table.path}", cure)


def _times(table: Table, source: Mapping[str, Any], whose: pd.Series | None = None) -> pd.Series:
    column, date_format = source["columns"]["timestamp"], source["date_format"]
    zone = columns.zone_of(source["time_zone"], "time_zone")
    if source["bar"] == "intraday":
        return columns.instants(table, column, date_format, zone, whose)
    return columns.dates(table, column, date_format, zone)


def _long(table: Table, source: Mapping[str, Any]) -> pd.DataFrame:
    names = source["columns"]
    table.column(names["timestamp"])  # a file of another form lacks this first
    if "ticker" in names:
        table.column(names["ticker"], WITHOUT_TICKERS)
    spelt = columns.texts(table, names["ticker"]) if "ticker" in names else _stems(table)
    whose = pd.Series(spelt, range(len(table)), dtype="str")
    bars = pd.DataFrame(
        {"timestamp": _times(table, source, whose), "ticker": whose}
        | {
            field: columns.numbers(table, names[field], _smallest(field))
            if field in names
            else np.nan
            for field in FIELDS
        }
    )
    columns.in_order(table, names["timestamp"], bars["timestamp"], bars["ticker"])
    return bars


def _smallest(field: str) -> float:
    return 0.0 if field == "volume" else columns.SMALLEST_PRICE


def _stems(table: Table) -> np.ndarray:
    """The ticker of each row, where a file's name says it."""
    for part in table.parts:
        tickers.must_be_fit(part.path, part.stem)
    stems = np.array([part.stem for part in table.parts], object)
    return stems.take(table.file_of_row)


def _wide(table: Table, source: Mapping[str, Any]) -> pd.DataFrame:
    names = source["columns"]
    times = _times(table, source)
    columns.in_order(table, names["timestamp"], times)
    filled = _starred(names)
    others = [name for name in table.names if name != names["timestamp"]]
    for name in others:
        tickers.must_be_fit(f"{table.path}:1", name)
    smallest = max(map(_smallest, filled), default=0.0)
    bars = [
        _one_ticker(times, name, columns.numbers(table, name, smallest), filled) for name in others
    ]
    return pd.concat(bars or [_one_ticker(times, "", np.full(len(times), np.nan), filled)])


def _starred(names: Mapping[str, str]) -> list[str]:
    """The fields mapped to "*"; nothing else can be mapped in the wide layout."""
    for field, name in names.items():
        if field != "timestamp" and name != EVERY_OTHER_COLUMN:
            raise BadValue(
                f"columns.{field}",
                f"{name!r} cannot be found in a wide file, whose columns are tickers",
                f'map the field that the file holds to "{EVERY_OTHER_COLUMN}", and no other',
            )
    return [field for field in FIELDS if field in names]


def _one_ticker(
    times: pd.Series, ticker: str, values: np.ndarray, filled: list[str]
) -> pd.DataFrame:
    """The bars between a ticker's first and last value; before and after it was not traded."""
    known = np.flatnonzero(~np.isnan(values))
    span = slice(known[0], known[-1] + 1) if len(known) else slice(0)
    cells = {field: values[span] if field in filled else np.nan for field in FIELDS}
    return pd.DataFrame({"timestamp": times[span], "ticker": ticker, **cells})
