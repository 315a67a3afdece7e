"""Workbooks: their own types, the number of each row, sheets by name, and what is refused."""

import contextlib
import gzip
import io
import os
import re
import signal
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta

from tidemark.errors import InputError
from tidemark.reading import files, sheets
from tidemark.reading.settings import Form
from workbook import workbook

import pyarrow as pa
import pytest
import python_calamine

DAY = date(2020, 1, 2)
BARS = [["Date", "Close", "Volume"], [DAY, 1.5, 7], [date(2020, 1, 3), 0.1 + 0.2, 8]]


def test_a_sheet_is_read_in_its_own_types():
    (table,) = files.tables("p.xlsx", workbook({"A": BARS}), Form())
    assert table.data.schema.types == [pa.date32(), pa.float64(), pa.float64()]
    assert table.data["Date"].to_pylist() == [DAY, date(2020, 1, 3)]
    assert table.data["Close"].to_pylist() == [1.5, 0.1 + 0.2]
    assert table.where(1, "Close") == "p.xlsx: row 3: Close"


def test_every_minute_of_a_day_is_the_one_that_was_written():
    moments = [datetime(2020, 2, 29) + timedelta(minutes=n) for n in range(1440)]
    (table,) = files.tables("p.xlsx", workbook({"A": [["t"], *([m] for m in moments)]}), Form())
    assert table.data["t"].to_pylist() == moments


def test_a_column_of_several_types_is_text_that_the_form_can_read():
    rows = [["a", "b", "c"], [1.5, DAY, True], [-0.00001, "x", 3], [1234567.0, "y", "z"]]
    (table,) = files.tables("p.xlsx", workbook({"A": rows}), Form(decimal=","))
    assert table.data.to_pydict() == {
        "a": [1.5, -0.00001, 1234567.0],
        "b": ["2020-01-02", "x", "y"],
        "c": ["True", "3", "z"],
    }
    mixed = [["a"], [1234567.5], ["-"], [ValueError("#N/A")], [-0.00001], [2.0]]
    (table,) = files.tables("p.xlsx", workbook({"A": mixed}), Form(decimal=","))
    assert table.data.to_pydict() == {"a": ["1234567,5", "-", "-0,00001", "2"]}
    assert table.lines.tolist() == [2, 3, 5, 6]


def test_what_stands_above_beside_and_below_is_no_data():
    rows = [[], [None, "Apple Inc."], [], [None, "Date", None, "Close"], [None, DAY, None, 1.0],
            [None, None], [None, "Total", None, 9.0]]  # fmt: skip
    form = Form(header_line=4, skip=["Total"])
    (table,) = files.tables("p.xlsx", workbook({"A": rows}), form)
    assert table.data.to_pydict() == {"Date": [DAY], "Close": [1.0]}
    assert table.lines.tolist() == [5]
    assert [(row.line, row.cell) for row in table.left_out] == [(6, ""), (7, "Total")]


def test_sheets_are_named_or_are_files_of_their_own():
    content = workbook({"AAPL": BARS, "BRK.B": BARS[:2], "Notes": [["x"], ["y"]]})
    (one,) = files.tables("p.xlsx", content, Form(sheet="AAPL"))
    assert (one.path, len(one)) == ("p.xlsx", 2)
    every = files.tables("p.xlsx.gz", gzip.compress(content), Form(sheet="*"))
    assert [table.stem for table in every] == ["AAPL", "BRK.B", "Notes"]
    assert every[1].where(0, "Date") == "p.xlsx.gz/BRK.B: row 2: Date"


@pytest.mark.parametrize(
    ("content", "form", "told"),
    [
        (workbook({"A": BARS, "B": BARS}), {}, "p.xlsx: has several sheets (found: 'A', 'B'). Cur"),
        (workbook({"A": BARS}), {"sheet": "C"}, "p.xlsx: has no sheet C (found: 'A'). Cure: set"),
        (workbook({"A": []}), {}, "p.xlsx: is empty"),
        (workbook({"A": BARS[:1]}), {}, "p.xlsx: has column names but no rows"),
        (workbook({"A": BARS})[:-40], {}, "p.xlsx: is no whole workbook"),
        (b"Date\tClose\n", {}, "p.xlsx: is no whole workbook (Cannot detect file format). Cure: "),
        (b"<html><table>", {}, "p.xlsx: is an HTML or XML page, not a workbook"),
        (workbook({"A": BARS}), {"header_line": 9}, "p.xlsx: ends before 1 header line from line"),
    ],
)
def test_what_is_no_sheet_of_rows_is_refused(content, form, told):
    with pytest.raises(InputError) as error:
        files.tables("p.xlsx", content, Form(**form))
    assert str(error.value).startswith(told)


def test_what_reads_workbooks_is_asked_for_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(InputError, match=r"not installed. Cure: type make \.venv/\.excel-ok"):
        files.tables("p.xlsx", workbook({"A": BARS}), Form())


def takes_memory_without_end(_):
    held = []
    while True:
        held.append(bytes(100_000_000))


def takes_time_without_end(_):
    while True:
        pass


def ends_its_process(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (takes_memory_without_end, "takes more memory than a workbook of its size should"),
        (takes_time_without_end, "is not read in 1 seconds"),
        (ends_its_process, "cannot be read: what reads it was ended by SIGKILL"),
    ],
)
def test_a_damaged_workbook_that_takes_without_end_is_refused(does, told, monkeypatch):
    monkeypatch.setattr(python_calamine.CalamineWorkbook, "from_filelike", does, raising=True)
    monkeypatch.setattr(sheets, "SECONDS", 0.6)
    with pytest.raises(InputError) as error:
        files.tables("p.xlsx", workbook({"A": BARS}), Form())
    cure = "it seems to be damaged. Cure: open it in a spreadsheet and save it again"
    assert str(error.value).startswith(f"p.xlsx: {told}; {cure}")


def remade(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)))
    return out.getvalue()


ADDRESSED = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="%d"><c r="%s%d"><v>2</v></c></row>'
REPEATED = (
    b'<table:table-row table:number-rows-repeated="%d"><table:table-cell office:value-type="float"'
    b' office:value="1" table:number-columns-repeated="%d"/></table:table-row>'
)


@pytest.mark.parametrize(
    ("sheet", "fits"),
    [
        (ADDRESSED % (1_048_576, b"B", 1_048_576), True),
        (ADDRESSED % (2, b"XFD", 2), True),
        (ADDRESSED % (1_048_576, b"XFD", 1_048_576), False),
        (REPEATED % (1000, 5), True),
        (REPEATED % (1_000_000, 16_384), False),
        (REPEATED.replace(b' office:value-type="float"', b"") % (1_000_000, 16_384), True),
    ],
)
def test_two_cells_far_apart_do_not_take_the_memory_between_them(sheet, fits):
    content = remade(
        workbook({"A": [["a"]]}),
        lambda part: re.sub(rb"<row>.*</row>", sheet, part),
    )
    assert len(content) < 5000
    expected = contextlib.nullcontext() if fits else pytest.raises(InputError, match="unpacks to")
    with expected:
        files.must_unpack_to("p.xlsx", content, 1_000_000_000)


def test_a_workbook_is_measured_as_it_unpacks():
    content = workbook({"A": [["a"], *[["x" * 30_000]] * 100]})
    assert len(content) < 100_000
    files.must_unpack_to("p.xlsx", content, 4_000_000)
    with pytest.raises(InputError, match=r"p\.xlsx: unpacks to more than 2 MB"):
        files.must_unpack_to("p.xlsx", content, 2_000_000)


@pytest.mark.parametrize("inner", ["a.xlsx", "sub/a.ods", "a.xls.gz"])
def test_an_archive_needs_what_its_members_need(inner):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("read me.txt", "")
        opened.writestr(inner, gzip.compress(b"x"))
    assert files.extras_of("p.zip", archive.getvalue()) == {"excel"}
    assert files.extras_of("p.csv", b"") == set()
