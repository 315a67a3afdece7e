"""Texts as dates and times: by one format or several, and never by a reading that is in doubt."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tidemark.errors import BadValue
from tidemark.sources import stamps

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

NEW_YORK = ZoneInfo("America/New_York")


def read(text, date_format):
    """A time as ISO text, with Z if it is an instant; None if it is not read."""
    found = stamps.times(pa.array([text]), date_format)
    wall, utc = found.first[0], found.second[0]
    if not np.isnat(wall):
        return str(wall)[:19]
    return None if np.isnat(utc) else f"{str(utc)[:19]}Z"


@pytest.mark.parametrize(
    ("text", "date_format", "time"),
    [
        ("20200102", "%Y%m%d", "2020-01-02T00:00:00"),
        ("20200102 093000", "%Y%m%d %H%M%S", "2020-01-02T09:30:00"),
        ("02Jan2020", "%d%b%Y", "2020-01-02T00:00:00"),
        ("2020-01-02 9:30", "%Y-%m-%d %H:%M", "2020-01-02T09:30:00"),
        ("2020.01.02  09:30:05.5", "%Y.%m.%d %H:%M:%S.%f", "2020-01-02T09:30:05"),
        ("2020-1-2", "%Y-%m-%d", "2020-01-02T00:00:00"),
        ("1/2/2020 9:30 PM", "%m/%d/%Y %I:%M %p", "2020-01-02T21:30:00"),
        ("1/2/2020 12:00 AM", "%m/%d/%Y %I:%M %p", "2020-01-02T00:00:00"),
        ("2020-01-02 03-PM", "%Y-%m-%d %I-%p", "2020-01-02T15:00:00"),
        ("3/15/69", "%m/%d/%y", "1969-03-15T00:00:00"),
        ("3/15/26", "%m/%d/%y", "2026-03-15T00:00:00"),
        ("2020-01-02T10:00:00+05:30", "%Y-%m-%dT%H:%M:%S%z", "2020-01-02T04:30:00Z"),
        ("2020-01", "%Y-%m", "2020-01-01T00:00:00"),
        ("1577957400", "epoch_seconds", "2020-01-02T09:30:00Z"),
        ("1577957400.0", "epoch_seconds", "2020-01-02T09:30:00Z"),
        ("-1", "epoch_seconds", "1969-12-31T23:59:59Z"),
        ("0", "epoch_milliseconds", "1970-01-01T00:00:00Z"),
        ("1577957400000", "epoch_milliseconds", "2020-01-02T09:30:00Z"),
        ("1577957400000000", "epoch_microseconds", "2020-01-02T09:30:00Z"),
        ("1577957400000000000", "epoch_nanoseconds", "2020-01-02T09:30:00Z"),
    ],
)
def test_a_time_is_read_by_its_format(text, date_format, time):
    assert read(text, date_format) == time


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("2020112", "%Y%m%d"),  # January or November
        ("20200102 93000", "%Y%m%d %H%M%S"),
        ("20200102 3000", "%Y%m%d %H%M%S"),  # not three o'clock: 00:30, without its zeros
        ("2020-01-02 9.5", "%Y-%m-%d %H.%M"),  # 9.50, which a spreadsheet took for a number
        ("3/15/55", "%m/%d/%y"),
        ("2020-02-30", "%Y-%m-%d"),
        ("1577957400000", "epoch_seconds"),  # in the year 51973
        ("1.57796E+12", "epoch_milliseconds"),
        ("99999999999999999999", "epoch_nanoseconds"),
        ("", "epoch_seconds"),
        ("11:34", "%Y-%m-%d"),
    ],
)
def test_what_is_not_of_the_format_is_not_read(text, date_format):
    assert read(text, date_format) is None


@pytest.mark.parametrize(
    ("text", "date_format", "time"),
    [
        ("2021-06-24 00:00:00", "%Y-%m-%d %H:%M:%S | %Y-%m-%d", "2021-06-24T00:00:00"),
        ("2017-12-18", "%Y-%m-%d %H:%M:%S | %Y-%m-%d", "2017-12-18T00:00:00"),
        ("2020-01-02 10:00+02:00", "%Y-%m-%d | %Y-%m-%d %H:%M%z", "2020-01-02T08:00:00Z"),
        ("1735689600000", "epoch_milliseconds | epoch_microseconds", "2025-01-01T00:00:00Z"),
        ("1735689600000000", "epoch_milliseconds | epoch_microseconds", "2025-01-01T00:00:00Z"),
        ("20250101", "%Y%m%d | epoch_seconds", "2025-01-01T00:00:00"),
        ("13/02/2020", "%d/%m/%Y | %m/%d/%Y", "2020-02-13T00:00:00"),
        ("02/02/2020", "%d/%m/%Y | %m/%d/%Y", "2020-02-02T00:00:00"),
    ],
)
def test_several_formats_may_stand_in_one_column(text, date_format, time):
    assert read(text, date_format) == time


def test_a_text_that_two_formats_read_differently_is_in_doubt():
    both = "%d/%m/%Y | %Y-%m-%d | %m/%d/%Y"
    found = stamps.times(pa.array(["01/02/2020", "2020-01-02", "31/01/2020", "x"]), both)
    assert list(found.doubtful) == [True, False, False, False]
    assert list(np.isnat(found.first)) == [True, False, False, True]
    assert stamps.in_words("01/02/2020", both) == (
        "2020-02-01 00:00:00 by %d/%m/%Y and 2020-01-02 00:00:00 by %m/%d/%Y"
    )
    of_days = stamps.days(pa.array(["01/02/2020", "31/01/2020"]), both, NEW_YORK)
    assert list(of_days.doubtful) == [True, False]


def test_days_are_of_both_clocks():
    found = stamps.days(pa.array(["1577923200", "1593561600"]), "epoch_seconds", NEW_YORK)
    assert [str(stamp)[:16] for stamp in found.first] == ["2020-01-02T00:00", "2020-07-01T00:00"]
    assert [str(stamp)[:16] for stamp in found.second] == ["2020-01-01T19:00", "2020-06-30T20:00"]


@pytest.mark.parametrize("date_format", ["%Y-%m-%d | %Q", "%Y %Y", "epoch_days"])
def test_what_is_no_format_is_refused(date_format):
    with pytest.raises(BadValue, match="is not a date format"):
        stamps.times(pa.array(["2020"]), date_format)


FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d/%m/%y", "%Y%m%d", "%b %d, %Y")


@given(
    st.lists(st.sampled_from([*FORMATS, *stamps.EPOCHS]), min_size=1, max_size=4, unique=True),
    st.datetimes(datetime(2001, 9, 10), datetime(2049, 12, 31)),
    st.integers(0, 3),
)
def test_a_day_is_itself_or_in_doubt_by_formats_of_which_one_wrote_it(formats, moment, pick):
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    one = formats[pick % len(formats)]
    ticks = stamps.TICKS.get(one)
    text = str(int(day.timestamp()) * ticks) if ticks else day.strftime(one)
    found = stamps.days(pa.array([text]), " | ".join(formats), ZoneInfo("UTC"))
    assert found.doubtful[0] or found.first[0] == np.datetime64(day.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("text", "date_format", "cure"),
    [
        ("20200102", "epoch_seconds", "%Y%m%d"),
        ("20200102", "epoch_milliseconds", "%Y%m%d"),
        ("43832", "epoch_seconds", "format the column"),
        ("1577957400", "epoch_milliseconds", "epoch_seconds"),
    ],
)
def test_counts_that_are_like_something_else_and_would_be_of_1970_are_told(text, date_format, cure):
    _, told = stamps.other_meaning(pa.array([text, text]), date_format)
    assert cure in told


@pytest.mark.parametrize(
    ("texts", "date_format"),
    [
        (["1577957400", "1577957401"], "epoch_seconds"),
        (["20200102", "20201399"], "epoch_seconds"),  # no dates
        (["43832", "186400"], "epoch_seconds"),
        (["20200102"], "%Y%m%d"),
        ([], "epoch_seconds"),
    ],
)
def test_counts_since_1970_may_be_small(texts, date_format):
    assert stamps.other_meaning(pa.array(texts, pa.string()), date_format) is None
