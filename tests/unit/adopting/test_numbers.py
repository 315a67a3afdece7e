"""How the numbers of a file are written, from all of them together."""

from tidemark.adopting.form import number_shapes, numbers
from tidemark.errors import InputError
from tidemark.reading.settings import Form
from tidemark.reading.table import Table

import numpy as np
import pyarrow as pa
import pytest


def decided(columns, answers=None, form=None):
    form = form or Form(separator=";")
    length = max(map(len, columns.values()))
    data = pa.table(
        {name: list(cells) + [""] * (length - len(cells)) for name, cells in columns.items()}
    )
    table = Table("a.csv", data, np.arange(length), form)
    return numbers.decided(number_shapes.columns([table]), form, answers or {})


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"Close": ["1.5", "2.25"]}, {}),
        ({"Close": ["1,5", "2,25"]}, {"decimal": ","}),
        ({"Close": ["1,234", "1,2345"]}, {"decimal": ","}),
        ({"Close": ["1,234", "1,250.5"]}, {"thousands": ","}),
        ({"Close": ["12.5"], "Volume": ["1,234"]}, {"thousands": ","}),
        ({"Close": ["12,5"], "Volume": ["1.234"]}, {"decimal": ",", "thousands": "."}),
        ({"Close": ["1.234"], "Volume": ["1,234,567"]}, {"thousands": ","}),
        ({"Volume": ["1,234,567"]}, {"thousands": ","}),
        ({"Volume": ["1.234.567"]}, {"decimal": ",", "thousands": "."}),
        ({"Close": ["1 234,5", "12,5"]}, {"decimal": ",", "thousands": " "}),
        ({"Close": ["1'234", "12"]}, {"thousands": "'"}),
        ({"Close": ["1'234", "1.234"]}, {"thousands": "'"}),
        ({"Volume": ["1.234.567", "1.234"]}, {"decimal": ",", "thousands": "."}),
        ({"A": ["1,5"], "B": ["2,5"], "C": ["0.5"]}, {"decimal": ",", "leave_out": ("C",)}),
        ({"A": ["1.5"], "Volume": ["-"]}, {"missing": ("-",)}),
        ({"Close": ["1,234"] * 60 + ["999"]}, {"thousands": ","}),
        ({"Close": ["0,123", "1,234"]}, {"decimal": ","}),
        ({"Date": ["01.02.2013"] * 3, "Close": ["1,5"] * 3}, {"decimal": ","}),
        ({"Name": ["1,5 of A", "2.5 of B", "7"], "Close": ["1,5", "2", "3"]}, {"decimal": ","}),
        ({"Close": ["$5.5", "$6"], "Change": ["-1.5%", "2%"]}, {"signs": ("$", "%",)}),
        ({"Volume": ["1.5M", "900K"]}, {"magnitudes": True}),
        ({"Close": ["1.5", "N/A", ".", "2"]}, {"missing": ("N/A", ".",)}),
        ({"Close": ["1.5", "null", "NaN", "2", "3"]}, {}),  # read as missing in any form
        ({"Close": ["1.5"], "Volume": ["-", "n.a."]}, {"missing": ("-", "n.a.")}),
        ({"Close": ["1.5", "closed", "2"]}, {"missing": ("closed",)}),
        ({"Close": ["1.5", "12O.5", "2"]}, {}),  # perhaps a number, so not for this to leave out
        ({"Close": ["1.5", "inf", "2"]}, {}),
    ],
)  # fmt: skip
def test_all_numbers_together_tell_how_they_are_written(columns, expected):
    form, _, questions = decided(columns)
    assert not questions
    plain = Form(separator=";")
    assert {
        name: value for name, value in vars(form).items() if value != getattr(plain, name)
    } == expected


@pytest.mark.parametrize(
    ("columns", "answers"),
    [
        ({"Close": ["1,234", "5,678"]}, ["decimal-comma", "thousands-comma"]),
        ({"Close": ["1.234", "5.678"]}, ["decimal-point", "thousands-point"]),
        ({"Close": ["1,234", "999"]}, ["decimal-comma", "thousands-comma"]),  # too few to tell
        ({"Close": ["1,234", "12345"]}, ["decimal-comma", "thousands-comma"]),
        ({"Close": ["1.234"], "Change": ["0.5%"]}, ["decimal-point", "thousands-point"]),
    ],
)
def test_what_no_number_tells_is_asked(columns, answers):
    _, _, (question,) = decided(columns)
    assert question.name == "NUMBERS"
    assert [option.answer for option in question.options] == answers


@pytest.mark.parametrize(
    ("number", "answer", "decimal", "thousands"),
    [
        ("1,234", "decimal-comma", ",", None),
        ("1,234", "thousands-comma", ".", ","),
        ("1.234", "decimal-point", ".", None),
        ("1.234", "thousands-point", ",", "."),
    ],
)
def test_the_answer_decides(number, answer, decimal, thousands):
    form, told, questions = decided({"Close": [number]}, {"NUMBERS": answer})
    assert (form.decimal, form.thousands, questions) == (decimal, thousands, [])
    assert told[0].because == f"NUMBERS={answer}"


def test_an_answer_that_is_none_is_refused():
    with pytest.raises(InputError, match="say decimal-comma or thousands-comma"):
        decided({"Close": ["1,234"]}, {"NUMBERS": "comma"})


def test_signs_beside_a_number_are_told_with_an_example():
    _, found, _ = decided({"Close": ["5.5", "6"], "Change": ["-1.5%", "2%"]})
    (signs,) = [one for one in found if one.about == "signs"]
    assert signs.found == "% beside a number: passed over"
    assert "-1.5%" in signs.because


def test_where_commas_separate_values_a_point_is_decimal():
    form, told, questions = decided({"Close": ["1.234"]}, form=Form())
    assert (form.decimal, form.thousands, questions) == (".", None, [])
    assert told[0].sureness == "likely"


@pytest.mark.parametrize(
    "columns",
    [
        {"Close": ["1.5", "1,5"]},
        {"Open": ["1.5"], "Close": ["1,25"]},
        {"Open": ["1,234.5"], "Close": ["1,25"]},
        {"Open": ["1,234.5"], "Close": ["1.234,5"]},
        {"Open": ["1'234.5"], "Close": ["1 234.5"]},
    ],
)
def test_columns_that_contradict_each_other_are_refused(columns):
    with pytest.raises(InputError, match="two ways"):
        decided(columns)


def of_files(*closes, **answers):
    tables = [
        Table(f"{name}.csv", pa.table({"Close": cells}), np.arange(len(cells)) + 2, Form())
        for name, cells in zip("AB", closes, strict=True)
    ]
    return numbers.decided(number_shapes.columns(tables), Form(separator=";"), answers)


def test_what_other_files_prove_is_asked_of_a_file_that_proves_nothing():
    closes = (["100.25", "99.5"], ["1,234", "1,250"])
    assert [question.name for question in of_files(*closes)[2]] == ["NUMBERS"]
    form, _, questions = of_files(*closes, NUMBERS="thousands-comma")
    assert (form.decimal, form.thousands, questions) == (".", ",", [])
    with pytest.raises(InputError, match=r"B\.csv:2: Close: '1,234' is written in another way"):
        of_files(*closes, NUMBERS="decimal-comma")
    assert of_files(["100.25"], ["1,234", "1,250.5"])[2] == []
