"""Adjusted closes from bars as sent, whatever convention they are sent in."""

from tidemark.bars import adjusting, corporate_actions
from tidemark.errors import BadValue

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def bars(closes: list[float], ticker: str = "A", first: str = "2026-11-02") -> pd.DataFrame:
    days = pd.bdate_range(first, periods=len(closes), tz="UTC") + pd.Timedelta("14:30:00")
    return pd.DataFrame({"ticker": ticker, "timestamp": days, "close": closes}).astype(
        {"close": "float64"}
    )


def actions(*rows: tuple[str, str, float], ticker: str = "A") -> pd.DataFrame:
    days, kinds, values = zip(*rows, strict=True) if rows else ((), (), ())
    days = pd.to_datetime(pd.Series(days, dtype="str"), utc=True)
    return pd.DataFrame({"ticker": ticker, "timestamp": days, "kind": kinds, "value": values})


SPLIT = actions(("2026-11-04", "split", 4.0))
DIVIDEND = actions(("2026-11-04", "dividend", 2.0))


def test_a_split_of_closes_as_traded():
    found = adjusting.adjusted_close(bars([400, 408, 102, 103]), SPLIT, "none")
    assert found.tolist() == [100, 102, 102, 103]


def test_a_split_of_closes_that_know_it():
    found = adjusting.adjusted_close(bars([100, 102, 102, 103]), SPLIT, "splits")
    assert found.tolist() == [100, 102, 102, 103]


@pytest.mark.parametrize("convention", ["none", "splits"])
def test_a_dividend_takes_its_part_of_the_close_before(convention):
    found = adjusting.adjusted_close(bars([50, 100, 98, 99]), DIVIDEND, convention)
    assert found.tolist() == [49, 98, 98, 99]


def test_closes_that_know_both_stay():
    both = pd.concat([SPLIT, DIVIDEND])
    closes = bars([50, 100, 98, 99])
    assert adjusting.adjusted_close(closes, both, "splits_and_dividends").equals(closes["close"])


def test_two_dividends_of_one_day_sum_up():
    two = actions(("2026-11-04", "dividend", 1.9), ("2026-11-04", "dividend", 0.1))
    found = adjusting.adjusted_close(bars([50, 100, 98]), two, "none")
    assert found.tolist() == pytest.approx([49, 98, 98], rel=1e-15)


def test_a_split_and_a_dividend_of_one_day():
    """The dividend is of the new shares: 2 for 1, then 1 of each, after a close of 100."""
    both = actions(("2026-11-04", "split", 2.0), ("2026-11-04", "dividend", 1.0))
    found = adjusting.adjusted_close(bars([100, 100, 49]), both, "none")
    assert found.tolist() == [49, 49, 49]


def test_an_ex_date_without_a_bar_counts_at_the_next_one():
    """Saturday's split and Sunday's dividend, of new shares: Monday opens without both."""
    events = actions(("2026-11-07", "split", 2.0), ("2026-11-08", "dividend", 1.0))
    found = adjusting.adjusted_close(bars([100, 49], first="2026-11-06"), events, "none")
    assert found.tolist() == [49, 49]


@pytest.mark.parametrize("day", ["2026-10-30", "2026-11-02", "2026-11-06"])
def test_what_comes_before_the_first_bar_at_it_or_after_the_last_changes_nothing(day):
    closes = bars([100, 101, 102])
    found = adjusting.adjusted_close(closes, actions((day, "split", 4.0)), "none")
    assert found.equals(closes["close"])


def test_other_tickers_orders_and_gaps_do_not_matter():
    two = pd.concat([bars([400, np.nan, 102]), bars([7, 8, 9], "B")], ignore_index=True)
    mixed = two.sample(frac=1, random_state=1)
    found = adjusting.adjusted_close(mixed, SPLIT, "none").sort_index()
    assert found[[0, 2, 3, 4, 5]].tolist() == [100, 102, 7, 8, 9]
    assert np.isnan(found[1])


def test_all_bars_of_an_ex_date_know_its_split():
    hours = pd.to_datetime(["2026-11-03T20:00Z", "2026-11-04T14:00Z", "2026-11-04T20:00Z"])
    intraday = pd.DataFrame({"ticker": "A", "timestamp": hours, "close": [400.0, 101, 102]})
    assert adjusting.adjusted_close(intraday, SPLIT, "none").tolist() == [100, 101, 102]


@pytest.mark.parametrize("closes", [[100, 2, 3], [100, -37.63, 10]])
def test_a_dividend_that_leaves_no_price_is_refused(closes):
    """Of WTI below zero, say, which nobody pays a dividend of."""
    with pytest.raises(BadValue, match="leave no price"):
        adjusting.adjusted_close(bars(closes), DIVIDEND, "none")


def test_events_after_closes_that_are_all_missing_change_nothing():
    found = adjusting.adjusted_close(bars([np.nan, np.nan, 98]), DIVIDEND, "none")
    assert found.dropna().tolist() == [98]


def test_prices_below_zero_without_events_stay():
    closes = bars([18.27, -37.63, 10.01])
    assert adjusting.adjusted_close(closes, SPLIT.head(0), "none").equals(closes["close"])


FACTS = st.tuples(
    st.integers(0, 11), st.sampled_from(["split", "dividend"]), st.sampled_from([0.1, 0.5, 2, 3])
)


@settings(max_examples=25, deadline=None)
@given(st.lists(FACTS, max_size=5))
def test_returns_are_those_of_a_holder_who_gets_the_shares_and_the_cash(facts):
    """Of steady prices: whoever holds through gains nothing and loses nothing, on any bar.

    What the factors say is explained by the events themselves, as `mismatches` judges it.
    """
    price, closes, rows = 100.0, [], []
    days = pd.bdate_range("2026-11-02", periods=12)
    for place, day in enumerate(days):
        own = {(kind, value) for at, kind, value in facts if at == place}
        for kind, value in sorted(own, reverse=True):  # splits first
            price = price / value if kind == "split" else price - value
            rows.append((str(day.date()), kind, float(value)))
        if price < 1:
            return
        closes.append(price)
    table, events = bars(closes), actions(*rows)
    adjusted = adjusting.adjusted_close(table, events, "none")
    assert adjusted.to_numpy() == pytest.approx(closes[-1], rel=1e-12)
    wrong = corporate_actions.mismatches(table.assign(adj_close=adjusted), events, 1e-9)
    assert wrong.empty
