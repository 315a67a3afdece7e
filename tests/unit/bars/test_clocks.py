"""Wall-clock times that occur twice: told apart where that is certain, and nowhere else."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from tidemark.bars import clocks
from tidemark.errors import InputError
from tidemark.sources import prices

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

SOURCE = {
    "layout": "long",
    "bar": "intraday",
    "date_format": "%Y-%m-%d %H:%M",
    "time_zone": "Europe/Berlin",
    "columns": {"timestamp": "Time", "ticker": "Ticker", "adj_close": "Close"},
}
WIDE = SOURCE | {"layout": "wide", "columns": {"timestamp": "Time", "adj_close": "*"}}
ZONES = sorted(available_timezones() - {"localtime"})
ZONE = st.sampled_from(ZONES)


def read(rows, source=SOURCE):
    """UTC times as `day hour:minute`, by ticker; `rows` are (ticker, wall clock)."""
    lines = "".join(f"{wall},{ticker},1\n" for ticker, wall in rows)
    bars = prices.read({"p.csv": f"Time,Ticker,Close\n{lines}".encode()}, source).records
    return {
        ticker: [f"{time:%d %H:%M}" for time in part["timestamp"]]
        for ticker, part in bars.groupby("ticker")
    }


def berlin(*walls, ticker="A"):
    """Rows of the night of 2021-10-31, when 02:00 to 03:00 occurs twice."""
    return [(ticker, f"2021-10-31 {wall}") for wall in walls]


# --- Certain

HOURS = ("00:00", "01:00", "02:00", "02:00", "03:00")
IN_UTC = ["30 22:00", "30 23:00", "31 00:00", "31 01:00", "31 02:00"]


def test_a_repeated_hour_is_read_in_order():
    assert read(berlin(*HOURS)) == {"A": IN_UTC}


def test_newest_first():
    assert read(berlin(*HOURS[::-1])) == {"A": IN_UTC}


@pytest.mark.parametrize(
    ("walls", "utc"),
    [
        (
            ("01:30", "02:00", "02:30", "02:00", "02:30"),
            ["23:30", "00:00", "00:30", "01:00", "01:30"],
        ),
        (
            ("01:00", "02:00", "02:45", "02:15", "03:00"),
            ["23:00", "00:00", "00:45", "01:15", "02:00"],
        ),
        (("01:00", "02:30", "02:00", "03:00"), ["23:00", "00:30", "01:00", "02:00"]),
        (("01:15", "02:15", "02:15", "04:15"), ["23:15", "00:15", "01:15", "03:15"]),
    ],
    ids=["half hours", "quarters, some missing", "order alone", "one of each"],
)
def test_order_decides(walls, utc):
    assert [time[3:] for time in read(berlin(*walls))["A"]] == utc


def test_each_ticker_has_an_order_of_its_own():
    """Rows grouped by time, and rows grouped by ticker."""
    times = [row for wall in HOURS for row in (berlin(wall) + berlin(wall, ticker="B"))]
    assert read(times) == {"A": IN_UTC, "B": IN_UTC}
    assert read(berlin(*HOURS) + berlin(*HOURS, ticker="B")) == {"A": IN_UTC, "B": IN_UTC}


def test_a_wide_file():
    lines = "".join(f"2021-10-31 {wall},{row},\n" for row, wall in enumerate(HOURS))
    bars = prices.read({"p.csv": f"Time,B,A\n{lines}".encode()}, WIDE).records
    assert [f"{time:%d %H:%M}" for time in bars["timestamp"]] == IN_UTC


def test_spacing_decides_where_no_bar_comes_twice():
    """With a bar every two hours in UTC, a bar only one hour from its neighbour would be odd."""
    even = berlin("00:00", "02:00", "03:00", "05:00", "07:00")
    assert read(even)["A"] == ["30 22:00", "31 00:00", "31 02:00", "31 04:00", "31 06:00"]
    odd = berlin("01:00", "02:00", "04:00", "06:00", "08:00")
    assert read(odd)["A"] == ["30 23:00", "31 01:00", "31 03:00", "31 05:00", "31 07:00"]


@pytest.mark.parametrize(
    ("zone", "walls", "utc"),
    [
        (
            "Australia/Lord_Howe",
            ["2021-04-04 01:00", "2021-04-04 01:30", "2021-04-04 01:30", "2021-04-04 02:00"],
            ["03 14:00", "03 14:30", "03 15:00", "03 15:30"],
        ),
        (
            "America/Havana",
            ["2021-11-06 23:00", "2021-11-07 00:00", "2021-11-07 00:00", "2021-11-07 01:00"],
            ["07 03:00", "07 04:00", "07 05:00", "07 06:00"],
        ),
        (
            "America/Sao_Paulo",
            ["2018-02-17 22:00", "2018-02-17 23:00", "2018-02-17 23:00", "2018-02-18 00:00"],
            ["18 00:00", "18 01:00", "18 02:00", "18 03:00"],
        ),
        (
            "Europe/Dublin",
            ["2021-10-31 00:00", "2021-10-31 01:00", "2021-10-31 01:00", "2021-10-31 02:00"],
            ["30 23:00", "31 00:00", "31 01:00", "31 02:00"],
        ),
    ],
    ids=["half an hour", "after midnight", "before midnight", "winter time as the exception"],
)
def test_zones_that_change_in_other_ways(zone, walls, utc):
    assert read([("A", wall) for wall in walls], SOURCE | {"time_zone": zone}) == {"A": utc}


# --- Uncertain


@pytest.mark.parametrize(
    "rows",
    [
        berlin("01:00", "02:00", "03:00", "04:00"),
        berlin("01:30", "02:00", "02:30", "03:00", "03:30"),
        berlin("02:00", "02:00"),
        berlin("02:00", "02:00", "02:30", "03:00"),
        berlin("01:00", "01:30", "02:00", "02:00", "02:30", "03:00"),
        berlin("01:00", "01:30", "02:00", "02:30", "02:30", "03:00"),
        berlin("01:00", "02:15", "02:15", "04:00"),
        berlin("00:00", "02:00", "02:00", "03:00", "05:00", "07:00"),
        berlin("02:00", "02:00", "05:00") + berlin(*HOURS, ticker="B"),
        [("A", f"2021-10-30 {wall}") for wall in ("10:00", "13:30", "17:00")] + berlin(*HOURS),
        berlin("01:00", "01:15", "01:30", "02:00", "02:15", "02:05", "02:30", "03:00"),
        berlin("02:00", "03:00"),
        berlin("02:00"),
        berlin("01:00", "02:00", "02:00", "02:00", "03:00"),
        berlin("01:00", "02:30", "02:00", "02:30", "02:00", "03:00"),
        berlin(*HOURS) + berlin("01:00", "02:00", "03:00", ticker="B"),
        [("A", f"2021-10-{day} 02:30") for day in (29, 30, 31)] + [("A", "2021-11-01 02:30")],
    ],
    ids=[
        "one of the two is missing",
        "each half hour once",
        "no direction",
        "a copy, or a second occurrence",
        "the same among more bars",
        "the same at the end",
        "the same among bars at odd times",
        "the same among bars every two hours",
        "the same with no bar an hour away",
        "the same among bars that are not all of whole hours",
        "a turn that does not fit",
        "no neighbour before",
        "alone",
        "three times",
        "three turns",
        "another ticker decides nothing",
        "a bar a day",
    ],
)
def test_what_is_uncertain_is_a_question(rows):
    with pytest.raises(InputError, match="occurs twice in Europe/Berlin") as caught:
        read(rows)
    assert re.search(r"^p\.csv:\d+: Time: ", str(caught.value), re.M)
    assert "time_zone: UTC" in caught.value.cure


# --- Whatever the zone


@cache
def repeats(zone):
    """Days from 1985 to 2025 on which clocks of a zone go back, found by their offset."""
    days = [datetime(1985, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(365 * 40)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    return [day for day, one, two in zip(days, offsets, offsets[1:], strict=False) if two < one]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    zone=ZONE,
    pick=st.randoms(use_true_random=False),
    minutes=st.sampled_from([1, 5, 10, 15, 20, 30, 45, 60, 90, 120, 240]),
    newest_first=st.booleans(),
    wide=st.booleans(),
)
def test_a_whole_series_reads_back_exactly(zone, pick, minutes, newest_first, wide):
    """Every `minutes` from the day before clocks went back to the day after the next."""
    assume(repeats(zone))
    start = pd.Timestamp(pick.choice(repeats(zone))).tz_convert(None) - pd.Timedelta(days=1)
    instants = pd.Series(pd.date_range(start, periods=4 * 1440 // minutes, freq=f"{minutes}min"))
    wall = instants.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    order = slice(None, None, -1 if newest_first else 1)
    wall, instants = wall[order].reset_index(drop=True), instants[order].reset_index(drop=True)
    tickers = None
    if not wide:  # two tickers, side by side
        wall, instants = (times.repeat(2).reset_index(drop=True) for times in (wall, instants))
        tickers = pd.Series(["A", "B"] * (len(wall) // 2))
    found = clocks.told_apart(*clocks.readings(wall, zone), tickers)
    assert (found == instants).all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(zone=ZONE, pick=st.randoms(use_true_random=False), step=st.sampled_from([15, 30, 60]))
def test_what_is_told_apart_with_holes_is_right(zone, pick, step):
    """Bars may be missing, so two readings may be possible; a time that is told is the true one."""
    assume(repeats(zone))
    start = pd.Timestamp(pick.choice(repeats(zone))).tz_convert(None)
    whole = pd.Series(pd.date_range(start, periods=1440 * 2 // step, freq=f"{step}min"))
    kept = whole[[pick.random() < 0.7 for _ in whole]].reset_index(drop=True)
    wall = kept.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    first, second = clocks.readings(wall, zone)
    found = clocks.told_apart(first, second, None)
    known = found.notna()
    assert (found[known] == kept[known]).all()
    assert known[first == second].all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(zone=ZONE, day=st.dates(date(1901, 1, 1), date(2037, 12, 31)), write=st.booleans())
def test_a_session_stamped_at_its_midnight_reads_back_as_its_day(zone, day, write):
    """A stamp is an instant in UTC or has an offset; a day that a zone skipped has no session."""
    midnight = clocks.utc(pd.Series([pd.Timestamp(day)]), zone, later=False)[0]
    local = midnight.tz_localize("UTC").tz_convert(zone)
    assume(local.date() == day)
    stamp = (local if write else local.tz_convert("UTC")).isoformat(sep=" ")
    source = SOURCE | {"bar": "daily", "date_format": "%Y-%m-%d %H:%M:%S%z", "time_zone": zone}
    bars = prices.read({"p.csv": f"Time,Ticker,Close\n{stamp},A,1\n".encode()}, source).records
    assert bars["timestamp"][0] == pd.Timestamp(day)


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Beirut"])
def test_clocks_are_those_of_the_standard_library(zone):
    wall = pd.Series(pd.date_range("2019-01-01", "2022-01-01", freq="15min"))
    first, second = clocks.readings(wall, zone)
    odd = np.flatnonzero(first.isna() | (first != second))
    assert len(odd)
    for row in odd:
        times = [wall[row].to_pydatetime().replace(tzinfo=ZoneInfo(zone), fold=n) for n in (0, 1)]
        utc = [time.astimezone(UTC) for time in times]
        back = [time.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for time in utc]
        if pd.isna(first[row]):
            assert wall[row] not in back
        else:
            assert [first[row], second[row]] == [time.replace(tzinfo=None) for time in utc]
