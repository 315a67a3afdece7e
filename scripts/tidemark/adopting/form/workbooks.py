"""Which sheet of a workbook holds the data, and where its header stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question, Sureness
from tidemark.adopting.form import header, heading, skipped
from tidemark.adopting.form.heading import Record
from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.reading import cells
from tidemark.reading import sheets as reading
from tidemark.reading.settings import Form

import pyarrow as pa

ROWS = 400  # that are looked at for a header


@dataclass(frozen=True)
class _Sheet:
    """What is found of one that holds a table."""

    form: Form
    conclusions: Sequence[Conclusion]
    names: Sequence[str]
    rows: int


def of(
    path: str, content: bytes, answers: Answers
) -> tuple[Form, list[Conclusion], list[Question]]:
    """The form of a workbook.

    Raises:
        InputError: no sheet holds a table, or the answer names none.
    """
    sheets: dict[str, _Sheet] = {}
    refused: dict[str, InputError] = {}
    for name, rows in reading.read(path, content, list).items():
        if isinstance(rows, InputError):
            refused[name] = rows
            continue
        try:
            sheets[name] = _sheet(f"{path}/{name}", rows)
        except InputError as error:
            refused[name] = error
    if not sheets:
        raise next(iter(refused.values()), InputError(path, "has no sheets", "save it again"))
    if len(sheets) == 1:
        ((name, sheet),) = sheets.items()
        if not refused:
            return sheet.form, list(sheet.conclusions), []
        told = Conclusion("sheet", name, f"no other holds a table: {several(list(refused))}")
        return replace(sheet.form, sheet=name), [told, *sheet.conclusions], []
    return _of_several(path, sheets, refused, answers)


def _of_several(
    path: str, sheets: Mapping[str, _Sheet], refused: Mapping[str, object], answers: Answers
) -> tuple[Form, list[Conclusion], list[Question]]:
    """The form of one of several sheets, or of all if they are alike."""
    first, *others = sheets.values()
    if not refused and all((one.form, one.names) == (first.form, first.names) for one in others):
        told = Conclusion("sheet", f"all {len(sheets)}", "they have the same columns",
                          Sureness.LIKELY)  # fmt: skip
        return replace(first.form, sheet="*"), [told, *first.conclusions], []
    answer = answers.get("SHEET")
    if answer is None:
        options = [
            Option(name, f"{counted(sheet.rows, 'row')}: {several(list(sheet.names))}")
            for name, sheet in sheets.items()
        ]
        question = Question("SHEET", f"Which sheet of {path} holds the prices?", options)
        name, sheet = next(iter(sheets.items()))
        return replace(sheet.form, sheet=name), [], [question]
    if answer not in sheets:
        raise InputError(
            f"SHEET={answer}", "names no sheet with a table", f"use one of {several(list(sheets))}"
        )
    sheet = sheets[answer]
    told = Conclusion("sheet", answer, "your answer")
    return replace(sheet.form, sheet=answer), [told, *sheet.conclusions], []


def _sheet(path: str, rows: Sequence[tuple[int, Sequence[cells.Cell]]]) -> _Sheet:
    plain = Form()
    records: list[Record] = [
        (number, ["" if cell is None else cells.text(cell, plain) for cell in row])
        for number, row in rows
        if any(cell is not None for cell in row)
    ]
    if not records:
        raise InputError(path, "is empty", "fill it, or name another file")
    found = heading.find(path, records[:ROWS])
    form, told = header.declared(path, found, records[:ROWS])
    below = [row for number, row in records if number >= found.data]
    columns = [pa.array(column, pa.string()) for column in zip(*below, strict=True)]
    data = pa.table(columns, names=[str(at) for at in range(len(columns))])
    patterns = skipped.patterns(data, [], found)
    names = list(found.names[-1]) if found.names else []
    return _Sheet(replace(form, skip=(*form.skip, *patterns)), told, names, len(below))
