"""The strategies of config.yaml, and how they trade the sample data."""

from pathlib import Path

from strategy_bars import EVERY, targets
from tidemark.backtest import strategies
from tidemark.market.grid import from_tidy
from tidemark.ohlcv import FIELDS

import numpy as np
import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
CONFIGURED = yaml.safe_load((ROOT / "config.yaml").read_text())["strategies"]


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
    return strategy, strategies.grid(strategy, entry.get("parameters", {}))


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
    assert used == set(EVERY) - {"model_probability"}  # in a comment; tests/dag trades it
    categories = {strategies.load(name).category for name in used}
    assert categories == set(strategies.CATEGORIES)


def test_the_configuration_has_enough_sets():
    """With 5 tickers and about 110 market scenarios, they make over 50,000 cells."""
    assert 100 <= sum(len(sets_of(entry)[1]) for entry in CONFIGURED.values()) <= 200
