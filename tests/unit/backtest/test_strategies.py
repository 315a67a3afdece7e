"""Every strategy, worked by hand on a few bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strategy_bars import EVERY, prices_of, rows
from tidemark.backtest import strategies

import numpy as np
import pytest


@dataclass(frozen=True)
class Case:
    """Targets of one ticker, worked out without the strategy.

    Attributes:
        strategy: its name.
        parameters: one set of them.
        bars: the closes and whatever else it reads; highs and lows are the closes by default.
        expected: the target at each bar, 0 where there is none yet.
        because: the arithmetic.
    """

    strategy: str
    parameters: Mapping[str, float]
    bars: Mapping[str, Sequence[float]]
    expected: Sequence[float]
    because: str


BY_HAND = [
    Case(
        "buy_and_hold",
        {},
        {"close": [3, 2, 1]},
        [1, 1, 1],
        "it holds whatever happens",
    ),
    Case(
        "sma_cross",
        {"fast": 1, "slow": 3},
        {"close": [1, 2, 3, 2, 2, 2]},
        [0, 0, 1, -1, -1, 0],
        "means of 3: -, -, 2, 7/3, 7/3, 2",
    ),
    Case(
        "ema_cross",
        {"fast": 1, "slow": 3},
        {"close": [1, 2, 3, 2, 2.5, 1]},
        [0, 0, 1, 0, 1, -1],
        "slow: -, -, 2, 2, 2.25, 1.625; an average that starts at the first bar is 2.125 on bar 3",
    ),
    Case(
        "macd_cross",
        {"fast": 1, "slow": 2, "signal": 2},
        {"close": [1, 2, 3, 5, 5, 5]},
        [0, 0, 0, 1, -1, -1],
        "line: -, 0.5, 0.5, 0.833, 0.278, 0.093; signal: -, -, 0.5, 0.722, 0.426, 0.204",
    ),
    Case(
        "time_series_momentum",
        {"lookback": 3, "skip": 1},
        {"close": [1, 2, 3, 4, 1, 1, 9]},
        [0, 0, 0, 1, 1, -1, -1],
        "bar t compares t-1 with t-3: 3 > 1, 4 > 2, 1 < 3, 1 < 4",
    ),
    Case(
        "momentum_turning_points",
        {"fast": 1, "slow": 3},
        {"close": [1, 2, 3, 2, 3, 1, 1]},
        [0, 0, 0, 0, 1, -1, -0.5],
        "signs from bar 3 on: fast -, +, -, 0; slow +, +, -, -; the target is their mean",
    ),
    Case(
        "high_proximity",
        {"window": 3, "nearness": 0.9},
        {"close": [9, 9.5, 11, 10, 10, 9.5, 9], "high": [10, 10, 12, 10, 10, 10, 10]},
        [0, 0, 1, 0, 0, 1, 0],
        "highs of 3 bars from bar 2 on: 12, 12, 12, 10, 10; the bar's own high counts; 9 is a tie",
    ),
    Case(
        "rsi_reversal",
        {"window": 2, "oversold": 30.0},
        {"close": [10, 9, 8, 9, 10, 11, 10, 9]},
        [0, 0, 1, 1, -1, -1, 0, 1],
        "RSI: -, -, 0, 50, 75, 87.5, 43.75, 21.9; 50 itself ends nothing",
    ),
    Case(
        "bollinger_reversal",
        {"window": 3, "width": 1.2},
        {"close": [10, 10, 7, 8, 10, 11, 10]},
        [0, 0, 1, 1, -1, -1, 0],
        "z-scores: -, -, -1.41, -0.27, 1.34, 1.07, -0.71",
    ),
    Case(
        "return_reversal",
        {"lookback": 1, "threshold": 1.0, "window": 2},
        {"close": [100, 100, 110, 121, 108.9, 87.12]},
        [0, 0, -1, -1, 0, 1],
        "moves: 10 %, 10 %, -10 %, -20 %; deviations: 7.1 %, 0, 14.1 %, 7.1 %",
    ),
    Case(
        "return_reversal",
        {"lookback": 2, "threshold": 1.0, "window": 2},
        {"close": [100, 100, 110, 121]},
        [0, 0, 0, -1],
        "over two bars, 10 % is one deviation of 7.1 % times the root of 2: a tie",
    ),
    Case(
        "donchian_breakout",
        {"entry": 2, "exit": 1},
        {
            "close": [10, 10, 12, 11.5, 10, 8, 9.5],
            "high": [11, 11, 13, 12.5, 11, 9, 10.5],
            "low": [9, 9, 11, 10.5, 9, 7, 8.5],
        },
        [0, 0, 1, 1, -1, -1, 0],
        "in at 12 > 11, the high before; out and short at 10 < 10.5; back at 9.5 > 9, not 11",
    ),
    Case(
        "keltner_breakout",
        {"window": 2, "width": 0.3},
        {
            "close": [10, 10, 12, 11, 10, 8, 8.5],
            "high": [10.5, 10.5, 12.5, 11.5, 10.5, 8.5, 9],
            "low": [9.5, 9.5, 11.5, 10.5, 9.5, 7.5, 8],
        },
        [0, 0, 1, 0, 0, -1, -1],
        "means: -, 10, 11.33, 11.11, 10.37, 8.79, 8.60; ranges: -, -, 1.75, 1.63, 1.56, 2.03, 1.52",
    ),
    Case(
        "volatility_breakout",
        {"window": 1, "width": 1.0},
        {
            "close": [10, 10, 10.8, 12.5, 11, 8.9],
            "high": [10.5, 10.5, 11.3, 13, 11.5, 9.4],
            "low": [9.5, 9.5, 10.3, 12, 10.5, 8.4],
        },
        [0, 0, 0, 1, 1, -1],
        "ranges: -, 1, 1.3, 2.2, 2, 2.6; moves: 0, 0.8, 1.7, -1.5, -2.1, against the range before",
    ),
    Case(
        "volatility_managed",
        {"fast": 2, "slow": 3},
        {"close": [100, 110, 99, 108.9, 141.57]},
        [0, 0, 0, np.sqrt(2 / 3), 1],
        "returns: 10 %, -10 %, 10 %, 30 %; volatility over 2: 14.1 % twice; over 3: 11.5 %, 20 %",
    ),
    Case(
        "volatility_regime",
        {"fast": 2, "slow": 3, "limit": 1.0},
        {"close": [100, 110, 99, 108.9, 141.57]},
        [0, 0, 0, 0, 1],
        "volatility over 2 against over 3: 14.1 % > 11.5 %, then 14.1 % < 20 %",
    ),
    Case(
        "model_forecast",
        {"threshold": 0.001},
        {"close": [1, 1, 1, 1, 1, 1], "forecasts": [np.nan, 0.002, 0.001, -0.003, 0, np.nan]},
        [0, 1, 0, -1, 0, 0],
        "0.001 is not beyond the threshold; without a forecast there is no position",
    ),
    Case(
        "model_probability",
        {"threshold": 0.55},
        {"close": [1, 1, 1, 1, 1, 1], "probabilities": [np.nan, 0.56, 0.55, 0.44, 0.5, np.nan]},
        [0, 1, 0, -1, 0, 0],
        "0.55 is not above the threshold; 0.44 is below 1 - 0.55; no forecast, no position",
    ),
    Case(
        "model_kelly",
        {"fraction": 0.1, "window": 2},
        {"close": [100, 110, 99, 108.9, 108.9], "forecasts": [0.05, 0.05, 0.05, -0.5, np.nan]},
        [0, 0, 0.25, -1, 0],
        "variance of 10 % and -10 %: 0.02; 0.1 * 0.05 / 0.02 = 0.25; 0.1 * -0.5 / 0.02 = -2.5",
    ),
]


@pytest.mark.parametrize("case", BY_HAND, ids=lambda case: case.strategy)
def test_by_hand(case):
    strategy = strategies.load(case.strategy)
    inputs = {name: rows(case.bars[name]) for name in strategies.INPUTS if name in case.bars}
    prices = prices_of(*(case.bars.get(field) for field in ("close", "high", "low")))
    assert strategy.valid(**case.parameters)
    (wanted,) = strategies.targets_of(strategy, prices, [case.parameters], inputs)
    actual = np.nan_to_num(wanted)[:, 0]
    assert actual.tolist() == pytest.approx(case.expected, abs=1e-12), case.because


def test_every_strategy_is_worked_by_hand():
    assert {case.strategy for case in BY_HAND} == set(EVERY)
