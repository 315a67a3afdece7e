"""Dates and times from text, by one format or by several that are tried in turn.

A format is one of Python's strptime, or counts from 1970 (`EPOCHS`). Several are joined by ` | `; a
text that two of them read differently is in doubt, and read by neither.

Strptime takes more than it should, and what it takes wrongly is not read: digits without a sign
between their parts must have all their zeros, since 2020112 is January or November, and so must
minutes and seconds; and a two-digit year is one of 1969 to 2049.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from time import strptime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tidemark.arrays import Bools, Times
from tidemark.bars import zones
from tidemark.bounds import EARLIEST, LATEST
from tidemark.errors import BadValue
from tidemark.sources.settings import EPOCHS, must_say_a_date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

FIRST_YEAR, LAST_YEAR = int(EARLIEST[:4]), int(LATEST[:4])
LAST_SHORT_YEAR = 2049  # strptime goes on to 2068, where 1968 is meant
NAMED = {"UTC": UTC, "GMT": UTC}  # by %Z; other names differ from machine to machine
DIGITS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "j": 3}
TICKS = dict(zip(EPOCHS, (1, 10**3, 10**6, 10**9), strict=True))  # a second
SECONDS_OF_1970 = 365 * 86_400
NO_EPOCHS = {  # what is no count from 1970, though it has digits alone
    r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$": (
        "a date in digits",
        "set date_format of this source to %Y%m%d",
    ),
    r"^[2-6][0-9]{4}([.][0-9]+)?$": (
        "a day as a spreadsheet counts them",
        "format the column as a date there, and save the file again",
    ),
    r"^[0-9]{10}([.][0-9]+)?$": (
        "a count of seconds",
        f"set date_format of this source to {EPOCHS[0]}",
    ),
}
DIGITS_NOW = dict(zip(EPOCHS, (10, 13, 16, 19), strict=True))  # from 2001 to 2286


class Read(NamedTuple):
    """What texts say; NaT where they are in doubt or not of a format.

    Attributes:
        first, second: (texts,), as `days` and `times` have them.
        doubtful: (texts,), where two formats read the same text differently.
    """

    first: Times
    second: Times
    doubtful: Bools


def days(texts: pa.Array, date_format: str, zone: ZoneInfo) -> Read:
    """The days and hours of texts by their own offset, and in `zone`; the same without an offset.

    Raises:
        BadValue: `date_format` is not one.
    """
    return _agreed([_days(texts, one, zone) for one in _formats(date_format)])


def times(texts: pa.Array, date_format: str) -> Read:
    """The wall-clock times of texts without an offset, and the instants, in UTC, of the others.

    Raises:
        BadValue: `date_format` is not one.
    """
    return _agreed([_times(texts, one) for one in _formats(date_format)])


def other_meaning(texts: pa.Array, date_format: str) -> tuple[str, str] | None:
    """What counts are that would all lie in 1970, if they are like something else; and a cure."""
    if date_format not in EPOCHS or not len(texts):
        return None
    for like, (meaning, cure) in NO_EPOCHS.items():
        ticks = TICKS[date_format]
        if pc.all(pc.match_substring_regex(texts, like)).as_py() and (
            pc.max(texts.cast(pa.float64())).as_py() < SECONDS_OF_1970 * ticks
        ):
            return meaning, cure
    return None


def in_words(text: str, date_format: str) -> str:
    """What each format makes of a text in doubt: `2020-02-01 by %d/%m/%Y and ...`."""
    told = []
    for one in _formats(date_format):
        wall, utc = _times(pa.array([text]), one)
        stamp = wall[0] if not np.isnat(wall[0]) else utc[0]
        if not np.isnat(stamp):
            told.append(f"{pd.Timestamp(stamp)} by {one.text}")
    return " and ".join(told)


def of_format(date_format: str) -> str:
    """What a text is not, for messages: `a date of the format %y-%m-%d (two-digit ...)`."""
    short = f" (two-digit years are those of 1969 to {LAST_SHORT_YEAR})"
    has_short = any(one.has_short_year for one in _formats(date_format))
    return f"a date of the format {date_format}{short if has_short else ''}"


class _Format(NamedTuple):
    text: str
    alone: bool

    @property
    def has_short_year(self) -> bool:
        return "%y" in self.text.replace("%%", "")


Pair = tuple[Times, Times]


def _formats(date_format: str) -> list[_Format]:
    texts = date_format.split(" | ")
    for text in texts:
        if text not in EPOCHS:
            _require_format(text)
    return [_Format(text, len(texts) == 1) for text in texts]


def _require_format(text: str) -> None:
    """Refuse a format that no configuration may have."""
    try:
        must_say_a_date(text)
    except ValueError as error:
        raise _bad_format(text, str(error)) from error


def _bad_format(text: str, why: str) -> BadValue:
    return BadValue(
        "date_format",
        f"{text!r} is not a date format ({' '.join(why.split()).rstrip('.')})",
        f"use the directives of Python's strptime, such as %Y-%m-%d %H:%M:%S%z, or {EPOCHS[0]}",
    )


def _agreed(readings: Sequence[Pair]) -> Read:
    """What all formats that read a text make of it."""
    first, second = (part.copy() for part in readings[0])
    doubtful = np.zeros(len(first), bool)
    for other_first, other_second in readings[1:]:
        before, here = _is_read(first, second), _is_read(other_first, other_second)
        same = _same(first, other_first) & _same(second, other_second)
        doubtful |= before & here & ~same
        first, second = np.where(here, other_first, first), np.where(here, other_second, second)
    nothing = np.datetime64("NaT")
    return Read(np.where(doubtful, nothing, first), np.where(doubtful, nothing, second), doubtful)


def _is_read(first: Times, second: Times) -> Bools:
    return ~(np.isnat(first) & np.isnat(second))


def _same(these: Times, those: Times) -> Bools:
    same: Bools = (these == those) | (np.isnat(these) & np.isnat(those))
    return same


def _days(texts: pa.Array, one: _Format, zone: ZoneInfo) -> Pair:
    if one.text in EPOCHS:
        utc = pd.Series(_epochs(texts, one))
        there = utc.dt.tz_localize(UTC).dt.tz_convert(zone).dt.tz_localize(None)
        return utc.to_numpy(), there.to_numpy()
    fits = _has_all_zeros(texts, one.text)
    pairs = [
        _day(text, one.text, zone) if fit else (None, None)
        for text, fit in zip(texts.to_pylist(), fits, strict=True)
    ]
    own, there = np.array(pairs, dtype="datetime64[us]").reshape(-1, 2).T
    early = ~_too_late(own, one)
    return _where(early, own), _where(early, there)


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


def _times(texts: pa.Array, one: _Format) -> Pair:
    nothing = np.full(len(texts), "NaT", "datetime64[us]")
    if one.text in EPOCHS:
        return nothing, _epochs(texts, one)
    offset = zones.has_offset(one.text)
    try:
        parsed = pd.to_datetime(texts.to_pandas(), format=one.text, errors="coerce", utc=offset)
    except ValueError as error:  # pandas knows fewer directives than Python
        raise _bad_format(one.text, str(error)) from error
    if offset:
        parsed = parsed.dt.tz_localize(None)
    stamps = parsed.astype("datetime64[us]").to_numpy()
    stamps = _where(_has_all_zeros(texts, one.text) & ~_too_late(stamps, one), stamps)
    return (nothing, stamps) if offset else (stamps, nothing)


def _where(fits: Bools, stamps: Times) -> Times:
    return np.where(fits, stamps, np.datetime64("NaT"))


def _too_late(stamps: Times, one: _Format) -> Bools:
    """Where a two-digit year was taken for one that is yet to come."""
    if not one.has_short_year:
        return np.zeros(len(stamps), bool)
    return stamps >= np.datetime64(f"{LAST_SHORT_YEAR + 1}-01-01")


def _has_all_zeros(texts: pa.Array, date_format: str) -> Bools:
    """Where digits that stand side by side, minutes and seconds are as many as the format writes.

    A spreadsheet that takes 9.50 for a number writes 9.5, which is not five past nine.
    """
    parts = re.findall(r"%.|[^%]+", date_format, re.DOTALL)
    digits = [part[0] == "%" and part[1] in DIGITS for part in parts]
    pattern, strict = "", False
    for number, part in enumerate(parts):
        beside = any(digits[max(number - 1, 0) : number] + digits[number + 1 : number + 2])
        if digits[number] and (beside or part in ("%M", "%S")):
            pattern += rf"\d{{{DIGITS[part[1]]}}}"
            strict = True
        else:
            pattern += re.escape(part) if part.strip() and part[0] != "%" else r"(?s:.+)"
    if not strict:
        return np.ones(len(texts), bool)
    fits = pc.match_substring_regex(texts, f"^(?i:{pattern})$")
    return np.asarray(fits.to_numpy(zero_copy_only=False), bool)


def _epochs(text: pa.Array, one: _Format) -> Times:
    """Instants of counts since 1970, NaT where a text is none; of several formats by its digits."""
    ticks = TICKS[one.text]
    digits = "{1,19}" if one.alone else f"{{{DIGITS_NOW[one.text]}}}"
    counts = pc.match_substring_regex(text, rf"^-?\d{digits}(\.\d+)?$")
    whole = pc.match_substring_regex(text, r"^-?[0-8]?\d{1,18}$")  # int64 holds these
    numbers = pc.if_else(counts, text, None).cast(pa.float64())
    seconds = numbers.to_numpy(zero_copy_only=False) / ticks
    exact = pc.if_else(pc.and_(counts, whole), text, None).cast(pa.int64()).fill_null(0)
    exact = exact.to_numpy(zero_copy_only=False)
    bounds = [datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (FIRST_YEAR, LAST_YEAR + 1)]
    within = (seconds >= bounds[0]) & (seconds < bounds[1])
    rounded = np.round(np.where(within, seconds, 0.0) * 1e6).astype(np.int64)
    micros = exact // (ticks // 10**6) if ticks > 10**6 else exact * (10**6 // ticks)
    of_whole = whole.to_numpy(zero_copy_only=False)
    instants = np.where(of_whole, micros, rounded).astype("datetime64[us]")
    return _where(within, instants)
