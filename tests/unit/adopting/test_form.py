"""How files of any kind are written, one form for all, and what rows they have then."""

import io
import zipfile
from datetime import date, datetime

from tidemark.adopting import form
from tidemark.errors import InputError
from tidemark.reading.settings import Form
from tidemark.sources.settings import FetchData, Prices
from workbook import workbook

import pytest

CSV = b"Date,Close\n2020-01-02,1.5\n2020-01-03,1.6\n2020-01-06,1.7\n"
GERMAN = "Datum;Schlu\u00df\n02.01.20;1,5\n03.01.20;N/A\n06.01.20;1,7\nSumme;3,2\n".encode("cp1252")


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, plain in files.items():
            archive.writestr(name, plain)
    return content.getvalue()


def test_a_plain_file_needs_nothing_said():
    found = form.found({"a.csv": CSV}, {})
    assert found.form == Form()
    assert found.tables[0].names == ["Date", "Close"]
    assert not found.conclusions
    assert not found.questions


def test_all_that_is_not_plain_is_declared_and_said():
    found = form.found({"a.csv": GERMAN}, {})
    assert found.form == Form(
        encoding="cp1252", separator=";", decimal=",", missing=("N/A",), skip=("Summe",)
    )
    (table,) = found.tables
    assert table.form == found.form
    assert table.data.to_pydict() == {
        "Datum": ["02.01.20", "03.01.20", "06.01.20"],
        "Schlu\u00df": ["1,5", "N/A", "1,7"],
    }
    assert [told.about for told in found.conclusions] == [
        "encoding", "separator", "rows", "numbers", "missing"
    ]  # fmt: skip


def test_members_without_a_table_are_left_out_of_an_archive():
    content = zipped({"A.csv": CSV, "B.csv": CSV, "status.txt": b"All data is complete.\n"})
    found = form.found({"a.zip": content}, {})
    assert found.form.members == "*.csv"
    assert [table.path for table in found.tables] == ["a.zip/A.csv", "a.zip/B.csv"]


@pytest.fixture
def book():
    pytest.importorskip("python_calamine")
    days = [datetime(2020, 1, day) for day in (2, 3, 6)]
    return [["Date", "Close"], *([day, 1.5] for day in days)]


@pytest.mark.parametrize(
    ("sheets", "expected"),
    [
        ({"Prices": ()}, Form()),
        ({"Notes": [["Made by hand"]], "Prices": ()}, Form(sheet="Prices")),
        ({"A": (), "B": ()}, Form(sheet="*")),
        ({"A": [["Prices of A"], []]}, Form(header_line=3)),
    ],
)
def test_the_sheet_that_holds_a_table_is_found(book, sheets, expected):
    """An empty one stands for a table, and what is above one for what it has above its header."""
    rows = {name: above if len(above) == 1 else [*above, *book] for name, above in sheets.items()}
    content = workbook(rows)
    found = form.found({"a.xlsx": content}, {})
    assert found.form == expected
    assert all(table.names == ["Date", "Close"] for table in found.tables)
    assert not found.questions


def test_of_sheets_that_differ_one_is_asked_for(book):
    content = workbook({"A": book, "B": [["Day", "Price"], *book[1:]], "Notes": [["none"]]})
    (question,) = form.found({"a.xlsx": content}, {}).questions
    assert [option.answer for option in question.options] == ["A", "B"]
    found = form.found({"a.xlsx": content}, {"SHEET": "B"})
    assert found.tables[0].names == ["Day", "Price"]


def test_rows_of_a_sheet_are_left_out_by_their_first_cell(book):
    found = form.found({"a.xlsx": workbook({"A": [*book, ["Total", 4.5]]})}, {})
    assert found.form == Form(skip=("Total",))
    assert len(found.tables[0]) == 3


def test_texts_among_numbers_of_a_sheet_are_words_for_missing(book):
    rows = [*book, [datetime(2020, 1, 7), "N/A"]]
    assert form.found({"a.xlsx": workbook({"A": rows})}, {}).form == Form(missing=("N/A",))


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.csv", b"PAR1\x15\x00", "is a Parquet file"),
        ("a.csv", b"<!doctype html><p>", "HTML"),
        ("a.xls", CSV, "let its name end in .csv"),
        ("a.xyz", CSV, "does not say what it is"),
        ("a.csv", b"Date,Close\n", "no rows"),
        ("a.csv", CSV + b"2020-01-07\n", "a.csv:5: has 1 fields"),
    ],
)
def test_what_cannot_be_read_is_refused(name, content, word):
    with pytest.raises(InputError, match=word):
        form.found({name: content}, {})


def test_rows_under_names_of_their_own_are_not_one_ticker():
    parts = "Date,Close\nAAPL\n2020-01-02,1.5\n2020-01-03,1.6\nIBM\n2021-01-05,2.5\n2021-01-06,2\n"
    with pytest.raises(InputError, match=r"a\.csv:2: has only 'AAPL', and line 5 'IBM'"):
        form.found({"a.csv": parts.encode()}, {})
    at_the_end = parts.replace("AAPL\n", "").replace("IBM\n", "") + "TOTAL\nEND\n"
    assert form.found({"a.csv": at_the_end.encode()}, {}).form.skip == ("TOTAL", "END")


def test_a_table_above_another_is_not_left_out():
    above = "Date,Close\n" + "".join(f"2020-01-0{day},1.5\n" for day in range(1, 8))
    below = "Date,Open,Close\n" + "".join(f"2020-02-{day},1.5,1.6\n" for day in range(10, 20))
    with pytest.raises(InputError, match=r"a\.csv:9: is a header below rows of dates and num"):
        form.found({"a.csv": (above + below).encode()}, {})


@pytest.mark.parametrize("odd", ["2020-01-07*,1.8", "1578355200,1.8"])
def test_a_row_that_has_nearly_a_date_is_not_left_out(odd):
    found = form.found({"a.csv": CSV + f"{odd}\n".encode()}, {})
    assert len(found.tables[0]) == 4


@pytest.mark.parametrize("names", [["KO.xlsx"], ["KO.xlsx", "PG.xlsx"]])
def test_a_configuration_says_that_members_are_workbooks_so_that_it_can_be_read_elsewhere(names):
    content = workbook({"A": [["Date", "Close"], [date(2020, 1, 2), 1.5], [date(2020, 1, 3), 2.5]]})
    found = form.found({"a.zip": zipped(dict.fromkeys(names, content))}, {})
    assert found.form.members == "*.xlsx"
    prices = Prices(path="a.zip", date_format="%Y-%m-%d", columns={}, form=found.form)
    assert FetchData(prices=prices).extras() == ["excel"]


@pytest.mark.parametrize(("quote", "asked"), [("", []), ('"', ["NUMBERS"])])
def test_a_point_in_quotes_may_be_between_thousands(quote, asked):
    rows = [f"2012-12-{day:02},{quote}1.{day}0{quote}\n" for day in range(10, 20)]
    content = ("Date,Close\n" + "".join(rows)).encode()
    assert [one.name for one in form.found({"a.csv": content}, {}).questions] == asked
