"""Numbers as files write them: read to the last bit, missing, or refused."""

from tidemark.reading.settings import Form
from tidemark.sources.number_forms import parsed

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

EUROPEAN = Form(decimal=",", thousands=".")
INVESTING = Form(thousands=",", magnitudes=True, signs=("%",), missing=("-",))
MONEY = Form(thousands=",", signs=("$", "USD", "€"), parentheses=True)
SWISS, FRENCH = Form(thousands="'"), Form(decimal=",", thousands=" ")


@pytest.mark.parametrize(
    ("form", "text", "number"),
    [
        (Form(), "-36.98", -36.98),
        (Form(), "\u221236.98", -36.98),
        (Form(), "+.5", 0.5),
        (Form(), "5.", 5.0),
        (Form(), "1.00E+10", 1e10),
        (Form(), "-Infinity", -np.inf),
        (EUROPEAN, "1.234,56", 1234.56),
        (EUROPEAN, "1234,56", 1234.56),
        (EUROPEAN, "1.234", 1234.0),
        (EUROPEAN, "1.234.567", 1_234_567.0),
        (EUROPEAN, "-0,5e-3", -0.0005),
        (Form(decimal=","), "0,7111", 0.7111),
        (INVESTING, "1.13M", 1_130_000.0),
        (INVESTING, "1,234.5 k", 1_234_500.0),
        (INVESTING, "4.55B", 4_550_000_000.0),
        (INVESTING, "-0.41%", -0.41),
        (Form(thousands=","), "12,34,567.5", 1_234_567.5),
        (MONEY, "$1,234.50", 1234.5),
        (MONEY, "-$5", -5.0),
        (MONEY, "$-5", -5.0),
        (MONEY, "($1,234.50)", -1234.5),
        (MONEY, "12.5 USD", 12.5),
        (MONEY, "€ 12.5", 12.5),
        (SWISS, "1\u2019234'567.8", 1_234_567.8),
        (FRENCH, "1\u202f234\u00a0567,8", 1_234_567.8),
    ],
)
def test_a_number_is_read_as_the_form_writes_it(form, text, number):
    numbers, unread = parsed(pa.array([text, "x"]), form)
    assert numbers[0] == number
    assert list(unread) == [False, True]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form(), "1,234"),
        (Form(), "1 234"),
        (Form(), "- 5"),
        (Form(), "(5)"),
        (Form(), "1.5M"),
        (Form(), "$5"),
        (Form(), "."),
        (Form(), "-"),
        (Form(), "0x1f"),
        (Form(), "-nan(1)"),
        (Form(), "\uff11"),
        (Form(), "11:34"),
        (Form(decimal=","), "1.234"),
        (EUROPEAN, "1.23"),
        (EUROPEAN, "1234.567"),
        (EUROPEAN, "1.234.56"),
        (EUROPEAN, "1,234,567"),
        (EUROPEAN, "1,234.5"),
        (Form(thousands=","), "1,23"),
        (Form(thousands=","), ",234"),
        (Form(thousands=","), "1234,567"),
        (Form(thousands=","), "123,45,678"),
        (Form(thousands=","), "1.234,567"),
        (MONEY, "(5"),
        (MONEY, "5)"),
        (MONEY, "(-5)"),
        (MONEY, "$"),
        (MONEY, "5£"),
        (INVESTING, "M"),
        (INVESTING, "1e3M"),
        (INVESTING, "1MM"),
        (SWISS, "1,234"),
    ],
)
def test_what_the_form_does_not_say_is_no_number(form, text):
    assert parsed(pa.array([text]), form).unread.all()


@pytest.mark.parametrize("word", ["", "NA", "nan", "NULL", None])
def test_words_for_missing_are_not_numbers_and_not_faults(word):
    for form in (Form(), EUROPEAN, MONEY):
        numbers, unread = parsed(pa.array([word, "1"]), form)
        assert np.isnan(numbers[0])
        assert not unread.any()


def test_further_words_for_missing_are_those_of_the_form():
    text = pa.array(["N/A", "-", ".", "n/a"])
    assert parsed(text, Form()).unread.all()
    numbers, unread = parsed(text, Form(missing=("N/A", "-", " . ")))
    assert np.isnan(numbers).all()
    assert not unread.any()


FORMS = st.builds(
    lambda signs, sign, parentheses: Form(
        decimal=signs[0], thousands=signs[1], signs=sign, parentheses=parentheses
    ),
    st.sampled_from([(".", None), (",", None), (".", ","), (",", "."), (".", "'"), (",", " ")]),
    st.sampled_from([(), ("$",), ("USD", "%")]),
    st.booleans(),
)


def written(number, form):
    """A number with two decimals, as the form would have it."""
    digits = f"{abs(number):,.2f}"
    swap = {",": form.thousands or "", ".": form.decimal}
    digits = "".join(swap.get(sign, sign) for sign in digits)
    if form.signs:
        digits = f"{form.signs[0]}{digits}"
    if number < 0:
        return f"({digits})" if form.parentheses else f"-{digits}"
    return digits


@given(FORMS, FORMS, st.integers(-(10**9), 10**9))
def test_a_number_is_itself_in_its_own_form_and_never_another_in_any_other(form, other, hundredths):
    number = hundredths / 100
    text = pa.array([written(number, form)])
    numbers, unread = parsed(text, form)
    assert (numbers[0], unread[0]) == (number, False)
    numbers, unread = parsed(text, other)
    assert unread[0] or numbers[0] == number
