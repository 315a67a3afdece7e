"""Which column is which field of a bar, by their names or else by their values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tidemark.adopting import words
from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question, Sureness
from tidemark.adopting.evidence import Evidence
from tidemark.adopting.words import CLOSE, FIELD_ROLES, VOLUME
from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.ohlcv import FIELDS, OHLC

import numpy as np
import pyarrow.compute as pc

LIKE_A_NUMBER = r"^\W{0,2}(?:[A-Z]{3} )?[0-9][0-9.,' ]*\W{0,2}[KMBkmb]?$"  # $5.5, USD 5, 5M
ALL = "all"  # the answer that every column is a ticker
MOST_OPTIONS = 12
FEWEST_BARS = 3
WIDEST_BAR = 0.5  # from low to high, as a share of the low; usual bars are narrower
FEWEST_FALLS = 0.02  # the share of bars that close below their open, and of those above
CLEARLY = 1.5  # times as near
TICKER_LIKE = re.compile(r"[\^$]?[A-Z0-9][A-Z0-9.=:/&_ -]{0,14}")
MATURITY = re.compile(r"(?i)\d+(\.\d+)? ?(d|w|m|mo|y|yr|day|week|month|year)s?")  # of a yield
SEPARATORS = re.compile(r"[\s_.|:,/-]+")
OF_A_PAIR = re.compile(r"\(\s*(['\"])(?P<first>.+?)\1\s*,\s*(['\"])(?P<second>.+?)\3\s*\)")


Neighbours = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Layout:
    """Where the fields of bars are.

    Attributes:
        layout: long or wide.
        columns: the file's name of each field, and of the ticker; without the dates.
        tickers: of a wide file, by its columns.
        leave_out: columns of a wide file that are no tickers.
        conclusions: what was found.
        questions: what is open; `columns` is then incomplete.
    """

    layout: str
    columns: dict[str, str]
    tickers: Sequence[str] = ()
    leave_out: Sequence[str] = ()
    conclusions: Sequence[Conclusion] = ()
    questions: Sequence[Question] = ()


class FieldName(NamedTuple):
    """A column's name taken apart: `Close AAPL` is close, `Close *` and AAPL."""

    field: str
    template: str
    ticker: str


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
        bars = _by_values(evidence, numeric, ticker, neighbours, asked) if without_header else None
        return bars or _with_answer(evidence, names, ticker, asked)
    if asked and ticker:
        raise InputError(
            f"COLUMN={asked}",
            f"there is a column of tickers, {ticker!r}, so that not all columns can be tickers",
            "name the column of prices",
        )
    if not numeric:
        raise InputError(
            evidence.tables[0].path,
            f"has no column of prices: none of {several([repr(name) for name in names], 8)} holds"
            " numbers alone",
            "leave out what is not a number, or say what stands for a missing value",
        )
    if without_header:
        return _by_values(evidence, numeric, ticker, neighbours) or _open(evidence, numeric)
    named = _by_names(evidence, numeric, ticker) if not asked else None
    if named:
        return named
    if not ticker:
        wide = _by_field(numeric) if not asked else None
        if wide:
            return wide
    unknown = [name for name in numeric if not words.is_none_of_a_bar(name)] or numeric
    if len(unknown) >= len(OHLC) and not asked and not _are_like_tickers(unknown):
        told = _by_values(evidence, unknown, ticker, neighbours)
        if told and not told.questions:
            return told
    return _of_one_field(evidence, unknown, names, ticker, bool(asked))


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
        question = _which(evidence, chosen[CLOSE], "Which column holds the closes?")
        return Layout("long", {}, questions=[question])
    if differing:
        raise _of_two_columns(evidence, differing[0], chosen[differing[0]])
    columns = {role: candidates[0] for role, candidates in chosen.items()}
    volumes = [name for group in words.columns_of(VOLUME, numeric) for name in group]
    traded = [name for name in volumes if np.nan_to_num(evidence.values(name)).any()]
    if traded:
        columns[VOLUME] = traded[0]
    return _long(evidence, columns, ticker, "what the columns are called", Sureness.CERTAIN)


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


def _long(
    evidence: Evidence,
    columns: dict[str, str],
    ticker: str | None,
    because: str,
    sureness: Sureness,
) -> Layout:
    mapped = ({"ticker": ticker} if ticker else {}) | {
        role: columns[role] for role in FIELDS if role in columns
    }
    told = ", ".join(f"{role} = {name}" for role, name in mapped.items())
    return Layout("long", mapped, conclusions=[Conclusion("columns", told, because, sureness)])


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
    return _long(evidence, {CLOSE: asked} | beside, ticker, "your answer", Sureness.CERTAIN)


def _by_field(numeric: Sequence[str]) -> Layout | None:
    """A column a ticker and field, if all names are so made."""
    parts = {name: _taken_apart(name) for name in numeric if not words.is_none_of_a_bar(name)}
    known = {name: part for name, part in parts.items() if part}
    if not known or len(known) < len(parts):
        return None
    templates: dict[str, str] = {}
    for part in known.values():
        if templates.setdefault(part.field, part.template) != part.template:
            return None
    if CLOSE not in templates and "adj_close" not in templates:
        return None
    tickers = list(dict.fromkeys(part.ticker for part in known.values()))
    fields = {role: templates[role] for role in FIELDS if role in templates}
    told = ", ".join(f'{role} = "{template}"' for role, template in fields.items())
    return Layout(
        "wide",
        fields,
        tickers,
        [name for name in numeric if name not in known],
        [Conclusion("columns", f"{told}, where * is the ticker", "what the columns are called")],
    )


def _taken_apart(name: str) -> FieldName | None:
    """Field, template and ticker of a name that has both, the longest words for a field first."""
    pair = OF_A_PAIR.fullmatch(name)
    cuts: list[tuple[str, str, str]] = []  # words for the field, template, ticker
    if pair:
        for said, other in (("first", "second"), ("second", "first")):
            begin, end = pair.span(other)
            cuts.append((pair[said], f"{name[:begin]}*{name[end:]}", pair[other]))
    else:
        between = list(SEPARATORS.finditer(name))
        for cut in reversed(between):
            cuts.append((name[: cut.start()], f"{name[: cut.end()]}*", name[cut.end() :]))
        for cut in between:
            cuts.append((name[cut.end() :], f"*{name[cut.start() :]}", name[: cut.start()]))
    for said, template, ticker in cuts:
        by_role = words.columns_by_role([said]) if len(words.key(said)) > 1 else {}
        role = next((role for role in FIELD_ROLES if role in by_role), None)
        if role and ticker and "*" not in ticker:
            return FieldName(role, template, ticker)
    return None


def _by_values(
    evidence: Evidence,
    numeric: Sequence[str],
    ticker: str | None,
    neighbours: Neighbours,
    asked: str | None = None,
) -> Layout | None:
    """The fields of columns whose names say nothing: four that follow each other as prices do.

    None if no four do, or if the answer is none of these.
    """
    if len(numeric) == 1:
        because = "it is the only column of numbers"
        return _long(evidence, {CLOSE: numeric[0]}, ticker, because, Sureness.CERTAIN)
    for at in range(len(numeric) - 3):
        four = numeric[at : at + 4]
        bars = _as_bars(evidence, four, neighbours)
        if bars is None:
            continue
        columns, is_sure = bars
        if asked == columns["open"]:
            columns |= {"open": columns["close"], "close": asked}
        if asked not in (None, columns["close"]):
            return None
        if not is_sure and asked is None:
            either = [columns["close"], columns["open"]]
            question = _which(evidence, either, "Which column holds the closes, and not the opens?")
            return Layout("long", {}, questions=[question])
        if volume := _volume(evidence, numeric, at + 4, columns["close"]):
            columns[VOLUME] = volume
        if asked:
            return _long(evidence, columns, ticker, "your answer", Sureness.CERTAIN)
        because = "the highest and lowest of four columns, opens near the closes before them"
        return _long(evidence, columns, ticker, because, Sureness.LIKELY)
    return None


def _open(evidence: Evidence, numeric: Sequence[str]) -> Layout:
    question = _which(evidence, numeric, "Which column holds the prices?")
    return Layout("long", {}, questions=[question])


def _volume(evidence: Evidence, numeric: Sequence[str], at: int, close: str) -> str | None:
    """The column that is called so, or the one behind the prices if it is none of them."""
    named = words.columns_of(VOLUME, numeric)
    if named:
        return named[0][0] if len(named[0]) == 1 else None
    if at >= len(numeric):
        return None
    values = np.nan_to_num(evidence.values(numeric[at]))
    near = np.isclose(values, evidence.values(close), rtol=0.5, atol=0).mean() > 0.5
    return numeric[at] if (values >= 0).all() and not near else None


def _as_bars(
    evidence: Evidence, four: Sequence[str], neighbours: Neighbours
) -> tuple[dict[str, str], bool] | None:
    """Which of four columns is which price of bars, and whether it is sure; None if they are not.

    The open is the one that is nearer to the other's value one bar before.
    """
    values = np.array([evidence.prices(name) for name in four])
    is_whole = ~np.isnan(values).any(axis=0)
    before, after = (rows[is_whole[neighbours[0]] & is_whole[neighbours[1]]] for rows in neighbours)
    whole = values[:, is_whole]
    if whole.shape[1] < FEWEST_BARS or not len(before):
        return None
    highs = [at for at in range(4) if (whole[at] >= whole.max(axis=0)).all()]
    lows = [at for at in range(4) if (whole[at] <= whole.min(axis=0)).all()]
    is_usual = 1 in highs and 2 in lows  # open, high, low, close
    if not is_usual and (len(highs) != 1 or len(lows) != 1 or highs == lows):
        return None
    high, low = (1, 2) if is_usual else (highs[0], lows[0])
    first, second = (at for at in range(4) if at not in (high, low))
    rises, falls = (whole[first] < whole[second]).mean(), (whole[first] > whole[second]).mean()
    spread = np.median((whole[high] - whole[low]) / np.abs(whole[low]).clip(1e-12))
    if spread > WIDEST_BAR or min(rises, falls) < FEWEST_FALLS:
        return None  # four series that happen to lie in one order
    as_named = np.abs(values[first, after] - values[second, before]).mean()
    swapped = np.abs(values[second, after] - values[first, before]).mean()
    names = {"open": four[first], "close": four[second], "high": four[high], "low": four[low]}
    if swapped < as_named / CLEARLY:
        if is_usual:
            return names, False
        return names | {"open": four[second], "close": four[first]}, True
    return names, is_usual or as_named < swapped / CLEARLY


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
        return _long(evidence, beside | {CLOSE: open_ones[0]}, ticker, because, Sureness.LIKELY)
    question = _which(evidence, unknown, "Which column holds the prices?", or_all=not ticker)
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

    LOW and OPEN are tickers, but beside others alone.
    """
    other = sum(bool(words.is_none_of_a_bar(one) or words.columns_by_role([one])) for one in names)
    return other <= len(names) / 3 and any(
        all(map(like.fullmatch, names)) for like in (TICKER_LIKE, MATURITY)
    )


def _which(
    evidence: Evidence, names: Sequence[str], words_of: str, or_all: bool = False
) -> Question:
    """The question which column is meant, with a value of each."""
    options = [
        Option(name, f"such as {_some_value(evidence, name)}") for name in names[:MOST_OPTIONS]
    ]
    if or_all:
        options.append(Option(ALL, "each column is a ticker, and holds its closes"))
    return Question("COLUMN", words_of, options)


def _some_value(evidence: Evidence, name: str) -> str:
    values = evidence.values(name)
    return f"{values[~np.isnan(values)][0]:.12g}"
