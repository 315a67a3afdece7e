"""Times at which an exchange was open and a ticker has no bar."""

from tidemark.bars import closes, trading_calendar
from tidemark.validation import data_gaps
from tidemark.validation.settings import Gaps

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.filterwarnings("ignore:Series.values")  # in exchange_calendars


def sessions(exchange, first, last):
    return closes.table(trading_calendar.held(exchange, pd.Timestamp(first), pd.Timestamp(last)))


def prices(**times):
    parts = [
        pd.DataFrame(
            {
                "timestamp": pd.DatetimeIndex(own).as_unit("us").to_numpy(),
                "ticker": name,
                "close": 10.0,
            }
        )
        for name, own in sorted(times.items())
    ]
    return pd.concat(parts, ignore_index=True)


def daily(exchange="XNYS", first="2012-10-01", last="2012-12-31"):
    known = sessions(exchange, first, last)
    return known, pd.DatetimeIndex(known["session"])


def asked(table, known, *, of_days=True, **limits):
    return data_gaps.found(table, known, Gaps(**limits), daily=of_days)


def test_holidays_and_closures_are_no_gaps_and_a_missing_session_is_one():
    """The exchange was closed on 2012-10-29 and 30, for a storm."""
    known, days = daily()
    assert asked(prices(A=days), known) == []
    (gap,) = asked(prices(A=days.drop("2012-11-14")), known)
    assert (gap.tickers, gap.first, gap.last) == (["A"], "2012-11-13", "2012-11-15")
    assert "A: no bars for 1 session after 2012-11-13 and before 2012-11-15" in gap.words
    assert asked(prices(A=days.drop("2012-11-14")), known, longest_sessions=2) == []


def test_tickers_that_miss_the_same_stretch_are_one_question_and_others_their_own():
    known, days = daily()
    gone = days.drop(days[10:13])
    table = prices(A=gone, B=gone, C=days.drop(days[20]), D=days)
    together, alone = asked(table, known)
    assert (together.tickers, alone.tickers) == (["A", "B"], ["C"])
    assert "3 sessions" in together.words
    assert together.id != alone.id


def test_a_ticker_that_ended_is_one_question_however_old_it_gets():
    known, days = daily()
    (young,) = asked(prices(A=days[:-5], B=days[:-1]), known)
    (old,) = asked(prices(A=days[:-5], B=days), known)
    assert (young.tickers, young.last) == (["A"], "")
    assert young.id == old.id
    assert "others have" in old.words


def test_another_value_beside_a_gap_is_another_question():
    known, days = daily()
    table = prices(A=days.drop(days[10]))
    (before,) = asked(table, known)
    table.loc[9, "close"] = 10.5
    (beside,) = asked(table, known)
    table.loc[5, "close"] = 10.5
    (elsewhere,) = asked(table, known)
    assert before.id != beside.id == elsewhere.id


def test_a_week_from_sunday_to_thursday_has_no_gap_at_its_weekend():
    known, days = daily("XSAU", "2022-10-02", "2022-12-29")
    assert set(days.day_of_week) == {6, 0, 1, 2, 3}
    assert asked(prices(A=days), known) == []


def minutes(known, every=1):
    own = [
        pd.date_range(row.open, row.close, freq=f"{every}min", inclusive="left")
        for row in known.itertuples()
    ]
    return own[0].append(own[1:])


@pytest.mark.parametrize("every", [1, 5, 30])
def test_nights_half_days_and_clocks_that_change_are_no_gaps(every):
    """2012-11-04 the clocks went back, 2012-11-23 was half a day."""
    known = sessions("XNYS", "2012-11-01", "2012-11-27")
    table = prices(A=minutes(known, every))
    assert asked(table, known, of_days=False) == []
    assert asked(prices(A=table["timestamp"] + pd.Timedelta(minutes=every)), known,
                 of_days=False) == []  # fmt: skip


def test_minutes_of_trading_count_and_the_limit_is_beyond_the_bar_itself():
    known = sessions("XNYS", "2012-11-01", "2012-11-07")
    own = minutes(known)
    five, six = own.delete(slice(100, 105)), own.delete(slice(100, 106))
    assert asked(prices(A=five), known, of_days=False) == []
    (gap,) = asked(prices(A=six), known, of_days=False)
    assert "6 minutes" in gap.words
    overnight = own[(own < known["close"][0] - pd.Timedelta(minutes=4))
                    | (own >= known["open"][1] + pd.Timedelta(minutes=4))]  # fmt: skip
    (gap,) = asked(prices(A=overnight), known, of_days=False)
    assert "8 minutes" in gap.words, "the end of a session and the begin of the next"


def test_a_ticker_with_one_bar_has_ended_when_others_went_on():
    known = sessions("XNYS", "2012-11-01", "2012-11-07")
    own = minutes(known, 30)
    (gap,) = asked(prices(A=own[:1], B=own), known, of_days=False)
    assert (gap.tickers, gap.last) == (["A"], "")


def test_a_market_that_never_closes_has_no_night():
    known = sessions("24/7", "2012-11-01", "2012-11-07")
    own = pd.date_range("2012-11-01", "2012-11-06 23:59", freq="1min")
    assert asked(prices(A=own), known, of_days=False) == []
    (gap,) = asked(prices(A=own.delete(slice(1435, 1446))), known, of_days=False)
    assert "11 minutes" in gap.words


def test_nothing_is_found_in_nothing():
    known, days = daily()
    empty = prices(A=days[:0])
    assert asked(empty, known) == []
    assert asked(prices(A=days[:1]), known) == []
    assert asked(prices(A=days.drop(days[3])), known.head(0)) == []
    assert np.isfinite([len(asked(prices(A=days[:1], B=days[:1]), known))]).all()
