"""How a user's files are written, as a declaration that a step follows, and what must be asked.

Each file is looked at as what it is (`members`: `text`, `workbooks`, `json_records`): its encoding,
its separator, its header, and rows to be skipped. Then come all of its cells: how `numbers` are
written, columns under `repeated` names, and `sentinels` where a price is missing.

Never: asks what a column means: imports `meaning`, `proposal`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from tidemark.adopting.conclusions import Answers, Conclusion, Question, Sureness
from tidemark.adopting.form import members, number_shapes, numbers, repeated, sentinels
from tidemark.adopting.form.alike import merged
from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.reading import files as reading
from tidemark.reading.kinds import place
from tidemark.reading.settings import Form
from tidemark.reading.table import Table

import numpy as np

LIKE_A_TICKER = re.compile(r"[A-Z][A-Z0-9.^=:/-]{0,11}")


@dataclass(frozen=True)
class Found:
    """How files are written, and their tables read that way.

    Attributes:
        form: one for all files.
        tables: in the order of the files; with open questions, as far as they can be read.
        conclusions: what was found, in the order in which it is best read.
        questions: what only the user knows, the first the most important.
    """

    form: Form
    tables: Sequence[Table]
    conclusions: Sequence[Conclusion]
    questions: Sequence[Question] = ()


def found(files: Mapping[str, bytes], answers: Answers) -> Found:
    """How these files are written.

    Raises:
        InputError: a file cannot be read, or they are not all of one form; says what to do.
    """
    parts = {path: members.written(path, content, answers) for path, content in files.items()}
    form = merged({path: part.form for path, part in parts.items()})
    tables = [table for path in files for table in reading.tables(path, files[path], form)]
    told = _once(chain.from_iterable(part.conclusions for part in parts.values()))
    for table in tables:
        _must_not_be_in_parts(table)
    told += _left_out(tables)
    is_quoted = any(part.is_quoted for part in parts.values())
    columns = number_shapes.columns(tables)
    form, more, asked = numbers.decided(columns, form, answers, is_quoted=is_quoted)
    told += more
    questions = [*(one for part in parts.values() for one in part.questions), *asked]
    out, more, asked = repeated.settled(tables, answers)
    told += more
    questions += asked
    out = [name for name in (*form.leave_out, *out) if all(name in one.names for one in tables)]
    tables = [_without(table, out) for table in tables]
    missing, more, asked = sentinels.asked(tables, form, answers)
    form = replace(form, leave_out=tuple(out), missing_prices=tuple(missing))
    tables = [replace(table, form=form) for table in tables]
    return Found(form, tables, told + more, questions + asked)


def _without(table: Table, names: Sequence[str]) -> Table:
    return replace(table, data=table.data.drop_columns(list(names)))


def _once(conclusions: Iterable[Conclusion]) -> list[Conclusion]:
    """Of those that say the same of several files, the first."""
    first: dict[tuple[str, str], Conclusion] = {}
    for one in conclusions:
        first.setdefault((one.about, one.found), one)
    return list(first.values())


def _must_not_be_in_parts(table: Table) -> None:
    """Refuse rows under names of their own, each in a line above the rows of one ticker.

    Raises:
        InputError: names the first two of these lines.
    """
    names = [row for row in table.left_out if LIKE_A_TICKER.fullmatch(row.cell)]
    starts = np.searchsorted(table.lines, [row.line for row in names])
    have_rows = len({*starts, len(table)}) > len(names)
    if len({row.cell for row in names}) < max(2, len(names)) or not have_rows:
        return
    first, second, *_ = names
    raise InputError(
        place(table.path, first.line),
        f"has only {first.cell!r}, and line {second.line} {second.cell!r}: these may be the"
        " tickers of the rows below them",
        "give each row its ticker in a column, or each ticker a file; or remove these lines",
    )


def _left_out(tables: Iterable[Table]) -> list[Conclusion]:
    """What rows are left out by their first cells."""
    rows = [(table, row) for table in tables for row in table.left_out if row.cell]
    if not rows:
        return []
    shown = several([f"{place(table.path, row.line)} {row.cell!r}" for table, row in rows])
    return [
        Conclusion(
            "rows",
            f"{counted(len(rows), 'row')} left out",
            f"unlike the others: {shown}",
            Sureness.LIKELY,
        )
    ]
