"""Market metrics by hand, and against pandas, scipy and scikit-learn."""

from dataclasses import replace

import market_metrics as market_metrics_step
from tidemark.bars import closes, trading_calendar
from tidemark.errors import BadValue
from tidemark.market import market_metrics
from tidemark.market.grid import Prices
from tidemark.market.scenarios.paths import simulated
from tidemark.market.scenarios.settings import Stochastic, Window
from tidemark.market.scenarios.windows import full, historical
from tidemark.models import within_windows
from tidemark.ohlcv import OHLC

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def prices_of(close, start="2020-01-06", freq="B"):
    close = np.asarray(close, dtype=np.float64).reshape(len(close), -1)
    times = pd.date_range(start, periods=len(close), freq=freq).to_numpy("datetime64[us]")
    bars = [close, 1.01 * close, 0.99 * close, close, np.full_like(close, 1000.0)]
    return Prices(times, tuple("ABCDEFGH"[: close.shape[1]]), *bars)


def walk(bars=400, tickers=3, seed=1, listed=()):
    close = 50 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, (bars, tickers)), 0))
    for column, row in enumerate(listed):
        close[:row, column] = np.nan
    return prices_of(close)


def value(frame, ticker, metric):
    return frame.set_index(["ticker", "metric"])["value"].loc[ticker, metric]


# --- Statistical


def test_statistics_by_hand():
    """21 returns, from -10 % to 10 %, in no order."""
    change = np.random.default_rng(1).permutation(np.arange(-10, 11) / 100)[:, None]
    found = {name: column[0] for name, column in market_metrics.statistical(change).items()}
    assert found["returns"] == 21
    assert found["value_at_risk_95"] == pytest.approx(-0.09)
    assert found["expected_shortfall_95"] == pytest.approx(-0.095)
    assert found["tail_ratio_95"] == pytest.approx(1.0)
    assert found["mean_return"] == pytest.approx(0.0, abs=1e-17)
    assert found["skewness"] == pytest.approx(0.0, abs=1e-12)
    assert found["volatility"] == pytest.approx(np.sqrt(0.077 / 20))
    assert np.isnan(found["mean_correlation"])
    lopsided = np.where(change > 0, 2 * change, change)
    assert market_metrics.statistical(lopsided)["tail_ratio_95"] == pytest.approx(2.0)
    assert market_metrics.statistical(lopsided)["tail_ratio_99"] == pytest.approx(2.0)


def test_total_return_compounds():
    found = market_metrics.statistical(np.array([[0.5], [-0.5], [np.nan], [0.1]]))
    assert found["total_return"] == pytest.approx(1.5 * 0.5 * 1.1 - 1)
    assert found["returns"] == 3


def test_statistics_are_those_of_pandas():
    change = market_metrics.returns(walk(tickers=4, listed=(0, 100, 399)).close)
    change[50, 2] = np.nan
    found = market_metrics.statistical(change)
    frame = pd.DataFrame(change)
    for name, expected in {
        "returns": frame.count(),
        "mean_return": frame.mean(),
        "volatility": frame.std(),
        "skewness": frame.skew(),
        "excess_kurtosis": frame.kurt(),
        "value_at_risk_95": frame.quantile(0.05),
        "autocorrelation": frame.apply(pd.Series.autocorr),
        "absolute_autocorrelation": frame.abs().apply(pd.Series.autocorr),
        "mean_correlation": frame.corr().mask(np.eye(4, dtype=bool)).mean(),
    }.items():
        assert found[name] == pytest.approx(expected.to_numpy(), rel=1e-9, nan_ok=True), name
    assert np.isfinite(found["skewness"][[0, 1, 3]]).all()


def test_figures_of_a_ticker_are_the_same_beside_others():
    """To the bit, whether others have the same bars, fewer or none, or do not vary."""
    draw = np.random.default_rng(7)
    change = draw.standard_t(3, (300, 7)) * 0.02
    change[:120, 1], change[:, 2], change[:, 3] = np.nan, np.nan, 0.01
    change[draw.random(300) < 0.1, 4] = np.nan
    together = market_metrics.statistical(change)
    for ticker in range(7):
        alone = market_metrics.statistical(change[:, [ticker]])
        for name in alone.keys() - {"mean_correlation"}:
            assert np.array_equal(together[name][[ticker]], alone[name], equal_nan=True), name


def test_clusters_of_volatility_show_in_the_sizes_alone():
    draw = np.random.default_rng(3)
    scale = np.repeat(draw.choice([0.005, 0.03], 100), 30)
    found = market_metrics.statistical((scale * draw.choice([-1.0, 1.0], 3000))[:, None])
    assert abs(found["autocorrelation"][0]) < 0.06
    assert found["absolute_autocorrelation"][0] > 0.8


@pytest.mark.parametrize("bars", [0, 1, 2, 3, 4])
def test_few_returns_leave_what_they_cannot_say_undefined(bars):
    change = np.column_stack([0.01 * np.array([1.0, -2, 3, 5])[:bars], np.full(bars, 0.001)])
    found = market_metrics.statistical(change)
    varied = {name for name, column in found.items() if np.isfinite(column[0])}
    least = {
        "returns": 0,
        "total_return": 1,
        "mean_return": 1,
        "tail_ratio_95": 1,
        "tail_ratio_99": 1,
        "value_at_risk_95": 1,
        "expected_shortfall_95": 1,
        "volatility": 2,
        "skewness": 3,
        "excess_kurtosis": 4,
        "autocorrelation": 3,
        "absolute_autocorrelation": 3,
    }
    assert varied == {name for name, needed in least.items() if bars >= needed}
    for name in ("skewness", "excess_kurtosis", "autocorrelation", "mean_correlation"):
        assert np.isnan(found[name][1]), name


def test_the_bar_after_a_gap_has_the_whole_return():
    change = market_metrics.returns(np.array([[1.0], [2.0], [np.nan], [3.0], [6.0]]))
    np.testing.assert_array_equal(change[:, 0], [np.nan, 1.0, np.nan, 0.5, 1.0])


def test_movement_within_bars_by_hand():
    """Log returns from close to open are 1, -1, 1 %, from open to close 1, 1, 1 %."""
    steps = np.array([[0.01, 0.01], [-0.01, 0.01], [0.01, 0.01]])
    path = 4 + np.cumsum(steps.ravel())
    close, opened = np.exp(np.append(4, path[1::2])), np.exp(np.append(4, path[::2]))
    prices = prices_of(close)
    prices = replace(prices, open=opened[:, None], high=1.02 * prices.close)
    scenario = full(prices)
    (frame,) = market_metrics.describe([scenario])
    assert value(frame, "A", "overnight_share") == pytest.approx(1.0)  # the rest does not vary
    assert value(frame, "A", "mean_range") == pytest.approx(np.log(1.02 / 0.99))
    bare = replace(prices, open=np.full_like(prices.close, np.nan))
    (frame,) = market_metrics.describe([replace(scenario, prices=bare)])
    assert np.isnan(value(frame, "A", "overnight_share"))


def test_a_path_is_held_against_the_bars_that_it_is_drawn_from():
    prices = walk(tickers=3, listed=(0, 150, 380))
    plan = Stochastic({"gbm": 1}, horizon=50, warm_up=20, block_length=5, min_history=100)
    (path,) = simulated(prices, plan, 1)
    like = market_metrics.drawn_from(full(prices), path)
    (frame,) = market_metrics.describe([like])
    drawn = prices.close[150:, 0] / prices.close[149:-1, 0] - 1.0
    assert set(frame["scenario_name"]) == {market_metrics.DRAWN_FROM}
    assert value(frame, "A", "returns") == 249  # B's first bar has no return
    assert value(frame, "A", "volatility") == pytest.approx(drawn[1:].std(ddof=1))
    assert value(frame, "C", "returns") == 0


# --- Technical


def test_technical_levels_compare_across_prices():
    """A ticker with ten times the price has the same figures."""
    prices = walk(tickers=1)
    for field in OHLC:
        twice = np.hstack([getattr(prices, field), 10 * getattr(prices, field)])
        prices = replace(prices, **{field: twice})
    for name, level in market_metrics.technical_levels(prices).items():
        assert np.isfinite(level[-1]).all(), name
        assert level[:, 0] == pytest.approx(level[:, 1], rel=1e-9, abs=1e-12, nan_ok=True), name


def test_technical_levels_are_those_of_pandas():
    prices = walk(tickers=2, listed=(0, 30))
    levels = market_metrics.technical_levels(prices)
    close = pd.DataFrame(prices.close)
    mean, deviation = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    for name, expected in {
        "sma_50_distance": close / close.rolling(50).mean() - 1,
        "sma_200_distance": close / close.rolling(200).mean() - 1,
        "bollinger_width": 4 * deviation / mean,
    }.items():
        found = pytest.approx(expected.to_numpy(), rel=1e-9, abs=1e-13, nan_ok=True)
        assert levels[name] == found, name
    assert ((levels["rsi_14"][60:] > 0) & (levels["rsi_14"][60:] < 100)).all()
    assert (levels["atr_14"][60:] > 0.02).all()  # each bar spans 2 % and more


def test_averages_start_anew_where_a_ticker_is_listed():
    late, whole = walk(tickers=2, listed=(0, 30)), walk(tickers=2)
    listed = market_metrics.technical_levels(late.rows(30, 400))
    found = market_metrics.technical_levels(late)
    for name, level in found.items():
        assert level[30:, 1] == pytest.approx(listed[name][:, 1], rel=1e-9, nan_ok=True), name
    for name, level in market_metrics.technical_levels(whole).items():
        assert found[name][:, 0] == pytest.approx(level[:, 0], rel=1e-9, nan_ok=True), name


def test_summaries_by_hand():
    level = np.array([[np.nan, 0.1], [-0.2, 0.3], [0.4, np.nan], [0.0, np.nan]])
    levels = {"sma_50_distance": level, "sma_200_distance": np.full((4, 2), np.nan)}
    found = market_metrics.technical(levels)
    assert found["sma_50_distance_mean"] == pytest.approx([0.2 / 3, 0.2])
    assert found["sma_50_distance_last"] == pytest.approx([0.0, 0.3])
    assert found["above_sma_50"] == pytest.approx([1 / 3, 1.0])
    assert np.isnan(found["above_sma_200"]).all()
    assert np.isnan(found["sma_200_distance_last"]).all()


# --- All market scenarios


def test_a_row_for_each_ticker_and_metric():
    values = {"one": np.array([1.0, 2.0]), "two": np.array([3.0, np.nan])}
    frame = market_metrics.tidy("technical", values, ("A", "B"), "full")
    assert list(frame) == ["family", "ticker", "scenario_name", "metric", "value"]
    assert frame["ticker"].tolist() == ["A", "A", "B", "B"]
    assert frame["metric"].tolist() == ["one", "two", "one", "two"]
    assert frame["value"].tolist()[:3] == [1.0, 3.0, 2.0]
    assert np.isnan(frame["value"].iloc[3])
    assert set(frame["scenario_name"]) == {"full"}
    assert set(frame["family"]) == {"technical"}


def test_only_measured_bars_count_and_indicators_look_back():
    prices = walk()
    window = {"summer": Window("2020-06-01", "2020-08-31", "test")}
    (scenario,) = historical(prices, window)
    (frame,) = market_metrics.describe([scenario])
    rows = scenario.counted
    change = prices.close[rows] / prices.close[rows.start - 1 : rows.stop - 1] - 1
    assert value(frame, "B", "returns") == rows.stop - rows.start
    assert value(frame, "B", "total_return") == pytest.approx(np.prod(1 + change[:, 1]) - 1)
    mean = prices.close[rows.stop - 50 : rows.stop, 1].mean()
    distance = prices.close[rows.stop - 1, 1] / mean - 1
    assert value(frame, "B", "sma_50_distance_last") == pytest.approx(distance)
    later = replace(prices, **{f: getattr(prices, f).copy() for f in OHLC})
    for field in OHLC:
        getattr(later, field)[rows.stop :] *= 3.0
    (after,) = market_metrics.describe(historical(later, window))
    pd.testing.assert_frame_equal(frame, after)


def test_each_scenario_is_described_from_its_own_bars():
    """The same holds if scenarios that share their prices come between others."""
    prices = walk()
    plan = Stochastic({"stationary_bootstrap": 2}, 60, 250, 10, 100)
    year = {"year": Window("2020-01-01", "2020-12-31", "test")}
    mixed = [
        full(prices),
        *historical(prices, year),
        *simulated(prices, plan, 3),
        full(prices),
    ]
    together = list(market_metrics.describe(mixed))
    for scenario, frame in zip(mixed, together, strict=True):
        (alone,) = market_metrics.describe([scenario])
        pd.testing.assert_frame_equal(frame, alone)
    assert value(together[2], "A", "returns") == 60
    assert np.isfinite(value(together[2], "A", "sma_200_distance_mean"))


def test_a_window_without_data_is_undefined():
    gone = historical(walk(), {"gone": Window("1987-10-14", "1987-10-19", "test")})
    (frame,) = market_metrics.describe(gone)
    values = frame[frame["ticker"] == "A"].set_index("metric")["value"]
    assert values.pop("returns") == 0
    assert values.isna().all()
    assert len(values) > 25


# --- Around events


def events(*days, **columns):
    return pd.DataFrame({"timestamp": pd.to_datetime(list(days)), **columns})


def bars_of(mask):
    return [np.flatnonzero(column).tolist() for column in mask.T]


def test_bars_around_events_by_hand():
    prices = prices_of(np.ones((10, 2)))  # Monday 2020-01-06 to Friday 2020-01-17
    actions = events("2020-01-08", "2020-01-11", "2020-01-06", ticker=["A", "B", "C"])
    found = market_metrics.event_bars(prices, actions, before=1, after=2)
    assert bars_of(found) == [[1, 2, 3, 4], [4, 5, 6, 7]]  # Saturday's is Monday's
    ends = events("2020-01-06", "2020-01-17")
    assert bars_of(market_metrics.event_bars(prices, ends, 1, 1)) == [[0, 1, 8, 9]] * 2
    outside = events("2020-01-05", "2020-01-18", "1948-01-01")
    assert not market_metrics.event_bars(prices, outside, 1, 1).any()
    assert not market_metrics.event_bars(prices, outside.iloc[:0], 1, 1).any()


# exchange_calendars itself uses what pandas 3.1 deprecates.
@pytest.mark.filterwarnings("ignore:Series.values:DeprecationWarning")
def test_an_ex_date_begins_where_the_exchange_is():
    """Sydney opens at 23:00 in UTC on the day before; its first bar of the ex-date is the event."""
    times = pd.date_range("2020-11-02 23:00", "2020-11-06 05:00", freq="h")
    held = trading_calendar.held("XASX", times[0], times[-1])
    hours = times[(times.hour == 23) | (times.hour < 5)]
    actions = events("2020-11-05", ticker="A", kind="dividend")
    zone = closes.zone(closes.table(held), "UTC")
    found = market_metrics_step._ex_dates(actions, zone)["dividend"]
    ones = prices_of(np.ones((len(hours), 1)))
    prices = replace(ones, timestamp=hours.to_numpy("datetime64[us]"))
    (bars,) = bars_of(market_metrics.event_bars(prices, found, 0, 0))
    assert hours[bars].to_list() == [pd.Timestamp("2020-11-04 23:00")]
    assert closes.zone(closes.table(None), "Australia/Sydney") == zone


def test_events_that_no_bar_is_around_are_told():
    prices = prices_of(np.ones((10, 2)))  # Monday 2020-01-06 to Friday 2020-01-17
    days = ("2020-01-03", "2020-01-06", "2020-01-17", "2020-01-18", "2020-01-18")
    splits = events(*days, ticker=["A", "B", "A", "A", "Z"])
    assert list(market_metrics_step._left_out(splits, "split", prices)) == [
        "1 event (split) of tickers without prices: Z",
        "2 events (split) before the first bar or after the last",
    ]
    assert not list(market_metrics_step._left_out(splits[1:3], "split", prices))


def test_a_release_that_no_bar_knows_is_told():
    prices = prices_of(np.ones((10, 1)))
    released = pd.Series(pd.to_datetime(["2019-12-01", "2020-01-08", "2020-02-01"]))
    bars = pd.Series(prices.timestamp)
    first = market_metrics_step._first_bars(prices.timestamp, bars, released)
    assert first["timestamp"].isna().tolist() == [True, False, True]
    (told,) = market_metrics_step._left_out(first, "cpi_release", prices)
    assert told == "2 events (cpi_release) before the first bar or after the last"
    assert bars_of(market_metrics.event_bars(prices, first, 0, 0)) == [[3]]


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (("2020-01-01", "2020-01-08", "2020-01-16"), None),
        (("2020-01-01", "2020-01-02", "2020-01-03"), "3 releases, less than a week apart"),
        (("2020-01-01",), "1 release, too few to say"),
    ],
)
def test_releases_that_are_no_events_are_told(days, told):
    found = market_metrics_step._no_events(pd.Series(pd.to_datetime(list(days))))
    assert found is None if told is None else found.startswith(told)


def test_a_release_counts_from_when_it_was_known():
    prices = prices_of(np.ones((10, 1)))
    series = pd.DataFrame(
        {
            "timestamp": pd.to_datetime(["2020-01-06"]),
            "available_at": pd.to_datetime(["2020-01-15"]),
            "rate": [3.6],
        }
    )
    known = series.assign(timestamp=series["available_at"])
    assert bars_of(market_metrics.event_bars(prices, known, 0, 0)) == [[7]]


def test_returns_around_events_are_those_of_a_welch_test():
    draw = np.random.default_rng(2)
    change = draw.normal(0, 0.01, (300, 2))
    around = draw.random((300, 2)) < 0.2
    change[around] = draw.normal(0.004, 0.03, around.sum())
    change[:40, 1] = np.nan
    found = market_metrics.around_events(change, around, "dividend")
    for i in range(2):
        known = np.isfinite(change[:, i])
        inside, outside = change[known & around[:, i], i], change[known & ~around[:, i], i]
        assert found["dividend_bars"][i] == len(inside)
        assert found["dividend_mean"][i] == pytest.approx(inside.mean())
        assert found["dividend_error"][i] == pytest.approx(stats.sem(inside))
        assert found["dividend_other_mean"][i] == pytest.approx(outside.mean())
        assert found["dividend_other_error"][i] == pytest.approx(stats.sem(outside))
        ratio = found["dividend_difference"][i] / found["dividend_difference_error"][i]
        assert ratio == pytest.approx(stats.ttest_ind(inside, outside, equal_var=False).statistic)


def test_without_events_only_the_other_days_are_known():
    change = np.array([[0.1], [0.2], [0.3]])
    found = market_metrics.around_events(change, np.zeros((3, 1), dtype=bool), "split")
    assert found["split_bars"] == 0
    assert found["split_other_mean"] == pytest.approx(0.2)
    for name in ("mean", "error", "difference", "difference_error"):
        assert np.isnan(found[f"split_{name}"]).all()
    one = market_metrics.around_events(change, np.array([[True], [False], [False]]), "split")
    assert one["split_mean"] == pytest.approx(0.1)
    assert np.isnan(one["split_error"]).all()


# --- Models


def forecasts(seed=4, dates=60, tickers="ABC"):
    draw = np.random.default_rng(seed)
    time = np.repeat(pd.date_range("2020-01-06", periods=dates, freq="B"), len(tickers))
    true = draw.normal(0, 0.02, len(time))
    return pd.DataFrame(
        {
            "timestamp": time,
            "ticker": list(tickers) * dates,
            "y_true": true,
            "y_pred": 0.3 * true + draw.normal(0, 0.01, len(time)),
            "y_base": 0.001,
        }
    )


def test_forecasts_are_measured_within_the_window():
    frame = forecasts()
    first, last = pd.Timestamp("2020-01-20"), pd.Timestamp("2020-02-14")
    found = within_windows.forecast_accuracy(frame, ("A", "D"), first, last)
    rows = frame[frame["timestamp"].between(first, last)]
    assert len(rows) == 60
    for i, part in ((0, rows[rows["ticker"] == "A"]), (2, rows)):
        true, predicted = part["y_true"], part["y_pred"]
        mse = mean_squared_error(true, predicted)
        assert found["mae"][i] == pytest.approx(mean_absolute_error(true, predicted))
        assert found["rmse"][i] == pytest.approx(np.sqrt(mse))
        assert found["r2"][i] == pytest.approx(r2_score(true, predicted))
        expected = 1 - mse / mean_squared_error(true, part["y_base"])
        assert found["skill"][i] == pytest.approx(expected)
        right = (np.sign(true) == np.sign(predicted)).mean()
        assert found["directional_accuracy"][i] == pytest.approx(right)
    assert all(np.isnan(column[1]) for column in found.values())
    assert np.isnan(found["information_coefficient"][0])
    by_date = rows.groupby("timestamp")[["y_true", "y_pred"]]
    ranked = by_date.apply(lambda day: stats.spearmanr(day["y_true"], day["y_pred"]).statistic)
    assert found["information_coefficient"][2] == pytest.approx(ranked.mean())


def test_forecasts_outside_the_window_are_not_measured():
    found = within_windows.forecast_accuracy(
        forecasts(), ("A",), pd.Timestamp("2008-01-01"), pd.Timestamp("2008-12-31")
    )
    assert all(np.isnan(column).all() and len(column) == 2 for column in found.values())


def fitted():
    draw = np.random.default_rng(6)
    frame = pd.DataFrame(draw.normal(size=(200, 2)), columns=["useful", "useless"])
    frame["target"] = 0.02 * frame["useful"] + draw.normal(0, 1e-4, 200)
    pipeline = make_pipeline(StandardScaler(), LinearRegression())
    return pipeline.fit(frame[["useful", "useless"]][:100], frame["target"][:100]), frame[100:]


def test_importance_of_features():
    """When shuffled, `useful` is off by the difference of two draws: an RMSE of 0.02 sqrt(2)."""
    pipeline, test = fitted()
    found = within_windows.feature_importance(pipeline, test, 1000, repeats=20, seed=1)
    assert found["importance_useful"] == pytest.approx(0.02 * np.sqrt(2), rel=0.15)
    assert abs(found["importance_useless"][0]) < 1e-5
    assert found["importance_useful_deviation"][0] > 0
    theirs = permutation_importance(
        pipeline,
        test[["useful", "useless"]],
        test["target"],
        scoring="neg_root_mean_squared_error",
        n_repeats=20,
        random_state=1,
    )
    assert found["importance_useful"][0] == theirs.importances_mean[0]
    frame = market_metrics.tidy("model", found, [market_metrics.ALL], "full")
    assert set(frame["ticker"]) == {"all"}


def test_importance_repeats_with_its_seed_and_skips_unknown_targets():
    pipeline, test = fitted()
    more = pd.concat([test, test.head(5).assign(target=np.nan)])
    one, two, other = (
        within_windows.feature_importance(pipeline, frame, 100, 5, seed)
        for frame, seed in ((test, 1), (more, 1), (test, 2))
    )
    assert one == two
    assert one != other
    third = within_windows.feature_importance(pipeline, test, 40, 5, 1)
    assert third == within_windows.feature_importance(pipeline, test[::3], 100, 5, 1)
    with pytest.raises(BadValue, match="no row has a target"):
        within_windows.feature_importance(pipeline, test.assign(target=np.nan), 100, 5, 1)
