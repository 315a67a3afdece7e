"""Typed columns of a table, with errors that name file, line, column and value.

Nothing is guessed: numbers are plain, as in 1234.5 or 1e-3, and an empty field, NA, NaN and null
stand for a missing one; dates and times have the format that config.yaml gives.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidemark.errors import InputError
from tidemark.sources import tickers
from tidemark.sources.files import Table

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

MISSING = pa.array(["", "na", "nan", "null"])  # compared in lower case


def numbers(table: Table, column: str) -> np.ndarray:
    """A column as float64, NaN where missing; infinities pass, for validation to refuse.

    Raises:
        InputError: the column is missing, or a value is not a number.
    """
    values = table.column(column)
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
        text.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


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
    found = tickers.first_fault(pc.unique(values).to_pylist())
    if found:
        name, fault = found
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
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        raise InputError(
            f"{table.path}: {column}",
            f"holds {values.type}, not {wanted}",
            "correct `columns` of this source in config.yaml, or export the column again",
        )
    return pc.fill_null(values.cast(pa.string()), "")


def dates(table: Table, column: str, date_format: str) -> pd.Series:
    """A column as days, at midnight; a UTC offset is ignored: the day is the one written.

    Raises:
        InputError: the column is missing, a value is not a date of this format, or the format
            itself is not one.
    """
    days = _native_times(table.column(column))
    if days is None:
        _require_format(table, date_format)
        codes, written = pd.factorize(np.array(_text(table, column, "dates"), dtype=object))
        parsed = [_wall_clock(text, date_format) for text in written]
        days = pd.Series(np.array(parsed, dtype="datetime64[us]")[codes])
    elif days.dt.tz is not None:
        days = days.dt.tz_localize(None)
    _no_missing_time(table, column, days, date_format)
    return days.dt.normalize().astype("datetime64[us]")


def _require_format(table: Table, date_format: str) -> None:
    """Refuse a format that cannot read what it writes."""
    try:
        datetime.strptime(datetime(2013, 3, 1, tzinfo=UTC).strftime(date_format), date_format)
    except (ValueError, re.error) as error:
        raise _bad_format(table, date_format, error) from error


def _bad_format(table: Table, date_format: str, error: Exception) -> InputError:
    return InputError(
        f"config.yaml: date_format of {table.path}",
        f"{date_format!r} is not a date format ({' '.join(str(error).split()).rstrip('.')})",
        "use the directives of Python's strptime, such as %Y-%m-%d %H:%M:%S%z",
    )


def _wall_clock(text: str, date_format: str) -> datetime | None:
    try:
        return datetime.strptime(text, date_format).replace(tzinfo=None)
    except ValueError:
        return None


def instants(table: Table, column: str, date_format: str, time_zone: str) -> pd.Series:
    """A column as naive UTC times; times without an offset are wall-clock times of `time_zone`.

    Raises:
        InputError: the column is missing, or a value is not a time of this format, or does not
            exist or is ambiguous in the time zone; or format or zone itself is not one.
    """
    zone = _zone(time_zone)
    times = _native_times(table.column(column))
    if times is None:
        times = _parsed(table, column, date_format)
        _no_missing_time(table, column, times, date_format)
    if times.dt.tz is None:
        times = times.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        _no_missing_time(table, column, times, f"{date_format} in the zone {time_zone}")
    return times.dt.tz_convert(None).astype("datetime64[us]")


def _parsed(table: Table, column: str, date_format: str) -> pd.Series:
    """Times from text, NaT where they are not of the format; in UTC if it has an offset."""
    _require_format(table, date_format)
    text = _text(table, column, "times").to_pandas()
    offset = "%z" in date_format
    try:
        return pd.to_datetime(text, format=date_format, errors="coerce", utc=offset)
    except ValueError as error:  # pandas knows fewer directives than Python
        raise _bad_format(table, date_format, error) from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(
            "config.yaml: fetch_data.prices.time_zone",
            f"{name!r} is not a time zone",
            "use a name such as UTC or America/New_York",
        ) from error


def _native_times(values: pa.Array) -> pd.Series | None:
    """Times that the file itself types as such; None if it does not."""
    if pa.types.is_date(values.type):
        values = values.cast(pa.timestamp("us"))
    return values.to_pandas() if pa.types.is_timestamp(values.type) else None


def _no_missing_time(table: Table, column: str, times: pd.Series, date_format: str) -> None:
    bad = np.flatnonzero(times.isna())
    if len(bad):
        value = table.column(column)[int(bad[0])].as_py()
        raise InputError(
            table.where(int(bad[0]), column),
            f"{_shown(value)} is not a date of the format {date_format}",
            "mend the value, or set date_format of this source in config.yaml",
        )


def in_order(table: Table, column: str, times: pd.Series, tickers: pd.Series | None = None) -> None:
    """Refuse time that turns round, within a ticker if there are several; newest first is fine.

    Raises:
        InputError: names the row where the direction of the rest of the file is broken.
    """
    step = times.groupby(tickers, sort=False).diff() if tickers is not None else times.diff()
    backwards, forwards = step < pd.Timedelta(0), step > pd.Timedelta(0)
    if not (backwards.any() and forwards.any()):
        return
    newest_first = backwards.sum() > forwards.sum()
    row = int(np.argmax(forwards if newest_first else backwards))
    whose = f" for {tickers.iloc[row]}" if tickers is not None else ""
    raise InputError(
        table.where(row, column),
        f"time goes {'forwards' if newest_first else 'backwards'}{whose}:"
        f" {times.iloc[row]} comes after {times.iloc[row] - step.iloc[row]}",
        "mend the date, or sort the file by date",
    )


def _shown(value: object) -> str:
    """A value for a message, of bearable length."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}..."
