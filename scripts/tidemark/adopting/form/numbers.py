"""How the numbers of text columns are written: signs of fraction and groups, currency, missing."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question, Sureness
from tidemark.adopting.form.cells import MISSING, Written
from tidemark.adopting.form.number_shapes import Column, Shape
from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.reading.settings import Form
from tidemark.sources import number_forms

SURELY = 50  # numbers of three places each, none of which ends in 0, as bare numbers beside do not
LONGEST = 30
Marks = tuple[str, str | None, list[Conclusion], list[Question]]
LIKELY, CERTAIN = Sureness.LIKELY, Sureness.CERTAIN
NAMES = {".": "point", ",": "comma"}


def decided(
    columns: Sequence[Column], form: Form, answers: Answers, *, is_quoted: bool = False
) -> tuple[Form, list[Conclusion], list[Question]]:
    """The form with how numbers are written.

    Args:
        columns: of all files.
        form: what is known of it.
        answers: of these, NUMBERS.
        is_quoted: whether numbers are in quotes, in which a comma separates no values.

    Raises:
        InputError: two columns contradict each other.
    """
    alike, out, odd = _of_one_way(columns)
    decimal, thousands, found, questions = _marks(
        alike, form.separator == "," and not is_quoted, answers
    )
    signs = sorted({sign for one in _written(columns) for sign in one.signs})
    magnitudes = any(one.magnitude for one in _written(columns))
    parentheses = any(one.parentheses for one in _written(columns))
    missing, more = _missing(columns)
    if signs:
        told = f"{several(signs, 5)} beside a number: passed over"
        because = _an_example(columns, lambda one: bool(one.signs))
        found.append(Conclusion("signs", told, because))
    if parentheses:
        found.append(Conclusion("signs", "numbers in parentheses are below zero", _an_example(
            columns, lambda one: one.parentheses)))  # fmt: skip
    if magnitudes:
        found.append(Conclusion("signs", "K, M, B and T multiply", _an_example(
            columns, lambda one: one.magnitude)))  # fmt: skip
    return (
        replace(
            form,
            decimal="," if decimal == "," else ".",
            thousands=thousands,
            signs=tuple(signs),
            parentheses=parentheses,
            magnitudes=magnitudes,
            missing=tuple(missing),
            leave_out=tuple(out),
        ),
        [*found, *odd, *more],
        questions,
    )


def _written(columns: Iterable[Column]) -> Iterable[Written]:
    return (shape.written for column in columns for shape in column.shapes)


def _an_example(columns: Sequence[Column], is_meant: Callable[[Written], object]) -> str:
    return next(
        f"such as {shape.shown}"
        for column in columns
        for shape in column.shapes
        if is_meant(shape.written)
    )


def _marks(columns: Sequence[Column], takes_commas: bool, answers: Answers) -> Marks:
    """The signs before a fraction and between groups, or the question that they leave.

    Shares in % prove nothing of others: some sites write them in a way of their own.
    """
    others = [column for column in columns if not _is_percent(column)]
    if any(how.either for how in _written(others)):
        columns = others
    decimals = _first_of(columns, lambda how: how.decimal)
    groups = _first_of(columns, lambda how: how.thousands)
    either = _first_of(columns, lambda how: how.either)
    if len(groups) > 1:
        raise _two_ways(*list(groups.values())[:2])
    decimal, thousands = next(iter(decimals), ""), next(iter(groups), "")
    if not either:
        return _concluded(decimal or _other(thousands) or ".", thousands, decimals | groups)
    if not decimal and not thousands:
        return _undecided(columns, takes_commas, answers, either)
    proof = decimals | groups
    decimal = decimal or _other(thousands) or next(iter(either))
    thousands = thousands or next((sign for sign in either if sign != decimal), "")
    marks = _concluded(decimal, thousands, proof)
    alone = _grouped_alone(columns, decimal)
    return _as_others(marks, alone, answers) if alone else marks


def _grouped_alone(columns: Sequence[Column], decimal: str) -> Shape | None:
    """A number as 1,234 of a file where none tells what that is; others do, but it is another."""
    proven = {column.table.path for column in columns if _way(column)}
    for column in columns:
        if column.table.path not in proven and not _bare_beside([column]):
            for shape in column.shapes:
                if shape.written.either and shape.written.either != decimal:
                    return shape
    return None


def _as_others(marks: Marks, alone: Shape, answers: Answers) -> Marks:
    """The marks, if such a number is written as those of the other files."""
    decimal, thousands, told, questions = marks
    question = _question(alone.written.either, alone)
    answer = _answered(question, answers)
    if answer is None:
        return decimal, thousands, told, [*questions, question]
    if answer.startswith("decimal"):
        raise InputError(
            alone.place,
            f"{alone.text!r} is written in another way than the numbers of other files",
            "adopt the files apart, or export all in one way",
        )
    return decimal, thousands, told, questions


def _is_percent(column: Column) -> bool:
    return any("%" in shape.written.signs for shape in column.shapes)


def _first_of(columns: Sequence[Column], sign_of: Callable[[Written], str]) -> dict[str, Shape]:
    """By sign, the first shape of numbers that have it."""
    found: dict[str, Shape] = {}
    for column in columns:
        for shape in column.shapes:
            if sign_of(shape.written):
                found.setdefault(sign_of(shape.written), shape)
    return found


def _of_one_way(
    columns: Sequence[Column],
) -> tuple[list[Column], list[str], list[Conclusion]]:
    """The columns that write numbers as most do, and the names of others, which are not read.

    Raises:
        InputError: there is no such way.
    """
    ways: dict[str, list[Column]] = {}
    for column in columns:
        ways.setdefault(_way(column), []).append(column)
    neutral = ways.pop("", [])
    if len(ways) < 2:
        return list(columns), [], []
    (usual, most), (other, fewer) = sorted(ways.items(), key=lambda way: -len(way[1]))[:2]
    if len(most) == len(fewer) or {one.name for one in most} & {one.name for one in fewer}:
        raise _two_ways(_proof(most[0], usual), _proof(fewer[0], other))
    names = list(dict.fromkeys(one.name for one in fewer))
    told = Conclusion(
        "numbers", f"{several(names)} left out",
        f"{_proof(fewer[0], other).shown} contradicts {_proof(most[0], usual).shown}", LIKELY,
    )  # fmt: skip
    return [*most, *neutral], names, [told]


def _way(column: Column) -> str:
    """The sign before fractions, as a column's numbers prove it; empty if they do not."""
    proofs = {sign: shape for shape in column.shapes for sign in _proven(shape.written)}
    if len(proofs) > 1:
        raise _two_ways(*list(proofs.values())[:2])
    return next(iter(proofs), "")


def _proven(how: Written) -> set[str]:
    return {how.decimal, _other(how.thousands)} - {""}


def _proof(column: Column, sign: str) -> Shape:
    return next(shape for shape in column.shapes if sign in _proven(shape.written))


def _two_ways(one: Shape, other: Shape) -> InputError:
    return InputError(
        one.place,
        f"numbers are written in two ways: {one.shown}, {other.shown}",
        "export the data anew with one way throughout",
    )


def _concluded(decimal: str, thousands: str, proof: Mapping[str, Shape]) -> Marks:
    found = f"{_named(decimal)} before fractions"
    found += f", {_named(thousands)} between groups of digits" if thousands else ""
    plain = decimal == "." and not thousands
    because = " and ".join(dict.fromkeys(shape.shown for shape in proof.values()))
    return (
        decimal,
        thousands or None,
        [] if plain else [Conclusion("numbers", found, f"{because} can mean nothing else")],
        [],
    )


def _named(sign: str) -> str:
    names = {".": "a point", ",": "a comma", "'": "an apostrophe", "\u2019": "an apostrophe"}
    return names.get(sign, "blanks" if not sign.strip() else repr(sign))


def _other(sign: str) -> str:
    return {".": ",", ",": "."}.get(sign, "")


def _undecided(
    columns: Sequence[Column], takes_commas: bool, answers: Answers, either: Mapping[str, Shape]
) -> Marks:
    """What numbers such as 1,234 are, where no other number of the files tells.

    `takes_commas` says that numbers with a comma could not be among the values.
    """
    sign, example = next(iter(either.items()))
    shown = example.shown
    point = len(either) == 1 and sign == "."
    if point and takes_commas:
        because = f"{shown}: where commas separate values, points separate no thousands"
        return ".", None, [Conclusion("numbers", "a point before fractions", because, LIKELY)], []
    if len(either) == 1 and (bare := _bare_beside(columns)):
        because = f"{shown}, and {bare} without: fractions would not all have three digits"
        told = Conclusion("numbers", f"{_named(sign)} between groups of digits", because, LIKELY)
        return _other(sign), sign, [told], []
    question = _question(sign, example)
    answer = _answered(question, answers)
    if answer is None:  # any reading, so that what else is open can be asked, too
        return sign, next((one for one in either if one != sign), None), [], [question]
    is_decimal = answer.startswith("decimal")
    decimal = sign if is_decimal else _other(sign)
    thousands = next((one for one in either if one != decimal), None)
    told = Conclusion("numbers", f"{_named(decimal)} before fractions", f"NUMBERS={answer}")
    return decimal, thousands, [told], []


def _answered(question: Question, answers: Answers) -> str | None:
    answer = answers.get("NUMBERS")
    if answer not in (None, *(option.answer for option in question.options)):
        known = " or ".join(option.answer for option in question.options)
        raise InputError("NUMBERS", f"{answer!r} is no answer to: {question.words}", f"say {known}")
    return answer


def _bare_beside(columns: Sequence[Column]) -> str:
    """A number of at most three digits among many with a sign before the last three."""
    for column in columns:
        signed = sum(shape.count for shape in column.shapes if shape.written.either)
        bare = [(shape.written.whole, shape.text) for shape in column.shapes
                if not shape.written.either]  # fmt: skip
        if signed >= SURELY and bare and all(1 <= digits <= 3 for digits, _ in bare):
            return repr(bare[0][1])
    return ""


def _question(sign: str, example: Shape) -> Question:
    name, number = NAMES[sign], example.text
    fraction = number.replace(sign, ".")
    return Question(
        "NUMBERS",
        f"What is the {name} in {example.shown}?",
        [
            Option(f"decimal-{name}", f"the sign before a fraction: {number} is {fraction}"),
            Option(
                f"thousands-{name}",
                f"the sign between groups of digits: {number} is {number.replace(sign, '')}",
            ),
        ],
    )


def _missing(columns: Sequence[Column]) -> tuple[list[str], list[Conclusion]]:
    """Words that stand for a missing number; one with digits is left to who reads the column."""
    counts: Counter[str] = Counter()
    place: dict[str, str] = {}
    for column in columns:
        for word, count in column.words.items():
            if not re.search(r"[0-9]|^[-+]?inf", word, re.IGNORECASE) and len(word) <= LONGEST:
                counts[word] += count
                place.setdefault(word, f"{column.table.path}: {column.name}")
    found = []
    for word, count in counts.items():
        if word.lower() in number_forms.MISSING:
            continue
        known = word.lower() in MISSING
        found.append(Conclusion(
            "missing", f"{word!r} is a missing value", f"{counted(count, 'cell')}, the first in"
            f" {place[word]}", CERTAIN if known else LIKELY))  # fmt: skip
    return [word for word in counts if word.lower() not in number_forms.MISSING], found
