"""A file is a strategy, its grids, and targets that are refused."""

import sys

from strategy_bars import EVERY, prices_of, targets
from tidemark.backtest import strategies
from tidemark.errors import BadValue, InputError

import numpy as np
import pytest

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
    assert strategies.grid(mine, {}) == [{"window": 3}]
    assert targets(mine, prices_of([1, 2, np.nan]))[:2, 0].tolist() == [1.0, 1.0]


def test_registered_strategies_say_what_they_do():
    assert len(EVERY) >= 12
    for name in EVERY:
        strategy = strategies.load(name)
        assert strategy.name == name
        assert strategy.valid(**strategy.defaults)
        assert len(strategy.inputs) == (strategy.category == "model")
        assert {*strategy.inputs} <= {*strategies.INPUTS}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"""Long on every bar."""', "", "it has no docstring"),
        ('CATEGORY = "trend"', "", "it has no CATEGORY"),
        ("DEFAULTS = ", "DEFAULT = ", "it has no DEFAULTS"),
        ("def targets", "def target", "it has no targets"),
        ('"trend"', '"trends"', r"unknown CATEGORY 'trends' \(did you mean trend\?\)"),
        (
            "prices, window",
            "prices, window, forecasts, probabilities",
            "targets takes forecasts and probabilities, but its entry names one model",
        ),
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
    with pytest.raises(BadValue, match=r"no strategy sma_kross \(did you mean sma_cross\?\)"):
        strategies.load("sma_kross")
    with pytest.raises(BadValue, match="no strategy __init__"):
        strategies.load("__init__")


def test_a_grid_is_every_combination_that_makes_sense():
    cross = strategies.load("sma_cross")
    assert strategies.grid(cross, {"fast": [20, 5], "slow": [20, 50]}) == [
        {"fast": 20, "slow": 50},
        {"fast": 5, "slow": 20},
        {"fast": 5, "slow": 50},
    ]
    assert strategies.grid(cross, {"fast": [7]}) == [{"fast": 7, "slow": 100}]
    bands = strategies.load("bollinger_reversal")
    (parameters,) = strategies.grid(bands, {"width": [2]})
    assert type(parameters["width"]) is float


@pytest.mark.parametrize(
    ("name", "values", "parameter", "problem"),
    [
        ("sma_cross", {"fats": [5]}, "fats", r"no such parameter \(did you mean fast\?\)"),
        ("buy_and_hold", {"fast": [5]}, "fast", "no such parameter"),
        ("sma_cross", {"fast": 5}, "fast", "not a list"),
        ("sma_cross", {"fast": []}, "fast", "not a list"),
        ("sma_cross", {"fast": [5, "6"]}, "fast", "'6' is not a whole number"),
        ("sma_cross", {"fast": [5.0]}, "fast", "5.0 is not a whole number"),
        ("sma_cross", {"fast": [True]}, "fast", "True is not a whole number"),
        ("sma_cross", {"fast": [5, 9, 5]}, "fast", "5 is listed twice"),
        ("rsi_reversal", {"oversold": [20, 20.0]}, "oversold", "20 is listed twice"),
        ("rsi_reversal", {"oversold": ["low"]}, "oversold", "'low' is not a number"),
        ("rsi_reversal", {"oversold": [np.inf]}, "oversold", "inf is not finite"),
        ("sma_cross", {"fast": [9], "slow": [9, 5]}, "", "e.g. fast=9 slow=9"),
    ],
)
def test_a_bad_grid(name, values, parameter, problem):
    with pytest.raises(BadValue, match=problem) as refused:
        strategies.grid(strategies.load(name), values)
    assert refused.value.parameter == parameter
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
    with pytest.raises(BadValue, match="model_forecast needs forecasts"):
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
