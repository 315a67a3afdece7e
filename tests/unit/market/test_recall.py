from tidemark.backtest import strategies
from tidemark.errors import InputError
from tidemark.market import indicators, recall
from tidemark.market.grid import Prices
from tidemark.market.recall import Recall
from tidemark.ohlcv import OHLCV

import numpy as np
import pytest

CLOSE = np.cumsum(np.random.default_rng(3).normal(1.0, 0.1, (80, 2)), axis=0)


class Counted:
    """A function that doubles an array, and counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x, times=2):
        self.calls += 1
        return x * times


@pytest.fixture
def double():
    return Counted()


def ask(function, *args, **named):
    return recall.result(function, args, named)


def test_what_was_asked_before_is_at_hand(double):
    with Recall([CLOSE]).used():
        first, again = ask(double, CLOSE), ask(double, CLOSE)
        assert first is again
        assert ask(double, CLOSE, 3)[0, 0] == ask(double, CLOSE, times=3)[0, 0] == 3 * CLOSE[0, 0]
        assert ask(double, CLOSE, times=4)[0, 0] == 4 * CLOSE[0, 0]
    assert double.calls == 4
    assert ask(double, CLOSE)[0, 0] == 2 * CLOSE[0, 0]  # outside, nothing is kept
    assert double.calls == 5


def test_the_order_of_arguments_counts():
    other = CLOSE + 1.0
    with Recall([CLOSE, other]).used():
        assert ask(np.subtract, CLOSE, other)[0, 0] < 0.0
        assert ask(np.subtract, other, CLOSE)[0, 0] > 0.0


def test_what_has_no_hash_is_computed_each_time(double):
    with Recall([CLOSE]).used():
        for _ in range(2):
            assert ask(double, CLOSE, times=np.array(3))[0, 0] == 3 * CLOSE[0, 0]
    assert double.calls == 2


def test_results_of_results_are_kept_and_those_of_other_arrays_are_not(double):
    with Recall([CLOSE]).used():
        twice = [ask(double, ask(double, CLOSE)) for _ in range(3)]
        assert double.calls == 2
        assert twice[0] is twice[2]
        for _ in range(3):
            ask(double, CLOSE + 1.0)
        assert double.calls == 5


def test_two_recalls_do_not_mix(double):
    one, other = Recall([CLOSE]), Recall([CLOSE])
    for known in (one, other, one, other):
        with known.used():
            ask(double, CLOSE)
    assert double.calls == 2


def test_when_much_is_kept_all_of_it_is_let_go(double, monkeypatch):
    monkeypatch.setattr(recall, "MOST", 4 * CLOSE.nbytes)
    known = Recall([CLOSE])
    with known.used():
        for times in range(40):
            result = ask(double, CLOSE, times)
            np.testing.assert_array_equal(ask(double, result, 10), CLOSE * times * 10)
            assert len(known._known) <= 5
    assert double.calls <= 80


def test_a_kept_result_cannot_be_written_to(double):
    with Recall([CLOSE]).used():
        result = ask(double, CLOSE)
        with pytest.raises(ValueError, match="read-only"):
            result[0] = 0.0
    assert CLOSE.flags.writeable


def prices():
    names = ("A", "B")
    return Prices(
        np.arange(len(CLOSE)).astype("datetime64[D]"), names, **dict.fromkeys(OHLCV, CLOSE)
    )


@pytest.mark.parametrize("name", ["sma_cross", "macd_cross", "bollinger_reversal"])
def test_targets_are_those_of_each_set_alone(name):
    strategy = strategies.load(name)
    lists = {key: [value, value + 1] for key, value in strategy.defaults.items()}
    sets = strategies.grid(strategy, lists)
    together = list(strategies.targets_of(strategy, prices(), sets))
    for parameters, targets in zip(sets, together, strict=True):
        alone = next(strategies.targets_of(strategy, prices(), [parameters]))
        np.testing.assert_array_equal(targets, alone)


def test_an_indicator_is_computed_once_for_all_sets(monkeypatch):
    passes = []
    rolling = indicators._rolling
    monkeypatch.setattr(
        indicators, "_rolling", lambda rows, *args: passes.append(args[0]) or rolling(rows, *args)
    )
    strategy = strategies.load("sma_cross")
    sets = strategies.grid(strategy, {"fast": [2, 3, 5], "slow": [7, 9]})
    assert len(list(strategies.targets_of(strategy, prices(), sets))) == 6
    assert sorted(passes) == [2, 3, 5, 7, 9]


def into_an_indicator(prices):
    average = indicators.sma(prices.close, 5)
    average[:10] = 0.0
    return np.sign(average)


def through_a_function(prices):
    return np.nan_to_num(indicators.sma(prices.close, 5), copy=False)


def in_other_words(prices):
    average = indicators.sma(prices.close, 5)
    if not average.flags.writeable:
        raise ValueError("no room")
    return np.sign(average)


def into_bars(prices):
    slow = indicators.sma(prices.close, 5)
    np.multiply(prices.close, -1.0, out=prices.close)
    return np.where(indicators.sma(prices.close, 5) < slow, 1.0, 0.0)


@pytest.mark.parametrize(
    ("targets", "line"),
    [(into_an_indicator, 2), (through_a_function, 1), (into_bars, 2), (in_other_words, 3)],
)
def test_a_strategy_that_writes_into_what_is_shared_is_told_to_copy(targets, line):
    strategy = strategies.Strategy("writes", "trend", {}, (), targets, lambda: True)
    with pytest.raises(InputError, match="it writes into bars, or into what an") as refused:
        list(strategies.targets_of(strategy, prices(), [{}]))
    at = targets.__code__.co_firstlineno + line
    assert refused.value.where == f"scripts/tidemark/backtest/strategies/writes.py:{at}"
    assert ".copy()" in refused.value.cure
    assert CLOSE.flags.writeable


def test_another_error_of_a_strategy_is_its_own_whatever_its_words():
    def fails(prices):
        raise ValueError("assignment destination is read-only")

    strategy = strategies.Strategy("fails", "trend", {}, (), fails, lambda: True)
    with pytest.raises(InputError, match="raises ValueError: assignment destination is read-only"):
        list(strategies.targets_of(strategy, prices(), [{}]))
