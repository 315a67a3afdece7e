"""Typed columns of a table, with errors that name file, line, column and value.

Nothing is guessed: numbers are plain, as in 1234.5 or 1e-3, and an empty field, NA, NaN and null
stand for a missing one; dates and times have the format that the configuration gives.
"""

import re
from datetime import UTC, datetime, time
from time import strptime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidemark.bars import clocks, zones
from tidemark.bounds import EARLIEST, LATEST
from tidemark.errors import BadValue, InputError
from tidemark.reading.table import Table
from tidemark.sources import tickers

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

LARGEST = 1e18
SMALLEST_PRICE = 1e-18
FIRST_YEAR, LAST_YEAR = int(EARLIEST[:4]), int(LATEST[:4])
MISSING = pa.array(["", "na", "nan", "null"])  # compared in lower case
NAMED = {"UTC": UTC, "GMT": UTC}  # by %Z; other names differ from machine to machine


def numbers(table: Table, column: str, smallest: float = 0.0) -> np.ndarray:
    """A column as float64, NaN where missing; infinities pass, for validation to refuse.

    Raises:
        InputError: the column is missing, or a value is not a number, or one so large, or so small
            without being 0, that products and ratios of such would overflow.
    """
    values = table.column(column)
    parsed = _numbers(table, column, values)
    size = np.abs(parsed)
    beyond = (size > LARGEST) & np.isfinite(size) | (size < smallest) & (size > 0)
    if np.isinf(parsed).any() and not pa.types.is_floating(values.type):
        beyond |= np.isinf(parsed) & ~_says_infinite(values)
    if beyond.any():
        row = int(beyond.argmax())
        raise InputError(
            table.where(row, column),
            f"{_shown(values[row].as_py())} is beyond what a price, a rate or a volume can be"
            f" ({smallest or -LARGEST:g} to {LARGEST:g})",
            "mend the value, or leave it empty if it is missing",
        )
    return parsed


def _says_infinite(values: pa.Array) -> np.ndarray:
    """Where a text is a word for infinity, rather than a number that overflows."""
    return np.array([not re.search(r"[0-9]", str(value)) for value in values.to_pylist()])


def _numbers(table: Table, column: str, values: pa.Array) -> np.ndarray:
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return _float64(values.cast(pa.float64(), safe=False))
    if pa.types.is_null(values.type) or pa.types.is_decimal(values.type):
        return _float64(values.cast(pa.float64()))
    text = _text(table, column, "numbers")
    text = pc.if_else(pc.is_in(pc.utf8_lower(text), MISSING), None, text)
    if not _is_numeric(text):
        row = _first_bad(text)
        raise InputError(
            table.where(row, column),
            f"{_shown(text[row].as_py())} is not a number",
            "write it as in 1234.5, or leave it empty if it is missing",
        )
    return _float64(text.cast(pa.float64()))


def _float64(values: pa.Array) -> np.ndarray:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _is_numeric(text: pa.Array) -> bool:
    try:
        parsed = text.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return not pc.any(pc.is_nan(parsed)).as_py()  # such as -nan(1), which no list of words holds


def _first_bad(text: pa.Array) -> int:
    """Position of the first value that does not parse, by bisection."""
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        if _is_numeric(text.slice(low, middle - low)):
            low = middle
        else:
            high = middle
    return low


def texts(table: Table, column: str) -> list[str]:
    """A column of names, without the blanks around them. NA and null are names like any other.

    Raises:
        InputError: the column is missing, or a name is empty or not fit to be a ticker (see
            `tickers`); names its row.
    """
    values = pc.utf8_trim(_strings(table, column, "text"), " ")
    unfit = tickers.first_fault(pc.unique(values).to_pylist())
    if unfit:
        name, fault = unfit
        where = table.where(pc.index(values, name).as_py(), column)
        if not name.strip():
            raise InputError(where, "is empty", "fill it, or remove the line")
        raise InputError(where, f"{tickers.shown(name)} {fault}", "write it in plain letters")
    return list(values.to_pylist())


def _text(table: Table, column: str, wanted: str) -> pa.Array:
    """A column of strings without the blanks around them; null is the empty string."""
    return pc.utf8_trim_whitespace(_strings(table, column, wanted))


def _strings(table: Table, column: str, wanted: str) -> pa.Array:
    values = table.column(column)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    if not any(is_kind(values.type) for is_kind in kinds):
        raise InputError(
            f"{table.path}: {column}",
            f"holds {values.type}, not {wanted}",
            "correct `columns` of this source, or export the column again",
        )
    return pc.fill_null(values.cast(pa.string()), "")


def dates(table: Table, column: str, date_format: str, zone: ZoneInfo) -> pd.Series:
    """A column as days, at midnight.

    A stamp without an offset is the day written, and so is one at 00:00 of its own offset. Any
    other stamp with an offset counts as the day that it falls on in `zone`. Where only some stamps
    of a file are at 00:00, both readings must give one day; or all are at one hour of `zone`, which
    is then what they mean: closes at 20:00 in New York are at 00:00 in UTC in summer alone.

    Raises:
        InputError: the column is missing, a value is not a date of this format, or it is in doubt
            which day some mean.
        BadValue: `date_format` is not one.
    """
    times = _native_times(table, column)
    if times is None:
        own, there = _written(table, column, date_format, zone)
    elif times.dt.tz is None:
        own = there = times
    else:
        own, there = (zoned.dt.tz_localize(None) for zoned in (times, times.dt.tz_convert(zone)))
    _no_missing_time(table, column, own, date_format)
    days = _meant(table, column, own, there, zone)
    _no_time_beyond(table, column, days)
    return days.astype("datetime64[us]")


def _meant(
    table: Table, column: str, own: pd.Series, there: pd.Series, zone: ZoneInfo
) -> pd.Series:
    """The days of stamps, written by their own offset and in the zone, each file by itself."""
    file = table.file_of_row
    day, day_there = own.dt.normalize(), there.dt.normalize()
    midnight = own == day
    as_written = midnight.groupby(file).transform("all")
    one_hour = (there - day_there).groupby(file).transform("nunique") == 1
    doubtful = np.flatnonzero(midnight & ~as_written & ~one_hour & (day != day_there))
    if len(doubtful):
        row = int(doubtful[0])
        raise InputError(
            table.where(row, column),
            f"{_shown_time(table, column, row)} is {day[row].date()} by its own offset and"
            f" {day_there[row].date()} in {zone}; the file has stamps at 00:00 and at several hours"
            f" of {zone}, which do not say which is meant",
            "write days alone, or one hour of the day throughout; or correct the time_zone of"
            " prices, or the release_zone of a series (UTC takes days as in UTC)",
        )
    return day.where(as_written, day_there)


def _written(
    table: Table, column: str, date_format: str, zone: ZoneInfo
) -> tuple[pd.Series, pd.Series]:
    """Stamps from text by their own offset, and in the zone; NaT where they are no date."""
    _require_format(date_format)
    codes, texts = pd.factorize(np.array(_text(table, column, "dates"), dtype=object))
    pairs = np.array([_day(text, date_format, zone) for text in texts], dtype="datetime64[us]")
    own, there = pairs.reshape(-1, 2)[codes].T
    return pd.Series(own), pd.Series(there)


def have_offsets(table: Table, column: str, date_format: str) -> bool:
    """Whether times of this column say themselves how far they are from UTC."""
    kind = table.column(column).type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return getattr(kind, "tz", None) is not None
    return zones.has_offset(date_format)


def _require_format(date_format: str) -> None:
    """Refuse a format that cannot read what it writes."""
    try:
        datetime.strptime(datetime(2013, 3, 1, tzinfo=UTC).strftime(date_format), date_format)
    except (ValueError, re.error) as error:
        raise _bad_format(date_format, error) from error


def _bad_format(date_format: str, error: Exception) -> BadValue:
    return BadValue(
        "date_format",
        f"{date_format!r} is not a date format ({' '.join(str(error).split()).rstrip('.')})",
        "use the directives of Python's strptime, such as %Y-%m-%d %H:%M:%S%z",
    )


def _day(
    text: str, date_format: str, zone: ZoneInfo
) -> tuple[datetime, datetime] | tuple[None, None]:
    """A stamp as written, and in the zone; without an offset twice its date. None: not a date."""
    try:
        stamp = datetime.strptime(text, date_format)
        if stamp.tzinfo is None and zones.has_offset(date_format):
            stamp = stamp.replace(tzinfo=NAMED[(strptime(text, date_format).tm_zone or "").upper()])
        if stamp.tzinfo is None:
            stamp = datetime.combine(stamp, time.min)
            return stamp, stamp
        return stamp.replace(tzinfo=None), stamp.astimezone(zone).replace(tzinfo=None)
    except (ValueError, KeyError, OverflowError):
        return None, None


def instants(
    table: Table,
    column: str,
    date_format: str,
    zone: ZoneInfo,
    whose: pd.Series | None = None,
) -> pd.Series:
    """A column as naive UTC times; times without an offset are wall-clock times of `zone`.

    A time that occurs twice, because clocks go back, is the occurrence that the order of bars says;
    `whose` names the ticker of each, if there are several.

    Raises:
        InputError: the column is missing, or a value is not a time of this format, or does not
            exist in the time zone, or occurs twice and nothing says which is meant.
        BadValue: `date_format` is not one.
    """
    times = _native_times(table, column)
    if times is None:
        times = _parsed(table, column, date_format)
    _no_missing_time(table, column, times, date_format)
    _no_time_beyond(table, column, times)
    if times.dt.tz is None:
        times = _in_zone(table, column, times, zone, whose)
    else:
        times = times.dt.tz_convert(None)
    return times.astype("datetime64[us]")


def stamps(table: Table, column: str, date_format: str, zone: ZoneInfo) -> pd.Series:
    """Dates or times as the earliest naive UTC time that each can mean; NaT where missing.

    Raises:
        InputError: the column is missing.
        BadValue: `date_format` is not one.
    """
    times = _native_times(table, column)
    if times is None:
        times = _parsed(table, column, date_format)
    if times.dt.tz is None:
        return clocks.utc(times, zone, later=False)
    return times.dt.tz_convert(None).astype("datetime64[us]")


def _in_zone(
    table: Table, column: str, wall: pd.Series, zone: ZoneInfo, whose: pd.Series | None
) -> pd.Series:
    first, second = clocks.readings(wall, zone)
    skipped = np.flatnonzero(first.isna())
    if len(skipped):
        raise _not_an_instant(
            table, column, int(skipped[0]), f"does not exist in {zone}, where clocks go forward"
        )
    times = first
    if (first != second).any():
        files = np.split(np.arange(len(wall)), np.cumsum([len(part) for part in table.parts])[:-1])
        times = pd.concat(
            clocks.told_apart(
                first.iloc[rows], second.iloc[rows], None if whose is None else whose.iloc[rows]
            )
            for rows in files
        )
    undecided = np.flatnonzero(times.isna())
    if len(undecided):
        raise _not_an_instant(
            table,
            column,
            int(undecided[0]),
            f"occurs twice in {zone}, where clocks go back, and the bars about it do not say"
            " which is meant",
        )
    return times


def _not_an_instant(table: Table, column: str, row: int, problem: str) -> InputError:
    return InputError(
        table.where(row, column),
        f"{_shown_time(table, column, row)} {problem}",
        "write times with their offset (and %z in date_format), or in UTC (and time_zone: UTC);"
        " or correct time_zone of this source",
    )


def _parsed(table: Table, column: str, date_format: str) -> pd.Series:
    """Times from text, NaT where they are not of the format; in UTC if it has an offset."""
    _require_format(date_format)
    text = _text(table, column, "times").to_pandas()
    offset = zones.has_offset(date_format)
    try:
        return pd.to_datetime(text, format=date_format, errors="coerce", utc=offset)
    except ValueError as error:  # pandas knows fewer directives than Python
        raise _bad_format(date_format, error) from error


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


def _native_times(table: Table, column: str) -> pd.Series | None:
    """Times that the file itself types as such; None if it does not."""
    values = table.column(column)
    if not (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)):
        return None
    zone = getattr(values.type, "tz", None)
    seconds = values.cast(pa.timestamp("s", zone), safe=False).cast(pa.int64())
    bounds = [datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (FIRST_YEAR, LAST_YEAR + 1)]
    beyond = pc.or_(pc.less(seconds, bounds[0]), pc.greater_equal(seconds, bounds[1]))
    row = pc.index(beyond, value=True).as_py()
    if row >= 0:
        raise _beyond(table, column, row, str(values[row].value))
    try:
        times: pd.Series = values.cast(pa.timestamp("us", zone), safe=False).to_pandas()
    except (ValueError, LookupError) as error:
        raise InputError(
            f"{table.path}: {column}", f"has times of the unknown zone {zone!r}", "export it again"
        ) from error
    return times


def _no_time_beyond(table: Table, column: str, times: pd.Series) -> None:
    beyond = ~times.dt.year.between(FIRST_YEAR, LAST_YEAR)
    if beyond.any():
        row = int(beyond.to_numpy().argmax())
        raise _beyond(table, column, row, str(table.column(column)[row].as_py()))


def _beyond(table: Table, column: str, row: int, value: str) -> InputError:
    return InputError(
        table.where(row, column),
        f"{_shown(value)} is not between the years {FIRST_YEAR} and {LAST_YEAR}",
        "mend the value, or set date_format of this source",
    )


def _no_missing_time(table: Table, column: str, times: pd.Series, date_format: str) -> None:
    bad = np.flatnonzero(times.isna())
    if len(bad):
        value = table.column(column)[int(bad[0])].as_py()
        raise InputError(
            table.where(int(bad[0]), column),
            f"{_shown(value)} is not a date of the format {date_format}",
            "mend the value, or set date_format of this source",
        )


def in_order(table: Table, column: str, times: pd.Series, tickers: pd.Series | None = None) -> None:
    """Refuse time that turns round in a file, within a ticker if there are several.

    Newest first is fine.

    Raises:
        InputError: names the row where the direction of the rest of the file is broken.
    """
    file = table.file_of_row
    ticker, names = pd.factorize(tickers) if tickers is not None else (0, [""])
    step = times.groupby(file * len(names) + ticker, sort=False).diff()
    backwards = (step < pd.Timedelta(0)).to_numpy()
    forwards = (step > pd.Timedelta(0)).to_numpy()
    turns = np.flatnonzero((np.bincount(file, backwards) > 0) & (np.bincount(file, forwards) > 0))
    if not len(turns):
        return
    here = file == turns[0]
    newest_first = (here & backwards).sum() > (here & forwards).sum()
    row = int(np.argmax(here & (forwards if newest_first else backwards)))
    whose = f" for {tickers.iloc[row]}" if tickers is not None else ""
    raise InputError(
        table.where(row, column),
        f"time goes {'forwards' if newest_first else 'backwards'}{whose}:"
        f" {times.iloc[row]} comes after {times.iloc[row] - step.iloc[row]}",
        "mend the date, or sort the file by date",
    )


def _shown_time(table: Table, column: str, row: int) -> str:
    value = table.column(column)[row].as_py()
    return repr(str(value)) if isinstance(value, datetime) else _shown(value)


def _shown(value: object) -> str:
    """A value for a message, of bearable length."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}..."
