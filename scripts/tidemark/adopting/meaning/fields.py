"""Which column is which field of a bar, by their names or else by their values."""

import re
from collections.abc import Sequence

from tidemark.adopting.conclusions import Answers, Conclusion, Sureness
from tidemark.adopting.meaning import date_formats, words
from tidemark.adopting.meaning.by_field import by_field
from tidemark.adopting.meaning.by_values import Neighbours, of_bars
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.adopting.meaning.layout import ALL, MOST_OPTIONS, Layout, long_form, which_column
from tidemark.adopting.meaning.words import CLOSE, FIELD_ROLES, VOLUME
from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.ohlcv import OHLC

import numpy as np
import pyarrow.compute as pc

LIKE_A_NUMBER = r"^\W{0,2}(?:[A-Z]{3} )?[0-9][0-9.,' ]*\W{0,2}[KMBkmb]?$"  # $5.5, USD 5, 5M
TICKER_LIKE = re.compile(r"[\^$]?[A-Z0-9][A-Z0-9.=:/&_ -]{0,14}")
LONGEST_LIKE_A_FIELD = 5  # letters of a ticker that is called like a field
MATURITY = re.compile(r"(?i)\d+(\.\d+)? ?(d|w|m|mo|y|yr|day|week|month|year)s?")  # of a yield


def found(
    evidence: Evidence,
    names: Sequence[str],
    ticker: str | None,
    answers: Answers,
    *,
    without_header: bool,
    neighbours: Neighbours,
) -> Layout:
    """The fields of a file.

    Args:
        evidence: its values.
        names: its columns without those of dates and tickers.
        ticker: the column of tickers, if there is one.
        answers: of these, COLUMN.
        without_header: whether names say nothing.
        neighbours: the rows of bars, and of those after them.

    Raises:
        InputError: no column can be a price, or the answer names none.
    """
    _must_be_numbers(evidence, names)
    numeric = [name for name in names if _can_be_a_field(evidence, name)]
    asked = answers.get("COLUMN")
    if asked and asked != ALL:
        bars = of_bars(evidence, numeric, ticker, neighbours, asked) if without_header else None
        return bars or _with_answer(evidence, names, ticker, asked)
    if asked and ticker:
        raise InputError(
            f"COLUMN={asked}",
            f"there is a column of tickers, {ticker!r}, so that not all columns can be tickers",
            "name the column of prices",
        )
    if not numeric:
        raise _without_prices(evidence, names)
    if without_header:
        return of_bars(evidence, numeric, ticker, neighbours) or _open(evidence, numeric)
    unknown = [name for name in numeric if not words.is_none_of_a_bar(name)]
    volumes = words.columns_by_role(unknown).get(VOLUME, [])
    if unknown == volumes:  # none of them can be a price
        unknown = [name for name in numeric if name not in volumes] or numeric
    if asked:
        return _of_one_field(evidence, unknown, names, ticker, True)
    told = _by_header(evidence, numeric, unknown, ticker, neighbours)
    return told or _of_one_field(evidence, unknown, names, ticker, False)


def _by_header(
    evidence: Evidence,
    numeric: Sequence[str],
    unknown: Sequence[str],
    ticker: str | None,
    neighbours: Neighbours,
) -> Layout | None:
    """The fields that names say, else those that values do; None: there may be one alone."""
    named = _by_names(evidence, numeric, ticker)
    if named:
        return named
    wide = by_field(numeric) if not ticker else None
    if wide:
        return wide
    if len(unknown) < len(OHLC) or _are_like_tickers(unknown):
        return None
    told = of_bars(evidence, unknown, ticker, neighbours)
    return told if told and not told.questions else None


def _must_be_numbers(evidence: Evidence, names: Sequence[str]) -> None:
    """Refuse a field that is called so, of which a value is no number.

    Raises:
        InputError: one line a column, with its first such value.
    """
    unread = [name for name in names if _is_meant_as_numbers(evidence, name)]
    if unread:
        faults = [evidence.first_fault(name) for name in unread]
        raise InputError(
            evidence.tables[0].path,
            "\n".join(["holds values that are no numbers:", *(f"  {fault}" for fault in faults)]),
            "mend them, leave them empty if they are missing, or remove the lines",
        )


def _without_prices(evidence: Evidence, names: Sequence[str]) -> InputError:
    """What is wrong where no column can be a price: the files share none, or none holds numbers."""
    told = f"none of {several([repr(name) for name in names], 8)} holds numbers alone"
    if not evidence.uneven:
        return InputError(
            evidence.tables[0].path,
            f"has no column of prices{f': {told}' if names else ' beside that of dates'}",
            "leave out what is not a number, or say what stands for a missing value",
        )
    first, other = evidence.of_other_columns()
    return InputError(
        other.path,
        f"has other columns than {first.path}, and none of prices is in all of the files:"
        f" {several([repr(name) for name in other.names], 8)} here,"
        f" {several([repr(name) for name in first.names], 8)} there",
        "call the column of prices alike in all of them, or adopt them apart",
    )


def _is_meant_as_numbers(evidence: Evidence, name: str) -> bool:
    """Whether a column that does not hold numbers alone was meant to.

    One without any, such as a volume that is N/A throughout, was not.
    """
    if evidence.numbers(name) is not None or words.is_none_of_a_bar(name):
        return False
    texts = evidence.texts(name)
    if texts is None:
        return False
    if any(words.is_surely(role, name) for role in FIELD_ROLES):
        return bool(pc.any(pc.match_substring_regex(texts, "[0-9]")).as_py())
    like_numbers = pc.match_substring_regex(texts, LIKE_A_NUMBER)
    return bool(pc.mean(like_numbers.cast("float64")).as_py() > 0.5)


def _can_be_a_field(evidence: Evidence, name: str) -> bool:
    values = evidence.numbers(name)
    return values is not None and not np.isnan(values).all() and not _numbers_rows(values)


def _numbers_rows(values: np.ndarray) -> bool:
    """Whether a column counts the rows, from 0 or 1."""
    first = values[0]
    return (
        len(values) > 2
        and first in (0.0, 1.0)
        and bool((values == np.arange(len(values)) + first).all())
    )


def _by_names(evidence: Evidence, numeric: Sequence[str], ticker: str | None) -> Layout | None:
    """The fields that names say, if one of them is a close."""
    by_role = words.columns_by_role(numeric)
    chosen = {role: by_role[role] for role in FIELD_ROLES if role in by_role}
    if CLOSE not in chosen and "adj_close" not in chosen:
        return None
    differing = [role for role in chosen if role != VOLUME and _differ(evidence, chosen[role])]
    if CLOSE in differing:
        question = which_column(evidence, chosen[CLOSE], "Which column holds the closes?")
        return Layout("long", {}, questions=[question])
    if differing:
        raise _of_two_columns(evidence, differing[0], chosen[differing[0]])
    columns = {role: candidates[0] for role, candidates in chosen.items()}
    volumes = [name for group in words.columns_of(VOLUME, numeric) for name in group]
    traded = [name for name in volumes if np.nan_to_num(evidence.values(name)).any()]
    if traded:
        columns[VOLUME] = traded[0]
    return long_form(columns, ticker, "what the columns are called", Sureness.CERTAIN)


def _of_two_columns(evidence: Evidence, field: str, names: Sequence[str]) -> InputError:
    return InputError(
        evidence.tables[0].path,
        f"has several columns for {field}, with different values:"
        f" {several([repr(name) for name in names])}",
        "keep one of them in the file, or rename the others",
    )


def _differ(evidence: Evidence, names: Sequence[str]) -> bool:
    first = evidence.values(names[0])
    return any(
        not np.array_equal(first, evidence.values(name), equal_nan=True) for name in names[1:]
    )


def _with_answer(
    evidence: Evidence, names: Sequence[str], ticker: str | None, asked: str
) -> Layout:
    if asked not in names or evidence.numbers(asked) is None:
        raise InputError(
            f"COLUMN={asked}",
            "names no column of numbers in the file",
            f"use one of {several(list(names), MOST_OPTIONS)}",
        )
    others = [name for name in names if name != asked and _can_be_a_field(evidence, name)]
    by_role = words.columns_by_role(others)
    beside = {
        role: by_role[role][0]
        for role in FIELD_ROLES
        if role not in (CLOSE, "adj_close") and len(by_role.get(role, ())) == 1
    }
    if not {"open", "high", "low"} <= beside.keys():
        beside = {role: name for role, name in beside.items() if role == VOLUME}
    return long_form({CLOSE: asked} | beside, ticker, "your answer", Sureness.CERTAIN)


def _open(evidence: Evidence, numeric: Sequence[str]) -> Layout:
    question = which_column(evidence, numeric, "Which column holds the prices?")
    return Layout("long", {}, questions=[question])


def _of_one_field(
    evidence: Evidence,
    unknown: Sequence[str],
    names: Sequence[str],
    ticker: str | None,
    all_of_them: bool,
) -> Layout:
    """The layout of columns that are all prices of one kind, or of which only one is."""
    known = words.columns_by_role(unknown)
    is_one_series = len(unknown) == 1 and not known and not words.is_none_of_a_bar(unknown[0])
    if all_of_them or (not ticker and (_are_like_tickers(unknown) or is_one_series)):
        return _a_column_a_ticker(evidence, unknown, names, all_of_them)
    beside = {role: known[role][0] for role in FIELD_ROLES if role in known}
    open_ones = [
        name for name in unknown if name not in beside.values() and not words.is_none_of_a_bar(name)
    ]
    if len(open_ones) == 1:
        because = "it is the only column of numbers that can be one"
        return long_form(beside | {CLOSE: open_ones[0]}, ticker, because, Sureness.LIKELY)
    question = which_column(evidence, unknown, "Which column holds the prices?", or_all=not ticker)
    return Layout("long", {}, questions=[question])


def _a_column_a_ticker(
    evidence: Evidence, priced: Sequence[str], names: Sequence[str], is_answer: bool
) -> Layout:
    unit = _unit_below(evidence, priced)
    tickers = [name.removesuffix(unit) for name in priced]
    told = f"closes of {several([repr(name) for name in tickers])}, a column each"
    because = "your answer" if is_answer else "each holds numbers, under a name like a ticker's"
    sureness = Sureness.CERTAIN if is_answer else Sureness.LIKELY
    return Layout(
        "wide",
        {CLOSE: f"*{unit}"},
        tickers,
        [name for name in names if name not in priced and not evidence.is_empty(name)],
        [Conclusion("columns", told, because, sureness)],
    )


def _unit_below(evidence: Evidence, names: Sequence[str]) -> str:
    """The unit that a second line of the header puts below each ticker; empty if it puts none."""
    if evidence.tables[0].form.header_lines == 1:
        return ""
    units = {name.rpartition(" ")[2] for name in names if " " in name.strip()}
    unit = next(iter(units), "")
    same = len(units) == 1 and all(name.endswith(f" {unit}") for name in names)
    return f" {unit}" if same and re.fullmatch(words.MONEY, unit, re.IGNORECASE) else ""


def _are_like_tickers(names: Sequence[str]) -> bool:
    """Whether names look like tickers, and few of them like something else, too.

    LOW and OPEN are tickers, but beside others alone; VOLUME is none, and months are none.
    """
    other = [one for one in names if words.is_none_of_a_bar(one) or words.columns_by_role([one])]
    if date_formats.are_parts(names) or any(len(one) > LONGEST_LIKE_A_FIELD for one in other):
        return False
    return len(other) <= len(names) / 3 and any(
        all(map(like.fullmatch, names)) for like in (TICKER_LIKE, MATURITY)
    )
