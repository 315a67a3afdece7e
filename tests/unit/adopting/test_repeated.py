"""Columns whose name stands twice."""

from tidemark.adopting import form
from tidemark.errors import InputError

import pytest

DAYS = [f"2013-01-{day:02}" for day in range(1, 13)]


def written(header: str, *columns: str) -> bytes:
    rows = [",".join((day, *columns)) for day in DAYS]
    return "\n".join([header, *rows, ""]).encode()


def test_the_same_column_once_more_is_left_out():
    found = form.found({"a.csv": written("Date,Close,Close", "1.5", "1.5")}, {})
    assert found.form.leave_out == ("Close 2",)
    assert found.tables[0].names == ["Date", "Close"]
    assert not found.questions


@pytest.mark.parametrize(("answer", "left_out"), [("Close", "Close 2"), ("Close 2", "Close")])
def test_two_prices_of_one_name_are_asked_about(answer, left_out):
    files = {"a.csv": written("Date,Close,Close", "1.5", "2.5")}
    (question,) = form.found(files, {}).questions
    assert [option.answer for option in question.options] == ["Close", "Close 2"]
    assert question.options[1].words == "2.5 in a.csv:2: Close"
    found = form.found(files, {"COLUMN": answer})
    assert found.form.leave_out == (left_out,)
    assert not found.questions


def test_two_volumes_of_one_name_are_both_left_out():
    found = form.found({"a.csv": written("Date,Close,Volume,Volume", "1.5", "7", "8")}, {})
    assert found.tables[0].names == ["Date", "Close"]


def test_files_that_differ_in_it_are_refused():
    files = {
        "a.csv": written("Date,Close,Close", "1.5", "2.5"),
        "b.csv": written("Date,Close", "1.5"),
    }
    with pytest.raises(InputError, match=r"b.csv: has no Close 2, as a.csv has"):
        form.found(files, {})


def test_a_name_that_ends_in_a_number_is_one_of_its_own():
    found = form.found({"a.csv": written("Date,DAX,DAX 40", "1.5", "2.5")}, {})
    assert not found.questions
    assert found.tables[0].names == ["Date", "DAX", "DAX 40"]
