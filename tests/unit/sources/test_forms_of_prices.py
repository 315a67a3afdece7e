"""Prices from files that are written, laid out or stamped in other ways than plain long ones."""

import io

from tidemark.errors import InputError
from tidemark.ohlcv import FIELDS
from tidemark.sources import prices

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

DAILY = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {"timestamp": "Date", "close": "Close"},
}
INTRADAY = DAILY | {
    "bar": "intraday",
    "date_format": "%Y%m%d %H%M%S",
    "columns": {"timestamp": "<DATE>", "time": "<TIME>", "close": "<CLOSE>"},
}


def placed(text, source, path="mydata/A.csv"):
    return prices.read({path: text if isinstance(text, bytes) else text.encode()}, source)


def read(text, source, path="mydata/A.csv"):
    return placed(text, source, path).records


def test_without_adjusted_closes_they_are_the_closes_and_this_is_said():
    found = placed("Date,Close\n2020-01-02,1\n2020-01-03,2\n", DAILY)
    assert list(found.records["adj_close"]) == list(found.records["close"]) == [1.0, 2.0]
    assert any(note.startswith("adj_close is not mapped") for note in found.notes)
    both = DAILY | {"columns": DAILY["columns"] | {"adj_close": "Adj"}}
    found = placed("Date,Close,Adj\n2020-01-02,1,3\n", both)
    assert found.records["adj_close"][0] == 3.0
    assert not any("adj_close" in note for note in found.notes)


@pytest.mark.parametrize(
    ("path", "ticker"),
    [("my data/EURUSD=X.csv", "EURUSD=X"), ("NSE:INFY.csv", "NSE:INFY"), ("wti.csv", "WTI")],
)
def test_a_single_file_is_its_ticker_and_this_is_said(path, ticker):
    found = placed("Date,Close\n2020-01-02,1\n", DAILY, path)
    assert list(found.records["ticker"]) == [ticker]
    assert found.notes[0].startswith(f"{path}: one ticker, called as the file is")


def test_the_configuration_may_name_the_ticker_of_all_files():
    files = {
        f"BTCUSDT-1d-2024-0{month}.csv": f"Date,Close\n2024-0{month}-01,{month}\n".encode()
        for month in (2, 1)
    }
    found = prices.read(files, DAILY | {"ticker": "btc-usdt"})
    assert list(found.records["ticker"]) == ["BTC-USDT"] * 2
    assert list(found.records["close"]) == [1.0, 2.0]
    assert list(found.places["file"]) == ["BTCUSDT-1d-2024-01.csv", "BTCUSDT-1d-2024-02.csv"]
    assert not any("called as" in note for note in found.notes)


def test_units_are_divided_to_the_last_bit():
    source = DAILY | {
        "divide_by": {"close": 100.0, "volume": 0.001},
        "columns": DAILY["columns"] | {"open": "Open", "volume": "Volume"},
    }
    bars = read("Date,Open,Close,Volume\n2020-01-02,150.5,15023,7\n", source)
    assert (bars["close"][0], bars["adj_close"][0]) == (150.23, 150.23)
    assert (bars["open"][0], bars["volume"][0]) == (150.5, 7000.0)


def test_numbers_that_stand_for_a_missing_price_are_missing_and_counted():
    source = DAILY | {
        "form": {"missing_prices": (0.0, 1e10)},
        "columns": DAILY["columns"] | {"open": "Open", "volume": "Volume"},
    }
    text = "Date,Open,Close,Volume\n2020-01-02,0.000,1.00E+10,0\n2020-01-03,1,-0,3\n"
    found = placed(text, source)
    assert list(found.records["open"].isna()) == [True, False]
    assert found.records["close"].isna().all()
    assert list(found.records["volume"]) == [0.0, 3.0]
    note = "numbers that form.missing_prices takes for missing: 1 of Open, 2 of Close"
    assert note in found.notes


def test_numbers_are_as_the_form_writes_them():
    source = DAILY | {
        "date_format": "%d.%m.%Y",
        "form": {"decimal": ",", "thousands": ".", "missing": ("-",)},
        "columns": DAILY["columns"] | {"volume": "Volume"},
    }
    text = 'Date,Close,Volume\n02.01.2020,"1.234,5",-\n03.01.2020,"-36,98",1.000\n'
    bars = read(text, source)
    assert list(bars["close"]) == [1234.5, -36.98]
    assert np.isnan(bars["volume"][0])
    assert bars["volume"][1] == 1000.0
    with pytest.raises(InputError, match=r"A\.csv:2: Close: '1\.5' is not a number"):
        read("Date,Close,Volume\n02.01.2020,1.5,1\n", source)


def test_hours_may_have_a_column_of_their_own():
    text = "<DATE>,<TIME>,<CLOSE>\n20200102,000000,1\n20200102,093000,2\n"
    midnight, half_past = pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-02 09:30")
    assert list(read(text, INTRADAY)["timestamp"]) == [midnight, half_past]
    assert list(read(text, INTRADAY | {"bar": "daily"})["timestamp"]) == [midnight, midnight]
    zoned = read(text, INTRADAY | {"time_zone": "Europe/Berlin"})
    assert zoned["timestamp"][1] == pd.Timestamp("2020-01-02 08:30")
    with pytest.raises(InputError, match=r"<DATE>: '20200102 93000' is not a date of the format"):
        read(text.replace("093000", "93000"), INTRADAY)


def parquet(**columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_typed_dates_hours_and_counts_are_read_as_text_would_be():
    hour = pa.array([34_200_000_000], pa.time64("us"))
    day = pa.array(["2020-01-02"]).cast(pa.date32())
    content = parquet(**{"<DATE>": day, "<TIME>": hour, "<CLOSE>": [1.0]})
    source = INTRADAY | {"date_format": "%Y-%m-%d %H:%M:%S"}
    half_past = pd.Timestamp("2020-01-02 09:30")
    assert read(content, source, "A.parquet")["timestamp"][0] == half_past
    for kind in (pa.int64(), pa.float64()):
        content = parquet(Date=pa.array([1577957400000], kind), Close=[1.0])
        source = DAILY | {"bar": "intraday", "date_format": "epoch_milliseconds"}
        assert read(content, source, "A.parquet")["timestamp"][0] == half_past
        content = parquet(Date=pa.array([20200102], kind), Close=[1.0])
        source = DAILY | {"date_format": "%Y%m%d"}
        assert read(content, source, "A.parquet")["timestamp"][0] == pd.Timestamp("2020-01-02")


def test_a_count_that_is_missing_is_at_fault_and_those_beside_it_are_not():
    source = DAILY | {"bar": "intraday", "date_format": "epoch_milliseconds"}
    counts = [1577957400000.25, np.nan, None, np.inf, 1577957400001.0]
    content = parquet(Date=pa.array(counts, pa.float64()), Close=[1.0] * 5)
    with pytest.raises(InputError) as caught:
        read(content, source, "A.parquet")
    told = caught.value.problem.splitlines()
    assert told[0] == "3 faults, so nothing was read"
    assert [line.split(":")[1] for line in told[1:]] == [" row 2", " row 3", " row 4"]
    kept = parquet(Date=pa.array([counts[0], counts[4]], pa.float64()), Close=[1.0] * 2)
    microseconds = read(kept, source, "A.parquet")["timestamp"].dt.microsecond
    assert list(microseconds) == [250, 1000]


def test_counts_of_days_are_days_of_the_zone():
    source = DAILY | {"date_format": "epoch_seconds", "time_zone": "America/New_York"}
    bars = read("Date,Close\n1577975400,1\n1593696600,2\n", source)  # 09:30 in New York
    assert list(bars["timestamp"]) == [pd.Timestamp("2020-01-02"), pd.Timestamp("2020-07-02")]


@pytest.mark.parametrize("bar", ["daily", "weekly", "monthly", "intraday"])
def test_a_stamp_that_two_formats_read_differently_is_refused(bar):
    source = DAILY | {"bar": bar, "date_format": "%d/%m/%Y | %m/%d/%Y"}
    bars = read("Date,Close\n31/01/2020,1\n02/02/2020,2\n02/13/2020,2\n", source)
    assert list(bars["timestamp"].dt.day) == [31, 2, 13]
    with pytest.raises(InputError) as caught:
        read("Date,Close\n01/02/2020,1\n13/02/2020,2\n", source)
    assert caught.value.where == "mydata/A.csv:2: Date"
    assert "'01/02/2020' is 2020-02-01 00:00:00 by %d/%m/%Y and 2020-01-02" in caught.value.problem


def test_offsets_and_clocks_without_one_may_stand_in_one_column():
    source = DAILY | {
        "bar": "intraday",
        "time_zone": "America/New_York",
        "date_format": "%Y-%m-%d %H:%M%z | %Y-%m-%d %H:%M",
    }
    bars = read("Date,Close\n2020-01-02 09:30,1\n2020-01-02 09:31-05:00,2\n", source)
    assert list(bars["timestamp"].dt.strftime("%H:%M")) == ["14:30", "14:31"]


WIDE = DAILY | {
    "layout": "wide",
    "columns": {"timestamp": "Date", "adj_close": "Adj Close *", "close": "Close *"},
}


def test_wide_files_may_have_several_fields_a_ticker():
    text = (
        "Date,Adj Close A,Adj Close B,Close A,Close B,Volume A\n"
        "2020-01-02,1,,10,20,7\n2020-01-03,2,5,,,7\n2020-01-06,,,,,7\n"
    )
    found = placed(text, WIDE, "w.csv")
    assert list(found.records["ticker"]) == ["A", "A", "B", "B"]
    assert list(found.records["adj_close"].fillna(-1)) == [1, 2, -1, 5]
    assert list(found.records["close"].fillna(-1)) == [10, -1, 20, -1]
    assert found.records[[name for name in FIELDS if "close" not in name]].isna().all(axis=None)
    assert found.notes == ["w.csv: 1 column of no field not read: Volume A"]


def test_a_wide_file_without_a_column_of_the_pattern_is_refused():
    with pytest.raises(InputError, match=r"w\.csv: has no column like Adj Close \*, Close \*"):
        read("Date,A\n2020-01-02,1\n", WIDE, "w.csv")


@pytest.mark.parametrize("bar", ["weekly", "monthly"])
def test_bars_of_weeks_and_months_are_dates(bar):
    source = DAILY | {"bar": bar, "date_format": "%b %y"}
    bars = read("Date,Close\nJan 99,1\nFeb 99,2\n", source)
    assert list(bars["timestamp"]) == [pd.Timestamp("1999-01-01"), pd.Timestamp("1999-02-01")]


@pytest.mark.parametrize("text", [",Date,A\n0,2020-01-02,1\n", "Date,A,\n2020-01-02,1,2\n"])
def test_a_wide_column_without_a_name_is_no_ticker_unless_it_is_left_out_or_empty(text):
    wide = DAILY | {"layout": "wide", "columns": {"timestamp": "Date", "close": "*"}}
    with pytest.raises(InputError, match=r"column \d has no name in the header"):
        read(text, wide)
    left = read(text, wide | {"form": {"leave_out": [""]}})
    empty = placed("Date,A,\n2020-01-02,1,\n", wide)
    pd.testing.assert_frame_equal(left, empty.records)
    assert "left out a column without a name or a value of mydata/A.csv" in empty.notes


def test_two_spellings_of_a_wide_ticker_are_named_by_their_columns():
    text = "Date,Close A,Close a\n2020-01-02,1,2\n"
    closes = WIDE | {"columns": {"timestamp": "Date", "close": "Close *"}}
    with pytest.raises(InputError, match=r"w\.csv:2: Close a: a and A are one ticker, A, and"):
        read(text, closes, "w.csv")


@pytest.mark.parametrize("bar", ["daily", "intraday"])
def test_dates_in_digits_are_no_seconds(bar):
    source = DAILY | {"bar": bar, "date_format": "epoch_seconds"}
    content = b"Date,Close\n20200102,1\n20200103,2\n"
    with pytest.raises(InputError) as refused:
        prices.read({"p.csv": content}, source)
    assert "p.csv:2: Date: '20200102' is a date in digits" in str(refused.value)
    assert "%Y%m%d" in str(refused.value)
