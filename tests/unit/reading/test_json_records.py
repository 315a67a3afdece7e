"""JSON in every shape that is read, and what is refused with where the records are."""

import json
import math

from tidemark.errors import InputError
from tidemark.reading import files
from tidemark.reading.settings import Form
from tidemark.reading.table import Table

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DAYS = ["2020-01-02", "2020-01-03"]
PLAIN = {"Date": DAYS, "Close": [1.5, 2.0]}
KEYED = {"column 1": DAYS, "Close": [1.5, 2.0]}
RECORDS = [{"Date": day, "Close": close} for day, close in zip(DAYS, PLAIN["Close"], strict=True)]


def read(value: object, path: str = "p.json", **form: object) -> Table:
    content = value if isinstance(value, str) else json.dumps(value)
    (table,) = files.tables(path, content.encode(), Form(**form))
    return table


@pytest.mark.parametrize(
    ("value", "form", "columns"),
    [
        (RECORDS, {}, PLAIN),
        ({"a.b": {"c": [{"x": RECORDS}]}}, {"records": "a.b.c.0.x"}, PLAIN),
        ([list(record.values()) for record in RECORDS], {"header_line": 0},
         {"column 1": DAYS, "column 2": [1.5, 2.0]}),
        ([["Date", "Close"], *(list(record.values()) for record in RECORDS)], {}, PLAIN),
        ([["Date", None], ["2020-01-02", 1]], {}, {"Date": DAYS[:1], "column 2": [1]}),
        (PLAIN, {}, PLAIN),
        ({"s": "ok", **PLAIN}, {}, {"s": ["ok", "ok"], **PLAIN}),
        ({"columns": ["Date", "Close"], "data": [[*r.values()] for r in RECORDS]}, {}, PLAIN),
        ({"id": 5, "column_names": ["Date", "Close"], "data": [[*r.values()] for r in RECORDS]},
         {}, PLAIN),
        ({"columns": [["Close", "A"]], "index": DAYS, "data": [[1.5], [2.0]]}, {},
         {"column 1": DAYS, "Close A": [1.5, 2.0]}),
        ({day: {"Close": close} for day, close in zip(DAYS, [1.5, 2.0], strict=True)}, {}, KEYED),
        ({"Close": dict(zip(DAYS, [1.5, 2.0], strict=True))}, {}, KEYED),
        ({"600519": dict(zip(DAYS, [1.5, 2.0], strict=True))}, {},
         {"column 1": DAYS, "600519": [1.5, 2.0]}),
        ({day: {"600519": close} for day, close in zip(DAYS, [1.5, 2.0], strict=True)}, {},
         {"column 1": DAYS, "600519": [1.5, 2.0]}),
        ({"Time Series (Daily)": {day: {"4. close": "1.5"} for day in DAYS}, "Meta Data": {}},
         {"records": "Time Series (Daily)"}, {"column 1": DAYS, "4. close": ["1.5", "1.5"]}),
        (dict(zip(DAYS, [1.5, 2.0], strict=True)), {},
         {"column 1": DAYS, "column 2": [1.5, 2.0]}),
        ([{"t": 1, "q": {"c": 1.5, "x": {"y": 2}}}, {"t": 2, "v": 3}], {},
         {"t": [1, 2], "q.c": [1.5, None], "q.x.y": [2, None], "v": [None, 3]}),
        ([{"a": 10**20}, {"a": 1.5}, {"a": "-"}], {"decimal": ","},
         {"a": ["100000000000000000000", "1,5", "-"]}),
        ([*RECORDS, {"Date": "Total", "Close": 9}, {}], {"skip": ["Total"]}, PLAIN),
        ("\n".join(map(json.dumps, RECORDS)), {}, PLAIN),
    ],
)  # fmt: skip
def test_a_shape_is_read(value, form, columns):
    assert read(value, **form).data.to_pydict() == columns


def test_a_record_a_line_has_lines():
    text = f"{json.dumps(RECORDS[0])}\r\n\r\n{json.dumps({**RECORDS[1], 'n': ' '})}"
    table = read(text, "p.jsonl")
    assert table.data.to_pydict() == PLAIN | {"n": [None, " "]}
    assert [table.where(row, "Date") for row in (0, 1)] == ["p.jsonl:1: Date", "p.jsonl:3: Date"]
    assert read(text, "p.json").where(1, "Date") == "p.json: row 3: Date"


@settings(max_examples=20)
@pytest.mark.parametrize("orient", ["records", "columns", "index", "split"])
@given(
    closes=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5),
    missing=st.booleans(),
)
def test_what_pandas_writes_comes_back(orient, closes, missing):
    frame = pd.DataFrame({"Close": [*closes, *[math.nan] * missing]})
    frame["Date"] = pd.date_range("2020-01-02", periods=len(frame)).strftime("%Y-%m-%d")
    found = read(frame.to_json(orient=orient, double_precision=15)).data.to_pydict()
    assert found["Date"] == list(frame["Date"])
    assert found["Close"][: len(closes)] == pytest.approx(closes, rel=1e-12, abs=1e-12)
    assert found["Close"][len(closes) :] == [None] * missing


@pytest.mark.parametrize(
    ("value", "form", "told"),
    [
        ('[{"a": 1},\n{"a": ]', {}, "p.json:2: is not JSON (Expecting value)"),
        ('[{"a": 1, "a": 2}]', {}, "p.json: is not JSON (names 'a' twice)"),
        ("[" * 100_000, {}, "p.json: is not JSON ("),
        ('{"a": 1}\n{"a":', {}, "p.json:2: is not JSON ("),
        ({"meta": {}, "values": RECORDS}, {},
         "p.json: holds no records at its top. Cure: set form.records of this source, here to va"),
        ({"chart": {"result": [{"quote": RECORDS}]}}, {"records": "chart"},
         "p.json: holds no records below chart. Cure: set form.records of this source, here to ch"
         "art.result.0.quote"),
        ({"values": RECORDS}, {"records": "value"}, "p.json: has nothing below value. Cure: set"),
        ({"Note": "too many requests"}, {}, "p.json: holds no records at its top. Cure: fetch or"),
        ({"a": [1], "b": [1, 2]}, {}, "p.json: holds no records at its top"),
        ({"1": {"2": 3}}, {}, "p.json: holds no records at its top"),
        ([1, 2], {}, "p.json: holds no records at its top"),
        ([], {}, "p.json: holds no records at its top"),
        ({}, {}, "p.json: holds no records at its top"),
        ([[1, 2], [3, 4]], {}, "p.json: row 1: is no header, because not all of it is text. Cure"),
        ([[1, 2], [3]], {"header_line": 0}, "p.json: row 2: has 1 fields where the first row has"),
    ],
)  # fmt: skip
def test_what_holds_no_records_is_refused(value, form, told):
    with pytest.raises(InputError) as error:
        read(value, **form)
    assert str(error.value).startswith(told)
