"""Imputation, outliers, returns, the as-of join, and the order in which they clean the bars."""

import re

from tidemark.bars import below_zero, closes, holes, long_form
from tidemark.bars.settings import Carrying
from tidemark.errors import InputError
from tidemark.preprocessing import as_known, causal, cleaning, impute, levels, outliers
from tidemark.preprocessing.settings import Iqr, NoOutliers, Preprocess, Scenario, Winsorise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NAN = np.nan
WINSORISE = Winsorise("winsorise", 0.1, 0.9)
IQR = Iqr("iqr", 1.5)
NONE = NoOutliers("none")


def bars(adj_close, ticker="A", **fields):
    days = pd.date_range("2020-01-01", periods=len(adj_close)).astype("datetime64[us]")
    frame = pd.DataFrame({"timestamp": days, "ticker": ticker, "adj_close": adj_close})
    empty = dict.fromkeys(("open", "high", "low", "close", "volume"), NAN)
    return frame.assign(**(empty | fields))


# --- Normal form and returns


def test_tidy_bars_pass_as_they_are():
    both = pd.concat([bars([1.0], "AAPL"), bars([2.0], "MSFT")], ignore_index=True)
    assert long_form.require_tidy(both, "p.parquet") is both


def test_two_bars_at_one_time_and_small_letters_are_refused():
    twice = pd.concat([bars([1.0, 2.0], "AAPL"), bars([3.0], "AAPL")], ignore_index=True)
    with pytest.raises(InputError, match=r"p\.parquet, row 3: AAPL has two bars at 2020-01-01"):
        long_form.require_tidy(twice, "p.parquet")
    with pytest.raises(InputError, match="'aapl' is not in capitals"):
        long_form.require_tidy(bars([1.0], "aapl"), "p.parquet")


def test_returns_start_anew_with_each_ticker():
    both = pd.concat([bars([10.0, 11.0]), bars([4.0, 2.0], "B")], ignore_index=True)
    assert long_form.returns(both, both["ticker"] == "C").to_list() == pytest.approx(
        [NAN, 0.1, NAN, -0.5], nan_ok=True
    )


# --- Missing values


@pytest.mark.parametrize(("method", "growth"), [("mean", (0.1 + 0.1 - 0.5) / 3), ("median", 0.1)])
def test_a_price_grows_from_the_last_known_one(method, growth):
    filled = impute.bars(bars([100, 110, 121, 60.5, NAN, NAN, 70.0]), method, 14)
    assert filled["adj_close"].to_list() == pytest.approx(
        [100, 110, 121, 60.5, 60.5 * (1 + growth), 60.5 * (1 + growth), 70]
    )
    assert filled["imputed"].to_list() == [False] * 4 + [True, True, False]


def test_a_price_without_past_changes_stays_level():
    assert impute.bars(bars([100.0, NAN]), "mean", 14)["adj_close"].to_list() == [100, 100]


def test_what_has_no_past_at_all_is_dropped():
    both = pd.concat([bars([5.0, 6.0]), bars([NAN, 7.0], "B")], ignore_index=True)
    filled = impute.bars(both, "mean", 14)
    assert filled["adj_close"].to_list() == [5, 6, 7]
    assert not filled["imputed"].any()


def test_fields_that_a_file_does_not_have_stay_missing():
    filled = impute.bars(bars([5.0, NAN]), "median", 14)
    assert filled[["open", "high", "low", "close", "volume"]].isna().all(axis=None)


def test_each_field_is_filled_from_its_own_past():
    frame = bars([5.0] * 3, open=[10, 20, NAN], close=[10, 10, NAN], volume=[10.0, 30.0, NAN])
    filled = impute.bars(frame.assign(low=9.0, high=[21.0, 21.0, NAN]), "mean", 14).iloc[2]
    assert (filled["open"], filled["close"], filled["volume"]) == (40, 10, 30)
    assert filled["high"] == 40, "a filled high holds the open"
    assert not filled["imputed"], "adj_close was there"


def test_known_highs_and_lows_are_left_alone():
    frame = bars([5.0, 5.0], open=[10.0, NAN], high=[11.0, 9.5], low=[9.0, 9.0], close=[10.0, 9.2])
    assert impute.bars(frame, "mean", 14)["high"].to_list() == [11.0, 9.5]


def series(values, days=None, lag=1, name="rate"):
    """Values of days since 2020, each known `lag` days after."""
    days = range(len(values)) if days is None else days
    when = pd.Timestamp("2020-01-01") + pd.to_timedelta(list(days), unit="D")
    when = pd.Series(when).astype("datetime64[us]")
    available = when + pd.Timedelta(days=lag)
    return pd.DataFrame({"timestamp": when, "available_at": available, name: values})


@pytest.mark.parametrize(("method", "value"), [("mean", 3.0), ("median", 2.0)])
def test_changes_are_filled_with_the_mean_or_median_of_their_past(method, value):
    filled = impute.changes(series([NAN, 1.0, 2.0, 6.0, NAN, 100.0]), ["rate"], method, None)
    assert filled["rate"].to_list() == pytest.approx([NAN, 1, 2, 6, value, 100], nan_ok=True)


# --- Holes


def held(days, ticker="A"):
    """A ticker with a bar on these days since 2020; a price for each, None for a row without."""
    price = {day: 100.0 * 1.01**number for number, day in enumerate(days)}
    frame = bars([price[day] for day in days], ticker)
    return frame.assign(timestamp=frame["timestamp"][0] + pd.to_timedelta(list(days), unit="D"))


WEEKLY, MONTHLY = [7 * week for week in range(12)], [30 * month for month in range(12)]


@pytest.mark.parametrize(
    ("days", "broken"),
    [
        ([*range(10), *range(23, 30)], []),  # exactly a fortnight from bar to bar
        ([*range(10), *range(24, 30)], [10]),
        (WEEKLY, []),
        ([*WEEKLY, 77 + 35], []),
        ([*WEEKLY, 77 + 36], [12]),
        (MONTHLY, []),
        ([*MONTHLY, 330 + 151], [12]),
        ([*range(10), *range(60, 70), *range(200, 210)], [10, 20]),
    ],
)
def test_a_hole_is_longer_than_a_fortnight_and_than_five_usual_distances(days, broken):
    frame = held(days)
    far = holes.beyond_reach(frame, frame["adj_close"].notna(), 14)
    assert list(far[far].index) == broken


def test_nights_are_no_holes_and_the_limit_counts_for_hours():
    hours = [day + hour / 24 for day in range(30) for hour in range(8) if not 9 < day < 26]
    far = holes.beyond_reach(held(hours), pd.Series(True, range(len(hours))), 14)
    assert far.sum() == 1


def test_a_second_bar_is_judged_by_the_table():
    """A ticker with one bar has no distances of its own yet."""
    both = pd.concat([held(range(400)), held([0, 300, 301], "B")], ignore_index=True)
    far = holes.beyond_reach(both, both["adj_close"].notna(), 14)
    assert list(far[far].index) == [401]
    assert not holes.beyond_reach(held([0, 300, 301]), pd.Series([True] * 3), 14).any()


def without_series(frame):
    return cleaning.clean(frame, {}, Scenario("mean", NONE), Preprocess(3), {}, soon)


def test_what_lies_beyond_reach_is_not_filled_and_the_bar_after_has_no_return():
    frame = held(range(60))
    frame.loc[20:49, "adj_close"] = NAN
    clean = without_series(frame)
    assert clean.bars["imputed"].sum() == 14, "nobody knew better on these days"
    assert (clean.in_holes, clean.breaks, clean.dropped) == (16, 1, 0)
    after = clean.bars["timestamp"] == frame["timestamp"][50]
    assert clean.bars["return"][after].isna().all()
    assert clean.bars["return"].isna().sum() == 2


def test_a_hole_without_rows_is_a_break_and_counts_in_no_growth():
    frame = held([*range(10), *range(200, 210)])
    frame.loc[10:, "adj_close"] *= 50
    frame.loc[12, "adj_close"] = NAN
    clean = without_series(frame)
    assert clean.breaks == 1
    growth = clean.bars["adj_close"][12] / clean.bars["adj_close"][11] - 1
    assert growth == pytest.approx(0.01)


def test_no_field_is_carried_into_or_across_a_hole():
    frame = held([*range(10), *range(200, 210)]).assign(volume=5.0, open=7.0)
    frame.loc[10:12, ["volume", "open"]] = NAN
    frame.loc[15, "volume"] = NAN
    clean = impute.bars(frame, "mean", 14)
    assert clean["volume"].to_list() == pytest.approx([5] * 10 + [NAN] * 3 + [5] * 7, nan_ok=True)
    assert clean["open"][10:13].isna().all()


def test_a_price_at_or_below_zero_is_left_out_and_no_return_leads_to_or_from_it():
    """Crude oil fell to -36.98 on 2020-04-20."""
    frame = held(range(30)).assign(low=5.0)
    frame.loc[9, "adj_close"] = NAN  # filled: its last price is still known
    frame.loc[10, "adj_close"] = -36.98
    frame.loc[11, "adj_close"] = NAN  # not filled: nothing above zero comes right before it
    frame.loc[20, "low"] = -1.0
    clean = without_series(frame)
    assert (clean.below_zero, clean.in_holes, clean.breaks, clean.dropped) == (1, 1, 1, 0)
    assert clean.imputed == {"adj_close": 1, "low": 1}
    days = frame["timestamp"]
    assert not clean.bars["timestamp"].isin([days[10], days[11]]).any()
    without = clean.bars["timestamp"][clean.bars["return"].isna()]
    assert without.to_list() == [days[0], days[12]]
    assert clean.bars["return"].dropna().to_list() == pytest.approx([0.01] * 26)
    assert (clean.bars[["low", "adj_close"]] > 0).all(axis=None)


def test_a_history_that_begins_below_zero_begins_later():
    frame = held(range(6))
    frame.loc[:1, "adj_close"] = [-1.0, 0.0]
    clean = without_series(frame)
    assert (clean.below_zero, clean.dropped, clean.in_holes, clean.breaks) == (2, 0, 0, 0)
    assert len(clean.bars) == 4
    assert holes.of_closes(frame, 14).empty


def test_prices_go_on_where_they_stopped_before_one_below_zero():
    frame = held(range(30))
    frame.loc[10:11, "adj_close"] = [-36.98, 0.0]
    found = holes.of_closes(frame, 14)
    assert found[["missing", "below_zero"]].to_numpy().tolist() == [[2, 2]]
    assert found["change"].to_list() == pytest.approx([1.01**3 - 1])
    joined = below_zero.emptied(holes.spliced(frame, found))["adj_close"]
    assert joined[[10, 11]].isna().all()
    assert joined[12] == pytest.approx(joined[9])
    assert list(below_zero.in_words(frame)) == ["A 2020-01-11 (-36.98)", "A 2020-01-12 (0)"]


def test_holes_are_listed_and_spliced():
    frame = held([*range(10), *range(50, 60), *range(100, 110)])
    frame.loc[10:, "adj_close"] *= 3
    found = holes.of_closes(frame, 14)
    assert [f"{hole.before:%m-%d} {hole.after:%m-%d}" for hole in found.itertuples()] == [
        "01-10 02-20",
        "02-29 04-10",
    ]
    assert found["change"].to_list() == pytest.approx([2.03, 0.01])
    joined = holes.spliced(frame, found)["adj_close"]
    assert joined[10] == pytest.approx(joined[9])
    assert joined[20] == pytest.approx(joined[19])
    within = [n for n in range(1, 30) if n not in (10, 20)]
    assert joined.pct_change()[within].to_list() == pytest.approx([0.01] * 27)
    assert holes.spliced(frame, found[:0]) is frame
    assert holes.in_words(found) == (
        "A 2020-01-10 to 2020-02-20 (+203.0%), A 2020-02-29 to 2020-04-10 (+1.0%)"
    )


def test_later_bars_change_no_spliced_price():
    frame = held([*range(10), *range(50, 60), *range(100, 110)])
    whole = holes.spliced(frame, holes.of_closes(frame, 14))
    for bars_known in range(1, 30):
        part = frame[:bars_known]
        then = holes.spliced(part, holes.of_closes(part, 14))
        pd.testing.assert_frame_equal(then, whole[:bars_known], check_exact=True)


def test_a_hole_that_does_not_end_is_listed_too():
    both = pd.concat([held(range(40)), held(range(40), "B")], ignore_index=True)
    both.loc[5:39, "adj_close"] = NAN
    found = holes.of_closes(both, 14)
    assert found[["ticker", "missing"]].to_numpy().tolist() == [["A", 35]]
    assert found["after"].isna().all()
    assert holes.spliced(both, found) is both


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


def test_a_value_joins_from_the_first_bar_after_its_release():
    days = pd.to_datetime(["2020-01-01", "2020-01-02"]).astype("datetime64[us]")
    released = days + pd.Timedelta(days=2)
    series = pd.DataFrame({"available_at": released, "rate": [1.0, 2.0]})
    both = pd.concat([bars([1.0] * 5), bars([1.0] * 5, "B")], ignore_index=True)
    at_midnight = as_known.as_known(both, both["timestamp"], series)
    assert at_midnight["rate"].fillna(0).to_list() == [0, 0, 0, 1, 2] * 2
    at_noon = both["timestamp"] + pd.Timedelta(hours=12)
    joined = as_known.as_known(both, at_noon, series)
    assert joined["rate"].fillna(0).to_list() == [0, 0, 1, 2, 2] * 2
    pd.testing.assert_frame_equal(joined[both.columns], both)


def test_hourly_bars_know_a_figure_of_half_past_eight_in_new_york_after_it_and_no_sooner():
    """08:30 in New York is 13:30 in UTC, the very instant of the third bar."""
    hours = pd.Series(pd.date_range("2020-01-10 11:30", periods=5, freq="h"))
    released = pd.to_datetime(["2019-12-06 13:30", "2020-01-10 13:30"])
    series = pd.DataFrame({"available_at": released})
    joined = as_known.as_known(
        pd.DataFrame({"timestamp": hours}), hours, series.assign(rate=[1, 2])
    )
    assert joined["rate"].to_list() == [1, 1, 1, 2, 2]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    bar=st.lists(st.integers(0, 60), min_size=1, max_size=30),
    release=st.lists(st.integers(-5, 65), min_size=1, max_size=20),
)
def test_no_bar_knows_a_release_of_its_instant_or_after_it(bar, release):
    start = pd.Timestamp("2020-01-01")
    instants = start + pd.to_timedelta(pd.Series(bar), "h")
    released = start + pd.to_timedelta(pd.Series(sorted(release)), "h")
    series = pd.DataFrame({"available_at": released})
    series = series.assign(rate=np.arange(len(release), dtype=float))
    known = as_known.as_known(pd.DataFrame({"bar": bar}), instants, series)["rate"]
    for now, value in zip(instants, known, strict=True):
        public = series["rate"][released < now]
        assert public.iloc[-1] == value if len(public) else np.isnan(value)


def test_a_release_falls_on_the_first_bar_that_knows_it():
    instants = pd.Series(
        pd.to_datetime(["2020-01-02 21:00", "2020-01-03 18:00", "2020-01-06 21:00"])
    )
    released = ["2019-11-15 13:30", "2020-01-02 13:30", "2020-01-02 21:00", "2020-01-03 17:59"]
    released += ["2020-01-03 18:00", "2020-01-06 21:00"]
    first = as_known.first_to_know(instants, pd.Series(pd.to_datetime(released)))
    assert first.to_dict() == {1: 0, 2: 1, 3: 1, 4: 2}


# --- What a bar stands for


def sessions(zone="UTC", **closes):
    days = pd.to_datetime([day.strip("_").replace("_", "-") for day in closes])
    times = {"session": days, "close": pd.to_datetime(list(closes.values()))}
    return pd.DataFrame(times | {"zone": zone})


@pytest.mark.parametrize(
    ("day", "zone", "utc"),
    [
        ("2020-01-02", "UTC", "2020-01-02 21:00"),
        ("2020-01-03", "UTC", "2020-01-03 18:00"),
        ("2020-01-04", "UTC", "2020-01-05"),
        ("2020-01-04", "Asia/Tokyo", "2020-01-04 15:00"),
        ("2020-03-28", "Asia/Beirut", "2020-03-28 22:00"),
    ],
    ids=["close", "early close", "no session", "elsewhere", "24:00 is skipped"],
)
def test_a_daily_bar_stands_for_its_close_or_else_for_the_end_of_its_day(day, zone, utc):
    held = sessions(zone, _2020_01_02="2020-01-02 21:00", _2020_01_03="2020-01-03 18:00")
    days = pd.Series([pd.Timestamp(day)])
    assert closes.of(days, held, "America/New_York").to_list() == [pd.Timestamp(utc)]
    if day > "2020-01-03":
        assert closes.of(days, held.iloc[:0], zone).to_list() == [pd.Timestamp(utc)]


def test_without_a_calendar_each_day_ends_at_midnight_and_intraday_bars_are_instants():
    days = bars([1.0, 2.0])["timestamp"]
    instants = closes.of_bars(days, closes.table(None), "UTC")
    assert (instants == days + pd.Timedelta(days=1)).all()
    assert closes.of_bars(days, None, "UTC") is days


def test_what_is_assumed_of_closes_is_told():
    held = sessions("Asia/Tokyo", _2020_01_06="2020-01-06 06:00", _2020_01_07="2020-01-07 06:00")
    days = pd.Series(pd.to_datetime(["2020-01-06", "2020-01-07", "2020-01-06"]))
    assert closes.assumed(days, held, "UTC") is None
    saturday = pd.concat([days, pd.Series(pd.to_datetime(["2020-01-05", "2020-01-04"]))])
    assert closes.assumed(saturday, held, "UTC") == (
        "2 bars without a session, the first on 2020-01-04, stand for the end of the day in"
        " Asia/Tokyo"
    )
    assert "end of its day in UTC" in closes.assumed(days, closes.table(None), "UTC")
    assert closes.assumed(days, closes.table(None), "Asia/Tokyo") is None


# --- Levels


def soon(days):
    """The first moments that know what was released at these midnights."""
    return days + pd.Timedelta(1, "us")


def known(values, days, longest=None, lag=1, until=40):
    """The rate that each day knows."""
    frame = levels.carried(series(values, days, lag), ["rate"], longest)
    days = bars([1.0] * until)
    joined = as_known.as_known(days, soon(days["timestamp"]), frame)
    return joined["rate"].fillna(0).to_list()


def test_a_missing_level_is_what_it_was():
    assert known([1.0, 2.0, NAN, NAN, 5.0], range(5), until=8) == [0, 1, 2, 2, 2, 5, 5, 5]
    assert known([1.0, 2.0, 5.0], [0, 1, 4], until=8) == [0, 1, 2, 2, 2, 5, 5, 5]


def test_a_level_ends_after_ten_days_or_five_usual_distances():
    assert known([1.0, 2.0], [0, 1]) == [0, 1] + [2] * 11 + [0] * 27
    weekly = known([1.0] * 3, [0, 7, 14], until=60)
    assert weekly == [0] + [1] * 50 + [0] * 9
    assert known([1.0, 2.0], [0, 1], longest=3) == [0, 1] + [2] * 4 + [0] * 34


def test_a_release_lag_makes_no_level_older():
    monthly = known([1.0, 2.0, 3.0], [0, 30, 60], lag=45, until=120)
    assert monthly == [0] * 45 + [1] * 30 + [2] * 30 + [3] * 15


def test_of_a_first_value_no_distance_is_known():
    assert known([1.0], [0], until=200) == [0] + [1] * 156 + [0] * 43


def test_what_came_back_is_known_again():
    assert known([1.0, 2.0, 3.0], [0, 1, 30], until=33) == [0, 1] + [2] * 11 + [0] * 18 + [3] * 2


def test_columns_age_apart():
    frame = series([1.0] * 30).assign(dead=[1.0, 1.0] + [NAN] * 28)
    days = bars([1.0] * 30)
    carried = levels.carried(frame, ["rate", "dead"], None)
    joined = as_known.as_known(days, soon(days["timestamp"]), carried)
    assert joined["rate"].notna().sum() == 29
    assert joined["dead"].notna().sum() == 12


# --- The whole, in its order


def cleaned(adj_close, rates=((1, 1.0),), outliers=NONE, method="mean", **carrying):
    """Clean bars of one ticker; each rate is for a day in January and known the day after.

    Bars stand for a moment just after midnight.
    """
    days, values = zip(*rates, strict=True)
    when = pd.to_datetime([f"2020-01-{day:02}" for day in days]).astype("datetime64[us]")
    frame = pd.DataFrame({"timestamp": when, "available_at": when + pd.Timedelta(days=1)})
    fed, carried = {"fed": frame.assign(rate=values)}, {"fed": Carrying(**carrying)}
    scenario = Scenario(method, outliers)
    return cleaning.clean(bars(adj_close), fed, scenario, Preprocess(3), carried, soon)


def test_returns_are_of_filled_prices():
    result = cleaned([NAN, 100, 110, NAN, 110]).bars
    assert result["return"].to_list() == pytest.approx([NAN, 0.1, 0.1, -1 / 11], nan_ok=True)
    assert result["imputed"].to_list() == [False, False, True, False]


def test_treated_returns_are_within_bounds_of_earlier_ones_and_returns_stay():
    result = cleaned([100, 110, 121, 133.1, 266.2], outliers=WINSORISE)
    assert result.bars["return"].iloc[-1] == pytest.approx(1.0)
    assert result.bars["return_treated"].iloc[-1] == pytest.approx(0.1)
    assert result.bars["adj_close"].iloc[-1] == 266.2


RATES = [(1, 1.0), (2, 4.0), (5, NAN), (6, 10.0)]


def test_a_series_is_filled_by_its_own_rows_before_it_is_joined():
    """Filled bar by bar, the mean would count the 4 once for each of the three bars it covers."""
    result = cleaned([1.0] * 7, RATES, changes=["rate"])
    assert result.bars["rate"].to_list() == pytest.approx([NAN, 1, 4, 4, 4, 2.5, 10], nan_ok=True)
    assert result.imputed == {"rate": 1}


@pytest.mark.parametrize("method", ["mean", "median"])
def test_a_level_is_carried_whatever_the_scenario_fills_with(method):
    result = cleaned([1.0] * 7, RATES, method=method)
    assert result.bars["rate"].to_list() == pytest.approx([NAN, 1, 4, 4, 4, 4, 10], nan_ok=True)


def test_a_series_that_ended_is_said_to_have():
    result = cleaned([1.0] * 40, [(1, 1.0), (2, 4.0), (3, NAN)])
    (end,) = result.ended
    assert (end.column, f"{end.last:%m-%d}", end.bars) == ("fed.rate", "01-02", 27)
    assert result.lacking == {"rate": 28}
    assert not cleaned([1.0] * 12, [(1, 1.0), (2, 4.0)]).ended


def test_a_filled_change_stands_no_longer_than_the_value_before_it():
    rates = [(1, 1.0), (2, 4.0), *((day, NAN) for day in range(3, 20))]
    level, change = (
        cleaned(
            [1.0] * 30,
            rates,
            changes=changes,
            longest_carry_days=5,
        )
        for changes in ([], ["rate"])
    )
    last = change.bars["timestamp"][change.bars["rate"].notna()].max()
    assert f"{last:%m-%d}" == "01-08"
    assert change.lacking == level.lacking == {"rate": 1 + change.ended[0].bars}
    assert change.ended == level.ended


def test_a_series_that_never_had_a_value_is_said_to_have_none():
    result = cleaned([1.0] * 4, [(1, NAN), (2, NAN)])
    (end,) = result.ended
    assert (end.column, end.bars) == ("fed.rate", 4)
    assert pd.isna(end.last)


def test_counts_for_the_screen():
    result = cleaned([NAN, 100, NAN, 101, 102, 103, 500], [(1, 1.0), (2, NAN)], IQR)
    assert result.dropped == 1
    assert result.outliers == (1, 0)
    assert result.imputed == {"adj_close": 1, "rate": 1}
    assert result.lacking == {}, "the row without a price knew no rate, and is gone"
    assert [(row["what"], row["field"], row["count"]) for row in result.counted()] == [
        *(("imputed", "adj_close", 1), ("imputed", "rate", 1), ("outliers", None, 1)),
        *(("outliers_left", None, 0), ("breaks", None, 0), ("dropped", None, 1)),
        *(("in_holes", None, 0), ("below_zero", None, 0)),
    ]


# --- What knows the future is refused when it is made


def economy(prices):
    """A yield that is known two days after its day, with a gap."""
    rate = pd.Series(np.linspace(1.0, 2.0, len(prices))).where(np.arange(len(prices)) % 7 != 3)
    after = prices["timestamp"] + pd.Timedelta(days=2)
    return pd.DataFrame({"timestamp": prices["timestamp"], "available_at": after, "rate": rate})


def checked(prices, change=lambda raw, made: made, seed=0):
    """Check `clean` with a change to what it makes."""
    series = {"fed": economy(prices)}
    scenario, carrying = Scenario("mean", IQR), {"fed": Carrying()}

    def clean(raw, known):
        plan = Preprocess(3, 30)
        made = cleaning.clean(raw, known, scenario, plan, carrying, lambda times: times).bars
        return change(raw, made)

    causal.require(clean(prices, series), prices, series, clean, lambda times: times, seed)


def lacking(count=120):
    """Prices of which some are missing."""
    draw = np.random.default_rng(2)
    close = np.exp(np.cumsum(draw.normal(0, 0.02, count)))
    close[[20, 50, 51, 90]] = NAN
    return bars(close, open=close, high=close, low=close, close=close, volume=1.0)


@pytest.mark.parametrize("count", [2, 3, 120])
def test_clean_bars_hold_when_what_came_later_is_taken_away(count):
    for seed in range(2):
        checked(lacking(120)[:count], seed=seed)


KNOWS = {
    "filled back": lambda raw, made: made.assign(
        adj_close=raw["adj_close"].bfill().to_numpy()[: len(made)]
    ),
    "drawn between neighbours": lambda raw, made: made.assign(
        adj_close=raw["adj_close"].interpolate().to_numpy()[: len(made)]
    ),
    "bounds of all bars": lambda raw, made: made.assign(
        return_treated=made["return"].clip(upper=made["return"].quantile(0.9))
    ),
    "rows that turn out well": lambda raw, made: made[made["adj_close"] < made["adj_close"].max()],
}


@pytest.mark.parametrize("way", KNOWS)
def test_clean_bars_that_know_the_future_are_named_with_ticker_and_bar(way):
    with pytest.raises(InputError) as refused:
        checked(lacking(), KNOWS[way])
    assert refused.value.where == "scripts/tidemark/preprocessing"
    assert re.match(
        r"it looks ahead: .* for A at 2020-\d\d-\d\d depends on what came after 2020-",
        refused.value.problem,
    )
