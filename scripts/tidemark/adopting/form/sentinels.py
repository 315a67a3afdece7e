"""Numbers that cannot be prices, such as 0, -999 or 1.00E+10, where a price is missing."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question
from tidemark.arrays import Bools, Floats
from tidemark.errors import InputError
from tidemark.naming import counted
from tidemark.reading.settings import Form
from tidemark.reading.table import Table
from tidemark.sources import number_forms

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Columns in which 0 is a number like any other.
NO_PRICES = re.compile(
    r"(?i)vol|qty|quant|trades|count|interest|turnover|amount|change|chg|%|div|split|spread|ratio"
    r"|number|shares|time|hour|^n$|^v$"
)
HEAD = 1_000  # values of a column that is no number's, if most of them are none
FEWEST = 5  # numbers of a column, without which nothing is odd
MOST = 0.9  # of a column's numbers that stand for missing ones
NEAR = 0.05  # of the usual number, below which the smallest ones go: 0 is then near them
FAR = 8  # usual steps away from its neighbours
WILD = 0.1  # of the usual number, above which steps tell nothing, as where tickers take turns
BEYOND = 10_000  # times the usual number


@dataclass(frozen=True)
class Odd:
    """A number that is odd in its column: how often, where first, and what is usual there."""

    number: float
    count: int
    place: str
    usual: float


def asked(
    tables: Iterable[Table], form: Form, answers: Answers
) -> tuple[list[float], list[Conclusion], list[Question]]:
    """The numbers that stand for missing prices, as the user answers.

    Raises:
        InputError: the answer is none.
    """
    odd = [one for table in tables for one in _odd(table, form)]
    numbers = sorted({one.number for one in odd})
    if not numbers:
        return [], [], []
    answer = answers.get("MISSING")
    shown = " and ".join(f"{number:g}" for number in numbers)
    first = odd[0]
    words = (
        f"Is {shown} a missing price, as {counted(sum(one.count for one in odd), 'time')} from"
        f" {first.place} on, where {first.usual:g} is usual?"
    )
    if answer is None:
        return [], [], [Question("MISSING", words, [
            Option("missing", f"{shown} stands for no price"),
            Option("real", f"{shown} was paid"),
        ])]  # fmt: skip
    if answer not in ("missing", "real"):
        raise InputError("MISSING", f"{answer!r} is no answer to: {words}", "say missing or real")
    found = f"{shown} is {'no price' if answer == 'missing' else 'a price'}"
    told = [Conclusion("missing", found, f"MISSING={answer}")]
    return numbers if answer == "missing" else [], told, []


def _odd(table: Table, form: Form) -> Iterator[Odd]:
    """What is odd in the columns of a table that may be prices."""
    for name in table.names:
        values = _numbers(table.data[name].combine_chunks(), form)
        if values is None or NO_PRICES.search(name):
            continue
        there = values[np.isfinite(values)]
        if len(there) > 1 and (np.diff(there) == 1).all():
            continue  # the numbers of rows
        for number, count in _of(there).items():
            row = int(np.flatnonzero(values == number)[0])
            usual = float(np.median(np.abs(there[there != 0])))
            yield Odd(number, count, table.where(row, name), usual)


def _numbers(values: pa.Array, form: Form) -> Floats | None:
    """A column as numbers; None if most of it is none."""
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    if not pa.types.is_string(kind) and not pa.types.is_large_string(kind):
        return None
    text = pc.utf8_trim_whitespace(pc.fill_null(values, "").cast(pa.string()))
    for some in (text.slice(0, HEAD), text):
        parsed = number_forms.parsed(some, form)
        if parsed.unread.sum() > np.isfinite(parsed.numbers).sum():
            return None
    return parsed.numbers


def _of(values: Floats) -> Counter[float]:
    """Odd numbers with their counts, among numbers that are not too few."""
    marks = [number for number in np.unique(values) if number == 0 or _is_mark(float(number))]
    usual = np.abs(values[~np.isin(values, marks)])
    if len(usual) < max(FEWEST, (1 - MOST) * len(values)):
        return Counter()
    middle = float(np.median(usual))
    found = Counter[float]()
    for number in marks:
        at = values == number
        if number == 0:
            is_odd = _leaps(values, at, usual)
        elif number == -1:
            is_odd = at.sum() > 1 and (values[~at] >= 0).all() and _leaps(values, at, usual)
        else:
            is_odd = abs(number) > 2 * usual.max() or number < 0
        if is_odd:
            found[float(number)] = int(at.sum())
    for number in np.unique(values[np.abs(values) > BEYOND * middle]):
        found[float(number)] = int((values == number).sum())
    return found


def _is_mark(number: float) -> bool:
    """Whether a number is -1, or written with nines alone, as -999 or 9999.99."""
    return number == -1 or bool(re.fullmatch(r"-?9{2,}(\.9+|\.0)?", repr(number)))


def _leaps(values: Floats, at: Bools, usual: Floats) -> bool:
    """Whether 0 is far from its neighbours, or, where steps tell nothing, from all numbers."""
    steps = np.abs(np.diff(values))
    others = steps[~at[1:] & ~at[:-1]]
    others = others[others > 0]
    middle = np.median(usual)
    if not len(others) or np.median(others) > WILD * middle:
        return bool(usual.min() > NEAR * middle)
    return bool(steps[at[1:] != at[:-1]].min() > FAR * np.median(others))
