"""Tables with a column a date are refused, and those that only look like these are not."""

from tidemark.adopting.form import across
from tidemark.errors import InputError

import pytest


def records(*lines):
    return [(number, line.split(",")) for number, line in enumerate(lines, 1)]


@pytest.mark.parametrize(
    "header",
    [
        "Ticker,2012-12-03,2012-12-04,2012-12-05",
        ",03/12/2012,04/12/2012,05/12/2012",
        "Symbol,20121203,20121204,20121205",
        "Ticker,Jan 2012,Feb 2012,Mar 2012",
        "Country,2012,2011,2010",
    ],
)
def test_dates_along_the_header_are_refused(header):
    rows = records("Prices of three days", header, "AAPL,1.5,2.5,3.5", "MSFT,4.5,,6.5")
    with pytest.raises(InputError, match="has dates along the header") as error:
        across.must_not_be("a.csv", rows)
    assert error.value.where == "a.csv:2"
    assert error.value.cure.startswith("turn the table")


@pytest.mark.parametrize(
    "lines",
    [
        ("Date,Jan 2020,Feb 2020", "2019-12-03,51.5,52.5"),  # futures by their months
        ("Date,Jan-20,Feb-20", "20191203,51.5,52.5"),
        ("Period end,Announced,Value", "2019-12-03,2020-01-02,1.5", "2019-12-04,2020-01-05,1.5"),
        ("2012-12-03,AAPL,2012-12-04,1.5", "2012-12-04,AAPL,2012-12-05,2.5"),
        ("Ticker,Open,Close", "AAPL,2010,2011", "MSFT,2011,2012"),
        ("Ticker,2010,1990,2011", "AAPL,2012,2014,2013"),  # prices near 2000
    ],
)
def test_other_tables_are_not(lines):
    across.must_not_be("a.csv", records(*lines))
