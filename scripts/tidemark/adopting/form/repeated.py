"""Columns whose name stands twice in a header: the same twice, or a question which is meant."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question
from tidemark.adopting.form.cells import Kind, kind
from tidemark.adopting.form.sentinels import NO_PRICES
from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading.table import Table


def settled(
    tables: Sequence[Table], answers: Answers
) -> tuple[list[str], list[Conclusion], list[Question]]:
    """The columns that are not read, because they are others once more, or not those meant.

    Raises:
        InputError: a file does not repeat what others do, or has dates twice.
    """
    out: list[str] = []
    told: list[Conclusion] = []
    questions: list[Question] = []
    twice = tables[0].form.repeated_names == "number"  # else `DAX` and `DAX 40` are two names
    for name, others in _numbered(tables[0].names) if twice else ():
        _must_be_in_all(tables, others)
        if all(_equal(table, name, other) for table in tables for other in others):
            out += others
            told.append(Conclusion("columns", f"{several(others)} is left out",
                                   f"it is {name!r} once more"))  # fmt: skip
            continue
        _must_not_be_dates(tables, name)
        options = [name, *others]
        answer = answers.get("COLUMN")
        if NO_PRICES.search(name):
            out += options
            told.append(Conclusion("columns", f"{several(options)} are left out",
                                   "they differ, though they have one name"))  # fmt: skip
        elif answer is None:
            questions.append(_question(tables[0], options))
            out += others  # until it is answered
        else:
            out += [one for one in options if one != answer]
    return out, told, questions


def _numbered(names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Names that stand twice, with those that the later ones were given: Close, [Close 2]."""
    for name in names:
        others = [one for one in names if re.fullmatch(rf"{re.escape(name)} [0-9]+", one)]
        if others:
            yield name, others


def _must_be_in_all(tables: Sequence[Table], names: Sequence[str]) -> None:
    for table in tables:
        if not set(names) <= set(table.names):
            raise InputError(
                table.path,
                f"has no {several(names)}, as {tables[0].path} has",
                "adopt them apart, or export all in one way",
            )


def _must_not_be_dates(tables: Sequence[Table], name: str) -> None:
    """Refuse tables side by side: which of the dates a price belongs to, no name says."""
    if _is_date(next(filter(None, tables[0].data[name].to_pylist()), None)):
        raise InputError(
            f"{tables[0].path}: {name}",
            "stands twice in the header, with other dates: these are tables side by side",
            "give each a file of its own, or all prices of a row one date",
        )


def _is_date(value: object) -> bool:
    return kind(value) == Kind.DATE if isinstance(value, str) else isinstance(value, date)


def _equal(table: Table, name: str, other: str) -> bool:
    return bool(table.data[name].equals(table.data[other]))


def _question(table: Table, options: Sequence[str]) -> Question:
    words = f"Which of the columns named {options[0]!r} in {table.path} holds the prices?"
    row = next(
        row for row in range(len(table)) if len({str(table.data[one][row]) for one in options}) > 1
    )
    place = table.where(row, options[0])
    return Question(
        "COLUMN",
        words,
        [Option(one, f"{table.data[one][row].as_py()} in {place}") for one in options],
    )
