"""Names that may come in as tickers."""

from tidemark.errors import InputError
from tidemark.sources import prices, tickers

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
    assert message.startswith("p.csv:3: Ticker: ")
    assert "does not show, U+" in message
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
