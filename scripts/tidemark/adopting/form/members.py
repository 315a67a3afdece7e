"""The form of one file of any kind, or of the members of an archive that hold data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from tidemark.adopting.conclusions import Answers, Conclusion, Question
from tidemark.adopting.form import json_records, text, workbooks
from tidemark.adopting.form.alike import merged
from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading.kinds import (
    ENDINGS,
    Kind,
    extra_of,
    kind_of,
    must_be_of_kind,
    unzipped_name,
)
from tidemark.reading.settings import Form
from tidemark.reading.unpacking import unpacked

SIGNATURES = {Kind.PARQUET: rb"PAR1", Kind.WORKBOOK: rb"PK|\xd0\xcf\x11\xe0"}

QUOTED = re.compile(rb'"\0?([0-9]\0?){1,3}\.\0?([0-9]\0?){3}"')  # NUL as in UTF-16


@dataclass(frozen=True)
class Written:
    """How a file is written, what is open, and whether numbers such as "1.234" are in quotes."""

    form: Form
    conclusions: Sequence[Conclusion] = ()
    questions: Sequence[Question] = ()
    is_quoted: bool = False


def written(path: str, content: bytes, answers: Answers) -> Written:
    """How a file is written, but for its numbers.

    Raises:
        InputError: it cannot be read, or an archive holds files of several forms.
    """
    plain = dict(unpacked(path, content))
    if kind_of(path) is not Kind.ZIP:
        return _of_one(path, plain[path], answers)
    found: dict[str, Written] = {}
    refused: dict[str, InputError] = {}
    for name, inner in plain.items():
        try:
            found[name] = _of_one(name, inner, answers)
        except InputError as error:
            refused[name] = error
    form = merged({name: one.form for name, one in found.items()}) if found else Form()
    told = [more for one in found.values() for more in one.conclusions]
    questions = [more for one in found.values() for more in one.questions]
    if refused:
        pattern = _pattern(path, found, refused)
        if pattern is None:
            raise next(iter(refused.values()))
        form = replace(form, members=pattern)
        told.append(Conclusion(
            "members", f"{pattern} alone", f"{several(list(refused))} holds no table"))  # fmt: skip
    elif any(map(extra_of, found)) and len(endings := {*map(_ending, found)}) == 1:
        form = replace(form, members=f"*{endings.pop()}")  # it says what has to be installed
    return Written(form, told, questions, any(one.is_quoted for one in found.values()))


def _of_one(path: str, content: bytes, answers: Answers) -> Written:
    kind = kind_of(unzipped_name(path))
    if kind is None:
        raise InputError(
            path,
            "has a name that does not say what it is",
            f"let it end in .csv if it is text, else in one of {', '.join(ENDINGS)}",
        )
    _must_be_what_it_says(path, kind, content)
    if kind is Kind.TEXT:
        form, told = text.of(path, content)
        return Written(form, told, is_quoted=bool(QUOTED.search(content)))
    if kind is Kind.PARQUET:
        return Written(Form())
    if kind is Kind.WORKBOOK:
        return Written(*workbooks.of(path, content, answers))
    return Written(*json_records.of(path, content, lines=kind is Kind.JSON_LINES))


def _must_be_what_it_says(path: str, kind: Kind, content: bytes) -> None:
    """Refuse a file whose name says another kind, with the name that it should have."""
    try:
        must_be_of_kind(path, kind, content)
    except InputError as error:
        cure = "let its name say what it is, if that is data; else fetch or export it again"
        raise InputError(error.where, error.problem, cure) from error
    start = SIGNATURES.get(kind)
    if content and start and not re.match(start, content):
        cure = "if it is text, let its name end in .csv; else fetch or export it again"
        raise InputError(path, f"is not {kind}, though its name says so", cure)


def _pattern(path: str, forms: Mapping[str, object], refused: Mapping[str, object]) -> str | None:
    """What members with data are like, and no other; None if nothing tells them apart."""
    endings = {*map(_ending, forms)}
    if len(forms) == 1:
        return next(iter(forms))[len(path) + 1 :]
    if len(endings) == 1 and not endings & {*map(_ending, refused)}:
        return f"*{endings.pop()}"
    return None


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix
