"""Strategies: by hand on a few bars, blind to the future, and trading the sample data."""

import sys
from dataclasses import replace
from pathlib import Path

from tidemark.backtest import look_ahead, strategies
from tidemark.errors import InputError
from tidemark.market.grid import Prices, from_tidy
from tidemark.market.indicators import sma
from tidemark.market.signals import above, below, hold, side
from tidemark.ohlcv import FIELDS, OHLC, OHLCV

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
EVERY = strategies.names()
CONFIGURED = yaml.safe_load((ROOT / "config.yaml").read_text())["strategies"]


def prices_of(close, high=None, low=None):
    """Daily bars; (bars,) or (bars, tickers). High and low are the close unless given."""
    close, high, low = (
        np.array(close if values is None else values, dtype=np.float64).reshape(len(close), -1)
        for values in (close, high, low)
    )
    days = np.datetime64("2010-01-01", "us") + np.arange(len(close)) * np.timedelta64(1, "D")
    tickers = tuple("ABCDEF"[: close.shape[1]])
    return Prices(days, tickers, close, high, low, close, np.ones_like(close))


def rows(values):
    return np.array(values, dtype=np.float64)[:, None]


def targets(strategy, prices, parameters=None, forecasts=None):
    """Targets of one set, by default that of the default parameters."""
    parameters = dict(strategy.defaults) if parameters is None else parameters
    inputs = {"forecasts": np.full_like(prices.close, 0.01) if forecasts is None else forecasts}
    (result,) = strategies.targets_of(strategy, prices, [parameters], inputs)
    return result


# --- By hand -------------------------------------------------------------------------------------

BY_HAND = [
    ("buy_and_hold", {}, {"close": [3, 2, 1]}, [1, 1, 1]),
    # means of 3: -, -, 2, 7/3, 7/3, 2
    ("sma_cross", {"fast": 1, "slow": 3}, {"close": [1, 2, 3, 2, 2, 2]}, [0, 0, 1, -1, -1, 0]),
    # slow: -, -, 2, 2, 2.25, 1.625; an average that starts at the first bar is 2.125 on bar 3
    ("ema_cross", {"fast": 1, "slow": 3}, {"close": [1, 2, 3, 2, 2.5, 1]}, [0, 0, 1, 0, 1, -1]),
    # line: -, 0.5, 0.5, 0.833, 0.278, 0.093; signal: -, -, 0.5, 0.722, 0.426, 0.204
    (
        "macd_cross",
        {"fast": 1, "slow": 2, "signal": 2},
        {"close": [1, 2, 3, 5, 5, 5]},
        [0, 0, 0, 1, -1, -1],
    ),
    # bar t compares t-1 with t-3
    (
        "time_series_momentum",
        {"lookback": 3, "skip": 1},
        {"close": [1, 2, 3, 4, 1, 1, 9]},
        [0, 0, 0, 1, 1, -1, -1],
    ),
    (
        "momentum_turning_points",
        {"fast": 1, "slow": 3},
        {"close": [1, 2, 3, 2, 3, 1, 1]},
        [0, 0, 0, 0, 1, -1, -0.5],
    ),
    # highs of 3 bars: 12, 12, 12, 10; the bar's own high counts
    (
        "high_proximity",
        {"window": 3, "nearness": 0.9},
        {"close": [9, 9.5, 11, 10, 10, 9.5, 9], "high": [10, 10, 12, 10, 10, 10, 10]},
        [0, 0, 1, 0, 0, 1, 0],
    ),
    # RSI: -, -, 0, 50, 75, 87.5, 43.75, 21.9; 50 itself ends nothing
    (
        "rsi_reversal",
        {"window": 2, "oversold": 30.0},
        {"close": [10, 9, 8, 9, 10, 11, 10, 9]},
        [0, 0, 1, 1, -1, -1, 0, 1],
    ),
    # z-scores: -, -, -1.41, -0.27, 1.34, 1.07, -0.71
    (
        "bollinger_reversal",
        {"window": 3, "width": 1.2},
        {"close": [10, 10, 7, 8, 10, 11, 10]},
        [0, 0, 1, 1, -1, -1, 0],
    ),
    # moves: 10 %, 10 %, -10 %, -20 %; deviations: 7.1 %, 0, 14.1 %, 7.1 %
    (
        "return_reversal",
        {"lookback": 1, "threshold": 1.0, "window": 2},
        {"close": [100, 100, 110, 121, 108.9, 87.12]},
        [0, 0, -1, -1, 0, 1],
    ),
    # over two bars: 10 % is one deviation of 7.1 % times the root of 2, a tie
    (
        "return_reversal",
        {"lookback": 2, "threshold": 1.0, "window": 2},
        {"close": [100, 100, 110, 121]},
        [0, 0, 0, -1],
    ),
    # in at 12 > 11, the high before; out and short at 10 < 10.5; back at 9.5 > 9, which is not 11
    (
        "donchian_breakout",
        {"entry": 2, "exit": 1},
        {
            "close": [10, 10, 12, 11.5, 10, 8, 9.5],
            "high": [11, 11, 13, 12.5, 11, 9, 10.5],
            "low": [9, 9, 11, 10.5, 9, 7, 8.5],
        },
        [0, 0, 1, 1, -1, -1, 0],
    ),
    # means: -, 10, 11.33, 11.11, 10.37, 8.79, 8.60; ranges: -, -, 1.75, 1.63, 1.56, 2.03, 1.52
    (
        "keltner_breakout",
        {"window": 2, "width": 0.3},
        {
            "close": [10, 10, 12, 11, 10, 8, 8.5],
            "high": [10.5, 10.5, 12.5, 11.5, 10.5, 8.5, 9],
            "low": [9.5, 9.5, 11.5, 10.5, 9.5, 7.5, 8],
        },
        [0, 0, 1, 0, 0, -1, -1],
    ),
    # ranges: -, 1, 1.3, 2.2, 2, 2.6; moves: 0, 0.8, 1.7, -1.5, -2.1, each against the range before
    (
        "volatility_breakout",
        {"window": 1, "width": 1.0},
        {
            "close": [10, 10, 10.8, 12.5, 11, 8.9],
            "high": [10.5, 10.5, 11.3, 13, 11.5, 9.4],
            "low": [9.5, 9.5, 10.3, 12, 10.5, 8.4],
        },
        [0, 0, 0, 1, 1, -1],
    ),
    # returns: 10 %, -10 %, 10 %, 30 %; volatility over 2: 14.1 % twice; over 3: 11.5 %, 20 %
    (
        "volatility_managed",
        {"fast": 2, "slow": 3},
        {"close": [100, 110, 99, 108.9, 141.57]},
        [0, 0, 0, np.sqrt(2 / 3), 1],
    ),
    (
        "volatility_regime",
        {"fast": 2, "slow": 3, "limit": 1.0},
        {"close": [100, 110, 99, 108.9, 141.57]},
        [0, 0, 0, 0, 1],
    ),
    (
        "model_forecast",
        {"threshold": 0.001},
        {"close": [1, 1, 1, 1, 1, 1], "forecasts": [np.nan, 0.002, 0.001, -0.003, 0, np.nan]},
        [0, 1, 0, -1, 0, 0],
    ),
    # variance of returns 10 % and -10 %: 0.02
    (
        "model_kelly",
        {"fraction": 0.1, "window": 2},
        {"close": [100, 110, 99, 108.9, 108.9], "forecasts": [0.05, 0.05, 0.05, -0.5, np.nan]},
        [0, 0, 0.25, -1, 0],
    ),
]


@pytest.mark.parametrize(("name", "parameters", "bars", "expected"), BY_HAND)
def test_by_hand(name, parameters, bars, expected):
    strategy = strategies.load(name)
    forecasts = rows(bars["forecasts"]) if "forecasts" in bars else None
    prices = prices_of(*(bars.get(field) for field in ("close", "high", "low")))
    assert strategy.valid(**parameters)
    actual = np.nan_to_num(targets(strategy, prices, parameters, forecasts))[:, 0]
    assert actual.tolist() == pytest.approx(expected, abs=1e-12)


def test_every_strategy_is_worked_by_hand():
    assert {name for name, *_ in BY_HAND} == set(EVERY)


# --- From comparisons to positions ---------------------------------------------------------------


def test_ties_are_ties_whatever_rounding_says():
    close = np.tile([10.1, 10.2, 10.4], 20)[:, None]
    three, nine = sma(close, 3)[8:], sma(close, 9)[8:]
    assert (three != nine).any()
    assert (side(three, nine) == 0.0).all()
    assert not (above(three, nine) | below(three, nine)).any()


def test_the_tolerance_is_small_and_relative():
    for scale in (1e-6, 1.0, 1e6):
        assert above(scale * (1 + 2e-10), scale)
        assert below(scale * (1 - 2e-10), scale)
        assert not above(scale * (1 + 5e-11), scale)
    np.testing.assert_array_equal(
        side(rows([2.0, 1.0, -3.0, np.nan]), rows([1.0, 1.0, -2.0, 1.0])), rows([1, 0, -1, np.nan])
    )


def test_hold_lasts_from_enter_until_leave():
    enter = rows([0, 1, 0, 1, 0, 0, 1, 1, 1]) == 1
    leave = rows([1, 0, 0, 0, 1, 0, 0, 1, 0]) == 1
    assert hold(enter, leave)[:, 0].tolist() == [0, 1, 1, 1, 0, 0, 1, 0, 1]
    assert hold(~leave, leave)[0, 0] == 0
    assert hold(enter[1:], leave[1:])[0, 0] == 1


# --- No strategy looks ahead ---------------------------------------------------------------------

BARS = 400


def bars(seed):
    """Prices and forecasts of four tickers: one whole, one listed late, one with gaps, one ended.

    Ticks are coarse, so that there are ties.
    """
    draw = np.random.default_rng(seed)
    moves = draw.choice([-2, -1, 0, 0, 1, 2], size=(BARS, 4))
    moves[100:130] = 0  # a market that stands still
    close = np.maximum(100 + np.cumsum(moves, axis=0), 5) / 10
    spread = draw.integers(0, 3, size=(2, BARS, 4)) / 20
    high, low = close + spread[0], close - spread[1]
    forecasts = draw.normal(scale=0.002, size=(BARS, 4))
    forecasts[: draw.integers(0, BARS)] = np.nan
    missing = np.zeros((BARS, 4), dtype=bool)
    missing[: draw.integers(1, BARS // 3), 1] = True
    missing[:, 2] = draw.random(BARS) < 0.1
    missing[draw.integers(BARS // 2, BARS) :, 3] = True
    values = [np.where(missing, np.nan, field) for field in (close, high, low, close)]
    days = np.datetime64("2010-01-01", "us") + np.arange(BARS) * np.timedelta64(1, "D")
    return Prices(days, tuple("ABCD"), *values, np.ones((BARS, 4))), forecasts


def another_future(prices, forecasts, cut, change, seed):
    """The same first `cut` bars, followed by none, by others, or by ones with more missing."""
    if change == "none":
        return prices.upto(cut), forecasts[:cut]
    draw = np.random.default_rng(seed)
    factor = np.ones_like(prices.close)
    late = factor[cut:].shape
    factor[cut:] = {
        "others": draw.lognormal(size=late),
        "missing": np.where(draw.random(late) < 0.5, np.nan, 1.0),
        "ended": np.full(late, np.nan),
    }[change]
    fields = {name: getattr(prices, name) * factor for name in OHLC}
    return replace(prices, **fields), forecasts * factor


def require_blind(strategy, seed, cut, change):
    prices, forecasts = bars(seed)
    other_prices, other_forecasts = another_future(prices, forecasts, cut, change, seed)
    np.testing.assert_array_equal(
        targets(strategy, prices, forecasts=forecasts)[:cut],
        targets(strategy, other_prices, forecasts=other_forecasts)[:cut],
    )


FUTURES = {
    "seed": st.integers(0, 2**32),
    "cut": st.integers(1, BARS - 1),
    "change": st.sampled_from(["none", "others", "missing", "ended"]),
}


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(**FUTURES)
def test_the_future_changes_no_target(name, seed, cut, change):
    require_blind(strategies.load(name), seed, cut, change)


def planted(look):
    """A strategy that is long above what `look` makes of the closes, and short below."""
    return strategies.Strategy(
        *("planted", "trend", {}, ()),
        lambda prices: side(prices.close, look(pd.DataFrame(prices.close)).to_numpy()),
        lambda: True,
    )


LOOKS = {
    "tomorrow's close": lambda close: close.shift(-1),
    "tomorrow's close, but for the last": lambda close: close.shift(-1).fillna(close),
    "a mean of all bars": lambda close: close * 0 + close.mean(),
    "a centred mean": lambda close: close.rolling(21, center=True, min_periods=1).mean(),
    "the end of the month": lambda close: close.groupby(np.arange(len(close)) // 21).transform(
        "last"
    ),
}


@pytest.mark.parametrize("look", LOOKS)
def test_the_same_property_finds_who_looks_ahead(look):
    @settings(max_examples=40, deadline=None, derandomize=True, report_multiple_bugs=False)
    @given(**FUTURES)
    def blind(seed, cut, change):
        require_blind(planted(LOOKS[look]), seed, cut, change)

    with pytest.raises(AssertionError, match="Arrays are not equal"):
        blind()


@pytest.mark.parametrize("look", LOOKS)
def test_the_check_refuses_who_looks_ahead_and_names_the_bar(look):
    prices, _ = bars(1)
    with pytest.raises(InputError) as refused:
        look_ahead.require_none(planted(LOOKS[look]), prices, [{}])
    assert refused.value.where == (
        "scripts/tidemark/backtest/strategies/planted.py with no parameters"
    )
    assert "it looks ahead: its target for" in refused.value.problem


def test_the_check_names_the_first_target_that_changes():
    prices = prices_of(np.arange(1.0, 35.0))  # cut after 3, 7, 11, ... of 34 bars
    peek = planted(lambda close: close.shift(-1).fillna(close))
    with pytest.raises(InputError, match=r"target for A at 2010-01-03\S* depends on bars after"):
        look_ahead.require_none(peek, prices, [{}])


def test_the_check_names_ticker_targets_and_parameters():
    prices = prices_of(np.ones((400, 2)))

    def targets_of_b(prices, start):
        result = np.zeros_like(prices.close)
        result[start:, 1] = len(prices.close) == 400
        return result

    late = strategies.Strategy("late", "trend", {"start": 9}, (), targets_of_b, lambda start: True)
    with pytest.raises(InputError) as refused:
        look_ahead.require_none(late, prices, [{"start": 30}])
    assert refused.value.where.endswith("strategies/late.py with start=30")
    assert refused.value.problem == (  # bars are cut after 44, 88, ...; the first cut reveals it
        "it looks ahead: its target for B at 2010-01-31 depends on bars after 2010-02-13: "
        "1 with them, 0 with others or none"
    )


def test_the_check_cuts_forecasts_too():
    prices, forecasts = bars(1)
    last = strategies.Strategy(
        *("last", "model", {}, ("forecasts",)),
        lambda prices, forecasts: prices.close * 0 + np.sign(forecasts[-1]),
        lambda: True,
    )
    with pytest.raises(InputError, match="it looks ahead"):
        look_ahead.require_none(last, prices, [{}], {"forecasts": forecasts})


@pytest.mark.parametrize("count", [2, 3, 17])
def test_the_check_finds_it_in_few_bars(count):
    prices = prices_of(np.arange(1.0, count + 1))
    look_ahead.require_none(strategies.load("sma_cross"), prices, [{"fast": 1, "slow": 2}])
    with pytest.raises(InputError, match="it looks ahead"):
        look_ahead.require_none(planted(LOOKS["tomorrow's close"]), prices, [{}])


@pytest.mark.parametrize("bars_ahead", [1, 2, 60])
def test_the_check_finds_who_looks_ahead_on_rare_bars_only(bars_ahead):
    prices, _ = bars(1)

    def rare(close):
        return close.where(
            close.pct_change(bars_ahead, fill_method=None).shift(-bars_ahead) > 0.4, 0
        )

    with pytest.raises(InputError, match="it looks ahead"):
        look_ahead.require_none(planted(rare), prices, [{}])


def test_the_check_finds_who_looks_far_ahead_and_seldom_cares():
    """It buys at the lowest prices, unless it knows that they will halve within 250 bars."""
    steps = np.random.default_rng(3).normal(0.001, 0.02, (2000, 5))
    prices = prices_of(100.0 * np.exp(np.cumsum(steps, axis=0)))

    def vetoed(close):
        buy = (close == close.rolling(250).min()) & ~(close.shift(-250) < 0.55 * close)
        return close * np.where(buy, 0.5, 2.0)

    with pytest.raises(InputError, match="it looks ahead"):
        look_ahead.require_none(planted(vetoed), prices, [{}])


def test_the_check_finds_who_knows_only_where_the_bars_end():
    prices = prices_of(np.ones((400, 2)))

    def counts(close):
        return close + len(close) % 7 - 3

    with pytest.raises(InputError, match="with others or none"):
        look_ahead.require_none(planted(counts), prices, [{}])


def test_the_check_tells_nothing_from_a_number():
    prices, _ = bars(1)

    def undefined_or_flat(close):
        return (close * 0).where(close.shift(-1) > close)

    with pytest.raises(InputError, match="it looks ahead"):
        look_ahead.require_none(planted(undefined_or_flat), prices, [{}])


def test_who_looks_across_tickers_must_say_so():
    prices, _ = bars(1)
    across = planted(lambda close: close * 0 + close.mean(axis=1).to_numpy()[:, None])
    with pytest.raises(InputError, match="depends on other tickers") as refused:
        look_ahead.require_none(across, prices, [{}])
    assert "CROSS_SECTIONAL = True" in refused.value.cure
    look_ahead.require_none(replace(across, cross_sectional=True), prices, [{}])


def test_the_check_tries_every_set_however_many_are_held_at_a_time(monkeypatch):
    prices, _ = bars(1)

    def only_the_last(prices, way):
        now = prices.close * 0
        return np.sign(np.roll(prices.close, -1, axis=0) - prices.close) if way == 4 else now

    peek = strategies.Strategy("peek", "trend", {"way": 0}, (), only_the_last, lambda way: True)
    monkeypatch.setattr(look_ahead, "VALUES", 2 * prices.close.size)
    look_ahead.require_none(peek, prices, [{"way": way} for way in range(4)])
    with pytest.raises(InputError, match="it looks ahead") as refused:
        look_ahead.require_none(peek, prices, [{"way": way} for way in range(5)])
    assert refused.value.where.endswith("with way=4")


@pytest.mark.parametrize("name", EVERY)
def test_the_check_lets_the_blind_pass(name):
    prices, forecasts = bars(1)
    strategy = strategies.load(name)
    look_ahead.require_none(strategy, prices, [dict(strategy.defaults)], {"forecasts": forecasts})


# --- What every strategy owes --------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_targets_are_positions_and_only_where_there_is_a_bar(name, seed):
    prices, forecasts = bars(seed)
    result = targets(strategies.load(name), prices, forecasts=forecasts)
    assert result.shape == prices.close.shape
    assert not (np.abs(result) > 1.0).any()
    assert np.isnan(result[np.isnan(prices.close)]).all()


@pytest.mark.parametrize("name", EVERY)
def test_tickers_do_not_touch_each_other(name):
    prices, forecasts = bars(2)
    strategy = strategies.load(name)
    together = targets(strategy, prices, forecasts=forecasts)
    for k in range(4):
        fields = {field: getattr(prices, field)[:, [k]] for field in OHLCV}
        alone = replace(prices, ticker=("A",), **fields)
        result = targets(strategy, alone, forecasts=forecasts[:, [k]])
        np.testing.assert_array_equal(result, together[:, [k]])


@pytest.mark.parametrize("name", EVERY)
def test_a_late_listing_starts_its_warm_up_then(name):
    prices, forecasts = bars(3)
    strategy = strategies.load(name)
    later = 57
    empty = np.full((later, 4), np.nan)
    fields = {field: np.vstack([empty, getattr(prices, field)[:-later]]) for field in OHLCV}
    result = targets(
        strategy, replace(prices, **fields), None, np.vstack([empty, forecasts])[:BARS]
    )
    np.testing.assert_array_equal(
        result[later:], targets(strategy, prices, None, forecasts)[:-later]
    )


@pytest.mark.parametrize("factor", [0.25, 0.3, 1e-4, 777.0])
@pytest.mark.parametrize("name", EVERY)
def test_the_currency_does_not_matter(name, factor):
    prices, forecasts = bars(4)
    strategy = strategies.load(name)
    scaled = replace(prices, **{field: getattr(prices, field) * factor for field in OHLC})
    np.testing.assert_allclose(
        targets(strategy, scaled, forecasts=forecasts),
        targets(strategy, prices, forecasts=forecasts),
        rtol=1e-9,
        atol=1e-12,
    )


# --- On the sample data --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample():
    """Prices of the sample, and forecasts that a tenth of the move comes back, for test dates."""
    frame = pd.read_csv(ROOT / "data" / "sample" / "prices.csv", parse_dates=["Date"])
    frame.columns = ["ticker", "timestamp", *FIELDS]
    prices = from_tidy(frame)
    forecasts = -0.1 * (prices.close / np.roll(prices.close, 1, axis=0) - 1)
    forecasts[prices.timestamp < np.datetime64("2010-07-01")] = np.nan
    return prices, forecasts


def sets_of(entry):
    strategy = strategies.load(entry["strategy"])
    return strategy, strategies.grid(strategy, entry.get("parameters", {}), "config.yaml")


@pytest.mark.parametrize("entry", CONFIGURED)
def test_every_configured_set_and_the_defaults_trade(entry, sample):
    prices, forecasts = sample
    strategy, sets = sets_of(CONFIGURED[entry])
    old = [prices.ticker.index(ticker) for ticker in ("AAPL", "IBM", "MSFT")]
    for parameters in [dict(strategy.defaults), *sets]:
        wanted = np.nan_to_num(targets(strategy, prices, parameters, forecasts))[:, old]
        changes = (np.diff(wanted, axis=0) != 0.0).sum(axis=0)
        if strategy.category == "benchmark":
            assert (wanted == 1.0).all()
        else:
            assert (changes >= 4).all(), strategies.describe(parameters)


def test_the_configuration_uses_every_strategy_in_five_categories():
    used = {entry["strategy"] for entry in CONFIGURED.values()}
    assert used == set(EVERY)
    categories = {strategies.load(name).category for name in used}
    assert categories == set(strategies.CATEGORIES)


def test_the_configuration_has_enough_sets():
    """With 5 tickers and about 110 market scenarios, they make over 50,000 cells."""
    assert 100 <= sum(len(sets_of(entry)[1]) for entry in CONFIGURED.values()) <= 200


# --- The registry --------------------------------------------------------------------------------

GOOD = '''"""Long on every bar."""
from tidemark.market.grid import Prices
CATEGORY = "trend"
DEFAULTS = {"window": 3}
def targets(prices, window):
    return prices.close * 0 + 1
'''


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a user's strategy, `mine.py`, beside the registered ones."""
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(tmp_path)])

    def written(source):
        (tmp_path / "mine.py").write_text(source)

    yield written
    sys.modules.pop("tidemark.backtest.strategies.mine", None)


def test_a_file_is_a_strategy(write):
    write(GOOD)
    mine = strategies.load("mine")
    assert (mine.name, mine.category) == ("mine", "trend")
    assert (mine.defaults, mine.inputs) == ({"window": 3}, ())
    assert "mine" in strategies.names()
    assert strategies.grid(mine, {}, "here") == [{"window": 3}]
    assert targets(mine, prices_of([1, 2, np.nan]))[:2, 0].tolist() == [1.0, 1.0]


def test_registered_strategies_say_what_they_do():
    assert len(EVERY) >= 12
    for name in EVERY:
        strategy = strategies.load(name)
        assert strategy.name == name
        assert strategy.valid(**strategy.defaults)
        assert strategy.inputs == (("forecasts",) if strategy.category == "model" else ())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"""Long on every bar."""', "", "it has no docstring"),
        ('CATEGORY = "trend"', "", "it has no CATEGORY"),
        ("DEFAULTS = ", "DEFAULT = ", "it has no DEFAULTS"),
        ("def targets", "def target", "it has no targets"),
        ('"trend"', '"trends"', r"unknown CATEGORY 'trends' \(did you mean trend\?\)"),
        ("prices, window", "window, prices", "the first argument of targets is not prices"),
        ("prices, window", "prices, windows", "targets takes windows, which has no default"),
        ("prices, window", "prices", "targets does not take window, which is in DEFAULTS"),
        ("tidemark.market.grid", "tidemark.backtest.prices", "imports tidemark.backtest.prices,"),
    ],
)
def test_a_file_that_is_not_a_strategy(write, old, new, problem):
    write(GOOD.replace(old, new))
    with pytest.raises(InputError, match=problem) as refused:
        strategies.load("mine")
    assert refused.value.where == "scripts/tidemark/backtest/strategies/mine.py"
    assert refused.value.cure


def test_an_unknown_strategy():
    with pytest.raises(InputError, match=r"no strategy sma_kross \(did you mean sma_cross\?\)"):
        strategies.load("sma_kross")
    with pytest.raises(InputError, match="no strategy __init__"):
        strategies.load("__init__")


def test_a_grid_is_every_combination_that_makes_sense():
    cross = strategies.load("sma_cross")
    assert strategies.grid(cross, {"fast": [20, 5], "slow": [20, 50]}, "here") == [
        {"fast": 20, "slow": 50},
        {"fast": 5, "slow": 20},
        {"fast": 5, "slow": 50},
    ]
    assert strategies.grid(cross, {"fast": [7]}, "here") == [{"fast": 7, "slow": 100}]
    bands = strategies.load("bollinger_reversal")
    (parameters,) = strategies.grid(bands, {"width": [2]}, "here")
    assert type(parameters["width"]) is float


@pytest.mark.parametrize(
    ("name", "values", "where", "problem"),
    [
        ("sma_cross", {"fats": [5]}, "here.fats", r"no such parameter \(did you mean fast\?\)"),
        ("buy_and_hold", {"fast": [5]}, "here.fast", "no such parameter"),
        ("sma_cross", {"fast": 5}, "here.fast", "not a list"),
        ("sma_cross", {"fast": []}, "here.fast", "not a list"),
        ("sma_cross", {"fast": [5, "6"]}, "here.fast", "'6' is not a whole number"),
        ("sma_cross", {"fast": [5.0]}, "here.fast", "5.0 is not a whole number"),
        ("sma_cross", {"fast": [True]}, "here.fast", "True is not a whole number"),
        ("sma_cross", {"fast": [5, 9, 5]}, "here.fast", "5 is listed twice"),
        ("rsi_reversal", {"oversold": [20, 20.0]}, "here.oversold", "20 is listed twice"),
        ("rsi_reversal", {"oversold": ["low"]}, "here.oversold", "'low' is not a number"),
        ("rsi_reversal", {"oversold": [np.inf]}, "here.oversold", "inf is not finite"),
        ("sma_cross", {"fast": [9], "slow": [9, 5]}, "here", "e.g. fast=9 slow=9"),
    ],
)
def test_a_bad_grid(name, values, where, problem):
    with pytest.raises(InputError, match=problem) as refused:
        strategies.grid(strategies.load(name), values, where="here")
    assert refused.value.where == where
    assert refused.value.cure


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("sma_cross", {"fast": 0, "slow": 5}),
        ("ema_cross", {"fast": 5, "slow": 5}),
        ("macd_cross", {"fast": 26, "slow": 12, "signal": 9}),
        ("time_series_momentum", {"lookback": 21, "skip": 21}),
        ("momentum_turning_points", {"fast": 21, "slow": 21}),
        ("high_proximity", {"window": 20, "nearness": 1.0}),
        ("rsi_reversal", {"window": 14, "oversold": 50.0}),
        ("bollinger_reversal", {"window": 5, "width": 2.0}),
        ("return_reversal", {"lookback": 5, "threshold": 1.0, "window": 1}),
        ("donchian_breakout", {"entry": 10, "exit": 20}),
        ("keltner_breakout", {"window": 20, "width": 0.0}),
        ("volatility_breakout", {"window": 0, "width": 1.0}),
        ("volatility_managed", {"fast": 1, "slow": 2}),
        ("volatility_regime", {"fast": 21, "slow": 21, "limit": 1.0}),
        ("model_forecast", {"threshold": -0.001}),
        ("model_kelly", {"fraction": 0.0, "window": 20}),
    ],
)
def test_sets_that_make_no_sense(name, parameters):
    assert not strategies.load(name).valid(**parameters)


def test_targets_are_made_one_set_at_a_time():
    made = []

    def counted(prices, fast):
        made.append(fast)
        return prices.close * 0

    lazy = strategies.Strategy("lazy", "trend", {"fast": 1}, (), counted, lambda fast: True)
    stream = strategies.targets_of(lazy, prices_of([1, 2]), [{"fast": 1}, {"fast": 2}])
    next(stream)
    assert made == [1]


def test_a_model_strategy_needs_forecasts():
    strategy = strategies.load("model_forecast")
    with pytest.raises(InputError, match="model_forecast needs forecasts"):
        next(strategies.targets_of(strategy, prices_of([1, 2]), [{"threshold": 0.0}]))


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda close: close[1:], r"targets have the shape \(2, 1\) for bars of \(3, 1\)"),
        (lambda close: close[:, 0], r"targets have the shape \(3,\)"),
        (lambda close: close, r"the target for A at 2010-01-02\S* is 2"),
        (lambda close: close * -np.inf, r"the target for A at 2010-01-01\S* is -inf"),
    ],
)
def test_targets_that_are_no_positions(made, problem):
    wrong = strategies.Strategy(
        *("wrong", "trend", {"fast": 1}, ()),
        lambda prices, fast: made(prices.close),
        lambda fast: True,
    )
    with pytest.raises(InputError, match=problem) as refused:
        next(strategies.targets_of(wrong, prices_of([1, 2, 3]), [{"fast": 1}]))
    assert refused.value.where.endswith("strategies/wrong.py with fast=1")
