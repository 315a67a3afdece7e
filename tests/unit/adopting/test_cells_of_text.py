"""What single cells look like."""

from tidemark.adopting.form.cells import Kind, Written, kind, number, shape

import pytest


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1,234", Written(either=",")),
        ("999", Written(whole=3)),
        ("1234.567", Written(decimal=".", whole=4)),
        ("12.34", Written(decimal=".", whole=2)),
        ("1.234e5", Written(decimal=".", whole=1)),
        ("1,234,567", Written(thousands=",")),
        ("1,98,95,300", Written(thousands=",")),  # as in India
        ("1.234,56", Written(decimal=",", thousands=".")),
        ("1\u202f234,5", Written(decimal=",", thousands=" ")),
        ("1\u2019234.50", Written(decimal=".", thousands="'")),
        ("$1,234.50", Written(decimal=".", thousands=",", signs=("$",))),
        ("-3.57%", Written(decimal=".", whole=1, signs=("%",))),
        ("502,68 €", Written(decimal=",", whole=3, signs=("€",))),
        ("26.22M", Written(decimal=".", whole=2, magnitude=True)),
        ("(36.98)", Written(decimal=".", whole=2, parentheses=True)),
        ("\u221236.98", Written(decimal=".", whole=2)),
    ],
)
def test_a_number_tells_how_it_is_written(text, written):
    assert number(shape(text)) == written


@pytest.mark.parametrize(
    "text", ["1,2345,678", "12,345,67", "1.2.3", "12O.5", "1,234.567.8", "7203.T", "(5", "-(5)"]
)
def test_what_is_nearly_a_number_is_none(text):
    assert number(shape(text)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2013-03-01", Kind.DATE),
        ("01.03.13", Kind.DATE),
        ("3/1/2013 16:00:00", Kind.DATE),
        ("20130301 160000", Kind.DATE),
        ("20130301", Kind.NUMBER),
        ("Mar 1, 2013", Kind.DATE),
        ("1-Mar-13", Kind.DATE),
        ("2013年3月1日", Kind.DATE),
        ("2013-03", Kind.DATE),
        ("11:34", Kind.CLOCK),
        ("4:00 PM", Kind.CLOCK),
        ("N/A", Kind.MISSING),
        ("-", Kind.MISSING),
        (" ", Kind.EMPTY),
        ("Close/Last", Kind.WORD),
        ("1. open", Kind.WORD),
        ("BRK.B", Kind.WORD),
    ],
)
def test_cells_are_told_apart(text, expected):
    assert kind(text) == expected
