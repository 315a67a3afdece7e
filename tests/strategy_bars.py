"""Bars that strategies are tried on, and the targets that they give there."""

from contextlib import contextmanager

from tidemark.backtest import strategies
from tidemark.backtest.accuse import Column
from tidemark.backtest.apart import Alone, serve
from tidemark.backtest.look_ahead import Watch
from tidemark.isolated.nursery import Nursery
from tidemark.market.grid import Prices

import numpy as np
import pytest

EVERY = strategies.names()
BARS = 400


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
    inputs = inputs_of(np.full_like(prices.close, 0.01) if forecasts is None else forecasts)
    (result,) = strategies.targets_of(strategy, prices, [parameters], inputs)
    return result


def inputs_of(forecasts):
    """All that a strategy may take beyond prices: the same wishes as probabilities."""
    return {"forecasts": forecasts, "probabilities": 1 / (1 + np.exp(-100 * forecasts))}


def examined(strategy, prices, sets=({},), inputs=None, fresh=None, seed=0):
    """What was tried on a strategy that trades these prices alone, in this process if no other."""
    fresh = fresh or strategies.here(strategy)
    with Watch(strategy, sets, inputs or {}, fresh, seed) as watch:
        list(watch.of_history(prices))
        watch.shorten([])
        list(watch.on(prices, [Column(ticker) for ticker in prices.ticker], inputs or {}))
    return watch.tried()


@contextmanager
def targets_apart(strategy):
    """Fresh processes with the targets of a strategy that has no file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strategies, "load", lambda name: strategy)
        with Nursery(serve) as nursery:
            yield Alone(nursery, strategy.name).fresh


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
