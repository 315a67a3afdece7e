"""Sharpe ratio, return a year and drawdown against empyrical-reloaded, and by hand."""

from tidemark.statistics import returns

import empyrical
import numpy as np
import pytest


def fat_tails(*shape: int, seed: int = 8) -> np.ndarray:
    return 0.01 * np.clip(np.random.default_rng(seed).standard_t(3, shape), -30, 30)


def test_of_each_set_as_in_empyrical():
    sets = fat_tails(700, 3)
    of_each = [np.array([of(column) for column in sets.T]) for of in (
        empyrical.sharpe_ratio, empyrical.cagr, empyrical.max_drawdown)]  # fmt: skip
    equity = returns.equity_of(sets.T)
    assert np.sqrt(252) * returns.sharpe_of(sets) == pytest.approx(of_each[0], rel=1e-10)
    assert returns.annual_return(equity[:, -1], 700, 252) == pytest.approx(of_each[1], rel=1e-10)
    assert returns.drawdown(equity, before=1.0).min(axis=1) == pytest.approx(of_each[2], rel=1e-10)


def test_log_growth_gives_the_same_return_a_year():
    growth = np.array([0.5, 1.0, 3.0])
    found = returns.annual_return_of_logs(np.log(growth), 1000, 252.0)
    assert found == pytest.approx(returns.annual_return(growth, 1000, 252.0), rel=1e-12)
    assert returns.annual_return_of_logs(np.array(-np.inf), 1000, 252.0) == -1.0


def test_one_trade_is_variance():
    quiet = np.full(3000, 1e-4)
    quiet[1500] = 1.5e-4
    assert np.isfinite(returns.sharpe_of(quiet))


def test_equity_and_drawdown_by_hand():
    equity = returns.equity_of(np.array([-0.5, 0.5, 1.0, -0.25]))
    assert equity.tolist() == [0.5, 0.75, 1.5, 1.125]
    assert returns.drawdown(equity, before=1.0).tolist() == [-0.5, -0.25, 0.0, -0.25]
    assert returns.drawdown(equity).tolist() == [0.0, 0.0, 0.0, -0.25]
