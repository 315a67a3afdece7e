"""Imputation, outliers, returns, the as-of join, and the order in which they clean the bars."""

from tidemark import cleaning, economic, impute, outliers, prices
from tidemark.errors import InputError

import numpy as np
import pandas as pd
import pytest

NAN = np.nan
WINSORISE = {"method": "winsorise", "lower": 0.1, "upper": 0.9}
IQR = {"method": "iqr", "factor": 1.5}
NONE = {"method": "none"}


def bars(adj_close, ticker="A", **fields):
    days = pd.date_range("2020-01-01", periods=len(adj_close)).astype("datetime64[us]")
    frame = pd.DataFrame({"timestamp": days, "ticker": ticker, "adj_close": adj_close})
    empty = dict.fromkeys(("open", "high", "low", "close", "volume"), NAN)
    return frame.assign(**(empty | fields))


# --- Normal form and returns


def test_tidy_bars_pass_as_they_are():
    both = pd.concat([bars([1.0], "AAPL"), bars([2.0], "MSFT")], ignore_index=True)
    assert prices.require_tidy(both, "p.parquet") is both


def test_two_bars_at_one_time_and_small_letters_are_refused():
    twice = pd.concat([bars([1.0, 2.0], "AAPL"), bars([3.0], "AAPL")], ignore_index=True)
    with pytest.raises(InputError, match=r"p\.parquet, row 3: AAPL has two bars at 2020-01-01"):
        prices.require_tidy(twice, "p.parquet")
    with pytest.raises(InputError, match="'aapl' is not in capitals"):
        prices.require_tidy(bars([1.0], "aapl"), "p.parquet")


def test_returns_start_anew_with_each_ticker():
    both = pd.concat([bars([10.0, 11.0]), bars([4.0, 2.0], "B")], ignore_index=True)
    assert prices.returns(both).to_list() == pytest.approx([NAN, 0.1, NAN, -0.5], nan_ok=True)


# --- Missing values


@pytest.mark.parametrize(("method", "growth"), [("mean", (0.1 + 0.1 - 0.5) / 3), ("median", 0.1)])
def test_a_price_grows_from_the_last_known_one(method, growth):
    filled = impute.bars(bars([100, 110, 121, 60.5, NAN, NAN, 70.0]), method)
    assert filled["adj_close"].to_list() == pytest.approx(
        [100, 110, 121, 60.5, 60.5 * (1 + growth), 60.5 * (1 + growth), 70]
    )
    assert filled["imputed"].to_list() == [False] * 4 + [True, True, False]


def test_a_price_without_past_changes_stays_level():
    assert impute.bars(bars([100.0, NAN]), "mean")["adj_close"].to_list() == [100, 100]


def test_what_has_no_past_at_all_is_dropped():
    both = pd.concat([bars([5.0, 6.0]), bars([NAN, 7.0], "B")], ignore_index=True)
    filled = impute.bars(both, "mean")
    assert filled["adj_close"].to_list() == [5, 6, 7]
    assert not filled["imputed"].any()


def test_fields_that_a_file_does_not_have_stay_missing():
    filled = impute.bars(bars([5.0, NAN]), "median")
    assert filled[["open", "high", "low", "close", "volume"]].isna().all(axis=None)


def test_each_field_is_filled_from_its_own_past():
    frame = bars([5.0] * 3, open=[10, 20, NAN], close=[10, 10, NAN], volume=[10.0, 30.0, NAN])
    filled = impute.bars(frame.assign(low=9.0, high=[21.0, 21.0, NAN]), "mean").iloc[2]
    assert (filled["open"], filled["close"], filled["volume"]) == (40, 10, 20)
    assert filled["high"] == 40, "a filled high holds the open"
    assert not filled["imputed"], "adj_close was there"


def test_known_highs_and_lows_are_left_alone():
    frame = bars([5.0, 5.0], open=[10.0, NAN], high=[11.0, 9.5], low=[9.0, 9.0], close=[10.0, 9.2])
    assert impute.bars(frame, "mean")["high"].to_list() == [11.0, 9.5]


@pytest.mark.parametrize(("method", "value"), [("mean", 3.0), ("median", 2.0)])
def test_series_are_filled_with_the_mean_or_median_of_their_past(method, value):
    series = pd.DataFrame({"x": [NAN, 1.0, 2.0, 6.0, NAN, 100.0]})
    filled = impute.series(series, ["x"], method)["x"].to_list()
    assert filled == pytest.approx([NAN, 1, 2, 6, value, 100], nan_ok=True)


# --- Outliers


def treated(returns, treatment, min_history, tickers=None):
    returns = pd.Series(returns)
    tickers = pd.Series("A", returns.index) if tickers is None else pd.Series(tickers)
    limits = outliers.bounds(returns, tickers, treatment, min_history)
    return returns.clip(limits["lower"], limits["upper"]).to_list()


def test_winsorising_takes_the_quantiles_of_earlier_returns():
    past = [NAN, *np.arange(11) / 10]
    assert treated([*past, 5.0], WINSORISE, 11)[-1] == pytest.approx(np.quantile(past[1:], 0.9))
    assert treated([*past, -5.0], WINSORISE, 11)[-1] == pytest.approx(np.quantile(past[1:], 0.1))


def test_iqr_bounds_are_tukeys_fences():
    past = list(np.arange(9) / 8)
    assert treated([*past, 9.0], IQR, 9)[-1] == pytest.approx(0.75 + 1.5 * 0.5)
    assert treated([*past, -9.0], IQR, 9)[-1] == pytest.approx(0.25 - 1.5 * 0.5)


def test_too_little_history_bounds_nothing():
    past = [NAN, *np.arange(11) / 10]
    assert treated([*past, 5.0], WINSORISE, 12)[-1] == 5.0
    assert treated([0.0, 0.0, 9.0], NONE, 1) == [0.0, 0.0, 9.0]


def test_one_tickers_past_does_not_bound_another():
    assert treated([0.0, 0.0, 0.0, 9.0], WINSORISE, 3, list("AAAB"))[-1] == 9.0


def test_outliers_are_counted():
    limits = pd.DataFrame({"lower": [-1.0] * 4, "upper": [1.0] * 4})
    assert outliers.outside(pd.Series([NAN, 1.0, 1.1, -1.1]), limits) == 2


# --- As known then


def test_a_value_joins_from_the_day_it_is_available():
    days = pd.to_datetime(["2020-01-01", "2020-01-02"]).astype("datetime64[us]")
    series = pd.DataFrame({"timestamp": days, "available_at": days + pd.Timedelta(days=2)})
    series["rate"] = [1.0, 2.0]
    both = pd.concat([bars([1.0] * 5), bars([1.0] * 5, "B")], ignore_index=True)
    joined = economic.as_known(both, series)
    assert joined["rate"].fillna(0).to_list() == [0, 0, 1, 2, 2] * 2
    pd.testing.assert_frame_equal(joined[both.columns], both)


def test_all_bars_of_a_day_know_what_became_public_at_its_midnight():
    hours = pd.date_range("2020-01-02 21:00", periods=4, freq="h").astype("datetime64[us]")
    day = pd.to_datetime(["2020-01-01", "2020-01-02"]).astype("datetime64[us]")
    series = pd.DataFrame({"timestamp": day, "available_at": day + pd.Timedelta(days=1)})
    joined = economic.as_known(pd.DataFrame({"timestamp": hours}), series.assign(rate=[1.0, 2.0]))
    assert joined["rate"].to_list() == [1, 1, 1, 2]


# --- The whole, in its order


def cleaned(adj_close, rates=((1, 1.0),), outliers=NONE):
    """Clean bars of one ticker; each rate is of a day in January and known the day after."""
    days, values = zip(*rates, strict=True)
    when = pd.to_datetime([f"2020-01-{day:02}" for day in days]).astype("datetime64[us]")
    series = pd.DataFrame({"timestamp": when, "available_at": when + pd.Timedelta(days=1)})
    scenario = {"impute": "mean", "outliers": outliers}
    return cleaning.clean(bars(adj_close), {"fed": series.assign(rate=values)}, scenario, 3)


def test_returns_are_of_filled_prices():
    result = cleaned([NAN, 100, 110, NAN, 110]).bars
    assert result["return"].to_list() == pytest.approx([NAN, 0.1, 0.1, -1 / 11], nan_ok=True)
    assert result["imputed"].to_list() == [False, False, True, False]


def test_treated_returns_are_within_bounds_of_earlier_ones_and_returns_stay():
    result = cleaned([100, 110, 121, 133.1, 266.2], outliers=WINSORISE)
    assert result.bars["return"].iloc[-1] == pytest.approx(1.0)
    assert result.bars["return_treated"].iloc[-1] == pytest.approx(0.1)
    assert result.bars["adj_close"].iloc[-1] == 266.2


def test_a_series_is_filled_by_its_own_rows_before_it_is_joined():
    """Filled bar by bar, the mean would count the 4 once for each of the three bars it covers."""
    result = cleaned([1.0] * 7, rates=[(1, 1.0), (2, 4.0), (5, NAN), (6, 10.0)])
    assert result.bars["rate"].to_list() == pytest.approx([NAN, 1, 4, 4, 4, 2.5, 10], nan_ok=True)


def test_counts_for_the_log():
    result = cleaned([NAN, 100, NAN, 101, 102, 103, 500], [(1, 1.0), (2, NAN)], IQR)
    assert result.dropped == 1
    assert result.outliers == (1, 0)
    assert result.missing["prices.adj_close"] == (2, 0)
    assert result.missing["prices.volume"] == (7, 6)
    assert result.missing["fed.rate"] == (1, 0)
    assert not {"prices.timestamp", "fed.available_at"} & result.missing.keys()
