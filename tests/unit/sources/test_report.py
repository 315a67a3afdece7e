"""All that is wrong with files, told together."""

from tidemark.errors import InputError
from tidemark.sources import economic, prices

import pytest

CLOSES = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {"timestamp": "Date", "ticker": "Ticker", "close": "Close"},
}
BY_FILE = CLOSES | {"columns": {"timestamp": "Date", "close": "Close"}}


def refused(files, source, read=prices.read):
    with pytest.raises(InputError) as caught:
        read({path: text.encode() for path, text in files.items()}, source)
    return caught.value


def test_one_fault_is_told_with_its_place_alone():
    error = refused({"p.csv": "Date,Ticker,Close\n2020-01-02,A,x\n"}, CLOSES)
    assert (error.where, error.problem) == ("p.csv:2: Close", "'x' is not a number")


def test_all_faults_of_a_file_are_told_by_column_with_counts_and_first_lines():
    lines = [f"2020-01-{day:02},A,{day}" for day in range(2, 28)]
    lines[3] = "06/01/2020,A,x"
    lines[7:12] = [f"{line}?" for line in lines[7:12]]
    lines[20] = "2020-01-01,,7"
    error = refused({"p.csv": "\n".join(["Date,Ticker,Close", *lines, ""])}, CLOSES)
    assert error.where == "p.csv"
    assert (
        error.problem.splitlines()
        == [
            "9 faults, so nothing was read",
            "p.csv:22: Ticker: is empty",
            "p.csv:5: Date: '06/01/2020' is not a date of the format %Y-%m-%d",
            "p.csv:5: Close: 'x' is not a number",
            "p.csv:9: Close: '9?' is not a number",
            "p.csv:10: Close: '10?' is not a number",
            "p.csv: Close: 3 more like this",
        ]
        or error.problem.splitlines()
    )
    assert "form" in error.cure
    assert "date_format" in error.cure


def test_faults_of_files_that_cannot_be_read_stand_beside_those_of_values():
    files = {f"d/{name}.csv": f"Date,Close\n2020-01-02,{name}\n" for name in "ABCDEFG"}
    files |= {"d/1.csv": "", "d/2.csv": "Day,Price\n2020-01-02,1\n"}
    error = refused(dict(sorted(files.items())), BY_FILE)
    told = error.problem.splitlines()
    assert error.where == "d/1.csv and 8 more files"
    assert told[0] == "9 faults, so nothing was read"
    assert told[1].startswith("d/1.csv: ")
    assert told[2] == "d/2.csv: has no columns 'Date', 'Close' (found: 'Day', 'Price')"
    assert told[3:] == [
        "d/A.csv:2: Close: 'A' is not a number",
        "d/B.csv:2: Close: 'B' is not a number",
        "d/C.csv:2: Close: 'C' is not a number",
        "4 more faults in 4 more files",
    ]


def test_faults_of_series_are_told_together_too():
    source = {
        "date_format": "%Y-%m-%d",
        "release_lag_days": 0,
        "columns": {"timestamp": "d", "x": "x", "y": "y"},
    }
    text = "d,x,y\n2020-01-02,1,?\n2020-01-01,!,2\n2020-01-03,3,4\n"
    told = refused({"t.csv": text}, source, economic.read).problem.splitlines()
    assert told[1:] == [
        "t.csv:3: d: time goes backwards: 2020-01-01 00:00:00 comes after 2020-01-02 00:00:00",
        "t.csv:3: x: '!' is not a number",
        "t.csv:2: y: '?' is not a number",
    ]
