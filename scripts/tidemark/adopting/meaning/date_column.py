"""The column of dates, with that of the hour, and every way to read it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tidemark.adopting.meaning import date_formats, spacing, words
from tidemark.adopting.meaning.date_formats import COUNT, WHOLE_COUNT, Reading
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.arrays import Floats
from tidemark.bars import zones
from tidemark.errors import InputError
from tidemark.naming import several

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

NATIVE = "%Y-%m-%d"  # the format that a configuration has where the file types its dates
NAMELESS = re.compile(r"(column|Unnamed:) ?\d+|")
CLOCK_WITH_SIGN = r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?[AaPp][Mm])?$"
CLOCK = rf"{CLOCK_WITH_SIGN}|^[0-9]{{4}}$|^[0-9]{{6}}$"
LIKE_AN_HOUR = r"^[0-9]{1,2}(:[0-9]{1,2}){1,2}$|^[0-9]{3,6}$"
WITHIN_A_DAY = r"^([01]?[0-9]|2[0-3]):?[0-5][0-9]"
IN_UTC = re.compile(r"(?i)\b(utc|gmt|unix|epoch)\b|_utc\b")


@dataclass(frozen=True)
class Dated:
    """A column of dates.

    Attributes:
        column: the file's name of it.
        time: of the column that holds the hour, if that is not in it.
        readings: the ways to read it, at least one.
        is_utc: whether its times are in UTC by themselves: by an offset, as epochs or by its name.
        has_offset: whether each stamp says its offset; `own` then has them as written.
        own: row for row as written, where stamps have an offset; else None.
        others: further columns of dates.
        is_typed: whether the file itself types them as dates.
    """

    column: str
    time: str | None
    readings: Sequence[Reading]
    is_utc: bool = False
    has_offset: bool = False
    own: pd.Series | None = None
    others: Sequence[str] = ()
    is_typed: bool = False

    @property
    def leaves_zone_open(self) -> bool:
        """Whether these are times of day whose zone nothing says."""
        hours = self.readings[0].times - self.readings[0].times.dt.normalize()
        return not self.is_utc and bool((hours != hours.iloc[0]).any())


def found(evidence: Evidence, names: Sequence[str], *, without_header: bool) -> Dated:
    """The column of dates that leaves the fewest questions.

    Raises:
        InputError: there is none, or what is called a date cannot be read as one.
    """
    candidates = list(_candidates(evidence, names, without_header))
    if candidates:
        best = min(candidates, key=lambda one: (len(one.readings) > 1, one.leaves_zone_open))
        return replace(best, others=[one.column for one in candidates if one is not best])
    called = _named(names)
    for name in called or names[:1]:
        _must_be_dates(evidence, name)
    if called:
        raise InputError(
            evidence.where(0, called[0]),
            f"{evidence.stamps(called[0])[0].as_py()!r} is no date of a form that can be read",
            "write days as in 2013-03-01, and times as in 2013-03-01 09:30:00",
        )
    raise InputError(
        evidence.tables[0].path,
        f"has no column of dates (columns: {several([repr(name) for name in names], 8)})",
        "add one, with dates such as 2013-03-01",
    )


def _named(names: Sequence[str]) -> list[str]:
    return [name for group in words.columns_of(words.TIMESTAMP, names) for name in group]


def _candidates(evidence: Evidence, names: Sequence[str], without_header: bool) -> Iterator[Dated]:
    """Columns called dates, else those that hold them."""
    called = _named(names)
    found = [_of_column(evidence, name) for name in called]
    if not any(found):
        others = [name for name in names if name not in called]
        # A volume may be as large as an epoch, but is seldom whole where others are not.
        nameless = {name for name in others if without_header or NAMELESS.fullmatch(name)}
        found = [
            _of_column(evidence, name, WHOLE_COUNT if name in nameless else None) for name in others
        ]
    for dated in filter(None, found):
        yield _with_hours(evidence, dated, names, without_header)


def _of_column(evidence: Evidence, name: str, epochs: str | None = COUNT) -> Dated | None:
    """A column as dates; as epochs, if it is written like these. None if it holds others."""
    own = evidence.times(name)
    if own is not None:
        return None if own.isna().any() else _typed(evidence, name, own)
    texts = evidence.stamps(name)
    readings = date_formats.readings(texts)
    if readings:
        return _written(name, texts, readings)
    reading = date_formats.epochs(texts, epochs) if epochs else None
    return Dated(name, None, [reading], is_utc=True, has_offset=True) if reading else None


def _typed(evidence: Evidence, name: str, own: pd.Series) -> Dated:
    if evidence.has_zone(name):
        reading = Reading("", NATIVE, evidence.instants(name))
        return Dated(name, None, [reading], True, True, own, is_typed=True)
    return Dated(name, None, [Reading("", NATIVE, own)], _says_utc(name), is_typed=True)


def _written(name: str, texts: pa.Array, readings: Sequence[Reading]) -> Dated:
    offset = zones.has_offset(readings[0].date_format)
    is_utc = offset or readings[0].date_format.endswith("+00") or _says_utc(name)
    own = _as_written(texts, readings[0].date_format) if offset else None
    return Dated(name, None, readings, is_utc, offset, own)


def _as_written(texts: pa.Array, date_format: str) -> pd.Series | None:
    """Stamps without their offsets."""
    bare = pc.replace_substring_regex(texts, r"([Zz]|[+-][0-9]{2}:?[0-9]{2}|UTC|GMT)$", "")
    reading = date_formats.readings(pc.utf8_trim_whitespace(pc.replace_substring(bare, " GMT", "")))
    return reading[0].times if reading else None


def _says_utc(name: str) -> bool:
    return bool(IN_UTC.search(name))


def _with_hours(
    evidence: Evidence, dated: Dated, names: Sequence[str], without_header: bool
) -> Dated:
    """With the column that has the hours of these days, if there is one and hours differ."""
    if dated.has_offset or not spacing.at_midnight(dated.readings[0].times):
        return dated
    others = [name for name in names if name != dated.column]
    called = [name for group in words.columns_of(words.TIME, others) for name in group]
    beside = names[names.index(dated.column) + 1 :][:1] if without_header else []
    for name in (*called, *beside):
        hours = evidence.stamps(name)
        clock = CLOCK if name in called else CLOCK_WITH_SIGN
        if not pc.all(pc.match_substring_regex(hours, clock)).as_py():
            if name in called:
                _must_not_be_hours(evidence, name, hours)
            continue
        if len(pc.unique(hours)) == 1:
            return dated  # days, each stamped at one hour
        joined = pc.binary_join_element_wise(evidence.stamps(dated.column), hours, " ")
        readings = date_formats.readings(joined)
        if readings:
            is_utc = dated.is_utc or _says_utc(name)
            return Dated(dated.column, name, readings, is_utc)
        _must_not_be_hours(evidence, name, hours)
    return dated


def _must_not_be_hours(evidence: Evidence, name: str, hours: pa.Array) -> None:
    """Refuse hours that cannot be read, and that therefore would be left out.

    Raises:
        InputError: names the first that is none as clocks show it.
    """
    differ = len(pc.unique(hours)) > 1
    if differ and pc.all(pc.match_substring_regex(hours, LIKE_AN_HOUR)).as_py():
        fits = pc.and_(*(pc.match_substring_regex(hours, one) for one in (CLOCK, WITHIN_A_DAY)))
        row = max(pc.index(fits, value=False).as_py(), 0)
        raise InputError(
            evidence.where(row, name),
            f"{hours[row].as_py()!r} cannot be read as the time of day",
            "write times from 00:00 to 23:59, all in one way, such as 09:30",
        )


def must_be_of_all_tickers(
    evidence: Evidence, dated: Dated, times: pd.Series, names: Iterable[str]
) -> None:
    """Refuse tables side by side, whose tickers have dates of their own.

    Args:
        evidence: a wide file.
        dated: its column of dates.
        times: what that holds.
        names: of columns that are not read.

    Raises:
        InputError: a column has other dates.
    """
    for name in names:
        if evidence.is_dates(name) and not _has_days(evidence, name, times):
            raise InputError(
                f"{evidence.tables[0].path}: {name}",
                f"has other dates than {dated.column!r}: of each row, some prices are of these and"
                " some of those",
                "give all prices of a row one date, or each ticker a file of its own; or remove"
                " the column, if it has no part in it",
            )


def _has_days(evidence: Evidence, name: str, times: pd.Series) -> bool:
    dated = _of_column(evidence, name)
    days = times.dt.normalize()
    return dated is not None and any(
        one.times.dt.normalize().equals(days) for one in dated.readings
    )


def _must_be_dates(evidence: Evidence, name: str) -> None:
    """Refuse a column of dates for the first value that is none."""
    days = evidence.numbers(name)
    if days is not None and len(days) and (days == days.round()).all() and _serial(days):
        raise InputError(
            f"{evidence.tables[0].path}: {name}",
            f"holds numbers of days, such as {days[0]:.0f}, as a spreadsheet counts them",
            "format the column as a date there, and save the file again",
        )
    texts = evidence.texts(name)
    row = date_formats.first_misfit(texts) if texts is not None else None
    if texts is not None and row is not None:
        raise InputError(
            evidence.where(row, name),
            f"{texts[row].as_py()!r} is no date as the others are",
            "mend it, or remove the line",
        )


def _serial(days: Floats) -> bool:
    """Whether numbers can be days since 1900, between 1954 and 2091."""
    return bool(days.min() > 20_000 and days.max() < 70_000)
