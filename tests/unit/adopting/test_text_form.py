"""How texts with separators are written."""

from dataclasses import asdict

from tidemark.adopting.form import text
from tidemark.errors import InputError
from tidemark.reading.settings import Form

import pytest

DAYS = tuple(f"2013-01-{day:02}" for day in range(1, 29))
PLAIN = [f"{day},{100 + place}.5,{200 + place}" for place, day in enumerate(DAYS)]
HEADER = "Date,Close,Volume"


def lines(*texts: str) -> bytes:
    return "\n".join([*texts, ""]).encode()


def differs(form: Form) -> dict[str, object]:
    """What the form says that a plain one does not."""
    plain = asdict(Form())
    return {name: value for name, value in asdict(form).items() if value != plain[name]}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lines(HEADER, *PLAIN), {}),
        (lines(*PLAIN), {"header_line": 0}),
        (lines("Prices of X", "", HEADER, *PLAIN), {"header_line": 3}),
        (lines("Prices,,", HEADER, *PLAIN), {"header_line": 2}),  # filled up by a spreadsheet
        (lines("Source,X,1", HEADER, *PLAIN), {"header_line": 2}),
        (lines(HEADER, "YYYY-MM-DD,USD,shares", *PLAIN), {"skip": ("YYYY-MM-DD",)}),
        (lines(HEADER, ",USD,shares", *PLAIN), {"header_lines": 2}),
        (lines(",Close,Close", "Date,A,B", *PLAIN), {"header_lines": 2}),
        (lines("Price,Close,High", "Ticker,A,A", "Date,,", *PLAIN), {"header_lines": 3}),
        (lines("Title,USD,GBP", "Date,Dollar,Pound", *PLAIN), {"header_line": 2}),
        (lines(HEADER, *(f"{row}," for row in PLAIN)), {"extra_cells": "last"}),
        (lines(HEADER, *(f"{n},{row}" for n, row in enumerate(PLAIN))), {"extra_cells": "first"}),
        (lines("Close,Volume", *PLAIN), {"extra_cells": "first"}),
        (lines("Date,Close,Volume,", *PLAIN), {}),
        (lines("A", "B", "", HEADER, *PLAIN[:3]), {"header_line": 4}),
        (lines("Date,Close,Close", *PLAIN), {"repeated_names": "number"}),
        (lines(HEADER, *PLAIN, "2013-02-01,0.62 Dividend"), {"skip": ("* Dividend",)}),
        (lines(HEADER, *PLAIN, "", "Total,,5000"), {"skip": ("Total",)}),
        (lines(HEADER, *PLAIN, "Source: X of 2013"), {"skip": ("Source: *",)}),
        (lines(HEADER, *PLAIN[:9], HEADER, *PLAIN[9:]), {"skip": ("Date",)}),
        (lines(HEADER, "11:34,100.5,7", *PLAIN), {"skip": ("??:??",)}),
        (lines("Close,Epoch", *(f"{n or '-'},{1357084800 + n * 86400}" for n in range(28))), {}),
        (lines(HEADER, *PLAIN, ",,"), {}),  # rows without a value are no matter of the form
        (lines(HEADER, *PLAIN[:9], "2013-02-01,5", *PLAIN[9:]), {}),  # nor are torn ones
    ],
)  # fmt: skip
def test_what_is_not_plain_is_declared(content, expected):
    form, _ = text.of("a.csv", content)
    assert differs(form) == expected


@pytest.mark.parametrize("separator", [";", "\t", "|", "blanks"])
def test_separators(separator):
    sign = "   " if separator == "blanks" else separator
    rows = [HEADER, *(row.replace(".", ".") for row in PLAIN)]
    form, _ = text.of("a.csv", lines(*(row.replace(",", sign) for row in rows)))
    assert differs(form) == {"separator": separator}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_words_above_the_header_separate_nothing(separator):
    """Not even where there are more of them than rows."""
    rows = [row.replace(",", separator) for row in (HEADER, *PLAIN[:3])]
    form, _ = text.of("a.csv", lines("Prices of X", "as of 2013", *rows))
    assert (form.separator, form.header_line) == (separator, 3)


@pytest.mark.parametrize("moment", ["2012-11-20", "2012-11-20 00:00:00"])
def test_a_comma_within_all_last_numbers_separates_nothing(moment):
    form, _ = text.of("a.csv", lines(*(f"{moment}|2538{n:03},823" for n in range(12))))
    assert differs(form) == {"separator": "|", "header_line": 0}


@pytest.mark.parametrize("decimal", [",", "."])
@pytest.mark.parametrize(("sign", "separator"), [(";", ";"), (" ", "blanks"), ("    ", "blanks")])
def test_a_decimal_comma_separates_nothing(decimal, sign, separator):
    rows = [row.replace(",", sign).replace(".", decimal) for row in (HEADER, *PLAIN)]
    form, _ = text.of("a.csv", lines(*rows))
    assert differs(form) == {"separator": separator}


def test_a_repeated_header_is_found_where_lines_end_as_on_an_old_mac():
    rows = [row.replace(",", " ") for row in (HEADER, *PLAIN[:9], HEADER, *PLAIN[9:])]
    form, _ = text.of("a.txt", "\r  ".join(rows).encode())
    assert differs(form) == {"separator": "blanks", "skip": ("Date",)}


@pytest.mark.parametrize(
    ("encoding", "header", "expected"),
    [
        ("utf-8-sig", "Date,Schluß,Stück", "utf-8"),
        ("utf-16", "Date,Schluß,Stück", "utf-16"),
        ("utf-16-le", HEADER, "utf-16-le"),
        ("cp1252", "Date,Schluß,Stück", "cp1252"),
        ("gb18030", "日期,收盘,成交量", "gb18030"),
        ("cp932", "日付,終値,出来高", "cp932"),
        ("cp949", "일자,종가,거래량", "cp949"),
        ("cp1251", "Дата,Цена,Объём", "cp1251"),
    ],
)
def test_encodings(encoding, header, expected):
    content = "\n".join([header, *PLAIN]).encode(encoding)
    form, _ = text.of("a.csv", content)
    assert differs(form) == ({} if expected == "utf-8" else {"encoding": expected})


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a\0b,c\n", "NUL"),
        (lines(HEADER, *PLAIN).decode().encode("utf-16")[:-1], "not UTF-16"),
        (b"one column\n1\n2\n", "no rows"),
        (lines("some, words", "and, others"), "no rows of several values with a date or a number"),
        (lines(",".join(["", *DAYS]), ",".join(["AAPL", *"1" * 28])), "has dates along the header"),
        (lines("Date,Close,Volume,Other", *PLAIN), "a.csv:1: names 4 columns, and the rows"),
        # without quotes 1,234.50 is two cells, or 1,5 with a decimal comma
        (lines("Date,Close", *(f"{day},1,2{n}.50" for n, day in enumerate(DAYS))), "separate"),
        (lines("Date,Close", *(f"{day},12,5" for day in DAYS)), "separate values"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(content, word):
    with pytest.raises(InputError, match=word):
        text.of("a.csv", content)


def test_names_below_merged_cells_are_not_repeated():
    rows = [f"2013-01-{day:02},1.5,2.5,3.5,4.5" for day in range(1, 9)]
    header = [",AAPL,,MSFT,", "Date,Open,Close,Open,Close"]
    form, told = text.of("a.csv", "\n".join([*header, *rows]).encode())
    assert (form.header_lines, form.repeated_names) == (2, "refuse")
    assert [one.about for one in told] == ["header"]
