"""Bars a year: from bars and elapsed time, whatever the sessions look like."""

from tidemark.backtest.engine import Rules
from tidemark.backtest.performance import sweep
from tidemark.bars import closes, holes, trading_calendar
from tidemark.market.bars_a_year import of_bars, of_prices
from tidemark.market.grid import Prices

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("ignore:Series.values")  # in exchange_calendars

HOUR = np.timedelta64(1, "h")


def times(first, last, frequency):
    return pd.date_range(first, last, freq=frequency).to_numpy().astype("datetime64[us]")


def held(exchange, first, last):
    """Sessions as validate_schema writes them."""
    found = trading_calendar.held(exchange, pd.Timestamp(first), pd.Timestamp(last))
    return closes.table(found)


def hourly(exchange, first, last):
    """A bar at the start of each hour of each session: half days have fewer."""
    found = held(exchange, first, last)
    starts = [pd.date_range(o, c, freq="1h", inclusive="left") for o, c in
              zip(found["open"], found["close"], strict=True)]  # fmt: skip
    return np.concatenate([one.to_numpy() for one in starts]).astype("datetime64[us]")


def without_holes(prices):
    return of_prices(prices, None, None, daily=True)


def test_of_the_sample_it_is_the_bars_over_thirteen_years():
    found = of_bars(np.r_[times("2000-03-01", "2000-03-01", "D"),
                          np.repeat(np.datetime64("2005-01-01"), 3268),
                          times("2013-03-01", "2013-03-01", "D")])  # fmt: skip
    assert found.bars_a_year == pytest.approx(3269 / (4748 / 365.25))
    assert round(found.bars_a_year, 2) == 251.47


def test_time_within_holes_does_not_count():
    """A hole of a year in one of two tickers leaves its annual figures as they were."""
    days = times("2018-01-01", "2023-12-29", "B")
    close = np.ones((len(days), 2))
    close[(days > np.datetime64("2020-06-01")) & (days < np.datetime64("2021-06-01")), 1] = np.nan
    frame = pd.DataFrame(close, index=days, columns=["A", "B"]).rename_axis("timestamp")
    tidy = frame.melt(var_name="ticker", value_name="adj_close", ignore_index=False).reset_index()
    found = holes.of_closes(tidy, 14)
    prices = Prices(days, ("A", "B"), *[close] * 5)
    rates = of_prices(prices, None, found, daily=True)
    whole, broken = (rates.tickers[ticker] for ticker in "AB")
    assert broken.bars_a_year == pytest.approx(whole.bars_a_year, rel=2e-3)
    assert broken.basis.endswith("but for 365 days in 1 hole (+0.0%)")
    assert rates.together == whole
    alone = of_prices(Prices(days, ("B",), *[close[:, 1:]] * 5), None, found, daily=True)
    assert alone.tickers["B"].bars_a_year == broken.bars_a_year
    assert alone.together.bars_a_year == without_holes(prices).together.bars_a_year


def test_sessions_that_cross_midnight_and_half_days_come_out_right():
    week_days = times("2021-01-03 23:00", "2023-12-29 21:00", "h")
    local = (week_days - 22 * HOUR).astype("datetime64[D]").astype(int)
    currencies = week_days[(local + 3) % 7 != 5]
    currencies = currencies[
        (((currencies - 22 * HOUR).astype("datetime64[D]").astype(int)) + 3) % 7 != 4
    ]
    open_hours = 5 * 24
    assert of_bars(currencies).bars_a_year == pytest.approx(open_hours * 365.25 / 7, rel=0.003)
    exchange = hourly("XNYS", "2021-01-04", "2023-12-29")
    sessions_held = len(held("XNYS", "2021-01-04", "2023-12-29")) / 3
    assert of_bars(exchange).bars_a_year == pytest.approx(7 * sessions_held, rel=0.01)


@pytest.mark.parametrize(
    ("calendar", "bars", "expected", "basis"),
    [
        (
            None,
            times("2021-01-04", "2021-03-31", "B"),
            5 * 365.25 / 7,
            "12 whole weeks of its bars",
        ),
        (None, times("2021-01-04", "2021-03-31", "D"), 365.25, "12 whole weeks of its bars"),
        (None, times("2021-01-04", "2021-01-07", "D"), 5 * 365.25 / 7, "assumed"),
        (None, times("2021-01-08", "2021-01-10", "D"), 365.25, "assumed"),
        (None, times("2021-01-03 22:00", "2021-01-08 21:00", "h"), 120 * 365.25 / 7, "assumed"),
        (None, times("2021-01-04", "2021-03-31", "h"), 365.25 * 24, "whole weeks"),
        ("XNYS", times("2021-01-04", "2021-03-31", "B"), 252, "calendar"),
        ("24/7", times("2021-01-04", "2021-03-31", "D"), 365.25, "calendar"),
        ("XNYS", times("2021-01-04", "2021-03-30", "D"), 365.25, "bars each"),
        ("XNYS", times("2021-01-08", "2021-03-27", "D")[::7], 365.25 / 7, "bars each"),
    ],
)
def test_below_a_year_the_calendar_or_whole_weeks_decide_and_it_is_said(
    calendar, bars, expected, basis
):
    around = held(calendar, bars[0], bars[-1]) if calendar else None
    found = of_bars(bars, around)
    assert found.bars_a_year == pytest.approx(expected, rel=0.02)
    assert basis in found.basis


def test_hours_of_half_a_year_follow_from_the_sessions_of_the_calendar():
    bars = hourly("XNYS", "2021-07-01", "2021-12-31")
    found = of_bars(bars, held("XNYS", "2021-07-01", "2021-12-31"), daily=False)
    assert found.bars_a_year == pytest.approx(7 * 252, rel=0.02)
    futures = hourly("CMES", "2021-07-01", "2021-12-31")
    found = of_bars(futures, held("CMES", "2021-07-01", "2021-12-31"), daily=False)
    whole = of_bars(hourly("CMES", "2021-01-04", "2022-12-30"))
    assert found.bars_a_year == pytest.approx(whole.bars_a_year, rel=0.02)


@given(st.integers(2, 400), st.integers(1, 2000))
def test_one_bar_in_so_many_hours_gives_as_many_a_year(bars, hours):
    found = of_bars(np.datetime64("2001-01-01T00") + np.arange(bars) * hours * HOUR)
    if (bars - 1) * hours >= 365 * 24:
        assert found.bars_a_year == pytest.approx(365.25 * 24 / hours)
    assert found.bars_a_year > 0


def test_each_ticker_is_annualised_by_its_own_bars():
    """Coins trade each day, shares on weekdays; together there is a bar each day."""
    day = times("2019-01-01", "2021-12-31", "D")
    share = np.isin((day.astype("datetime64[D]").astype(int) + 3) % 7, range(5))
    coin = 100 * 1.001 ** np.arange(len(day))
    coin[::2] *= 1.01
    close = np.column_stack([coin, np.where(share, coin, np.nan)])
    prices = Prices(day, ("COIN", "SHARE"), close, close, close, close, close)
    rates = without_holes(prices)
    own = tuple(rates.tickers[ticker].bars_a_year for ticker in prices.ticker)
    assert own == pytest.approx((365.25, 5 * 365.25 / 7), rel=0.003)
    assert rates.together == rates.tickers["COIN"]
    rules = Rules("next_close", 0.0, 0.0, "long_only", 0.0, own)
    (found,) = sweep([np.ones_like(close)], prices, rules)
    years = (day[-1] - day[0]) / np.timedelta64(1, "D") / 365.25
    growth = 1 + found["total_return"]
    np.testing.assert_allclose(found["annual_return"], growth ** (1 / years) - 1, rtol=0.01)
    for column, yearly in enumerate(own):
        alone = Rules("next_close", 0.0, 0.0, "long_only", 0.0, yearly)
        (single,) = sweep([np.ones_like(close)], prices, alone)
        for name in ("volatility", "sharpe_ratio", "annual_return", "turnover"):
            assert found[name][0, 0, column] == single[name][0, 0, column]


def test_cash_earns_its_rate_a_year_whatever_the_calendar():
    day = times("2019-01-01", "2021-12-31", "D")
    share = np.isin((day.astype("datetime64[D]").astype(int) + 3) % 7, range(5))
    close = np.column_stack([np.ones(len(day)), np.where(share, 1.0, np.nan)])
    prices = Prices(day, ("COIN", "SHARE"), close, close, close, close, close)
    own = tuple(without_holes(prices).tickers[ticker].bars_a_year for ticker in prices.ticker)
    rules = Rules("next_close", 0.0, 0.0, "long_only", 0.05, own)
    (found,) = sweep([np.zeros_like(close)], prices, rules)
    np.testing.assert_allclose(found["annual_return"], 0.05, rtol=1e-9)
