"""Files of one form, and files that are not."""

from tidemark.adopting.form.alike import merged
from tidemark.errors import InputError
from tidemark.reading.settings import Form

import pytest


def test_what_single_files_need_is_read_of_all():
    forms = {
        "a.csv": Form(separator=";"),
        "b.csv": Form(separator=";", encoding="cp1252", skip=("Total",)),
        "c.csv": Form(separator=";", extra_cells="last", skip=("Source *",)),
    }
    assert merged(forms) == Form(
        separator=";",
        encoding="cp1252",
        extra_cells="last",
        skip=(
            "Total",
            "Source *",
        ),
    )


@pytest.mark.parametrize(
    "other", [{"separator": ";"}, {"header_line": 2}, {"header_line": 0}, {"records": "bars"}]
)
def test_files_that_differ_are_named(other):
    forms = {"a.csv": Form(), "b.csv": Form(**other), "c.csv": Form()}
    with pytest.raises(InputError, match=r"^b.csv: is written otherwise than a.csv"):
        merged(forms)


def test_two_encodings_are_two_forms():
    forms = {"a.csv": Form(encoding="utf-16"), "b.csv": Form(encoding="cp1252")}
    with pytest.raises(InputError, match="encoding"):
        merged(forms)
