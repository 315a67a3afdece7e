"""Figures of performance against empyrical-reloaded, published values and figures by hand."""

from dataclasses import replace

from reference_engine import Fills, Market, Result, Trades, measure
from tidemark.backtest import performance
from tidemark.backtest.engine import LAG, Rules, as_cells
from tidemark.backtest.performance import ANNUAL, sweep
from tidemark.market.grid import Prices
from tidemark.sources.columns import LARGEST, SMALLEST_PRICE

import empyrical
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FREE = Rules("same_close", 0.0, 0.0, "long_short", 0.0, 252.0)
NONE = np.array([], dtype=np.intp)
# empyrical-reloaded's mixed_returns, whose first day is NaN because there is no day before it.
MIXED = np.array([np.nan, 1.0, 10.0, -4.0, 2.0, 3.0, 2.0, 1.0, -10.0]) / 100


def result_of(returns, listed=None) -> Result:
    """A backtest of one set without trades that had these returns, (bars,) or (tickers, bars)."""
    returns = np.array(returns, dtype=np.float64, ndmin=2)[np.newaxis]
    listed = np.ones(returns.shape[1:], dtype=bool) if listed is None else listed
    equity = np.insert(np.cumprod(1.0 + returns, axis=-1), 0, 1.0, axis=-1)
    nothing = np.zeros(0)
    fills = Fills(NONE, NONE, nothing, nothing)
    trades = Trades(NONE, NONE, NONE, nothing, nothing)
    return Result(returns, np.zeros_like(returns), equity, listed, fills, trades)


def figures(returns, rules=FREE, listed=None, window=performance.ALL):
    """The figures of one ticker, by the reference; those that hang on returns by the engine too."""
    measured = measure(result_of(returns, listed), rules, window)
    found = {name: values.item() for name, values in measured.items()}
    compiled = held(returns, rules, listed, window)
    same = found.keys() - {"trades", "win_rate", "exposure"}
    assert {name: compiled[name] for name in same} == pytest.approx(
        {name: found[name] for name in same}, rel=1e-9, abs=1e-13, nan_ok=True
    )
    return found


def held(returns, rules, listed, window):
    """What the engine finds for who holds what had these returns, from before the first on."""
    there = np.ones(len(returns), dtype=bool) if listed is None else listed[0]
    close = np.append(1.0, np.where(there, np.cumprod(1.0 + np.asarray(returns)), np.nan))
    start, stop, _ = window.indices(len(returns))
    later = slice(start + 1, stop + 1)
    (found,) = sweep([np.ones((len(close), 1))], bars(close), rules, [later])
    return {name: values.item() for name, values in found.items()}


def unlisted_where_nan(returns, rules=FREE):
    """Figures of returns whose NaN are bars on which the ticker is not listed."""
    return figures(np.nan_to_num(returns), rules, listed=~np.isnan(returns)[np.newaxis])


def traded(targets, prices, rules, allowed=None) -> Result:
    """What comes of (sets, bars, tickers) targets."""
    return Market(prices, rules, allowed).simulate(as_cells(targets))


def bars(close) -> Prices:
    """Daily bars of closes (bars,) or (bars, tickers)."""
    close = np.asarray(close, dtype=np.float64)
    close = close.reshape(len(close), -1) if close.ndim == 1 else close
    days = np.datetime64("2020-01-01") + np.arange(len(close))
    names = tuple(f"T{i}" for i in range(close.shape[1]))
    return Prices(days, names, close, close, close, close, np.ones_like(close))


# --- Published figures


def test_ratios_of_returns_with_an_unknown_day():
    """Moments leave the NaN day out, so here it is a bar on which the ticker is not listed."""
    found = unlisted_where_nan(MIXED, replace(FREE, periods_per_year=8.0))
    yearly = np.sqrt(252 / 8)  # published by a year of 252 bars, of which these would be too few
    assert found["bars"] == 8
    assert yearly * found["sharpe_ratio"] == pytest.approx(1.7238613961706866, rel=1e-13)
    assert yearly * found["sortino"] == pytest.approx(2.605531251673693, rel=1e-13)
    assert yearly * found["volatility"] == pytest.approx(0.9136465399704637, rel=1e-13)
    assert found["max_drawdown"] == pytest.approx(-0.1, rel=1e-13)
    downside = np.nanmean(MIXED) * 252 / (yearly * found["sortino"])
    assert downside == pytest.approx(0.604483250388, abs=1e-12)


def test_annual_growth_of_returns_with_an_unknown_day():
    """Compound growth counts the NaN day, so here it is a bar that earned nothing.

    Nine days are not annualised here, but 28 times the same nine make the 252 of a year.
    """
    found = figures(np.tile(np.nan_to_num(MIXED), 28))
    assert found["bars"] == 252
    assert found["annual_return"] == pytest.approx(1.9135925373194231, rel=1e-12)
    assert found["max_drawdown"] == pytest.approx(-0.1, rel=1e-12)
    assert found["calmar"] == pytest.approx(19.135925373194233, rel=1e-12)


@pytest.mark.parametrize(("tail", "expected"), [(0.1, 41.0), (0.2, 81.0), (0.3, 81.5)])
def test_value_at_risk_as_published(monkeypatch, tail, expected):
    monkeypatch.setattr(performance, "TAIL", tail)
    found = figures([1.0, 81.0, 82.0, 83.0, 84.0, 85.0])
    assert found["value_at_risk"] == pytest.approx(expected, rel=1e-14)


def test_drawdown_counts_from_the_start():
    assert figures([-0.5, 0.1])["max_drawdown"] == -0.5


def test_without_variance_there_is_no_sharpe_ratio():
    found = figures(np.full(250, 0.001))
    assert found["volatility"] == 0.0
    assert found["annual_return"] == pytest.approx(1.001**252 - 1, rel=1e-12)
    for undefined in ("sharpe_ratio", "sortino", "calmar"):
        assert np.isnan(found[undefined]), undefined


# --- Against empyrical


def random_returns(seed, length):
    """Returns with fat tails, some of them equal."""
    random = np.random.default_rng(seed)
    return np.round(np.clip(0.01 * random.standard_t(3, length), -0.3, 0.3), 3)


@pytest.mark.parametrize("cash_rate", [0.0, 0.03])
@pytest.mark.parametrize("length", [240, 252, 1000, 8313])
def test_equals_empyrical(length, cash_rate):
    rules = replace(FREE, cash_rate=cash_rate)
    returns = random_returns(length, length)
    found = figures(returns, rules)
    cash = rules.cash_per_bar.item()
    expected = {
        "total_return": empyrical.cum_returns_final(returns),
        "annual_return": empyrical.cagr(returns),
        "volatility": empyrical.annual_volatility(returns),
        "sharpe_ratio": empyrical.sharpe_ratio(returns, risk_free=cash),
        "sortino": empyrical.sortino_ratio(returns, required_return=cash),
        "max_drawdown": empyrical.max_drawdown(returns),
        "calmar": empyrical.calmar_ratio(pd.Series(returns)),
        "value_at_risk": empyrical.value_at_risk(returns),
        "expected_shortfall": empyrical.conditional_value_at_risk(returns),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-10)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.one_of(st.integers(1, 60), st.integers(1000, 3000)),
    st.integers(0, 5),
)
def test_the_tail_is_found_whatever_the_order(seed, length, decimals):
    """Sorted, shuffled and with ties: the shortcut to the lowest returns changes nothing."""
    returns = np.random.default_rng(seed).normal(0, 0.1, length).round(decimals)
    orders = np.stack([returns, np.sort(returns), np.sort(returns)[::-1]])
    found = measure(result_of(orders), FREE)
    assert found["value_at_risk"] == pytest.approx(np.quantile(returns, 0.05), abs=1e-14)
    lowest = np.sort(returns)[: int(0.05 * (length - 1)) + 1]
    assert found["expected_shortfall"] == pytest.approx(lowest.mean(), abs=1e-14)


# --- Bars that count


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 300))
def test_bars_without_listing_do_not_count(seed, length, more):
    returns = random_returns(seed, length)
    listed = np.random.default_rng(seed).permutation(np.arange(length + more) < length)
    spread = np.full(length + more, np.nan)
    spread[listed] = returns
    assert unlisted_where_nan(spread) == pytest.approx(
        figures(returns), rel=1e-9, abs=1e-12, nan_ok=True
    )


def test_a_ticker_that_is_never_listed_has_no_figures():
    found = figures(np.zeros(5), listed=np.zeros((1, 5), dtype=bool))
    known = {name: value for name, value in found.items() if not np.isnan(value)}
    assert known == {"bars": 0, "trades": 0, "costs": 0}


def test_a_minute_is_not_annualised():
    """A year's growth at the pace of one minute is beyond all numbers."""
    assert np.isnan(figures([0.01], replace(FREE, periods_per_year=98_280.0))["annual_return"])


@pytest.mark.parametrize(("length", "annual"), [(239, False), (240, True)])
def test_less_than_a_year_is_not_annualised(length, annual):
    found = figures(random_returns(1, length))
    found.pop("win_rate")  # there are no trades
    for name, value in found.items():
        assert np.isfinite(value) == (annual or name not in ANNUAL), name


def test_one_bar_has_a_return_and_no_deviation():
    found = figures([-0.25])
    assert (found["total_return"], found["max_drawdown"]) == (-0.25, -0.25)
    assert (found["value_at_risk"], found["expected_shortfall"]) == (-0.25, -0.25)
    assert np.isnan([found["volatility"], found["sharpe_ratio"], found["annual_return"]]).all()


@pytest.mark.parametrize("window", [slice(0, 300), slice(100, 400), slice(390, 400), slice(7, 8)])
def test_a_window_is_measured_by_itself(window):
    """Its drawdowns also start there, from the equity before its first bar."""
    returns = random_returns(2, 400)
    assert figures(returns, window=window) == pytest.approx(
        figures(returns[window]), rel=1e-9, abs=1e-12, nan_ok=True
    )


@pytest.mark.parametrize("window", [slice(30, 5), slice(60, 0), slice(100, 10), slice(-1, -50)])
def test_a_window_that_ends_before_it_starts_has_no_bars(window):
    """Nothing before its start is looked at: no trade that was left, no return, no drawdown."""
    length = 60
    close = 100 + np.arange(float(length)) % 7
    targets = (np.arange(length) % 4 < 2).astype(np.float64)[:, np.newaxis]
    begin = window.indices(length)[0]
    found, empty = (
        next(sweep([targets], bars(close), FREE, [each])) for each in (window, slice(begin, begin))
    )
    assert found["bars"].item() == found["costs"].item() == 0
    assert np.isnan([found["total_return"].item(), found["max_drawdown"].item()]).all()
    for name, values in empty.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_bars_of_a_year_set_the_scale():
    returns = random_returns(3, 36)
    found = figures(returns, replace(FREE, periods_per_year=12.0))
    assert found["sharpe_ratio"] == pytest.approx(
        empyrical.sharpe_ratio(returns, period="monthly"), rel=1e-12
    )
    assert found["annual_return"] == pytest.approx(
        empyrical.cagr(returns, period="monthly"), rel=1e-12
    )


# --- Trades


ROUND_TRIPS = {
    # bought at bar 0 and sold at 20 % more; sold short at bar 3 and bought back at 10 % more
    "close": [100.0, 110.0, 120.0, 120.0, 132.0, 132.0, 132.0, 132.0],
    "targets": np.array([1.0, 1.0, 0.0, -1.0, -1.0, 0.0, 0.0, 0.0]).reshape(1, -1, 1),
}
ENTRY, EXIT = 1 - 1 / 1.01, 0.01  # share of equity lost to 1 % of the traded value


def round_trips(window):
    rules = replace(FREE, cost=0.01, periods_per_year=1.0)
    result = traded(ROUND_TRIPS["targets"], bars(ROUND_TRIPS["close"]), rules)
    return {name: value.item() for name, value in measure(result, rules, window).items()}


@pytest.mark.parametrize(
    ("window", "trades", "wins", "held", "traded", "costs"),
    [
        (slice(None), 2, 1, 4, 4, 2 * ENTRY + 2 * EXIT),
        (slice(0, 1), 1, 0, 0, 1, ENTRY),  # filled at the close, so it has only cost
        (slice(1, 2), 1, 1, 1, 0, 0.0),
        (slice(2, 8), 2, 1, 3, 3, ENTRY + 2 * EXIT),  # the first trade gains on bar 2 as well
        (slice(1, 4), 2, 1, 2, 2, ENTRY + EXIT),  # the second one has only lost its cost
        (slice(3, 8), 1, 0, 2, 2, ENTRY + EXIT),
        (slice(5, 8), 1, 0, 1, 1, EXIT),
    ],
)
def test_trades_by_hand(window, trades, wins, held, traded, costs):
    found = round_trips(window)
    count = len(range(*window.indices(8)))
    assert found["trades"] == trades
    assert found["win_rate"] == wins / trades
    assert found["exposure"] == held / count
    assert found["turnover"] == pytest.approx(traded / count, rel=1e-12)
    assert found["costs"] == pytest.approx(costs, abs=1e-15)


def test_without_trades_there_is_no_win_rate():
    found = round_trips(slice(6, 8))
    assert (found["trades"], found["exposure"], found["turnover"], found["costs"]) == (0, 0, 0, 0)
    assert np.isnan(found["win_rate"])


def test_ruin_loses_everything():
    result = traded(-np.ones((1, 300, 1)), bars([100.0] * 10 + [250.0] * 290), FREE)
    found = {name: value.item() for name, value in measure(result, FREE).items()}
    for name in ("total_return", "annual_return", "max_drawdown", "calmar"):
        assert found[name] == -1.0, name
    assert (found["trades"], found["win_rate"]) == (1, 0)


# --- In bulk


def test_figures_have_the_shape_of_sets_and_tickers():
    prices = bars(100 + np.arange(30.0).reshape(10, 3))
    for sets in (1, 4):
        measured = measure(traded(np.ones((sets, 10, 3)), prices, FREE), FREE)
        assert {values.shape for values in measured.values()} == {(sets, 3)}


@st.composite
def sweeps(draw):
    """Targets of some sets, bars with gaps, some of which ruin, rules, windows, allowed bars."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sets, tickers = draw(st.integers(1, 3)), draw(st.integers(1, 10))
    length = draw(st.one_of(st.integers(1, 60), st.integers(1000, 3000)))
    shape = (length, tickers)
    size = draw(st.sampled_from([0.01, 0.03, 0.3]))
    moves = np.clip(size * random.standard_t(3, (2, *shape)), -0.9, 3.0)
    close = np.clip(100 * np.cumprod(np.prod(1 + moves, axis=0), axis=0), SMALLEST_PRICE, LARGEST)
    opens = close / (1 + moves[1])
    close[: random.integers(length), random.integers(tickers)] = np.nan
    if draw(st.booleans()):
        close[random.random(shape) < 0.1] = np.nan
        opens[random.random(shape) < 0.1] = np.nan
    opens[np.isnan(close)] = np.nan
    without = np.isnan(opens).all(axis=0)
    opens[:, without] = close[:, without]
    levels = draw(st.sampled_from([[0, 1], [-1, 1], [-1, 0, 0.5, 1, np.nan], [0, 0, 0, 0, 1]]))
    spell = draw(st.integers(1, 30))
    targets = random.choice(levels, (sets, *shape)).repeat(spell, axis=1)[:, :length]
    if draw(st.booleans()):
        targets = targets * random.random(targets.shape)
    if draw(st.booleans()):
        targets = np.ascontiguousarray(targets.swapaxes(1, 2)).swapaxes(1, 2)
    rules = Rules(
        draw(st.sampled_from(["next_open", "next_close", "same_close"])),
        draw(st.sampled_from([0.0, 0.002])),
        draw(st.sampled_from([0.0, 0.001])),
        draw(st.sampled_from(["long_only", "long_short"])),
        draw(st.sampled_from([0.0, 0.02, -0.01])),
        draw(st.sampled_from([12.0, 252.0, tuple(random.uniform(5, 300, tickers).tolist())])),
    )
    ends = np.sort(random.integers(0, length + 1, (draw(st.integers(0, 3)), 2)), axis=1)
    windows = [slice(None), *(slice(*each) for each in ends.tolist())]
    allowed = draw(st.sampled_from([None, random.random(length) < 0.8]))
    days = np.datetime64("2020-01-01") + np.arange(length)
    names = tuple(f"T{i}" for i in range(tickers))
    prices = Prices(days, names, opens, close, close, close, np.ones_like(close))
    return targets, prices, rules, windows, allowed


@settings(max_examples=80, deadline=None)
@given(sweeps(), st.sampled_from([1, 50, 1_000]), st.integers(1, 3))
def test_a_sweep_is_each_set_traded_and_measured(case, cells, threads):
    targets, prices, rules, windows, allowed = case
    market = Market(prices, rules, allowed)
    with np.errstate(all="ignore"):
        results = [market.simulate(as_cells([one])) for one in targets]
        alone = [[measure(result, rules, window) for window in windows] for result in results]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(performance, "CELLS", cells)
        batches = list(sweep(iter(targets), prices, rules, windows, allowed, threads))
    for name in alone[0][0]:
        swept = np.concatenate([batch[name] for batch in batches])
        assert swept.shape == (len(targets), len(windows), len(prices.ticker))
        expected = [[measured[name][0] for measured in row] for row in alone]
        np.testing.assert_allclose(swept, expected, rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_sweep_takes_sets_as_they_come():
    """Sets are not gathered first, so a thousand of them are never in memory at once."""
    made = []

    def targets():
        for one in range(10):
            made.append(one)
            yield np.full((40, 2), one / 10)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(performance, "CELLS", 3 * 2)
        stream = sweep(targets(), bars(100 + np.arange(80.0).reshape(40, 2)), FREE)
        assert next(stream)["bars"].shape == (3, 1, 2)
        assert len(made) == 3
        assert [len(batch["bars"]) for batch in stream] == [3, 3, 1]


@pytest.mark.parametrize("fill", ["next_open", "next_close", "same_close"])
@pytest.mark.parametrize("length", [0, 1, 2])
def test_hardly_any_bars_have_hardly_any_figures(fill, length):
    (found,) = sweep([np.ones((length, 9))], bars(np.ones((length, 9))), replace(FREE, fill=fill))
    assert (found["bars"] == length).all()
    assert np.isnan(found["total_return"]).all() == (length == 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 1500), st.sampled_from(list(LAG)))
def test_prices_that_are_no_numbers_neither_crash_nor_hang(seed, length, fill):
    """Whatever they are, a ticker with sound prices beside them has the figures it has alone."""
    random = np.random.default_rng(seed)
    close = np.exp(random.normal(0, 0.05, (length, 3)).cumsum(axis=0))
    odd = random.choice([np.nan, np.inf, -np.inf, 0.0, 1e308, 1e-308, -1.0], close.shape)
    close = np.where(
        (random.random(close.shape) < random.random()) & [True, True, False], odd, close
    )
    days = np.datetime64("2020-01-01") + np.arange(length)
    rules = Rules(fill, 0.001, 0.001, "long_short", 0.02, 252.0)
    targets = random.choice([-1.0, 0.0, 0.5, 1.0], close.shape)
    windows = [performance.ALL, slice(length // 3, length), slice(length // 2, length // 2)]
    with np.errstate(all="ignore"):
        prices = Prices(days, ("A", "B", "C"), *[close] * 5)
        together = next(sweep([targets], prices, rules, windows))
        alone = next(sweep([targets[:, 2:]], prices.columns(2, 3), rules, windows))
    for name, values in alone.items():
        np.testing.assert_array_equal(together[name][..., 2:], values, err_msg=name)
