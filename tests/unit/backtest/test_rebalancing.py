"""What is traded without cost, by hand and by counting shares one by one."""

from dataclasses import replace

from tidemark.backtest.engine import Market, Rules, as_cells
from tidemark.backtest.rebalancing import EqualParts
from tidemark.market.grid import Prices

import numpy as np
import pytest

RULES = Rules("next_close", 0.0, 0.0, "long_short", 0.0, 252.0)


def prices_of(close, opens=None):
    close = np.asarray(close, dtype=np.float64).reshape(len(close), -1)
    opens = close if opens is None else np.asarray(opens, dtype=np.float64).reshape(close.shape)
    days = np.datetime64("2020-01-01", "us") + np.arange(len(close)) * np.timedelta64(1, "D")
    names = tuple("ABC"[: close.shape[1]])
    return Prices(days, names, opens, close, close, close, np.ones_like(close))


def drift_of(prices, target, rules=RULES):
    market = Market(prices, rules)
    return market.drift(market.simulate(as_cells([np.full_like(prices.close, target)])))[0]


def test_what_is_all_in_or_flat_does_not_drift():
    prices = prices_of([100.0, 110.0, 99.0, 120.0, 60.0])
    assert drift_of(prices, 1.0) == pytest.approx(0.0)
    assert drift_of(prices, 0.0) == pytest.approx(0.0)


def test_drift_by_hand():
    """Of 100, 50 in shares that rise by a fifth are 60 of 110: half is 55, so 5 of 110 are sold."""
    prices = prices_of([100.0, 100.0, 100.0, 120.0])
    assert drift_of(prices, 0.5)[0] == pytest.approx([0, 0, 0, 5 / 110])
    # Short for all: 100 owed in shares are 120, of an equity of 80: 40 of it are bought back.
    assert drift_of(prices, -1.0)[0] == pytest.approx([0, 0, 0, 40 / 80])
    doubled = prices_of([100.0, 100.0, 100.0, 200.0])
    assert drift_of(doubled, -1.0)[0, 3] == 0.0  # ruined, and out of trading


def test_a_fill_at_the_open_drifts_from_the_open_on():
    prices = prices_of([100.0, 120.0, 150.0], opens=[100.0, 100.0, 140.0])
    found = drift_of(prices, 0.5, replace(RULES, fill="next_open"))
    assert found[0] == pytest.approx([0, 5 / 110, 0.5 * 1.25 / 1.125 - 0.5])


def test_cash_grows_too():
    rules = replace(RULES, cash_rate=1.1**252 - 1)
    prices = prices_of([100.0, 100.0, 100.0, 110.0])
    assert drift_of(prices, 0.5, rules)[0, 3] == pytest.approx(0.0)  # both grow by a tenth


def between(returns, held, there):
    """What one set trades between the parts, added up one ticker at a time."""
    parts = EqualParts.of(there, 1)
    tickers = [slice(place, place + 1) for place in range(len(there))]
    for some in tickers:
        parts.add(0, some, returns[some], 0.0 * returns[some])
    return sum(parts.between(0, some, returns[some], held[some]) for some in tickers)


def within(drift, there):
    parts = EqualParts.of(there, 1)
    parts.add(0, slice(None), 0.0 * drift, drift)
    return parts.within[0]


def test_equal_parts_by_hand():
    """Two parts of 50: one grows to 75, so 12.5 of 125 move; cash moves for nothing."""
    returns, there = np.array([[0.0, 0.5, 0.0], [0.0, 0.0, 0.0]]), np.ones((2, 3), dtype=bool)
    held = np.ones((2, 3))
    assert between(returns, held, there) == pytest.approx(2 * 12.5 / 125)
    held[1] = -0.5
    assert between(returns, held, there) == pytest.approx(1.5 * 12.5 / 125)
    assert within(np.array([[0.0, 0.1, 0.3], [0.2, 0.0, 0.0]]), there) == pytest.approx(0.3)


def test_a_ticker_that_is_listed_takes_from_the_others():
    there = np.array([[True, True, True], [False, True, True]])
    returns, held = np.zeros((2, 3)), np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    assert between(returns, held, there) == pytest.approx(0.5)


def test_a_portfolio_of_shares_counted_one_by_one():
    """Long in full, it trades what restores equal parts of the money: no other trade is needed."""
    draw = np.random.default_rng(3)
    close = 50 * np.exp(np.cumsum(draw.normal(0, 0.02, (300, 3)), axis=0))
    market = Market(prices_of(close), RULES)
    result = market.simulate(as_cells([np.ones_like(close)]))
    there = np.ones((3, 300), dtype=bool)
    found = between(result.returns[0], result.position[0], there)
    shares, traded = 1 / 3 / close[1], 0.0
    for price in close[2:-1]:
        whole = shares @ price
        wanted = whole / 3 / price
        traded += np.abs(wanted - shares) @ price / whole
        shares = wanted
    assert found == pytest.approx(traded, rel=1e-12)
