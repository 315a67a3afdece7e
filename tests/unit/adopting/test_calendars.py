"""Which exchange's sessions are the days of bars."""

import re
from pathlib import Path

from tidemark.adopting.conclusions import Sureness
from tidemark.adopting.proposal import calendars
from tidemark.bars import trading_calendar
from tidemark.errors import BadValue

import exchange_calendars
import pandas as pd
import pytest
from exchange_calendars import calendar_utils

# exchange_calendars asks pandas for what later versions have elsewhere
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"


@pytest.fixture
def built(monkeypatch) -> list[str]:
    """The names of the calendars that were built."""
    names = []
    held = trading_calendar.held

    def noted(name: str, *when):
        names.append(name)
        return held(name, *when)

    monkeypatch.setattr(trading_calendar, "held", noted)
    return names


def test_the_sample_is_of_new_york_and_three_calendars_are_built_at_most(built):
    days = pd.read_csv(SAMPLE / "prices.csv", usecols=["Date"], parse_dates=["Date"])["Date"]
    recent = days[(days > "2010-12") & (days != "2011-07-08")]
    found = calendars.fitting(recent, "daily", None)
    assert found.name == "XNYS"
    assert found.conclusion.sureness is Sureness.LIKELY
    assert found.conclusion.because.startswith("1 session without a bar and 0 days")
    assert len(built) - built.count("ECB") <= calendars.MOST_BUILT


def test_of_calendars_that_fit_alike_all_that_were_held_are_told():
    days = trading_calendar.held("ECB", pd.Timestamp("2015-01-02"), pd.Timestamp("2017-12-29"))
    found = calendars.fitting(pd.Series(days.sessions.index), "daily", "currencies")
    assert found.name == "ECB"
    assert re.search(r"bars; X\w{3}, X\w{3} fit as well", found.conclusion.because)
    assert found.conclusion.sureness is Sureness.LIKELY


@pytest.mark.parametrize(
    ("times", "bar", "name"),
    [
        (pd.date_range("2021-01-01", "2023-01-01"), "daily", "24/7"),
        (pd.date_range("2021-01-01", "2021-03-01", freq="h"), "intraday", "24/7"),
        (pd.date_range("2021-01-01", "2023-01-01", freq="MS"), "monthly", None),
        (pd.date_range("2021-01-04", "2021-01-08"), "daily", None),
    ],
)
def test_days_without_an_exchange_build_none(times, bar, name, built):
    assert calendars.fitting(pd.Series(times), bar, None).name == name
    assert {*built} <= {"24/7"}


def test_the_exchanges_that_are_asked_are_all_that_the_library_names():
    factories = getattr(calendar_utils, "_default_calendar_factories", {})
    assert {*factories} == {*exchange_calendars.get_calendar_names(include_aliases=False)}, (
        "exchange_calendars has its exchanges elsewhere: change `calendars._shortlist`"
    )
    exchange = object.__new__(factories["XNYS"])
    assert exchange.regular_holidays.holidays("2012-12-25", "2012-12-25").size == 1


def test_an_exchange_that_cannot_be_looked_at_is_named():
    odd = pd.Series(pd.date_range("2021-01-04", "2021-12-30", freq="2D"))
    found = calendars.fitting(odd[odd.dt.weekday < 5], "daily", None)
    assert found.name is None
    assert "not looked at: ASEX, XBEL, XBSE, XCYS" in found.conclusion.because
    with pytest.raises(BadValue, match="the holidays of ASEX cannot be computed"):
        trading_calendar.held("ASEX", odd.iloc[0], odd.iloc[-1])
