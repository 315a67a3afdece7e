"""What every strategy owes, whatever the bars."""

from dataclasses import replace

from strategy_bars import BARS, EVERY, bars, targets
from tidemark.backtest import strategies
from tidemark.ohlcv import OHLC, OHLCV

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


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
