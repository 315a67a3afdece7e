"""Text of any form: its columns, the line of every row, what was left out, and what is refused."""

import gzip
import io
import zipfile

from tidemark.errors import InputError
from tidemark.reading import files
from tidemark.reading.settings import Form
from tidemark.reading.table import Table, notes

import pytest

MERGED = ",AAPL,,MSFT,,Volume\nDate,Open,Close,Open,Close,\n"
YFINANCE = "Price,Close,Close,Open\nTicker,AAPL,MSFT,AAPL\nDate,,,\n"


def read(content: str | bytes, form: Form, path: str = "p.csv") -> Table:
    data = content.encode() if isinstance(content, str) else content
    (table,) = files.tables(path, data, form)
    return table


@pytest.mark.parametrize(
    ("form", "content", "columns", "lines"),
    [
        (
            {"separator": ";"},
            "Datum;Schluß\n1.3.2013;1.234,5\n",
            {"Datum": ["1.3.2013"], "Schluß": ["1.234,5"]},
            [2],
        ),
        ({"separator": "\t"}, "a\tb\n1\t\n2\t3\n", {"a": ["1", "2"], "b": ["", "3"]}, [2, 3]),
        ({"separator": "|"}, "a|b\n1|2\n", {"a": ["1"], "b": ["2"]}, [2]),
        (
            {"separator": "blanks"},
            ' a  b\tc\n1 \t "2 x"  3 \r\n\n4 5 6',
            {"a": ["1", "4"], "b": ["2 x", "5"], "c": ["3", "6"]},
            [2, 4],
        ),
        ({"separator": "blanks"}, " a b \r 1 2 \r 3 4", {"a": ["1", "3"], "b": ["2", "4"]}, [2, 3]),
        (
            {"header_line": 3},
            '# "made\nby x, y, z\n\nDate,Close\n2020-01-02,1\n',
            {"Date": ["2020-01-02"], "Close": ["1"]},
            [5],
        ),
        (
            {"header_line": 0, "separator": ";"},
            "20120201 000000;1.30\n20120201 000100;1.31\n",
            {"column 1": ["20120201 000000", "20120201 000100"], "column 2": ["1.30", "1.31"]},
            [1, 2],
        ),
        (
            {"header_lines": 2},
            MERGED + "2020-01-02,1,2,3,4,5\n",
            {"Date": ["2020-01-02"], "AAPL Open": ["1"], "AAPL Close": ["2"], "MSFT Open": ["3"],
             "MSFT Close": ["4"], "Volume": ["5"]},
            [3],
        ),
        (
            {"header_lines": 3},
            YFINANCE + "2020-01-02,1,2,3\n",
            {"Date": ["2020-01-02"], "Close AAPL": ["1"], "Close MSFT": ["2"],
             "Open AAPL": ["3"]},
            [4],
        ),
        (
            {"repeated_names": "number"},
            "Date,Close,Close,Close 2,Close\n1,2,3,4,5\n",
            {"Date": ["1"], "Close": ["2"], "Close 3": ["3"], "Close 2": ["4"], "Close 4": ["5"]},
            [2],
        ),
        (
            {"extra_cells": "first"},
            "Date,Close\n0,2020-01-02,1\n1,2020-01-03,2\n",
            {"column 1": ["0", "1"], "Date": ["2020-01-02", "2020-01-03"], "Close": ["1", "2"]},
            [2, 3],
        ),
        (
            {"extra_cells": "last"},
            "Date,Close\n2020-01-02,1\n2020-01-03,2,late\n",
            {"Date": ["2020-01-02", "2020-01-03"], "Close": ["1", "2"], "column 3": ["", "late"]},
            [2, 3],
        ),
        (
            {"header_line": 0, "extra_cells": "last"},
            "a\nb,c\n",
            {"column 1": ["a", "b"], "column 2": ["", "c"]},
            [1, 2],
        ),
        (
            {"skip": ["Total*", "Da?e", "(UTC)"]},
            "Date,Close\n(UTC),USD\n2020-01-02,1\nDate,Close\n2020-01-03,2\nTotal: 3\nTotals,3\n",
            {"Date": ["2020-01-02", "2020-01-03"], "Close": ["1", "2"]},
            [3, 5],
        ),
        (  # any cell of a short row may tell, but of a whole one the first
            {"skip": ["* Dividend"]},
            "Date,Close,Note\n02-01,1,\n02-01,0.5 Dividend\n03-01,2,No Dividend\n",
            {"Date": ["02-01", "03-01"], "Close": ["1", "2"], "Note": ["", "No Dividend"]},
            [2, 4],
        ),
        (
            {"skip": ["a[b", "*.*"]},
            "Date,Close\na[b,1\nab,2\n1.5,3\n",
            {"Date": ["ab"], "Close": ["2"]},
            [3],
        ),
        ({"leave_out": ["x"]}, "Date,x,Close\n1,2,3\n", {"Date": ["1"], "Close": ["3"]}, [2]),
        ({"leave_out": [""]}, ",Date\n0,1\n1,2\n", {"Date": ["1", "2"]}, [2, 3]),
        (  # a trailing comma in each line, as the ECB writes it
            {},
            "Date,USD,\n2020-01-02,1.1,\n2020-01-03,N/A,\n",
            {"Date": ["2020-01-02", "2020-01-03"], "USD": ["1.1", "N/A"]},
            [2, 3],
        ),
        ({}, "Date,USD,\n2020-01-02,1.1\n", {"Date": ["2020-01-02"], "USD": ["1.1"]}, [2]),
        (
            {"extra_cells": "last"},
            "Date,USD\n2020-01-02,1.1,\n",
            {"Date": ["2020-01-02"], "USD": ["1.1"]},
            [2],
        ),
        (
            {},
            'Date,Note\n1,"a\r\nb"\n\n,\n2, \n   ,\n3,c\n',
            {"Date": ["1", "2", "3"], "Note": ["a\r\nb", " ", "c"]},
            [2, 6, 8],
        ),
    ],
)  # fmt: skip
def test_a_form_is_followed(form, content, columns, lines):
    table = read(content, Form(**form))
    assert table.data.to_pydict() == columns
    assert table.lines.tolist() == lines
    assert table.where(0, "x") == f"p.csv:{lines[0]}: x"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", "Tag,Schluß\n1,€\n".encode("utf-8-sig")),
        ("utf-16", "Tag,Schluß\n1,€\n".encode("utf-16")),
        ("utf-16-be", "Tag,Schluß\n1,€\n".encode("utf-16-be")),
        ("cp1252", "Tag,Schluß\n1,€\n".encode("cp1252")),
        ("shift_jis", "日付,終値\n1,２\n".encode("shift_jis")),
    ],
)
def test_an_encoding_is_followed(encoding, content):
    table = read(content, Form(encoding=encoding))
    assert table.data.to_pydict() in (
        {"Tag": ["1"], "Schluß": ["€"]}, {"日付": ["1"], "終値": ["２"]})  # fmt: skip


@pytest.mark.parametrize(
    ("form", "content", "told"),
    [
        ({}, "Tag,Schluß\n1,€\n".encode("cp1252"), "p.csv:1: byte 0xdf is not UTF-8 text"),
        ({}, "a,b\n1,2\n".encode("utf-16"), "p.csv: is text in UTF-16, and is read as UTF-8"),
        ({}, "a,b\n1,2\n".encode("utf-16-le"), "p.csv: is text in UTF-16, and is read as UTF-8"),
        ({"encoding": "cp1252"}, "a,b\n1,2\n".encode("utf-8-sig"), "p.csv: is text in UTF-8"),
        ({}, "a;b\n1;2\n", "p.csv: has no column 'Date' (found: 'a;b'). Cure: set form.separator"),
        (
            {},
            "https://www.x.com\nDate,Close\n1,2\n",
            "p.csv:2: has 2 fields where the header has 1; p.csv:3 has 2. Cure: set",
        ),
        ({"header_line": 9}, "a,b\n1,2\n", "p.csv: ends before 1 header line from line 9 on"),
        ({"header_lines": 3}, "a,b\n1,2\n", "p.csv: ends before 3 header lines from line 1 on"),
        ({"header_line": 2}, "a,b\n1,2\n", "p.csv: has column names but no rows"),
        ({"skip": ["*"]}, "a,b\n1,2\n", "p.csv: has column names but no rows"),
        ({"skip": ["a"]}, "a,b,c\n1,2,3\na,c,b\n4,5,6\n", "p.csv:3: is a header of other columns"),
        (
            {"skip": ["Tag"]},
            "day,open,close\n1,2,3\nTag,Schluss,Anfang\n4,5,6\n",
            "p.csv:3: is a header of other columns",
        ),
        (
            {"skip": ["Tag"], "extra_cells": "last"},
            "day,open,close\n1,2,3,\nTag,Schluss,Anfang\n4,5,6\n",
            "p.csv:3: is a header of other columns",
        ),
        ({"skip": ["a"]}, "a,b,c\n1,2,3\na,b\n4,5,6\n", "p.csv:3: is a header of other columns"),
        ({"skip": ["a"]}, "a,b $\n1,2\na,b \u20ac\n", "p.csv:3: is a header of other columns"),
        (
            {},
            "a,b\n1\n2,3\n4,5,6\n7\n",
            "p.csv:2: has 1 fields where the header has 2; p.csv:4 has 3, p.csv:5 has 1. C",
        ),
        (
            {"header_line": 0},
            "1,2\n3\n",
            "p.csv:2: has 1 fields where the first row has 2",
        ),
        ({"extra_cells": "first"}, "a\n0,1\n2\n", "p.csv:3: has 1 fields where the header has 2"),
        ({"extra_cells": "last"}, "a,b\n1,2,3\n4\n", "p.csv:3: has 1 fields where the header has"),
        ({}, "a,a,b,b\n1,2,3,4\n", "p.csv: has two columns named 'a' and two named 'b'. Cure: ren"),
        ({"leave_out": ["c"]}, "a,b\n1,2\n", "p.csv: has no column 'c' to leave out. Cure: corre"),
        ({"separator": "blanks"}, "\n \n", "p.csv: is empty"),
    ],
)
def test_what_a_form_does_not_say_is_refused(form, content, told):
    with pytest.raises(InputError) as error:
        read(content, Form(**form)).column("Date")
    assert str(error.value).startswith(told)


def test_all_that_is_wrong_with_the_shape_of_a_file_is_said_at_once():
    with pytest.raises(InputError) as error:
        read("a,a\n1,2\n3\n", Form())
    assert str(error.value).splitlines()[:2] == [
        "p.csv:3: has 1 fields where the header has 2",
        "p.csv: has two columns named 'a'",
    ]
    assert "complete the line" in error.value.cure
    assert "form.repeated_names" in error.value.cure


def test_what_is_left_out_is_counted_and_said():
    text = "Date,Close,\nDate,Close,\n1,2,\n,,\nTotal\n"
    told = notes([read(text, Form(skip=["Date", "Total"]))])
    assert told == [
        "left out 2 rows as form.skip says: p.csv:2 'Date', p.csv:5 'Total'",
        "left out 1 row without a value: p.csv:4",
        "left out a column without a name or a value of p.csv",
    ]
    assert notes([read("Date,Close\n1,2\n", Form(skip=["Date"]))]) == []


def test_a_column_without_a_name_has_one_by_its_place_and_is_known_to():
    table = read("Date,,Close\n1,2,3\n", Form())
    assert table.nameless == {"column 2"}
    assert table.column("").to_pylist() == ["2"]


# --- What is compressed


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_members_of_an_archive_are_files():
    content = zipped(
        **{"a/AAPL.csv": b"Date\n1\n", "MSFT.csv.gz": gzip.compress(b"Date\n2\n"),
           "__MACOSX/._x.csv": b"\0", ".DS_Store": b"\0", "README.txt": b"Date\n3\n"}
    )  # fmt: skip
    tables = files.tables("p.zip", content, Form(members="*.csv*"))
    assert [(t.path, t.stem, t.data["Date"].to_pylist()) for t in tables] == [
        ("p.zip/a/AAPL.csv", "AAPL", ["1"]),
        ("p.zip/MSFT.csv.gz", "MSFT", ["2"]),
    ]
    assert tables[0].where(0, "Date") == "p.zip/a/AAPL.csv:2: Date"
    assert len(files.tables("p.zip", content, Form())) == 3


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("p.zip", zipped(**{"x.pdf": b"%PDF-1.4"}), "p.zip/x.pdf: has an unknown file type"),
        ("p.zip", zipped(**{"x.csv": b"%PDF-1.4"}), "p.zip/x.csv: is a PDF document, not CSV"),
        ("p.zip", zipped(), "p.zip: holds no file  (found: nothing)"),
        ("p.zip", zipped(**{"x.csv": b"a\n1\n"})[:-9], "p.zip: is not a whole ZIP archive"),
        ("p.zip", b"Date\n1\n", "p.zip: is not a whole ZIP archive"),
        ("p.csv.gz", b"Date\n1\n", "p.csv.gz: is not a whole gzip file"),
        ("p.gz", gzip.compress(b"a\n1\n", mtime=0), "p.gz: has an unknown file type"),
    ],
)
def test_what_is_no_archive_of_data_is_refused(path, content, told):
    with pytest.raises(InputError) as error:
        files.tables(path, content, Form())
    assert str(error.value).startswith(told)


def test_a_bomb_is_not_unpacked():
    deep = io.BytesIO()
    with zipfile.ZipFile(deep, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.csv", "b.csv"):
            archive.writestr(name, b"a\n" + b"1" * 3_000_000)
    files.must_unpack_to("p.zip", deep.getvalue(), 7_000_000)
    with pytest.raises(InputError, match=r"p\.zip: unpacks to more than 5 MB"):
        files.must_unpack_to("p.zip", deep.getvalue(), 5_000_000)


def test_the_lines_of_a_header_may_stand_among_the_rows_once_more():
    form = Form(header_lines=3, skip=("Price", "Ticker", "Date"))
    header = "Price,Close,Open\nTicker,A,A\nDate,,\n"
    (table,) = files.tables("p.csv", f"{header}1,2,3\n{header}4,5,6\n".encode(), form)
    assert table.names == ["Date", "Close A", "Open A"]
    assert table.lines.tolist() == [4, 8]
    with pytest.raises(InputError, match=r"p.csv:4: is a header of other columns"):
        files.tables("p.csv", (YFINANCE + "Ticker,MSFT,AAPL,AAPL\n1,2,3,4\n").encode(), form)
