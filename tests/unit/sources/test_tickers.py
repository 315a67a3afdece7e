"""Names that a file may give as tickers."""

from tidemark.errors import InputError
from tidemark.sources import actions, prices, tickers

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

LONG = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {"timestamp": "Date", "ticker": "Ticker", "adj_close": "Adj Close"},
}
HIDDEN = {
    "a NUL": "A\0PL",
    "a line end": "A\nPL",
    "a line end after it": "AAPL\n",
    "a tab": "A\tPL",
    "a blank of no width": "A\u200bPL",
    "text direction": "\u202eAAPL",
    "a byte order mark": "AAPL\ufeff",
    "a blank that does not break": "AAPL\xa0",
    "a soft hyphen": "AA\xadPL",
    "a Hangul filler": "AAPL\u3164",
    "a variation selector": "AAPL\ufe0f",
    "a line separator": "AA\u2028PL",
    "a private sign": "AAPL\ue000",
    "an escape sequence": "\x1b[31mAAPL",
}


@pytest.mark.parametrize("name", ["AAPL", "BRK.B", "BF/B", "^GSPC", "EUR=X", "三菱", "É", "a b"])
def test_a_name_that_shows_is_taken(name):
    assert tickers.fault(name) is None


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_sign_that_does_not_show_is_refused_with_its_line(kind):
    name = HIDDEN[kind]
    text = f'Date,Ticker,Adj Close\n2020-01-02,A,1\n2020-01-02,"{name}",1\n'
    with pytest.raises(InputError) as error:
        prices.read({"p.csv": text.encode()}, LONG)
    message = str(error.value)
    assert message.startswith("p.csv:3: ")
    assert "Ticker: " in message or name == "A\0PL"
    assert "does not show, U+" in message or "holds a NUL byte" in message
    assert message.isascii()
    assert message.isprintable()


def test_a_sign_that_does_not_show_is_refused_in_parquet_and_in_the_names_of_columns_and_files():
    data = pa.BufferOutputStream()
    table = {"Date": ["2020-01-02"] * 2, "Ticker": ["A", "B\u200b"], "Adj Close": [1.0, 1.0]}
    pq.write_table(pa.table(table), data)
    with pytest.raises(InputError, match=r"p\.parquet: row 2: Ticker: .* U\+200B ZERO WIDTH SPACE"):
        prices.read({"p.parquet": data.getvalue().to_pybytes()}, LONG)
    wide = LONG | {"layout": "wide", "columns": {"timestamp": "Date", "adj_close": "*"}}
    with pytest.raises(InputError, match=r"p\.csv:1: 'A\\u200b' holds"):
        prices.read({"p.csv": "Date,A\u200b\n2020-01-02,1\n".encode()}, wide)
    one = LONG | {"columns": {"timestamp": "Date", "adj_close": "Adj Close"}}
    with pytest.raises(InputError, match=r"'A\\u200b' holds"):
        prices.read({"A\u200b.csv": b"Date,Adj Close\n2020-01-02,1\n"}, one)


def test_a_name_of_5000_letters_is_refused_in_a_short_line():
    text = f"Date,Ticker,Adj Close\n2020-01-02,{'A' * 5000},1\n"
    with pytest.raises(InputError) as error:
        prices.read({"p.csv": text.encode()}, LONG)
    assert "p.csv:2: Ticker: 'AAAA" in str(error.value)
    assert "has 5,000 letters; at most 64" in str(error.value)
    assert len(str(error.value)) < 200


# --- One spelling


@pytest.mark.parametrize(
    ("written", "ticker"),
    [
        ("kPEPE", "KPEPE"),
        (" btcusdt ", "BTCUSDT"),
        ("caf\u0065\u0301", "CAF\xc9"),  # two signs for one letter
        ("stra\xdfe", "STRASSE"),
        ("\u01f0", "J\u030c"),  # a letter whose capital is two signs
        ("brk.b", "BRK.B"),
        ("\uff21\uff21\uff30\uff4c", "AAPL"),  # full width
    ],
)
def test_a_ticker_has_one_spelling(written, ticker):
    assert tickers.normalised(written) == ticker
    assert tickers.normalised(ticker) == ticker


def spelt(*rows, source=LONG, path="p.csv"):
    text = "Date,Ticker,Adj Close\n" + "".join(f"{row}\n" for row in rows)
    found = prices.read({path: text.encode()}, source)
    return found.records, found.notes


def test_every_way_in_gives_the_same_spelling():
    long, _ = spelt("2020-01-02,kPEPE,1")
    wide = LONG | {"layout": "wide", "columns": {"timestamp": "Date", "adj_close": "*"}}
    one = LONG | {"columns": {"timestamp": "Date", "adj_close": "Close"}}
    columns = prices.read({"p.csv": b"Date,kPEPE\n2020-01-02,1\n"}, wide).records
    file = prices.read({"d/kPEPE.csv": b"Date,Close\n2020-01-02,1\n"}, one).records
    events = actions.read(
        {"a.csv": b"d,t,k,v\n2020-01-02,kPEPE,split,2\n"},
        {
            "date_format": "%Y-%m-%d",
            "columns": {"timestamp": "d", "ticker": "t", "kind": "k", "value": "v"},
        },
    ).records
    assert {frame["ticker"][0] for frame in (long, columns, file, events)} == {"KPEPE"}


def test_spellings_that_follow_each_other_are_one_ticker_and_told():
    frame, told = spelt("2020-01-03,AAPL,2", "2020-01-02,aapl,1")
    assert frame["adj_close"].to_list() == [1.0, 2.0]
    assert told == [
        "tickers that are spelt in several ways are taken for one: AAPL and aapl as AAPL"
    ]


def test_spellings_with_a_bar_at_one_time_are_refused_with_file_and_line():
    with pytest.raises(InputError, match=r"p\.csv:4: Ticker: aapl and AAPL are one ticker, AAPL"):
        spelt("2020-01-02,AAPL,1", "2020-01-03,AAPL,1", "2020-01-03,aapl,2")
    one = LONG | {"columns": {"timestamp": "Date", "adj_close": "Close"}}
    files = {
        "d/AAPL.csv": b"Date,Close\n2020-01-01,1\n2020-01-02,1\n",
        "d/aapl.csv": b"Date,Close\n2019-12-31,1\n2020-01-02,1\n",
    }
    with pytest.raises(InputError, match=r"d/aapl\.csv:3: aapl: .* at 2020-01-02"):
        prices.read(files, one)


def test_a_wide_column_without_a_value_is_told():
    wide = LONG | {"layout": "wide", "columns": {"timestamp": "Date", "adj_close": "*"}}
    found = prices.read({"p.csv": b"Date,A,B\n2020-01-02,1,\n"}, wide)
    assert list(found.records["ticker"]) == ["A"]
    assert found.notes == ["p.csv: no value in B, so no such ticker"]


@pytest.mark.parametrize("numbers", [[600519, 1], [600519.0, 1.0]])
def test_whole_numbers_are_names_and_zeros_that_a_file_lost_are_told(numbers):
    data = pa.BufferOutputStream()
    pq.write_table(
        pa.table({"Date": ["2020-01-02"] * 2, "Ticker": numbers, "Adj Close": [2.0, 1.0]}), data
    )
    found = prices.read({"p.parquet": data.getvalue().to_pybytes()}, LONG)
    assert found.records["ticker"].tolist() == ["1", "600519"]
    assert [note for note in found.notes if "are lost in the file" in note] == [
        "numbers of Ticker are names, such as 600519; zeros before them, if there were any, are"
        " lost in the file"
    ]


@pytest.mark.parametrize(
    ("numbers", "told"),
    [([1.5, 2.0], "holds double, not text"), ([1.0, None], "row 2: Ticker: is empty")],
)
def test_numbers_that_are_not_whole_or_missing_are_no_names(numbers, told):
    data = pa.BufferOutputStream()
    pq.write_table(
        pa.table({"Date": ["2020-01-02"] * 2, "Ticker": numbers, "Adj Close": [2.0, 1.0]}), data
    )
    with pytest.raises(InputError, match=told):
        prices.read({"p.parquet": data.getvalue().to_pybytes()}, LONG)


@pytest.mark.parametrize("name", ['="0700"', "'0700", "=A1"])
def test_the_signs_by_which_spreadsheets_mark_text_are_no_part_of_a_ticker(name):
    assert "spreadsheet" in tickers.fault(name)
    assert tickers.fault("EURUSD=X") is None
