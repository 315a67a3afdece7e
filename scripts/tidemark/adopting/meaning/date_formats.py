"""The formats in which a column's dates can be read, judged by all of its values.

A value's shape is what stands between its digits, and how many these are; per shape there are few
formats, and one holds if it reads every value of that shape. Where the order of day and month is
open, there are several readings.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tidemark.bars import zones
from tidemark.sources import stamps
from tidemark.sources.stamps import TICKS

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

MOST_SHAPES = 2_000  # of dates, with the names of days and months; free text has more
DAY_FIRST, MONTH_FIRST, YEAR_FIRST, YEAR_MONTH = ORDERS = (
    "day-first",
    "month-first",
    "year-first",
    "year-month",  # 201303, which may be 13 March 2020 too
)
YEARS = (1700, 2150)  # of stamps that are plausible
SHORT = "#"  # one or two digits
EARLIEST_EPOCH, LATEST_EPOCH = 1e8, 5e9  # 1973 and 2128, in seconds

MONTHS = "january february march april may june july august september october november december"
DAYS = "monday tuesday wednesday thursday friday saturday sunday"
WORDS = (
    dict.fromkeys(MONTHS.split(), "%B")
    | {name[:3]: "%b" for name in MONTHS.split()}
    | dict.fromkeys(DAYS.split(), "%A")
    | {name[:3]: "%a" for name in DAYS.split()}
    | {"am": "%p", "pm": "%p"}
)

# By the parts of a date as they follow each other, the formats of these parts.
DATES: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {
    ("9999", "#", "#"): {YEAR_FIRST: ("%Y", "%m", "%d")},
    ("#", "#", "9999"): {DAY_FIRST: ("%d", "%m", "%Y"), MONTH_FIRST: ("%m", "%d", "%Y")},
    ("#", "#", "#"): {
        DAY_FIRST: ("%d", "%m", "%y"),
        MONTH_FIRST: ("%m", "%d", "%y"),
        YEAR_FIRST: ("%y", "%m", "%d"),
    },
    ("#", "%b", "9999"): {DAY_FIRST: ("%d", "%b", "%Y")},
    ("#", "%b", "#"): {DAY_FIRST: ("%d", "%b", "%y"), YEAR_FIRST: ("%y", "%b", "%d")},
    ("%b", "#", "9999"): {MONTH_FIRST: ("%b", "%d", "%Y")},
    ("%b", "#", "#"): {MONTH_FIRST: ("%b", "%d", "%y")},
    ("9999", "%b", "#"): {YEAR_FIRST: ("%Y", "%b", "%d")},
    ("99999999",): {
        YEAR_FIRST: ("%Y%m%d",),
        DAY_FIRST: ("%d%m%Y",),
        MONTH_FIRST: ("%m%d%Y",),
    },
    ("999999",): {
        DAY_FIRST: ("%d%m%y",),
        MONTH_FIRST: ("%m%d%y",),
        YEAR_FIRST: ("%y%m%d",),
        YEAR_MONTH: ("%Y%m",),
    },
    ("9999", "#"): {YEAR_FIRST: ("%Y", "%m")},
    ("#", "9999"): {MONTH_FIRST: ("%m", "%Y")},
    ("%b", "9999"): {MONTH_FIRST: ("%b", "%Y")},
    ("%b", "#"): {MONTH_FIRST: ("%b", "%y")},
    ("9999", "%b"): {YEAR_FIRST: ("%Y", "%b")},
    ("9999",): {YEAR_FIRST: ("%Y",)},
}
BETWEEN = (
    "T",
    "年",
    "月",
    "日",
    "년",
    "월",
    "일",
    "M",
)  # letters that stand in dates, as in 2013M03
# A date and a time written without anything between their digits.
STAMPS = {"9" * 12: "%Y%m%d%H%M", "9" * 14: "%Y%m%d%H%M%S"}
WHOLE_COUNT = r"^-?[0-9]{1,19}([.]0+)?$"
COUNT = r"^-?[0-9]{1,19}([.][0-9]+)?$"


@dataclass(frozen=True)
class Reading:
    """One way to read all values of a column.

    Attributes:
        order: of a date's parts, one of ORDERS; "" where it differs, or there are no parts.
        date_format: as in the configuration.
        times: row for row, as written; where stamps have an offset or are epochs, in UTC.
    """

    order: str
    date_format: str
    times: pd.Series


@dataclass(frozen=True)
class _Shape:
    tokens: tuple[str, ...]
    members: np.ndarray  # positions among the distinct values


def readings(texts: pa.Array) -> list[Reading]:
    """Every way to read these texts, without blanks around them, as dates or times; may be none."""
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    shapes = _shapes(distinct)
    words = pd.Series(distinct.to_pylist(), dtype=object) if shapes else None
    by_shape = [_possible(shape, words) for shape in shapes]
    if not by_shape or not all(by_shape):
        return []
    found = []
    for order in _orders(shapes, by_shape):
        chosen = [of.get(order) or next(iter(of.values())) for of in by_shape]
        times = pd.Series(pd.NaT, range(len(distinct)), dtype="datetime64[us]")
        for shape, (_, values) in zip(shapes, chosen, strict=True):
            times.iloc[shape.members] = values.to_numpy()
        formats = dict.fromkeys(date_format for date_format, _ in chosen)
        rows = times.take(encoded.indices.to_numpy()).reset_index(drop=True)
        found.append(Reading(order, " | ".join(formats), rows))
    return found


def first_misfit(texts: pa.Array) -> int | None:
    """The row of the first value that is no date as most others are; None if most are none."""
    encoded = texts.dictionary_encode()
    words = pd.Series(encoded.dictionary.to_pylist(), dtype=object)
    shapes = _shapes(encoded.dictionary)
    read = np.zeros(len(words), bool)
    for shape in shapes:
        for _, date_format in _formats(shape.tokens):
            values = pd.to_datetime(
                words.iloc[shape.members],
                format=date_format,
                errors="coerce",
                utc=zones.has_offset(date_format),
            )
            read[shape.members] |= values.notna().to_numpy()
    rows = read[encoded.indices.to_numpy()]
    return int(np.argmin(rows)) if rows.mean() > 0.5 and not rows.all() else None


def are_parts(texts: Iterable[str]) -> bool:
    """Whether texts are names of months, of days or of quarters, and nothing else."""
    return all(text.lower() in WORDS or re.fullmatch("(?i)q[1-4]", text) for text in texts)


def epochs(texts: pa.Array, like: str = COUNT) -> Reading | None:
    """Counts of seconds since 1970, or of thousandths of it and so on, in UTC.

    None if they are not written `like` counts, too small or too large, or not all of one unit.
    """
    if not len(texts) or not pc.all(pc.match_substring_regex(texts, like)).as_py():
        return None
    ticks = np.abs(texts.cast(pa.float64()).to_numpy(zero_copy_only=False))
    for name, unit in TICKS.items():
        if EARLIEST_EPOCH <= np.median(ticks) / unit < LATEST_EPOCH:
            of_a_larger = (ticks >= EARLIEST_EPOCH) & (ticks * 1000 / unit < LATEST_EPOCH)
            if ticks.max() / unit >= LATEST_EPOCH or (of_a_larger.any() and unit > 1):
                return None
            times = pd.Series(stamps.times(texts, name).second)
            return None if times.isna().any() else Reading("", name, times)
    return None


def _shapes(distinct: pa.Array) -> list[_Shape]:
    """Values of like form together, the most frequent form first; none where the text is free."""
    masked = pc.replace_substring_regex(distinct, "[0-9]", "9").dictionary_encode()
    if len(masked.dictionary) > MOST_SHAPES:
        return []
    numbered: dict[tuple[str, ...], int] = {}
    number = [
        numbered.setdefault(_tokens(text), len(numbered)) for text in masked.dictionary.to_pylist()
    ]
    of_value = np.array(number)[masked.indices.to_numpy()]
    shapes = [_Shape(tokens, np.flatnonzero(of_value == at)) for tokens, at in numbered.items()]
    return sorted(shapes, key=lambda shape: -len(shape.members))


def _tokens(masked: str) -> tuple[str, ...]:
    """The parts of a value: digits by their number, names of months and days, and what is else."""
    return tuple(_token(part) for part in re.findall(r"9+|[^\W\d_]+|.", masked))


def _token(part: str) -> str:
    if part[0] == "9":
        return SHORT if len(part) <= 2 else part
    return WORDS.get(part.lower(), part.replace("%", "%%"))


def _possible(shape: _Shape, words: pd.Series) -> dict[str, tuple[str, pd.Series]]:
    """By order of the parts, the format that reads all values of a shape, and what it reads."""
    values = words.iloc[shape.members]
    found = {}
    for order, date_format in _formats(shape.tokens):
        times = _parsed(values, date_format)
        if order not in found and times is not None:
            found[order] = date_format, times
    return found


def _parsed(values: pd.Series, date_format: str) -> pd.Series | None:
    """The times of all values, in UTC where they have an offset; None if one is not so written."""
    has_offset = zones.has_offset(date_format)
    try:
        times = pd.to_datetime(values, format=date_format, utc=has_offset)
    except ValueError:
        return None
    if has_offset:
        times = times.dt.tz_convert(None)
    if times.isna().any() or not times.dt.year.between(*YEARS).all():
        return None
    return times.astype("datetime64[us]")


def _orders(
    shapes: Sequence[_Shape], by_shape: Sequence[dict[str, tuple[str, pd.Series]]]
) -> list[str]:
    """The orders in which all shapes can be read; those that know a single order have no say."""
    known = [{order for order, _ in _formats(shape.tokens)} for shape in shapes]
    having_a_say = [found for found, orders in zip(by_shape, known, strict=True) if len(orders) > 1]
    if not having_a_say:
        only = set().union(*known)
        return [only.pop()] if len(only) == 1 else [""]
    return [order for order in ORDERS if all(order in found for found in having_a_say)]


def _formats(tokens: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The orders and formats that a shape may have."""
    begin = _where_time_begins(tokens)
    day, clock = tokens[:begin], tokens[begin:]
    time_format = _time_format(clock)
    if time_format is None:
        return
    if any(token.isalpha() and token not in BETWEEN for token in day):
        return  # a name of a month in another language, or the Q of quarters
    parts = [token for token in day if _varies(token)]
    weekday = [token for token in parts if token in ("%a", "%A")]
    fields = tuple("%b" if token == "%B" else token for token in parts if token not in weekday)
    if len(fields) == 1 and fields[0] in STAMPS:
        yield YEAR_FIRST, STAMPS[fields[0]] + time_format
    for order, directives in DATES.get(fields, {}).items():
        remaining = iter(directives)
        text = "".join(_directive(token, weekday, remaining) for token in day)
        yield order, text + time_format


def _directive(token: str, weekday: Sequence[str], remaining: Iterator[str]) -> str:
    """The directive that reads a part, or the part itself if it is the same in all values."""
    if not _varies(token) or token in weekday:
        return token
    directive = next(remaining)
    return token if token == "%B" else directive


def _varies(token: str) -> bool:
    return token == SHORT or token[0] == "9" or token in ("%b", "%B", "%a", "%A")


def _where_time_begins(tokens: tuple[str, ...]) -> int:
    """The position of the hour; the end if there is none."""
    for at, token in enumerate(tokens):
        if token == SHORT and tokens[at + 1 : at + 2] == (":",):
            return at
        if token == SHORT and "%p" in tokens[at + 1 : at + 3]:
            return at
        if token in ("999999", "9999") and tokens[at - 2 : at] in (("9" * 8, " "), ("9" * 8, "T")):
            return at
    return len(tokens)


def _time_format(tokens: tuple[str, ...]) -> str | None:
    """The format of a time of day with what follows it; None if it is not one."""
    if not tokens:
        return ""
    text = "".join(tokens)
    pattern = (
        r"(?P<clock>#:#(?P<seconds>:#)?|9{6}|9{4}|#(?=[ -]?%p))(?P<fraction>[.,](#|9{3,6}))?"
        r"(?P<half>[ -]?%p)?"
        r"(?P<zone> ?(?P<called>UTC|GMT)?(?P<offset>[Zz]|[+-](#:#|9999))| (UTC|GMT)| ?\+#)?"
    )
    found = re.fullmatch(pattern, text)
    if not found:
        return None
    hour = "%I" if found["half"] else "%H"
    compact = {"999999": "%H%M%S", "9999": "%H%M", SHORT: hour}
    clock = compact.get(found["clock"], f"{hour}:%M" + (":%S" if found["seconds"] else ""))
    fraction = found["fraction"][0] + "%f" if found["fraction"] else ""
    return clock + fraction + (found["half"] or "") + _zone_format(found)


def _zone_format(found: re.Match[str]) -> str:
    zone = found["zone"] or ""
    if found["offset"]:
        return zone.replace(found["offset"], "%z")
    if zone.strip() in ("UTC", "GMT"):
        return zone.replace(zone.strip(), "%Z")
    return zone.replace("#", "00")  # +00 alone: strptime knows no offset without minutes
