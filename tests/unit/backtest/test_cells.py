"""Cells that are traded together equal those traded alone; and which markets are tried."""

import tracemalloc
from dataclasses import replace
from itertools import chain

import reference_engine as reference
from stored_markets import stored
from tidemark.backtest import cells, strategies
from tidemark.backtest.cells import Trial
from tidemark.backtest.engine import Market, Rules, as_cells
from tidemark.backtest.settings import TradingHours
from tidemark.market import grid
from tidemark.market.grid import Prices
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.paths import simulated
from tidemark.market.scenarios.settings import Shock, Stochastic, Stress, Window
from tidemark.market.scenarios.stress import stressed
from tidemark.market.scenarios.windows import full, historical

import numpy as np
import pandas as pd
import pytest

RATES = {"A": 252.0, "B": 250.0, "C": 365.25}
RULES = Rules("next_open", 0.001, 0.0005, "long_short", 0.0, 252.0)
SETS = [{"fast": 3, "slow": 10}, {"fast": 5, "slow": 20}]
KEYS = ["set", "scenario_name", "symbol"]


@pytest.fixture(scope="module")
def prices():
    """Three tickers over two years; the last is listed late."""
    draw = np.random.default_rng(5)
    days = pd.bdate_range("2010-01-04", periods=500).to_numpy()
    close = 100 * np.exp(np.cumsum(draw.normal(0.0003, 0.02, (500, 3)), axis=0))
    opens = close * np.exp(draw.normal(0, 0.005, close.shape))
    high, low = np.maximum(opens, close) * 1.01, np.minimum(opens, close) * 0.99
    bars = {"open": opens, "high": high, "low": low, "close": close, "volume": close}
    for values in bars.values():
        values[:200, 2] = np.nan
    return Prices(days, ("A", "B", "C"), **bars)


@pytest.fixture(scope="module")
def markets(prices):
    windows = {
        "first_year": Window("2010-01-01", "2010-06-30", "test"),
        "late": Window("2011-01-01", "2011-12-31", "test"),
        "gone": Window("1999-01-01", "1999-12-31", "test"),
    }
    stresses = {"costly": Stress(cost_multiplier=5.0), "fall": Stress(shock=Shock(-0.3, [0.5]))}
    plan = Stochastic({"stationary_bootstrap": 2, "gbm": 1}, 60, 40, 5, 400)
    real = [
        full(prices),
        *historical(prices, windows),
        *stressed(prices, stresses),
    ]
    paths = simulated(prices, plan, 1)
    return [*(replace(one, bars_a_year=RATES) for one in real), *paths]


@pytest.fixture(scope="module")
def trial():
    return Trial("cross", strategies.load("sma_cross"), SETS, {}, RULES)


def table(trial, markets):
    frames = [frame for _, frame in trial.cells(trial.markets(markets))]
    return pd.concat(frames).sort_values(KEYS, ignore_index=True)


def test_each_cell_is_what_it_would_be_alone(trial, markets):
    found = table(trial, markets).set_index(KEYS)
    for market in trial.markets(markets):
        yearly = tuple(market.bars_a_year[ticker] for ticker in market.prices.ticker)
        cost = RULES.cost * market.cost_multiplier
        rules = replace(RULES, cost=cost, periods_per_year=yearly)
        wanted = strategies.targets_of(trial.strategy, market.prices, SETS)
        for parameters, targets in zip(SETS, wanted, strict=True):
            result = reference.Market(market.prices, rules).simulate(as_cells([targets]))
            measured = reference.measure(result, rules, market.counted)
            figures = {name: values[0] for name, values in measured.items()}
            for column, ticker in enumerate(market.prices.ticker):
                key = (strategies.describe(parameters), market.name, ticker)
                if figures["bars"][column] == 0:
                    assert key not in found.index
                    continue
                row = found.loc[key]
                alone = [values[column] for values in figures.values()]
                np.testing.assert_allclose(row[list(figures)].to_numpy(float), alone, rtol=1e-9)
                assert (row["scenario_kind"], row["group"]) == (market.kind, market.group)
    full, first_year, late, stressed, simulated = 3, 2, 3, 2 * 3, 3 * 2
    assert len(found) == len(SETS) * (full + first_year + late + stressed + simulated)


def test_a_window_without_bars_is_not_tried(trial, markets):
    assert "gone" not in {one.name for one in trial.markets(markets)}


def test_parts_are_the_whole_and_progress_counts_markets(trial, markets, monkeypatch):
    whole = table(trial, markets)
    monkeypatch.setattr(cells, "PART", 1)
    parts = list(trial.cells(trial.markets(markets)))
    assert len(parts) > len(list(Trial.cells(trial, markets[:1])))
    pd.testing.assert_frame_equal(
        pd.concat([frame for _, frame in parts]).sort_values(KEYS, ignore_index=True), whole
    )
    counts = [done for done, _ in parts]
    assert counts == sorted(counts)
    assert counts[-1] <= len(trial.markets(markets))


@pytest.mark.parametrize("together", [1, 600, 1100])
def test_some_tickers_at_a_time_are_the_whole(trial, markets, monkeypatch, tmp_path, together):
    whole = table(trial, markets)
    monkeypatch.setattr(grid, "TOGETHER", together)
    shown, targets_of = [], strategies.targets_of
    monkeypatch.setattr(
        strategies,
        "targets_of",
        lambda strategy, prices, *rest: (
            shown.append(prices.close.size) or targets_of(strategy, prices, *rest)
        ),
    )
    pd.testing.assert_frame_equal(table(trial, markets), whole)
    with stored(markets, tmp_path) as again:
        pd.testing.assert_frame_equal(table(trial, again), whole)
    assert max(shown) <= max(together, 500)  # of one ticker all bars are shown


def test_who_compares_tickers_is_shown_all_of_one_market(prices, markets, monkeypatch):
    monkeypatch.setattr(grid, "TOGETHER", 1)
    shown = []

    def targets(prices):
        shown.append(prices.ticker)
        return np.zeros_like(prices.close)

    across = strategies.Strategy(
        "across", "trend", {}, (), targets, lambda **_: True, cross_sectional=True
    )
    table(Trial("across", across, [{}], {}, RULES), markets)
    simulated = [one for one in markets if not one.is_real]
    assert shown == [("A", "B", "C")] + [
        tuple(name for name in one.covered if one.covered[name]) for one in simulated
    ]


def peak(trial, prices, paths, folder):
    """Bytes of the most that was held while so many paths were traded."""
    plan = Stochastic({"stationary_bootstrap": paths}, 450, 40, 5, 400)
    whole = replace(full(prices), bars_a_year=RATES)
    with stored(chain([whole], simulated(prices, plan, 1)), folder) as markets:
        assert len(markets) == 1 + paths
        tracemalloc.start()
        try:
            assert sum(len(frame) for _, frame in trial.cells(trial.markets(markets))) > 2 * paths
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_markets(trial, prices, monkeypatch, tmp_path):
    monkeypatch.setattr(grid, "TOGETHER", 1000)
    peak(trial, prices, 2, tmp_path)  # what is loaded and made once
    few, many = (peak(trial, prices, paths, tmp_path) for paths in (3, 15))
    of_a_path = 490 * 2 * 5 * 8
    assert many < few + 3 * of_a_path


def test_forecasts_are_traded_on_real_bars_that_they_cover(prices, markets):
    forecasts = np.full_like(prices.close, np.nan)
    forecasts[-200:] = 0.01
    strategy = strategies.load("model_forecast")
    trial = Trial("model", strategy, [{"threshold": 0.0}], {"forecasts": forecasts}, RULES)
    assert {one.name for one in trial.markets(markets)} == {"full", "late"}
    found = table(trial, markets)
    assert set(found["scenario_name"]) == {"full", "late"}
    assert (found.set_index(["scenario_name", "symbol"])["trades"] == 1).all()


def test_who_looks_across_tickers_sees_one_market_at_a_time(markets):
    def best(prices):
        strongest = np.nanmax(prices.close, axis=1, keepdims=True) == prices.close
        return strongest.astype(float)

    across = strategies.Strategy(
        "best", "momentum", {}, (), best, lambda: True, cross_sectional=True
    )
    trial = Trial("best", across, [{}], {}, replace(RULES, fill="next_close"))
    held = table(trial, markets).groupby("scenario_name")["exposure"].sum()
    assert (held[["fall", "costly", "stationary_bootstrap_001"]] > 0.9).all()


def test_returns_are_means_over_the_tickers_listed(trial, prices, markets):
    sums = trial.on_history(markets[0])
    found, traded = trial.returns(markets[0], sums), trial.rebalanced(markets[0], sums)
    assert traded["set"].to_list() == list(found)[2:]
    assert list(found) == ["timestamp", "cash", "fast=3 slow=10", "fast=5 slow=20"]
    assert (found["cash"] == 0.0).all()
    targets = next(strategies.targets_of(trial.strategy, prices, SETS))
    (alone,) = Market(prices, RULES).simulate(as_cells([targets])).returns
    expected = np.where(np.arange(500) < 200, alone[:2].mean(axis=0), alone.mean(axis=0))
    np.testing.assert_allclose(found["fast=3 slow=10"], expected, atol=1e-15)


def test_history_some_tickers_at_a_time_is_the_whole(trial, markets, monkeypatch):
    trial = replace(trial, rules=replace(RULES, cash_rate=0.03))

    def found():
        sums = trial.on_history(markets[0])
        return trial.returns(markets[0], sums), trial.rebalanced(markets[0], sums)

    whole = found()
    monkeypatch.setattr(grid, "TOGETHER", 1)
    for parts, expected in zip(found(), whole, strict=True):
        pd.testing.assert_frame_equal(parts, expected, rtol=1e-12, atol=1e-15)
    assert (whole[1]["kept_between"] > 0.0).all()


def test_cash_is_what_a_set_without_a_position_earns(markets):
    """Tickers have other bars a year each, so no single rate is what the engine credits."""
    idle = strategies.Strategy(
        "idle", "momentum", {}, (), lambda prices: 0.0 * prices.close, lambda: True
    )
    history = replace(markets[0], bars_a_year={"A": 250.0, "B": 251.0, "C": 365.0})
    trial = Trial("idle", idle, [{}], {}, replace(RULES, cash_rate=0.05))
    found = trial.returns(history, trial.on_history(history))
    assert np.array_equal(found["cash"], found["no parameters"])
    early, late = (
        np.mean([1.05 ** (1 / year) - 1 for year in of]) for of in ([250, 251], [250, 251, 365])
    )
    assert found["cash"].iloc[[0, -1]].tolist() == pytest.approx([early, late])


def test_cash_rates_add_up_as_growth(trial, markets):
    stress = replace(markets[0], kind=ScenarioKind.STRESS, cash_rate_change=0.03)
    rules = replace(trial, rules=replace(RULES, cash_rate=0.02))._rules(stress)
    assert rules.cash_rate == pytest.approx(1.02 * 1.03 - 1)
    assert rules.cost == RULES.cost


# --- Trading hours


def test_trading_hours_are_those_of_the_exchange_in_summer_and_winter():
    hours = TradingHours("09:30", "16:00", "America/New_York")
    times = ["2021-01-15T14:29", "2021-01-15T14:30", "2021-01-15T21:00", "2021-01-15T21:01"]
    times += ["2021-07-15T13:29", "2021-07-15T13:30", "2021-07-15T20:00", "2021-07-15T20:01"]
    held = cells.within(hours, np.array(times, dtype="datetime64[us]"))
    assert held.tolist() == [False, True, True, False] * 2
    night = TradingHours("18:00", "02:00", "UTC")
    times = ["2021-01-15T17:59", "2021-01-15T18:00", "2021-01-16T02:00", "2021-01-16T02:01"]
    held = cells.within(night, np.array(times, dtype="datetime64[us]"))
    assert held.tolist() == [False, True, True, False]


def test_fills_keep_to_the_hours(prices, markets):
    """Daily bars are stamped at midnight UTC, so trading hours without a midnight allow none."""
    closed = replace(
        Trial("cross", strategies.load("sma_cross"), SETS, {}, RULES),
        hours=TradingHours("09:30", "16:00", "UTC"),
    )
    assert (table(closed, markets)["trades"] == 0).all()


def without_highs(prices, *columns):
    """The same bars, of which some tickers have no open, high, low and volume."""
    bare = {name: getattr(prices, name).copy() for name in ("open", "high", "low", "volume")}
    for values in bare.values():
        values[:, list(columns)] = np.nan
    return replace(prices, **bare)


CHANNEL = [{"entry": 10, "exit": 5}, {"entry": 20, "exit": 10}]
MANY = {"open", "high", "low", "close", "volume"}


@pytest.mark.parametrize("missing", [(0,), (0, 1, 2)])
def test_who_needs_highs_is_not_tried_where_there_are_none(prices, missing):
    bare = without_highs(prices, *missing)
    assert cells.lacking(bare)
    assert not cells.lacking(prices)
    plan = Stochastic({"stationary_bootstrap": 1, "gbm": 1}, 60, 40, 5, 400)
    markets = [replace(full(bare), bars_a_year=RATES), *simulated(bare, plan, 1)]
    strategy = strategies.load("donchian_breakout")
    rules = replace(RULES, fill="next_close")
    trial = Trial("channel", strategy, CHANNEL, {}, rules, read=[frozenset({"high", "low"})] * 2)
    flat = Trial("channel", strategy, CHANNEL, {}, rules)
    found, every = table(trial, markets), table(flat, markets)
    gone = {bare.ticker[column] for column in missing}
    kept = every[~every["symbol"].isin(gone)].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, kept, check_exact=True, check_dtype=len(found) > 0)
    assert (every[every["symbol"].isin(gone)]["exposure"] == 0).all(), "today, it was flat"
    assert [*trial.untried] == ["high and low"]
    assert trial.untried["high and low"].record() == {
        "cells": len(every) - len(found),
        "sets_not_tried": 2,
        "market_scenarios": 3,
        "tickers": len(missing),
    }


def test_who_trades_without_what_it_reads_is_tried(prices):
    """A strategy that looks whether there are highs, and goes by closes if there are none."""
    bare = without_highs(prices, 0, 1, 2)
    markets = [replace(full(bare), bars_a_year=RATES)]
    rules = replace(RULES, fill="next_close")
    reads = [frozenset(MANY)] * 2
    trial = Trial("cross", strategies.load("sma_cross"), SETS, {}, rules, read=reads)
    assert len(table(trial, markets)) == 6
    assert trial.untried == {}


def test_the_columns_that_a_strategy_reads_are_seen(prices):
    def read(targets):
        strategy = strategies.Strategy("mine", "trend", {}, (), targets, lambda **_: True)
        (said,) = strategies.wanted_by(strategy, prices, [{}], {})
        return said.read

    assert read(lambda prices: prices.close * 0) == {"close"}
    assert read(lambda prices: prices.close * 0 * prices.high) == {"close", "high"}
    assert read(lambda prices: np.r_[prices.upto(9).low, prices.rows(9, 500).low] * 0) == {"low"}
    assert read(lambda prices: np.zeros((len(prices.timestamp), len(prices.ticker)))) == set()
