"""What a single cell of a file looks like: a number, a date, a word for missing, or other words."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from tidemark.sources.number_forms import ALIKE, MINUS

import pyarrow as pa

# Words that stand for a missing value in the files of some vendor, in lower case.
MISSING = frozenset([
    "na", "n/a", "n.a.", "n.a", "#n/a", "#n/a n/a", "#na", "nan", "-nan(ind)", "nat", "null",
    "none", "nil", "nd", "n.d.", "n/d", "-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "?",
    "\\n", "#value!", "#div/0!", "#ref!", "#num!", "#name?", "#null!", "*", "missing", "undefined",
])  # fmt: skip
CURRENCIES = "$€£¥₹₽₩₺₿₫₴฿₦₱₪₡₲₵₸₼₾﹩＄￠￡￥￦"
CODES = "USD|EUR|GBP|JPY|CHF|CNY|CAD|AUD|NZD|HKD|SGD|KRW|INR|SEK|NOK|DKK|PLN|CZK|BRL|ZAR|TRY|RUB"
UNIT = rf"(?:(?:[A-Z]{{1,2}})?[{CURRENCIES}]|{CODES}|%|‰|kr\.?|Rs\.?|zł|Kč|Ft)"
GROUPS = "".join(ALIKE.values()) + "_"  # what stands between groups of digits and never else
NUMBER = re.compile(
    rf"(?P<open>\()?\s?(?P<sign>[-{MINUS}+])?(?P<front>{UNIT})?\s?(?P<second>[-{MINUS}+])?"
    rf"(?P<core>9(?:[9.,{GROUPS}]*9)?(?:[.,](?!\s?[KMBTkmbt]))?|[.,]9+)"
    rf"(?P<exponent>[eE][-+]?9{{1,3}})?"
    rf"\s?(?P<magnitude>[KMBTkmbt])?\s?(?P<back>{UNIT})?(?P<close>\))?"
)
WORD = r"[^\W\d_]"
DATE = re.compile(
    rf"""\s*(?:
    \d{{1,4}}[-/.年 ]\s?\d{{1,2}}[-/.月 ]\s?\d{{1,4}}日?\.?(?:[ T,][^;|\t]*)?
                                                                # 2020-01-02, 02.01.20 9:30
    |\d{{8}}[ T_-]\d.*                                            # 20200102 093000
    |\d{{4}}[-/.M ]?(?:Q[1-4]|M?\d{{1,2}})                         # 2020Q1, 2020-01, 2020M01
    |Q[1-4][ -]?\d{{4}}                                           # Q1 2020
    |\d{{1,2}}[-/]\d{{4}}                                          # 01/2020
    |(?:{WORD}{{2,9}}[., ]+)?\d{{1,2}}[-/., ]*{WORD}{{3,10}}[-/., ']*\d{{2,4}}(?:[ T,][^;|\t]*)?
                                                                # Thu, 2 Jan 2020
    |(?:{WORD}{{2,9}}[., ]+)?{WORD}{{3,10}}[-/., ]+\d{{1,2}}(?:st|nd|rd|th)?[-/., ']+\d{{2,4}}
        (?:[ T,][^;|\t]*)?                                            # Jan 2, 2020
    |{WORD}{{3,10}}[-/., ']*\d{{2,4}}                              # Jan-20, January 2020
    |\d{{4}}[-/., ]?{WORD}{{3,10}}[-/., ]?\d{{0,2}}                 # 2020-Jan-02
    )\s*""",
    re.VERBOSE,
)
CLOCK = re.compile(r"\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[AaPp]\.?[Mm]\.?)?\s*")


class Kind(StrEnum):
    """What a cell looks like."""

    EMPTY = "empty"
    MISSING = "missing"
    NUMBER = "number"
    DATE = "date"
    CLOCK = "clock"
    WORD = "word"


VALUES = frozenset({Kind.NUMBER, Kind.DATE, Kind.CLOCK})


@lru_cache(maxsize=100_000)
def kind(cell: str) -> Kind:
    """What a cell looks like; digits alone are a number, though they may be a date, too."""
    cell = cell.strip()
    if not cell:
        return Kind.EMPTY
    if cell.lower() in MISSING:
        return Kind.MISSING
    if number(shape(cell)):
        return Kind.NUMBER
    if CLOCK.fullmatch(cell):
        return Kind.CLOCK
    return Kind.DATE if len(cell) < 60 and DATE.fullmatch(cell) else Kind.WORD


DIGITS = bytes.maketrans(b"0123456789", b"9999999999")


def shape(text: str) -> str:
    """Every digit as 9, which leaves of a number what tells how it is written: `9,999.9`."""
    return text.encode().translate(DIGITS).decode()


def shapes(values: pa.ChunkedArray) -> pa.Array:
    """The shapes of many strings, in one pass over their bytes."""
    chunks = [
        pa.Array.from_buffers(
            chunk.type,
            len(chunk),
            [valid, ends, pa.py_buffer(content.to_pybytes().translate(DIGITS))],
            offset=chunk.offset,
        )
        for chunk in values.chunks
        for valid, ends, content in [chunk.buffers()]
        if content is not None
    ]
    return pa.chunked_array(chunks, values.type).combine_chunks()


@dataclass(frozen=True)
class Written:
    """How a number is written.

    Attributes:
        decimal: the sign that must be one before a fraction; empty if none is.
        thousands: the sign that must stand between groups, of blanks and of apostrophes the plain
            one; empty if none is.
        either: the sign that may be one or the other, as in 1,234; empty if none is.
        whole: how many digits stand before any fraction where no sign groups them.
        signs: what stands before or behind it.
        magnitude: whether K, M, B or T stands behind it.
        parentheses: whether they stand about it, for one below zero.
    """

    decimal: str = ""
    thousands: str = ""
    either: str = ""
    whole: int = 0
    signs: tuple[str, ...] = ()
    magnitude: bool = False
    parentheses: bool = False


@lru_cache(maxsize=100_000)
def number(shape: str) -> Written | None:
    """How the number of this shape is written; None if it is none."""
    match = NUMBER.fullmatch(shape)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    if sum(bool(match[name]) for name in ("sign", "second", "open")) > 1:
        return None
    signs = tuple(match[name] for name in ("front", "back") if match[name])
    magnitude = bool(match["magnitude"])
    marks = _marks(match["core"], certain=bool(match["exponent"]))
    return marks and Written(*marks, signs, magnitude, bool(match["open"]))


PLAIN = str.maketrans({sign: plain for plain, signs in ALIKE.items() for sign in signs})


def _marks(core: str, *, certain: bool) -> tuple[str, str, str, int] | None:
    """Decimal sign, thousands sign, that which may be either, and digits without groups."""
    core = core.translate(PLAIN)
    found = list(dict.fromkeys(core.replace("9", "")))
    if not found:
        return "", "", "", len(core)
    if len(found) > 2 or (len(found) == 2 and found[1] not in ".,"):
        return None
    first, last = found[0], found[-1]
    if len(found) == 2:
        whole = core.rpartition(last)[0]
        return (last, first, "", 0) if last not in whole and _grouped(whole, first) else None
    whole = core.rpartition(first)[0]
    if first in GROUPS:
        return ("", first, "", 0) if _grouped(core, first) else None
    if first in whole:
        return ("", first, "", 0) if _grouped(core, first) else None
    if not certain and _grouped(core, first):
        return "", "", first, 0
    return first, "", "", len(whole)


def _grouped(digits: str, sign: str) -> bool:
    """Whether a sign stands between groups of three; of India's, before it also of two."""
    first, *between, last = digits.split(sign)
    if not 1 <= len(first) <= 3 or len(last) != 3:
        return False
    return {len(group) for group in between} in ({3}, {2}, set())
