"""How a file is written. What is left out is a plain one: UTF-8, commas, a header in line 1."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from tidemark.bounds import Checked, Words

from annotated_types import Ge, Le, MaxLen

BLANKS = "blanks"


def _must_be_an_encoding(name: str) -> None:
    try:
        "".encode(name)
        codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise ValueError("is no encoding of text, such as utf-8 or cp1252") from error


def _must_separate(sign: str) -> None:
    if sign != BLANKS and not (sign.isascii() and re.fullmatch(r"[^\w\s\".+-]|\t| ", sign)):
        raise ValueError(f'must be a single sign such as ; | or a tab ("\\t"), or {BLANKS}')


def _must_be_no_part_of_a_number(sign: str) -> None:
    if re.search(r"\d", sign) or re.fullmatch(r"[\s.,+()\u2212-]*|[eE]", sign):
        raise ValueError(
            "is a part of numbers, which cannot be left out: name signs such as $ or %"
        )


def _must_group(sign: str) -> None:
    if not re.fullmatch(r"_|[^\w+()\"\u2212-]", sign):
        raise ValueError(
            "must be a single sign that stands between groups of digits, such as , or '"
        )


Word = Annotated[str, MaxLen(100)]
Sign = Annotated[str, MaxLen(100), Checked(_must_be_no_part_of_a_number)]
Grouping = Annotated[str, MaxLen(100), Checked(_must_group)]
Encoding = Annotated[str, MaxLen(100), Checked(_must_be_an_encoding)]
Separator = Annotated[str, MaxLen(100), Checked(_must_separate)]


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a file is written; what is left out is as in plain CSV.

    Attributes:
        encoding: as Python calls it, such as utf-8, utf-16 or cp1252; a byte-order mark may stand.
        separator: the sign between values, or `blanks` for any number of blanks and tabs.
        decimal: the sign before a number's fraction.
        thousands: the sign between groups of three digits; null: none.
        signs: what may stand before or behind a number and is left out, such as $ or %.
        parentheses: whether a number in parentheses is below zero, as bookkeepers write it.
        magnitudes: whether K, M, B or T behind a number multiplies it.
        missing: further words for a missing value, such as N/A, - or .
        missing_prices: numbers that stand for a missing price, such as 0.
        header_line: the line of the header, counted from 1; 0: none, columns are `column 1`, ...
        header_lines: the lines that the header takes; what stands below each other is one name,
            joined by a blank.
        repeated_names: refuse two columns of one name, or number the later ones (`Close 2`).
        extra_cells: refuse rows with more cells than the header names, or let the first or the last
            ones be columns without a name (`column 1`).
        leave_out: columns that are not read; "" for those without a name.
        skip: rows whose first cell is like one of these, where * stands for any text and ? for any
            sign: totals, repeated headers, units. Of a row with fewer cells than the header names,
            any cell may be, such as `* Dividend`.
        sheet: of a workbook, where * stands for any text; null: its only one.
        members: the files of an archive that are read, likewise; null: all.
        records: where a JSON file's records stand, keys joined by dots; null: it is they.
    """

    encoding: Encoding = "utf-8"
    separator: Separator = ","
    decimal: Literal[".", ","] = "."
    thousands: Grouping | None = None
    signs: Sequence[Sign] = ()
    parentheses: bool = False
    magnitudes: bool = False
    missing: Sequence[Word] = ()
    missing_prices: Sequence[float] = ()
    header_line: Annotated[int, Ge(0), Le(1000)] = 1
    header_lines: Annotated[int, Ge(1), Le(5)] = 1
    repeated_names: Literal["refuse", "number"] = "refuse"
    extra_cells: Literal["refuse", "first", "last"] = "refuse"
    leave_out: Sequence[Words] = ()
    skip: Sequence[Words] = ()
    sheet: Words | None = None
    members: Words | None = None
    records: Words | None = None
