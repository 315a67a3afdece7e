"""Columns of wide files, told apart by field and ticker."""

from tidemark.errors import BadValue
from tidemark.sources import wide

import pytest


def test_a_bare_star_is_the_name_of_a_column():
    assert wide.columns_of(["B", "A"], {"close": "*"}) == {"B": {"close": "B"}, "A": {"close": "A"}}


def test_a_column_is_of_the_pattern_that_says_most_about_it():
    names = ["Adj Close A", "Close A", "Close BRK.B", "Volume A", "Close"]
    mapped = {"adj_close": "Adj Close *", "close": "Close *"}
    assert wide.columns_of(names, mapped) == {
        "A": {"adj_close": "Adj Close A", "close": "Close A"},
        "BRK.B": {"close": "Close BRK.B"},
    }
    behind = {"adj_close": "* Adj Close", "close": "* Close"}
    assert wide.columns_of(["A Adj Close", "A Close"], behind) == {
        "A": {"adj_close": "A Adj Close", "close": "A Close"}
    }
    rest = {"volume": "* vol", "close": "*"}
    assert wide.columns_of(["A vol", "A"], rest) == {"A": {"volume": "A vol", "close": "A"}}


def test_fields_of_one_pattern_share_its_columns():
    both = {"adj_close": "*", "close": "*"}
    assert wide.columns_of(["A"], both) == {"A": {"adj_close": "A", "close": "A"}}


def test_patterns_that_say_as_much_are_refused():
    with pytest.raises(BadValue, match=r"'AB' is like 'A\*' and like '\*B'"):
        wide.columns_of(["AB"], {"close": "A*", "open": "*B"})
    with pytest.raises(BadValue, match=r"columns\.close.*'Close' cannot be found in a wide file"):
        wide.columns_of(["Close"], {"close": "Close"})


@pytest.mark.parametrize("ticker", ["A", "BRK.B", "EUR/USD", "^GSPC", "a b"])
@pytest.mark.parametrize("pattern", ["*", "Close *", "(*) [close]", "* .+"])
def test_a_name_has_its_ticker_where_the_pattern_has_a_star(ticker, pattern):
    assert wide.ticker(wide.name_of(ticker, pattern), pattern) == ticker
