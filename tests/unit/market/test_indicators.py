"""Indicators: TA-Lib's figures on real prices, each ticker by its own bars, and no lost digits."""

from fractions import Fraction
from pathlib import Path

from tidemark.market import indicators

import numpy as np
import pandas as pd
import pytest
import talib
from numpy.lib.stride_tricks import sliding_window_view

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample" / "prices.csv"


@pytest.fixture(scope="module")
def sample():
    """Unadjusted high, low and close, (bars, tickers); GOOG and FB are listed later."""
    frame = pd.read_csv(SAMPLE).pivot_table(index="Date", columns="Ticker")
    return {name: frame[name] for name in ("High", "Low", "Close")}


def column(values):
    return np.array(values, dtype=np.float64)[:, None]


# Every indicator as a function of (high, low, close), with TA-Lib's where it has one.
ORACLES = {
    "sma": (lambda h, low, c: indicators.sma(c, 20), lambda h, low, c: talib.SMA(c, 20)),
    "ema": (lambda h, low, c: indicators.ema(c, 26), lambda h, low, c: talib.EMA(c, 26)),
    "rsi": (lambda h, low, c: indicators.rsi(c, 14), lambda h, low, c: talib.RSI(c, 14)),
    "atr": (
        lambda h, low, c: indicators.atr(h, low, c, 14),
        lambda h, low, c: talib.ATR(h, low, c, 14),
    ),
    "highest": (
        lambda h, low, c: indicators.rolling_max(h, 55),
        lambda h, low, c: talib.MAX(h, 55),
    ),
    "lowest": (
        lambda h, low, c: indicators.rolling_min(low, 55),
        lambda h, low, c: talib.MIN(low, 55),
    ),
    "signal": (
        lambda h, low, c: indicators.macd(c, 12, 26, 9)[1],
        lambda h, low, c: talib.MACD(c, 12, 26, 9)[1],
    ),
    "upper": (
        lambda h, low, c: indicators.bollinger(c, 20, 2.0)[0],
        lambda h, low, c: talib.BBANDS(c, 20, 2.0, 2.0)[0],
    ),
    "mean": (
        lambda h, low, c: indicators.bollinger(c, 20, 2.0)[1],
        lambda h, low, c: talib.BBANDS(c, 20, 2.0, 2.0)[1],
    ),
    "lower": (
        lambda h, low, c: indicators.bollinger(c, 20, 2.0)[2],
        lambda h, low, c: talib.BBANDS(c, 20, 2.0, 2.0)[2],
    ),
}
OTHERS = {
    "lag": lambda h, low, c: indicators.lag(c, 3),
    "line": lambda h, low, c: indicators.macd(c, 12, 26, 9)[0],
    "volatility": lambda h, low, c: indicators.volatility(c, 21),
}
EVERY = {name: ours for name, (ours, _) in ORACLES.items()} | OTHERS


@pytest.mark.parametrize("ticker", ["AAPL", "GOOG", "FB"])
@pytest.mark.parametrize("name", ORACLES)
def test_equals_talib_on_every_bar(name, ticker, sample):
    ours, theirs = ORACLES[name]
    bars = [frame[ticker].dropna().to_numpy() for frame in sample.values()]
    expected = theirs(*bars)
    assert np.isfinite(expected).any()
    actual = ours(*(column(values) for values in bars))[:, 0]
    np.testing.assert_allclose(actual, expected, rtol=1e-11, atol=1e-10)


def test_macd_line_equals_talib_which_shows_it_only_with_its_signal(sample):
    close = sample["Close"]["AAPL"].to_numpy()
    expected = talib.MACD(close, 12, 26, 9)[0]
    actual = indicators.macd(column(close), 12, 26, 9)[0][:, 0]
    known = np.isfinite(expected)
    np.testing.assert_allclose(actual[known], expected[known], rtol=1e-9, atol=1e-10)
    assert np.isfinite(actual).argmax() == 25
    assert known.argmax() == 33


def test_golden_figures_of_google(sample):
    """Computed by TA-Lib 0.8.2 from another vendor's rows, in cents and with two other prices.

    Older prices differ here and there too, and the true range still remembers some of that.
    """
    frames = [frame["GOOG"].round(2) for frame in sample.values()]
    frames[0]["2012-12-17"] = 721.92
    frames[2]["2013-01-24"] = 754.21
    high, low, close = (column(frame) for frame in frames)
    line, signal = indicators.macd(close, 12, 26, 9)
    assert indicators.rsi(close, 14)[-1, 0] == pytest.approx(67.49798280234823, rel=1e-12)
    assert line[-1, 0] == pytest.approx(15.154184421962896, rel=1e-11)
    assert signal[-1, 0] == pytest.approx(15.817943057836114, rel=1e-11)
    assert indicators.atr(high, low, close, 14)[-1, 0] == pytest.approx(12.22759325990152, rel=2e-6)
    bands = [band[-1, 0] for band in indicators.bollinger(close, 20, 2.0)]
    assert bands == pytest.approx([812.8406, 786.9580, 761.0754], abs=5e-5)


def test_golden_figures_of_talibs_own_rsi_test():
    close = column([int(digit) for digit in "44444344443434344333"]) * 1e-8 + 2e-7
    assert indicators.rsi(close, 10)[10:14, 0] == pytest.approx(
        [33.33333, 51.35135, 39.49192, 51.84807], abs=5e-6
    )
    assert np.isnan(indicators.rsi(close, 10)[:10]).all()


def test_golden_figures_of_stockcharts_rsi():
    close = column(
        [
            *(44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433),
            *(46.0826, 45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116),
        ]
    )
    assert indicators.rsi(close, 14)[14:, 0] == pytest.approx(
        [70.5328, 66.3186, 66.5498, 69.4063], abs=6e-5
    )


def test_averages_start_from_a_plain_mean():
    """Wilder's smoothing and the exponential average, by hand."""
    close = column([1, 2, 3, 2, 1])
    assert indicators.ema(close, 3)[2:, 0].tolist() == [2.0, 2.0, 1.5]
    # changes +1 +1 -1 -1: gains 1, 1/2, 1/4 and losses 0, 1/2, 3/4
    assert indicators.rsi(close, 2)[2:, 0].tolist() == [100.0, 50.0, 25.0]
    # true ranges, the first against no bar before: -, 1.5, 1.5, 1.5, 1.5; the gap counts
    assert indicators.atr(close + 0.5, close - 0.5, close, 2)[2:, 0].tolist() == [1.5, 1.5, 1.5]


def test_volatility_is_of_returns_with_one_degree_of_freedom_less():
    close = column([100, 110, 99, 108.9])
    expected = np.std([-0.1, 0.1], ddof=1)
    assert np.isnan(indicators.volatility(close, 2)[:2]).all()
    assert indicators.volatility(close, 2)[3, 0] == pytest.approx(expected, rel=1e-12)


def test_lag_counts_bars_back():
    close = column([1, 2, np.nan, 4, 5])
    np.testing.assert_array_equal(indicators.lag(close, 2)[:, 0], [np.nan] * 3 + [1.0, 2.0])
    np.testing.assert_array_equal(indicators.lag(close, 0), close)
    assert np.isnan(indicators.lag(close, 9)).all()


@pytest.mark.parametrize("window", range(1, 41))
def test_every_window_holds_just_its_rows(window):
    x = np.random.default_rng(window).normal(size=(45, 2))
    rows = sliding_window_view(x, window, axis=0)
    for ours, theirs in (
        (indicators.sma(x, window), rows.mean(axis=-1)),
        (indicators.rolling_max(x, window), rows.max(axis=-1)),
        (indicators.rolling_min(x, window), rows.min(axis=-1)),
        (indicators.bollinger(x, window, 1.0)[0], rows.mean(axis=-1) + rows.std(axis=-1)),
    ):
        assert np.isnan(ours[: window - 1]).all()
        np.testing.assert_allclose(ours[window - 1 :], theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", EVERY)
def test_a_missing_bar_is_no_bar(name, sample):
    """Bars before listing, in gaps and after delisting give NaN, and count as if cut out."""
    high, low, close = (frame["IBM"].to_numpy()[:300] for frame in sample.values())
    there = np.ones(300, dtype=bool)
    there[:40] = there[100] = there[150:160] = there[280:] = False
    whole = EVERY[name](column(high), column(low), column(close))
    cut_out = EVERY[name](column(high[there]), column(low[there]), column(close[there]))
    close = np.where(there, close, np.nan)  # one missing price makes the bar missing ...
    if name in ("highest", "lowest"):  # ... where the indicator looks at it
        high, low = np.where(there, high, np.nan), np.where(there, low, np.nan)
    other = np.full(300, np.nan)
    both = EVERY[name](*(np.column_stack([other, values, values]) for values in (high, low, close)))
    assert np.isfinite(cut_out).sum() > 100
    np.testing.assert_array_equal(both[there, 1:], np.hstack([cut_out, cut_out]))
    assert np.isnan(both[~there]).all()
    assert np.isnan(both[:, 0]).all()
    assert not np.array_equal(whole[there], cut_out, equal_nan=True)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("bars", [0, 1, 2, 3])
def test_too_few_bars_give_nothing(name, bars):
    result = EVERY[name](*(np.full((bars, 2), price) for price in (11.0, 9.0, 10.0)))
    assert result.shape == (bars, 2)
    assert np.isnan(result).all()


def test_means_keep_their_digits_after_large_values():
    """A running sum would carry the rounding of 1e9 forever."""
    x = column(np.concatenate([np.full(100, 1e9), 0.1 + 0.001 * np.arange(100)]))
    exact = float(sum(Fraction(value) for value in x[-20:, 0]) / 20)
    assert indicators.sma(x, 20)[-1, 0] == pytest.approx(exact, rel=1e-15)


def test_deviations_keep_their_digits_far_from_zero():
    """The mean of squares less the square of the mean would be nothing but rounding."""
    x = column(1e8 + 0.01 * np.arange(100) % 0.07)
    upper, mean, lower = indicators.bollinger(x, 20, 1.0)
    assert (upper - lower)[-1, 0] / 2 == pytest.approx(np.std(x[-20:] - 1e8), rel=1e-5)
    assert mean[-1, 0] == pytest.approx(x[-20:].mean(), rel=1e-15)


def test_a_price_that_stands_still_has_no_rsi():
    close = column([5.0] * 30 + [6.0, 5.5])
    index = indicators.rsi(close, 14)[:, 0]
    assert np.isnan(index[:30]).all()
    assert index[30] == 100.0


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_needs_a_bar(window):
    with pytest.raises(ValueError, match="at least 1 bar"):
        indicators.rolling_max(np.ones((5, 1)), window)


def test_there_is_no_lag_into_the_future():
    with pytest.raises(ValueError, match="look ahead"):
        indicators.lag(np.ones((3, 1)), -1)
