"""No strategy looks ahead, and the check finds those that do."""

import re
from dataclasses import replace

from strategy_bars import BARS, EVERY, bars, examined, inputs_of, prices_of, targets
from tidemark.backtest import look_ahead, strategies
from tidemark.errors import InputError
from tidemark.market.signals import side
from tidemark.ohlcv import OHLC

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st


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
    @settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(**FUTURES)
    def blind(seed, cut, change):
        require_blind(planted(LOOKS[look]), seed, cut, change)

    with pytest.raises(AssertionError, match="Arrays are not equal"):
        blind()


@pytest.mark.parametrize("look", LOOKS)
def test_the_check_refuses_who_looks_ahead_and_names_the_bar(look):
    prices, _ = bars(1)
    with pytest.raises(InputError) as refused:
        examined(planted(LOOKS[look]), prices, [{}])
    assert refused.value.where == (
        "scripts/tidemark/backtest/strategies/planted.py with no parameters"
    )
    assert "it looks ahead: its target for" in refused.value.problem


def test_the_check_names_ticker_bars_targets_and_parameters():
    prices = prices_of(np.ones((400, 2)))

    def targets_of_b(prices, start):
        result = np.zeros_like(prices.close)
        result[start:, np.array(prices.ticker) == "B"] = len(prices.close) == 400
        return result

    late = strategies.Strategy("late", "trend", {"start": 9}, (), targets_of_b, lambda start: True)
    with pytest.raises(InputError) as refused:
        examined(late, prices, [{"start": 30}])
    assert refused.value.where.endswith("strategies/late.py with start=30")
    assert re.fullmatch(
        r"it looks ahead: its target for B at 2010-01-31 depends on bars after 201[01]-\d\d-\d\d: "
        "1 with them, 0 with others or none",
        refused.value.problem,
    )


@pytest.mark.parametrize("name", strategies.INPUTS)
def test_the_check_cuts_what_models_say_too(name):
    prices, forecasts = bars(1)
    last = strategies.Strategy(
        *("last", "model", {}, (name,)),
        lambda prices, **said: prices.close * 0 + np.sign(said[name][-1]),
        lambda: True,
    )
    with pytest.raises(InputError, match="it looks ahead"):
        examined(last, prices, [{}], {name: forecasts})


@pytest.mark.parametrize("count", [2, 3, 17])
def test_the_check_finds_it_in_few_bars(count):
    prices = prices_of(np.arange(1.0, count + 1))
    examined(strategies.load("sma_cross"), prices, [{"fast": 1, "slow": 2}])
    with pytest.raises(InputError, match="it looks ahead"):
        examined(planted(LOOKS["tomorrow's close"]), prices, [{}])


@pytest.mark.parametrize("bars_ahead", [1, 2, 60])
def test_the_check_finds_who_looks_ahead_on_rare_bars_only(bars_ahead):
    prices, _ = bars(1)

    def rare(close):
        return close.where(
            close.pct_change(bars_ahead, fill_method=None).shift(-bars_ahead) > 0.4, 0
        )

    with pytest.raises(InputError, match="it looks ahead"):
        examined(planted(rare), prices, [{}])


def test_the_check_finds_who_looks_far_ahead_and_seldom_cares():
    """It buys at the lowest prices, unless it knows that they will halve within 250 bars."""
    steps = np.random.default_rng(3).normal(0.001, 0.02, (2000, 5))
    prices = prices_of(100.0 * np.exp(np.cumsum(steps, axis=0)))

    def vetoed(close):
        buy = (close == close.rolling(250).min()) & ~(close.shift(-250) < 0.55 * close)
        return close * np.where(buy, 0.5, 2.0)

    with pytest.raises(InputError, match="it looks ahead"):
        examined(planted(vetoed), prices, [{}])


def test_the_check_finds_who_knows_only_where_the_bars_end():
    prices = prices_of(np.ones((400, 2)))

    def counts(close):
        return close + len(close) % 7 - 3

    with pytest.raises(InputError, match="with others or none"):
        examined(planted(counts), prices, [{}])


def test_the_check_tells_nothing_from_a_number():
    prices, _ = bars(1)

    def undefined_or_flat(close):
        return (close * 0).where(close.shift(-1) > close)

    with pytest.raises(InputError, match="it looks ahead"):
        examined(planted(undefined_or_flat), prices, [{}])


def test_who_looks_across_tickers_must_say_so():
    prices, _ = bars(1)
    across = planted(lambda close: close * 0 + close.mean(axis=1).to_numpy()[:, None])
    with pytest.raises(InputError, match="depends on other tickers") as refused:
        examined(across, prices, [{}])
    assert "CROSS_SECTIONAL = True" in refused.value.cure
    examined(replace(across, cross_sectional=True), prices, [{}])


def test_the_check_tries_every_set_however_many_are_held_at_a_time(monkeypatch):
    prices, _ = bars(1)

    def only_the_last(prices, way):
        now = prices.close * 0
        return np.sign(np.roll(prices.close, -1, axis=0) - prices.close) if way == 4 else now

    peek = strategies.Strategy("peek", "trend", {"way": 0}, (), only_the_last, lambda way: True)
    monkeypatch.setattr(look_ahead, "VALUES", 2 * prices.close.size)
    examined(peek, prices, [{"way": way} for way in range(4)])
    with pytest.raises(InputError, match="it looks ahead") as refused:
        examined(peek, prices, [{"way": way} for way in range(5)])
    assert refused.value.where.endswith("with way=4")


@pytest.mark.parametrize("name", EVERY)
def test_the_check_lets_the_blind_pass(name):
    prices, forecasts = bars(1)
    strategy = strategies.load(name)
    examined(strategy, prices, [dict(strategy.defaults)], inputs_of(forecasts))
