"""Prices: one tidy frame from long or wide files, all tickers in one file or one file each."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tidemark.bars import zones
from tidemark.errors import BadValue, InputError
from tidemark.naming import counted, several
from tidemark.ohlcv import FIELDS
from tidemark.reading.kinds import place
from tidemark.reading.table import Table, batches
from tidemark.sources import columns, of_files, places, tickers, time_columns, wide
from tidemark.sources.contract import Batch, Request
from tidemark.sources.places import Placed
from tidemark.sources.report import Report

import numpy as np
import pandas as pd

UNADJUSTED = "adj_close is not mapped, so returns are those of close, as it is"
WITHOUT_TICKERS = (
    "; or, if each file is one ticker, leave `ticker` out there, and the `ticker` of this source,"
    " or else the file's name, is the ticker"
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

    The notes tell what the file does not say by itself or what was left out of it: the name of a
    single ticker, closes that serve as adjusted ones, spellings, columns without a value or of no
    field.

    Args:
        files: content by path.
        source: `form`, `layout`, `bar`, `date_format`, `time_zone`, `columns`, `ticker` and
            `divide_by` of the configuration. Without a column of tickers, `ticker` is that of all
            files, or else each file's name less its ending is. In the wide layout, fields are
            mapped to patterns of names, see `wide`.
        ends_days: whether `time_zone` says when days end, so that it matters to dates without an
            offset, too.

    Returns:
        `timestamp` (naive UTC; bars of days, weeks and months at midnight), `ticker` (see
        `tickers.normalised`), and FIELDS as float64; a field that is not mapped is NaN, but for
        `adj_close`, which is then `close`. Sorted by ticker and timestamp.

    Raises:
        InputError: files or values that cannot be read, or time that goes backwards, all together;
            or two spellings of a ticker that have a bar at one time.
        BadValue: `time_zone` is not one, or can have no effect; `date_format` is not one; `columns`
            do not fit the layout.
    """
    names, is_wide = source["columns"], source["layout"] == "wide"
    report, parts, lines = Report(), [], {}
    notes: list[str] = []
    tables = of_files.tables(files, source, report)
    for table in tables if is_wide else batches(tables):
        bars = (_wide if is_wide else _long)(table, source, report)
        if bars is None:
            continue
        if not ends_days:
            _zone_must_matter(table, source)
        parts.append(bars)
        if is_wide:
            lines[table.path] = table.lines[bars.index]
            notes += _without_bars(table, source, bars)
        else:
            lines |= {part.path: part.lines for part in table.parts}
    report.stop()
    bars, where = pd.concat(parts), places.of(lines)
    if not is_wide and len(lines) == 1 and not ("ticker" in names or source.get("ticker")):
        notes.append(f"{next(iter(lines))}: one ticker, called as the file is; `ticker` renames it")
    if "close" in names and "adj_close" not in names:
        bars["adj_close"] = bars["close"]
        notes.append(UNADJUSTED)
    written, spellings = pd.factorize(bars["ticker"])
    if is_wide:
        where["column"] = pd.Categorical.from_codes(written, spellings)
    bars["ticker"] = np.array([tickers.normalised(name) for name in spellings], object)[written]
    bars["ticker"] = bars["ticker"].astype("str")
    if bars["ticker"].nunique() < len(spellings):
        _one_bar_a_time(bars, written, spellings, where, source)
        notes.append(_several_spellings(spellings))
    placed = places.in_order(bars, where, ["ticker", "timestamp"])
    return placed._replace(notes=[*report.notes(), *notes])


def _without_bars(table: Table, source: Mapping[str, Any], bars: pd.DataFrame) -> list[str]:
    """Tell of the columns of a wide file that hold no value, or are of no field."""
    of_ticker = wide.columns_of(_of_tickers(table, source), _patterns(source))
    held = {*bars["ticker"].unique()}
    empty = [name for name in of_ticker if name not in held]
    mapped = {name for fields in of_ticker.values() for name in fields.values()}
    others = [name for name in _of_tickers(table, source) if name not in mapped]
    notes = []
    if empty:
        notes.append(f"{table.path}: no value in {several(empty)}, so no such ticker")
    if others:
        told = counted(len(others), "column")
        notes.append(f"{table.path}: {told} of no field not read: {several(others)}")
    return notes


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
    spelt = spellings[written[row]]
    column = names.get("ticker", spelt)
    if source["layout"] == "wide":
        column = wide.name_of(spelt, next(iter(_patterns(source).values())))
    raise InputError(
        place(where["file"][row], int(where["line"][row]), column),
        f"{spelt} and {spellings[first[row]]} are one ticker,"
        f" {key['ticker'][row]}, and both have a bar at {key['timestamp'][row]}",
        "decide which is right; if they are two things, give one of them another name",
    )


def _several_spellings(spellings: pd.Index) -> str:
    ways = pd.Series(spellings).groupby([tickers.normalised(name) for name in spellings]).agg(list)
    told = [f"{' and '.join(names)} as {name}" for name, names in ways.items() if len(names) > 1]
    return f"tickers that are spelt in several ways are taken for one: {several(told)}"


def _zone_must_matter(table: Table, source: Mapping[str, Any]) -> None:
    """Refuse a zone of dates that have no offset, since these are taken as written."""
    zone, names = source["time_zone"], source["columns"]
    if source["bar"] == "intraday" or zone == "UTC":
        return
    stamp, clock = names["timestamp"], names.get("time")
    if not time_columns.have_offsets(table, stamp, source["date_format"], clock):
        problem, cure = zones.without_effect(zone)
        raise BadValue("time_zone", f"{problem}, as in {table.path}", cure)


def _times(
    table: Table, source: Mapping[str, Any], report: Report, whose: pd.Series | None = None
) -> pd.Series:
    names, date_format = source["columns"], source["date_format"]
    zone = time_columns.zone_of(source["time_zone"], "time_zone")
    stamp, clock = names["timestamp"], names.get("time")
    if source["bar"] == "intraday":
        times = time_columns.instants(
            table, stamp, date_format, zone, report, clock=clock, whose=whose
        )
    else:
        times = time_columns.dates(table, stamp, date_format, zone, report, clock)
    time_columns.in_order(table, stamp, times, report, whose)
    return times


def _long(table: Table, source: Mapping[str, Any], report: Report) -> pd.DataFrame | None:
    """The bars of a long table; None if it lacks a column."""
    names = source["columns"]
    lacks_tickers = names.get("ticker", "") not in ("", *table.names)
    or_else = WITHOUT_TICKERS if lacks_tickers else ""
    if not columns.are_there(table, [*names.values()], report, or_else):
        return None
    spelt = _named(table, source, report)
    whose = pd.Series(spelt, range(len(table)), dtype="str")
    return pd.DataFrame(
        {"timestamp": _times(table, source, report, whose), "ticker": whose}
        | {
            field: _field(table, names[field], [field], source, report)
            if field in names
            else np.nan
            for field in FIELDS
        }
    )


def _field(
    table: Table,
    column: str,
    fields: Sequence[str],
    source: Mapping[str, Any],
    report: Report,
) -> np.ndarray:
    """The values of a column for these fields, which have one divisor."""
    of_prices = any(field != "volume" for field in fields)
    return columns.numbers(
        table,
        column,
        report,
        smallest=columns.SMALLEST_PRICE if of_prices else 0.0,
        divide_by=source.get("divide_by", {}).get(fields[0], 1.0),
        missing=table.form.missing_prices if of_prices else (),
    )


def _named(table: Table, source: Mapping[str, Any], report: Report) -> Sequence[str] | np.ndarray:
    """The ticker of each row, by its column, by the configuration or by its file's name."""
    names = source["columns"]
    if "ticker" in names:
        return columns.texts(table, names["ticker"], report)
    if source.get("ticker"):
        return np.full(len(table), source["ticker"], object)
    for part in table.parts:
        _must_be_fit(part.path, part.stem, report)
    stems = np.array([part.stem for part in table.parts], object)
    return stems.take(table.file_of_row)


def _must_be_fit(where: str, name: str, report: Report) -> None:
    try:
        tickers.must_be_fit(where, name)
    except InputError as error:
        report.file(where, error)


def _patterns(source: Mapping[str, Any]) -> dict[str, str]:
    """By field, how a wide file calls its columns."""
    return {field: name for field, name in source["columns"].items() if field in FIELDS}


def _of_tickers(table: Table, source: Mapping[str, Any]) -> list[str]:
    """The columns of a wide file that are not those of dates and hours."""
    names = source["columns"]
    stamps = [table.called(names[name]) for name in ("timestamp", "time") if name in names]
    return [name for name in table.names if name not in stamps]


def _wide(table: Table, source: Mapping[str, Any], report: Report) -> pd.DataFrame | None:
    """The bars of a wide table, with its rows' numbers as index; None if it lacks a column."""
    names, patterns = source["columns"], _patterns(source)
    stamps = [names[name] for name in ("timestamp", "time") if name in names]
    if not columns.are_there(table, stamps, report):
        return None
    times = _times(table, source, report)
    bars = []
    for ticker, of_field in wide.columns_of(_of_tickers(table, source), patterns).items():
        _must_be_fit(f"{table.path}:1", ticker, report)
        if table.nameless.intersection(of_field.values()):
            problem = f"{ticker} has no name in the header, which would be its ticker"
            cure = 'name it, or leave it out: leave_out: [""] under `form` of this source'
            report.file(table.path, InputError(table.path, problem, cure))
        cells: dict[str, np.ndarray] = {}
        for column in dict.fromkeys(of_field.values()):
            fields = [field for field, name in of_field.items() if name == column]
            cells |= dict.fromkeys(fields, _field(table, column, fields, source, report))
        bars.append(_one_ticker(times, ticker, cells))
    if not bars:
        wanted = several([*dict.fromkeys(patterns.values())])
        problem = f"has no column like {wanted} (found: {', '.join(map(repr, table.names[:20]))})"
        cure = "correct `columns` of this source: * stands for the ticker"
        report.file(table.path, InputError(table.path, problem, cure))
        return None
    return pd.concat(bars)


def _one_ticker(times: pd.Series, ticker: str, cells: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """The bars between a ticker's first and last value; before and after it was not traded."""
    known = np.flatnonzero(np.any([~np.isnan(values) for values in cells.values()], axis=0))
    span = slice(known[0], known[-1] + 1) if len(known) else slice(0)
    fields = {name: cells[name][span] if name in cells else np.nan for name in FIELDS}
    return pd.DataFrame({"timestamp": times[span], "ticker": ticker, **fields})
