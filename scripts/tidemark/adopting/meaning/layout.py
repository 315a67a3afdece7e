"""Where the fields of bars are, and the question where they may be in several columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidemark.adopting.conclusions import Conclusion, Option, Question, Sureness
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.ohlcv import FIELDS

import numpy as np

ALL = "all"  # the answer that every column is a ticker
MOST_OPTIONS = 12


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


def long_form(
    columns: dict[str, str],
    ticker: str | None,
    because: str,
    sureness: Sureness,
) -> Layout:
    """A row a bar and ticker, with this column of each field."""
    mapped = ({"ticker": ticker} if ticker else {}) | {
        role: columns[role] for role in FIELDS if role in columns
    }
    told = ", ".join(f"{role} = {name}" for role, name in mapped.items())
    return Layout("long", mapped, conclusions=[Conclusion("columns", told, because, sureness)])


def which_column(
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
