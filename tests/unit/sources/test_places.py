"""From a record to the line of the user's file, whatever sorting and joining came between."""

import gzip
import io

from tidemark.sources import actions, economic, places, prices
from tidemark.validation.finding import Finding

import pandas as pd
import pytest

LONG = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {"timestamp": "Day", "ticker": "Ticker", "close": "Close", "adj_close": "Adj"},
}
ONE_FILE_A_TICKER = LONG | {"columns": {"timestamp": "Day", "adj_close": "Adj"}}
WIDE = LONG | {"layout": "wide", "columns": {"timestamp": "Day", "adj_close": "*"}}
BY_DAY = ("2020-01-02,B,1,101", "2020-01-02,A,2,102", "2020-01-03,B,3,103", "2020-01-03,A,4,104")
HEADER = "Day,Ticker,Close,Adj"


def assert_found(placed, texts, column="adj_close"):
    """The value of each record, of which there is one, stands on the line that its place names."""
    assert len(placed.records) == len(placed.places) > 0
    for value, file, line in zip(
        placed.records[column], placed.places["file"], placed.places["line"], strict=True
    ):
        lines = list(io.StringIO(texts[file], newline=""))
        assert f"{value:g}" in lines[line - 1], (value, file, line)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n".join([HEADER, *BY_DAY]), id="sorted by day, no end of the last line"),
        pytest.param("\n".join([HEADER, *BY_DAY[::-1], ""]), id="newest first"),
        pytest.param("\r\n".join([HEADER, *BY_DAY, "", ""]), id="Windows line ends"),
        pytest.param("\r".join([HEADER, *BY_DAY, ""]), id="old line ends"),
        pytest.param("\n\n" + HEADER + "\n\n\n" + "\n\n".join(BY_DAY), id="blank lines"),
        pytest.param("\ufeff" + "\n".join([HEADER, *BY_DAY]), id="byte order mark"),
        pytest.param(
            "\n".join([f'{HEADER},"No\nte"', *(f'{row},"x\n""y""\n\n"' for row in BY_DAY)]),
            id="quoted line ends",
        ),
        pytest.param(
            "\n".join(['"Day","Ticker","Close","Adj"', *BY_DAY]), id="quotes without line ends"
        ),
    ],
)
def test_a_row_of_a_long_file(text):
    for path, content in {"p.csv": text.encode(), "p.csv.gz": gzip.compress(text.encode())}.items():
        assert_found(prices.read({path: content}, LONG), {path: text})


def test_rows_of_several_files_each_with_lines_of_its_own():
    texts = {
        "d/C.csv": "Day,Adj\n2020-01-02,201\n\n2020-01-03,202\n",
        "d/A.csv": "Day,Adj\n2020-01-02,203\n",
        "d/B.csv": 'Adj,Day,Note\n204,2020-01-02,"1\n2"\n205,2020-01-03,\n',
    }
    placed = prices.read({path: text.encode() for path, text in texts.items()}, ONE_FILE_A_TICKER)
    assert list(placed.records["ticker"]) == ["A", "B", "B", "C", "C"]
    assert list(placed.places["file"].str[2]) == list(placed.records["ticker"])
    assert list(placed.places["line"]) == [2, 2, 4, 2, 4]
    assert_found(placed, texts)


def test_a_cell_of_a_wide_file_is_found_by_line_and_column():
    texts = {
        "w1.csv": "Day,zz,Aa\n2020-01-02,,301\n\n2020-01-03,302,303\n2020-01-06,304,\n",
        "w2.csv": "Day,Aa,zz\n2020-01-07,305,306\n",
    }
    placed = prices.read({path: text.encode() for path, text in texts.items()}, WIDE)
    assert_found(placed, texts)
    found = [places.of_value(placed.places, n, "adj_close", WIDE["columns"]) for n in range(5)]
    assert found == ["w1.csv:2: Aa", "w1.csv:4: Aa", "w2.csv:2: Aa", "w1.csv:4: zz", "w1.csv:5: zz"]
    both = places.of_value(placed.places, 4, "ticker + timestamp", WIDE["columns"])
    assert both == "w1.csv:5: zz + Day"


def test_events_and_series_have_places_too():
    texts = {
        "a.csv": "d,t,k,v\n2020-01-06,B,split,401\n2020-01-02,A,split,402\n",
        "b.csv": "d,t,k,v\n2020-01-03,A,dividend,403\n",
    }
    columns = {"timestamp": "d", "ticker": "t", "kind": "k", "value": "v"}
    files = {path: text.encode() for path, text in texts.items()}
    source = {"date_format": "%Y-%m-%d", "columns": columns}
    assert_found(actions.read(files, source), texts, "value")
    text = "m,x\n2020-03-01,501\n2020-02-01,502\n2020-01-01,503\n"
    source = {"date_format": "%Y-%m-%d", "columns": {"timestamp": "m", "rate": "x"}}
    placed = economic.read({"u.csv": text.encode()}, source | {"release_lag_days": 1})
    assert list(placed.records["rate"]) == [503, 502, 501]
    assert_found(placed, {"u.csv": text}, "rate")


def test_parquet_has_rows_and_no_lines():
    frame = pd.DataFrame({"Day": ["2020-01-03", "2020-01-02"], "Adj": [1.0, 2.0]})
    data = io.BytesIO()
    frame.to_parquet(data)
    placed = prices.read({"d/A.parquet": data.getvalue()}, ONE_FILE_A_TICKER)
    found = [places.of_value(placed.places, n, "adj_close", {"adj_close": "Adj"}) for n in (0, 1)]
    assert found == ["d/A.parquet: row 2: Adj", "d/A.parquet: row 1: Adj"]


def test_a_finding_names_the_file_s_own_columns():
    frame = places.of({"p.csv": [7, 9]})
    names = {"timestamp": "Day", "high": "Hi, gh", "low": "L"}

    def where(row, column):
        return places.of_value(frame, row, column, names)

    row = {"row": 2, "timestamp": "2020-01-02", "ticker": "A", "value": 1.0}
    placed = Finding("ohlc", "high, low", "", "", rows=[row]).placed(where)
    assert placed.rows == [{"where": "p.csv:9: Hi, gh, L"} | {k: row[k] for k in list(row)[1:]}]
    assert "rows_of" not in placed.as_json()
    assert Finding("x", None, "", "", rows=[row]).placed(where).rows[0]["where"] == "p.csv:9"
    released = Finding("freshness", "available_at", "", "", rows=[row]).placed(where)
    assert released.rows[0]["where"] == "p.csv:9: available_at"


def test_closes_that_serve_as_adjusted_ones_are_found_in_their_own_column():
    closes = WIDE | {"columns": {"timestamp": "Day", "close": "* Close", "open": "* Open"}}
    text = "Day,A Open,A Close\n2020-01-02,301,302\n"
    placed = prices.read({"w.csv": text.encode()}, closes)
    where = places.finder(placed.places, closes["columns"])
    assert where(0, "adj_close") == "w.csv:2: A Close"
    assert where(0, "open") == "w.csv:2: A Open"
