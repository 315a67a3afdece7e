"""Columns of dates and times; what is wrong with them goes into a report, with line and value.

Nothing is guessed: they have the format that the configuration gives (`stamps`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidemark.bars import clocks, zones
from tidemark.errors import BadValue, InputError
from tidemark.reading.table import Table
from tidemark.sources import columns, stamps
from tidemark.sources.columns import shown
from tidemark.sources.report import Report
from tidemark.sources.stamps import FIRST_YEAR, LAST_YEAR

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def dates(
    table: Table,
    column: str,
    date_format: str,
    zone: ZoneInfo,
    report: Report,
    clock: str | None = None,
) -> pd.Series:
    """A column as days, at midnight; NaT where it is at fault.

    A stamp without an offset is the day written, and so is one at 00:00 of its own offset. Any
    other stamp with an offset counts as the day that it falls on in `zone`. Where only some stamps
    of a file are at 00:00, both readings must give one day; or all are at one hour of `zone`, which
    is then what they mean: closes at 20:00 in New York are at 00:00 in UTC in summer alone. A stamp
    of which it is in doubt what day it means is a fault, as one that is none.

    Args:
        table: has the columns.
        column: its own name of the dates.
        date_format: one or several, see `stamps`.
        zone: see above.
        report: takes the faults.
        clock: its own name of the hours, where these have a column of their own.

    Raises:
        BadValue: `date_format` is not one.
    """
    times = _native_times(table, column, report) if clock is None else None
    if times is None:
        text = _written(table, column, clock, report)
        codes, distinct = pd.factorize(np.array(text.fill_null(""), dtype=object))
        read = stamps.days(pa.array(distinct, pa.string()), date_format, zone)
        own, there = pd.Series(read.first[codes]), pd.Series(read.second[codes])
        _are_read(table, column, text, own.isna(), read.doubtful[codes], date_format, report)
        _are_epochs(table, column, text, date_format, report)
    elif times.dt.tz is None:
        own = there = times
    else:
        own, there = (zoned.dt.tz_localize(None) for zoned in (times, times.dt.tz_convert(zone)))
    days = _meant(table, column, own, there, zone, report)
    return _within_years(table, column, days.astype("datetime64[us]"), report)


def _meant(
    table: Table, column: str, own: pd.Series, there: pd.Series, zone: ZoneInfo, report: Report
) -> pd.Series:
    """The days of stamps, written by their own offset and in the zone, each file by itself."""
    known = own.notna().to_numpy()
    file = table.file_of_row[known]
    day, day_there = own[known].dt.normalize(), there[known].dt.normalize()
    midnight = own[known] == day
    as_written = midnight.groupby(file).transform("all")
    one_hour = (there[known] - day_there).groupby(file).transform("nunique") == 1
    doubtful = midnight & ~as_written & ~one_hour & (day != day_there)
    report.rows(
        table,
        column,
        day.index[doubtful],
        lambda row: (
            f"{_shown_time(table, column, row)} is {day[row].date()} by its own offset and"
            f" {day_there[row].date()} in {zone}; the file has stamps at 00:00 and at several hours"
            f" of {zone}, which do not say which is meant"
        ),
        "write days alone, or one hour of the day throughout; or correct the time_zone of"
        " prices, or the release_zone of a series (UTC takes days as in UTC)",
    )
    return day.where(as_written, day_there).reindex(own.index)


def _are_read(
    table: Table,
    column: str,
    text: pa.Array,
    missing: pd.Series,
    doubtful: np.ndarray,
    date_format: str,
    report: Report,
) -> None:
    """Report texts that are no date of the format, or that two formats read differently."""
    unread = missing.to_numpy() & ~doubtful & text.is_valid().to_numpy(zero_copy_only=False)
    report.rows(
        table,
        column,
        np.flatnonzero(unread),
        lambda row: f"{shown(text[row].as_py())} is not {stamps.of_format(date_format)}",
        "mend the value, or set date_format of this source",
    )
    report.rows(
        table,
        column,
        np.flatnonzero(doubtful),
        lambda row: (
            f"{shown(text[row].as_py())} is {stamps.in_words(text[row].as_py(), date_format)}"
        ),
        "leave in date_format only the formats that the file has",
    )


def _are_epochs(
    table: Table, column: str, text: pa.Array, date_format: str, report: Report
) -> None:
    """Report counts from 1970 that are none, though they can be read as such."""
    if other := stamps.other_meaning(text.drop_null(), date_format):
        meaning, cure = other
        report.rows(
            table,
            column,
            np.flatnonzero(text.is_valid().to_numpy(zero_copy_only=False)),
            lambda row: f"{shown(text[row].as_py())} is {meaning}, and in 1970 by {date_format}",
            cure,
        )


def _written(table: Table, column: str, clock: str | None, report: Report) -> pa.Array:
    """Stamps as text, those of two columns joined by a blank; null where they are of no use.

    Days and hours that the file itself types count as 2013-03-01 and 09:30:00.
    """
    date = stamp_text(table, column, report)
    if clock is None:
        return date
    return pc.binary_join_element_wise(date, stamp_text(table, clock, report), " ")


def stamp_text(table: Table, column: str, report: Report) -> pa.Array:
    """A column of dates or hours as text; what the file itself types is written out."""
    values = table.column(column)
    if pa.types.is_floating(values.type):
        return pa.array(map(_without_exponent, values.to_pylist()), pa.string())
    if pa.types.is_integer(values.type):
        return pc.fill_null(values.cast(pa.string()), "")
    if pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
        return pc.fill_null(pc.strftime(values, "%Y-%m-%d"), "")
    if pa.types.is_time(values.type):
        seconds = values.cast(pa.time64("us")).cast(pa.int64()).cast(pa.timestamp("us"))
        return pc.fill_null(
            pc.strftime(seconds.cast(pa.timestamp("s"), safe=False), "%H:%M:%S"), ""
        )
    return columns.text(table, column, "dates", report)


def _without_exponent(number: float | None) -> str:
    """A number that stands for a date, to the microsecond; empty if it is missing."""
    if number is None or np.isnan(number):
        return ""
    return f"{number:.0f}" if number.is_integer() else f"{number:.6f}".rstrip("0")


def have_offsets(table: Table, column: str, date_format: str, clock: str | None = None) -> bool:
    """Whether times of this column say themselves how far they are from UTC."""
    kind = table.column(column).type
    if clock is None and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return getattr(kind, "tz", None) is not None
    return zones.has_offset(date_format)


def instants(
    table: Table,
    column: str,
    date_format: str,
    zone: ZoneInfo,
    report: Report,
    *,
    clock: str | None = None,
    whose: pd.Series | None = None,
) -> pd.Series:
    """A column as naive UTC times; times without an offset are wall-clock times of `zone`.

    A time that occurs twice, because clocks go back, is the occurrence that the order of bars says.
    What is no time of the format is a fault, and so is one that does not exist in the time zone, or
    that occurs twice while nothing says which is meant; NaT stands there.

    Args:
        table, column, date_format, report, clock: as for `dates`.
        zone: see above.
        whose: the ticker of each time, if there are several.

    Raises:
        BadValue: `date_format` is not one.
    """
    wall, utc = _times(table, column, date_format, report, clock)
    rows = np.flatnonzero(wall.notna())
    if len(rows):
        utc = utc.fillna(_in_zone(table, column, wall.iloc[rows], zone, whose, report))
    return utc.astype("datetime64[us]")


def earliest(
    table: Table, column: str, date_format: str, zone: ZoneInfo, clock: str | None = None
) -> pd.Series:
    """Dates or times as the earliest naive UTC time that each can mean; NaT where there is none.

    Faults are not reported, because this is asked of columns whose `dates` are read.

    Raises:
        BadValue: `date_format` is not one.
    """
    wall, utc = _times(table, column, date_format, Report(), clock)
    return utc.fillna(clocks.utc(wall, zone, later=False)).astype("datetime64[us]")


def _times(
    table: Table, column: str, date_format: str, report: Report, clock: str | None
) -> tuple[pd.Series, pd.Series]:
    """The wall-clock times of stamps without an offset, and the instants of the others."""
    times = _native_times(table, column, report) if clock is None else None
    if times is None:
        text = _written(table, column, clock, report)
        read = stamps.times(text.fill_null(""), date_format)
        wall, utc = pd.Series(read.first), pd.Series(read.second)
        _are_read(table, column, text, wall.isna() & utc.isna(), read.doubtful, date_format, report)
        _are_epochs(table, column, text, date_format, report)
    else:
        nothing = pd.Series(pd.NaT, times.index, "datetime64[us]")
        zoned = times.dt.tz is not None
        wall, utc = (nothing, times.dt.tz_convert(None)) if zoned else (times, nothing)
    within = (_within_years(table, column, part, report) for part in (wall, utc))
    return next(within), next(within)


def _in_zone(
    table: Table,
    column: str,
    wall: pd.Series,
    zone: ZoneInfo,
    whose: pd.Series | None,
    report: Report,
) -> pd.Series:
    """Instants of wall-clock times, with their index; NaT where they are at fault."""
    first, second = clocks.readings(wall, zone)
    skipped = first.isna()
    _not_instants(
        table,
        column,
        wall.index[skipped],
        f"does not exist in {zone}, where clocks go forward",
        report,
    )
    first, second = first[~skipped], second[~skipped]
    times = first
    if (first != second).any():
        file = table.file_of_row[first.index]
        times = pd.concat(
            clocks.told_apart(one, second[one.index], None if whose is None else whose[one.index])
            for _, one in first.groupby(file)
        )
    _not_instants(
        table,
        column,
        times.index[times.isna()],
        f"occurs twice in {zone}, where clocks go back, and the bars about it do not say which is"
        " meant",
        report,
    )
    return times


def _not_instants(
    table: Table, column: str, rows: Sequence[int], problem: str, report: Report
) -> None:
    report.rows(
        table,
        column,
        rows,
        lambda row: f"{_shown_time(table, column, row)} {problem}",
        "write times with their offset (and %z in date_format), or in UTC (and time_zone: UTC);"
        " or correct time_zone of this source",
    )


def zone_of(name: str, parameter: str) -> ZoneInfo:
    """The time zone of this name.

    Raises:
        BadValue: `parameter` names none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadValue(
            parameter,
            f"{name!r} is not a time zone",
            "use a name such as UTC or America/New_York",
        ) from error


def _native_times(table: Table, column: str, report: Report) -> pd.Series | None:
    """Times that the file itself types as such, NaT beyond all years; None if it does not."""
    values = table.column(column)
    if not (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)):
        return None
    zone = getattr(values.type, "tz", None)
    seconds = values.cast(pa.timestamp("s", zone), safe=False).cast(pa.int64())
    bounds = [datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (FIRST_YEAR, LAST_YEAR + 1)]
    beyond = pc.or_(pc.less(seconds, bounds[0]), pc.greater_equal(seconds, bounds[1]))
    beyond = pc.fill_null(beyond, fill_value=False)
    _beyond_years(table, column, beyond.to_numpy(zero_copy_only=False), report)
    empty = values.is_null().to_numpy(zero_copy_only=False)
    cure = "fill it, or remove the row"
    report.rows(table, column, np.flatnonzero(empty), lambda _: "None is no date", cure)
    within = pc.if_else(beyond, None, values)
    try:
        times: pd.Series = within.cast(pa.timestamp("us", zone), safe=False).to_pandas()
        times.dt.year  # noqa: B018 - an unknown zone shows here at the latest
    except (ValueError, LookupError):
        for part in table.parts:
            report.file(
                part.path,
                InputError(
                    f"{part.path}: {column}",
                    f"has times of the unknown zone {zone!r}",
                    "export it again",
                ),
            )
        return pd.Series(pd.NaT, range(len(table)), "datetime64[us]")
    return times


def _within_years(table: Table, column: str, times: pd.Series, report: Report) -> pd.Series:
    """Times, and NaT for those before or after all years that there can be."""
    beyond = times.notna() & ~times.dt.year.between(FIRST_YEAR, LAST_YEAR)
    _beyond_years(table, column, beyond.to_numpy(), report)
    return times.mask(beyond)


def _beyond_years(table: Table, column: str, beyond: np.ndarray, report: Report) -> None:
    values = table.column(column)

    def said(row: int) -> str:
        value = values[row]
        typed = pa.types.is_timestamp(value.type) or pa.types.is_date(value.type)
        text = str(value.value if typed else value.as_py())
        return f"{shown(text)} is not between the years {FIRST_YEAR} and {LAST_YEAR}"

    cure = "mend the value, or set date_format of this source"
    report.rows(table, column, np.flatnonzero(beyond), said, cure)


def in_order(
    table: Table,
    column: str,
    times: pd.Series,
    report: Report,
    tickers: pd.Series | None = None,
) -> None:
    """Report time that turns round in a file, within a ticker if there are several.

    Newest first is fine. At fault are the rows that go against the direction of the rest.
    """
    file = table.file_of_row
    ticker, names = pd.factorize(tickers) if tickers is not None else (0, [""])
    step = times.groupby(file * len(names) + ticker, sort=False).diff()
    backwards = (step < pd.Timedelta(0)).to_numpy()
    forwards = (step > pd.Timedelta(0)).to_numpy()
    back, on = np.bincount(file, backwards), np.bincount(file, forwards)
    newest_first = (back > on)[file]
    turns = ((back > 0) & (on > 0))[file] & np.where(newest_first, forwards, backwards)

    again = pd.DataFrame({"file": file, "ticker": ticker, "time": times}).duplicated().to_numpy()

    def said(row: int) -> str:
        way = "forwards" if newest_first[row] else "backwards"
        whose = f" for {tickers.iloc[row]}" if tickers is not None else ""
        before = times.iloc[row] - step.iloc[row]
        return f"time goes {way}{whose}: {times.iloc[row]} comes after {before}"

    cure = "mend the date, or sort the file by date"
    report.rows(table, column, np.flatnonzero(turns & ~again), said, cure)
    report.rows(
        table,
        column,
        np.flatnonzero(turns & again),
        lambda row: f"{said(row)}, and has a row above",
        "remove the rows that stand there twice, or mend the date",
    )


def _shown_time(table: Table, column: str, row: int) -> str:
    value = table.column(column)[row].as_py()
    return repr(str(value)) if isinstance(value, datetime) else shown(value)
