from datetime import date

from tidemark.adopting.meaning import date_formats
from tidemark.sources import stamps

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ONE_READING = [
    (["2013-03-01", "2013-03-14"], "%Y-%m-%d"),
    (["2013.3.1", "2013.12.14"], "%Y.%m.%d"),
    (["01/02/2013", "13/02/2013"], "%d/%m/%Y"),
    (["01/02/2013", "01/13/2013"], "%m/%d/%Y"),
    (["3/14/13", "4/1/13"], "%m/%d/%y"),
    (["20130301", "20130314"], "%Y%m%d"),
    (["20120201 000000", "20120201 000100"], "%Y%m%d %H%M%S"),
    (["20130301093000"], "%Y%m%d%H%M%S"),
    (["201301", "201303"], "%Y%m"),
    (["2013-01"], "%Y-%m"),
    (["Mar 13", "Dec 13"], "%b %y"),
    (["Mar 1, 2013", "Mar 15, 2013"], "%b %d, %Y"),
    (["1 March 2013", "1 May 2013"], "%d %B %Y | %d %b %Y"),
    (["01MAR2013"], "%d%b%Y"),
    (["1-Mar-13", "13-Mar-31"], "%d-%b-%y"),
    (["Fri, 01 Mar 2013"], "%a, %d %b %Y"),
    (["2013年03月01日"], "%Y年%m月%d日"),
    (["2021-06-24 00:00:00", "2017-12-18"], "%Y-%m-%d %H:%M:%S | %Y-%m-%d"),
    (["1/22/2013 12:30 PM"], "%m/%d/%Y %I:%M %p"),
    (["2024-01-01 03-PM"], "%Y-%m-%d %I-%p"),
    (["2013-03-01T00:00:00.000Z"], "%Y-%m-%dT%H:%M:%S.%f%z"),
    (["22.01.2020 00:00:00.000 GMT+0100"], "%d.%m.%Y %H:%M:%S.%f GMT%z"),
    (["2020-01-01 00:00:00 UTC"], "%Y-%m-%d %H:%M:%S %Z"),
    (["2020-01-01 00:00:00+00"], "%Y-%m-%d %H:%M:%S+00"),
]


@pytest.mark.parametrize(("texts", "date_format"), ONE_READING)
def test_a_format_reads_all_values_as_a_step_does(texts, date_format):
    (reading,) = date_formats.readings(pa.array(texts))
    assert reading.date_format == date_format
    read = stamps.times(pa.array(texts), date_format)
    assert not read.doubtful.any()
    of_step = np.where(np.isnat(read.first), read.second, read.first)
    assert reading.times.to_numpy().tolist() == of_step.tolist()


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("01/02/2013", ["day-first", "month-first"]),
        ("01/02/03", ["day-first", "month-first", "year-first"]),
        ("10-Mar-11", ["day-first", "year-first"]),
        ("200601", ["day-first", "year-first", "year-month"]),
    ],
)
def test_every_order_that_reads_all_values_is_a_reading(text, orders):
    assert [reading.order for reading in date_formats.readings(pa.array([text]))] == orders


@pytest.mark.parametrize(
    "texts",
    [
        ["Apple"],
        ["2013-02-30"],
        ["13/02/2013", "02/14/2013"],  # no one order reads both
        ["2013-03-01", ""],
        ["12.5", "13.5"],
        ["11:34"],
        ["13-Mar"],  # of no year
        ["1990Q1", "1990Q2"],  # a quarter is no month
        ["Mars 1990"],
    ],
)
def test_what_is_no_date_has_no_reading(texts):
    assert date_formats.readings(pa.array(texts)) == []


def test_the_first_value_unlike_the_others_is_found():
    assert date_formats.first_misfit(pa.array(["2013-03-01", "2013-03-04", "Total"])) == 2
    assert date_formats.first_misfit(pa.array(["2013-03-01", "2013-02-30", "2013-03-04"])) == 1
    assert date_formats.first_misfit(pa.array(["Apple", "Pear"])) is None


@pytest.mark.parametrize(
    ("tick", "name"),
    [
        (1_354_492_800, "epoch_seconds"),
        (1_354_492_800_000, "epoch_milliseconds"),
        (1_354_492_800_000_000, "epoch_microseconds"),
        (1_354_492_800_000_000_000, "epoch_nanoseconds"),
    ],
)
@pytest.mark.parametrize("fraction", ["", ".0", ".000"])
def test_epochs_are_told_by_their_size(tick, name, fraction):
    reading = date_formats.epochs(pa.array([f"{tick}{fraction}", str(tick + 1)]))
    assert reading.date_format == name
    assert reading.times.iloc[0] == pd.Timestamp("2012-12-03")


def test_a_fraction_of_a_second_is_kept():
    reading = date_formats.epochs(pa.array(["1354492800.25", "1354492801"]))
    assert reading.times.iloc[0] == pd.Timestamp("2012-12-03 00:00:00.25")
    assert date_formats.epochs(pa.array(["1354492800.25"]), date_formats.WHOLE_COUNT) is None


@pytest.mark.parametrize(
    "ticks", [[1, 2], [20130301], [1_354_492_800, 1_354_492_800_000], [], ["1354492800", "x"]]
)
def test_numbers_of_another_size_or_of_several_are_no_epochs(ticks):
    assert date_formats.epochs(pa.array(map(str, ticks), pa.string())) is None


FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d-%b-%Y", "%b %d, %Y", "%d/%m/%y"]


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(FORMATS),
    st.lists(st.dates(date(1970, 1, 1), date(2060, 12, 31)), min_size=1),
)
def test_the_true_reading_is_always_among_those_found(date_format, days):
    readings = date_formats.readings(pa.array([day.strftime(date_format) for day in days]))
    assert any(list(reading.times.dt.date) == days for reading in readings)
