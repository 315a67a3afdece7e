"""The engine against published figures, a plain loop over bars, and what must always hold.

What is traded here is traded by the reference, which also tells of fills and trades, and by the
engine, which must come to the same bits.
"""

import gzip
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import get_args, get_type_hints

import reference_engine as reference
from reference_engine import Result, measure
from tidemark.backtest.engine import LAG, Market, Rules, as_cells
from tidemark.backtest.performance import sweep
from tidemark.backtest.settings import Backtest
from tidemark.errors import BadValue, InputError
from tidemark.market.grid import Prices, from_tidy
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

SAMPLE = Path(__file__).resolve().parents[3] / "data/sample/prices.csv"
TIE = 2e-8  # averages nearer than that are equal
FILLS = ("next_open", "next_close", "same_close")
DIRECTIONS = ("long_only", "long_short")
FREE = Rules("same_close", 0.0, 0.0, "long_short", 0.0, 252.0)


def bars(close, open_=None, tickers=None) -> Prices:
    """Daily bars of closes (bars, tickers), or of one ticker's (bars,)."""
    close = np.asarray(close, dtype=float)
    close = close[:, np.newaxis] if close.ndim == 1 else close
    open_ = close if open_ is None else np.asarray(open_, dtype=float).reshape(close.shape)
    return Prices(
        np.datetime64("2020-01-01") + np.arange(len(close)),
        tuple((f"T{i}" for i in range(close.shape[1])) if tickers is None else tickers),
        open_,
        np.fmax(open_, close),
        np.fmin(open_, close),
        close,
        np.where(np.isnan(close), np.nan, 1000.0),
    )


def column(*values) -> np.ndarray:
    """Targets of one set for one ticker, (1, bars, 1)."""
    return np.array(values, dtype=float)[np.newaxis, :, np.newaxis]


def traded(targets, prices, rules, allowed=None) -> Result:
    """What comes of (sets, bars, tickers) targets, by the reference; the engine has the same."""
    market = Market(prices, rules, allowed)
    result = reference.Market(prices, rules, allowed).simulate(as_cells(targets))
    found = market.simulate(as_cells(targets))
    assert np.array_equal(found.returns, result.returns)
    assert np.array_equal(found.position, result.position)
    assert np.array_equal(market.drift(found), market.drift(result))
    return result


def sma(values, window):
    averages = np.full_like(values, np.nan)
    averages[window - 1 :] = sliding_window_view(values, window, axis=0).mean(axis=-1)
    return averages


def sma_cross(prices: Prices, fast: int, slow: int):
    return (sma(prices.close, fast) > sma(prices.close, slow) + TIE).astype(float)


# --- Figures from outside


@pytest.fixture(scope="module")
def stocks() -> Prices:
    """The 20 closes of skfolio's dataset, read without importing skfolio."""
    data = Path(find_spec("skfolio").origin).parent / "datasets/data/sp500_dataset.csv.gz"
    with gzip.open(data) as file:
        frame = pd.read_csv(file, index_col=0)
    assert frame.shape == (8313, 20)
    return bars(frame.to_numpy(), tickers=frame.columns)


@pytest.mark.parametrize(
    ("ticker", "fast", "slow", "total_return", "sharpe", "drawdown", "trades"),
    [
        ("AAPL", 5, 60, 268.674920046, 0.703326220, -0.608692688, 119),
        ("MSFT", 50, 200, 100.308559590, 0.688977458, -0.740824476, 22),
        ("JPM", 20, 100, 5.040160968, 0.349914750, -0.776730262, 58),
        ("XOM", 50, 200, 8.862153023, 0.478383228, -0.463254621, 26),
    ],
)
def test_sma_cross_gives_the_published_figures(
    stocks, ticker, fast, slow, total_return, sharpe, drawdown, trades
):
    rules = Rules("same_close", 0.001, 0.0, "long_only", 0.0, 252.0)
    found = measure(traded([sma_cross(stocks, fast, slow)], stocks, rules), rules)
    of_ticker = {name: values[0, stocks.ticker.index(ticker)] for name, values in found.items()}
    assert of_ticker["total_return"] == pytest.approx(total_return, abs=1e-9)
    assert of_ticker["sharpe_ratio"] == pytest.approx(sharpe, abs=1e-9)
    assert of_ticker["max_drawdown"] == pytest.approx(drawdown, abs=1e-9)
    assert of_ticker["trades"] == trades


@pytest.mark.parametrize(
    ("fill", "total_return", "tolerance"),
    [("same_close", 7.89, 0.005), ("next_open", 7.04, 0.011), ("next_close", 6.09, 0.005)],
)
def test_fill_timing_matters_as_published(fill, total_return, tolerance):
    """Published for another vendor's rows, whose opens differ by cents on days with fills."""
    frame = pd.read_csv(SAMPLE, parse_dates=["Date"])
    frame = frame[frame["Ticker"] == "GOOG"].rename(columns={"Date": "timestamp"})
    prices = from_tidy(frame.rename(columns=lambda name: name.lower().replace(" ", "_")))
    rules = replace(FREE, fill=fill, direction="long_only")
    found = measure(traded([sma_cross(prices, 10, 30)], prices, rules), rules)
    assert found["total_return"][0, 0] == pytest.approx(total_return, abs=tolerance)


# --- Against a plain loop over bars


@dataclass
class Account:
    """Money, traded the slow and obvious way."""

    rules: Rules
    equity: float = 1.0
    share: float = 0.0
    lost: list = field(default_factory=list)  # share of equity, by fill
    trades: list = field(default_factory=list)  # [bar entered, bar left, gain]
    at_entry: float = 1.0

    def move(self, start, end, interest=0.0):
        stock = self.share * self.equity
        idle = self.equity - abs(stock)
        self.equity += stock * (end / start - 1) + idle * interest

    def fill(self, wanted, bar):
        if wanted == self.share:
            return
        before = self.equity
        if wanted * self.share < 0:
            self._trade_to(0.0, bar)
        self._trade_to(wanted, bar)
        self.lost.append(1 - self.equity / before)

    def _trade_to(self, wanted, bar):
        if self.share == 0:
            self.at_entry = self.equity
            self.trades.append([bar, None, None])
        slippage, cost = self.rules.slippage, self.rules.cost
        buying = wanted > self.share
        price = (1 + slippage) * (1 + cost) if buying else (1 - slippage) * (1 - cost)
        stock = self.share * self.equity
        cash = self.equity - stock
        # Afterwards: stock + bought = wanted x (cash - bought x price + stock + bought).
        bought = (wanted * self.equity - stock) / (1 - wanted * (1 - price))
        self.equity = cash - bought * price + stock + bought
        self.share = wanted
        if wanted == 0:
            self.trades[-1][1:] = bar, self.equity - self.at_entry

    def end(self, bar):
        if self.share:
            self.trades[-1][1:] = bar, self.equity - self.at_entry


def by_hand(targets, open_, close, rules, allowed):
    """Returns, positions and account of one cell."""
    interest = (1 + rules.cash_rate) ** (1 / rules.periods_per_year) - 1
    listed, account = ~np.isnan(close), Account(rules)
    targets = np.nan_to_num(targets)
    if rules.direction == "long_only":
        targets = np.maximum(targets, 0)
    returns, position, known, past = [], [], None, []
    for bar in range(len(close)):
        before = account.equity
        if not listed[bar]:
            past.append(past[-1] if past else 0.0)
            position.append(account.share)
        elif rules.fill == "next_open":
            start = close[bar] if known is None else known
            can = bar > 0 and allowed[bar] and not np.isnan(open_[bar])
            if can and past[-1] != account.share:
                account.move(start, start if known is None else open_[bar])
                account.fill(past[-1], bar)
                account.move(open_[bar], close[bar], interest)
            else:
                account.move(start, close[bar], interest)
            position.append(account.share)
            past.append(targets[bar])
        else:
            position.append(account.share)
            account.move(close[bar] if known is None else known, close[bar], interest)
            past.append(targets[bar])
            decided = past[-1] if rules.fill == "same_close" else past[-2] if bar else 0.0
            if allowed[bar]:
                account.fill(decided, bar)
        known = close[bar] if listed[bar] else known
        returns.append(account.equity / before - 1)
    account.end(len(close))
    return np.array(returns), np.array(position), account


@st.composite
def cases(draw):
    """Sets of targets, bars with gaps, rules and allowed bars; prices move by less than twofold."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sets, length, tickers = (
        draw(st.integers(1, 2)),
        draw(st.integers(1, 40)),
        draw(st.integers(1, 3)),
    )
    shape = (length, tickers)
    moves = random.uniform(-0.25, 0.25, (2, *shape))
    close = 50 * np.cumprod((1 + moves[0]) * (1 + moves[1]), axis=0)
    open_ = close / (1 + moves[1])
    for _ in range(draw(st.integers(0, 3))):
        first, ticker = random.integers(length), random.integers(tickers)
        close[first : first + random.integers(1, 8), ticker] = np.nan
    open_[np.isnan(close) | (random.random(shape) < draw(st.sampled_from([0, 0, 0.2])))] = np.nan
    without = np.isnan(open_).all(axis=0)
    open_[:, without] = close[:, without]
    levels = draw(st.sampled_from([[0, 1], [-1, 1], [-1, 0, 1], [0, 0.4, 1, -0.3, np.nan]]))
    spell = draw(st.integers(1, 6))
    targets = random.choice(levels, (sets, *shape)).repeat(spell, axis=1)[:, :length]
    if draw(st.booleans()):
        targets = targets * random.random(targets.shape)
    allowed = random.random(length) >= draw(st.sampled_from([0.0, 0.0, 0.3]))
    rules = Rules(
        draw(st.sampled_from(FILLS)),
        draw(st.sampled_from([0.0, 0.001, 0.05])),
        draw(st.sampled_from([0.0, 0.002, 0.03])),
        draw(st.sampled_from(DIRECTIONS)),
        draw(st.sampled_from([0.0, 0.05, -0.01])),
        draw(st.sampled_from([12.0, 252.0])),
    )
    return targets, bars(close, open_), rules, allowed


def of_cell(table, cell):
    """The rows of fills or trades of one cell, without the cell's number."""
    rows = np.column_stack([getattr(table, name) for name in vars(table) if name != "cell"])
    return rows[table.cell == cell]


@settings(max_examples=400, deadline=None)
@given(cases())
def test_the_engine_equals_a_plain_loop(case):
    targets, prices, rules, allowed = case
    result = traded(targets, prices, rules, allowed)
    assume(result.returns.min() > -1.0)  # over a gap, prices may double: ruin has tests of its own
    sets, _, tickers = targets.shape
    for one in range(sets):
        for ticker in range(tickers):
            returns, position, account = by_hand(
                targets[one, :, ticker],
                prices.open[:, ticker],
                prices.close[:, ticker],
                rules,
                allowed,
            )
            assert np.array_equal(result.position[one, ticker], position)
            assert result.returns[one, ticker] == pytest.approx(returns, abs=1e-13)
            equity = np.append(1.0, np.cumprod(1 + returns))
            assert result.equity[one, ticker] == pytest.approx(equity, rel=1e-12)
            cell = one * tickers + ticker
            fills, trades = of_cell(result.fills, cell), of_cell(result.trades, cell)
            assert fills[:, 2] == pytest.approx(account.lost, abs=1e-13)
            assert [(entered, left) for entered, left, *_ in trades] == [
                (entered, left) for entered, left, _ in account.trades
            ]
            assert trades[:, 3] - trades[:, 2] == pytest.approx(
                [gain for *_, gain in account.trades], abs=1e-12
            )


# --- What must always hold


@settings(deadline=None)
@given(cases(), st.data())
def test_later_bars_change_nothing_earlier(case, data):
    targets, prices, rules, allowed = case
    cut = data.draw(st.integers(1, len(prices.close)))
    whole = traded(targets, prices, rules, allowed)
    try:
        part = traded(targets[:, :cut], prices.upto(cut), rules, allowed[:cut])
    except BadValue:  # no open at all among the first bars
        return
    assert np.array_equal(part.position, whole.position[..., :cut])
    assert np.array_equal(part.returns, whole.returns[..., :cut])


@settings(deadline=None)
@given(cases())
def test_no_position_earns_the_cash_rate_exactly(case):
    targets, prices, rules, allowed = case
    result = traded(targets * 0.0, prices, rules, allowed)
    rate = (1 + rules.cash_rate) ** (1 / rules.periods_per_year) - 1
    assert np.array_equal(
        result.returns, np.broadcast_to(rate * result.listed, result.returns.shape)
    )
    assert not result.position.any()
    assert len(result.fills.cell) == len(result.trades.cell) == 0


@settings(deadline=None)
@given(cases(), st.sampled_from([2.0**-20, 4.0, 2.0**30]))
def test_the_scale_of_prices_changes_nothing(case, scale):
    targets, prices, rules, allowed = case
    scaled = replace(prices, **{name: getattr(prices, name) * scale for name in OHLCV})
    one, other = (traded(targets, some, rules, allowed) for some in (prices, scaled))
    assert np.array_equal(one.returns, other.returns)
    assert np.array_equal(one.position, other.position)


@settings(deadline=None)
@given(cases(), st.randoms())
def test_tickers_and_sets_are_independent(case, random):
    targets, prices, rules, allowed = case
    order = random.sample(range(targets.shape[2]), targets.shape[2])
    shuffled = replace(prices, **{name: getattr(prices, name)[:, order] for name in OHLCV})
    whole = traded(targets, prices, rules, allowed)
    other = traded(targets[:, :, order], shuffled, rules, allowed)
    alone = traded(targets[:1], prices, rules, allowed)
    for name in ("returns", "position", "equity"):
        assert np.array_equal(getattr(whole, name)[:, order], getattr(other, name))
        assert np.array_equal(getattr(whole, name)[:1], getattr(alone, name))


def test_memory_order_changes_nothing():
    random = np.random.default_rng(3)
    prices = bars(np.cumprod(1 + random.normal(0, 0.02, (50, 3)), axis=0))
    targets = random.choice([-1.0, 0.0, 1.0], (2, 50, 3))
    rules = replace(FREE, cost=0.01)
    turned = np.ascontiguousarray(targets.swapaxes(1, 2)).swapaxes(1, 2)
    one, other = (traded(some, prices, rules) for some in (targets, turned))
    assert np.array_equal(one.returns, other.returns)


# --- By hand


def test_all_in_is_buy_and_hold():
    random = np.random.default_rng(0)
    close = 100 * np.cumprod(1 + random.normal(0, 0.02, 300))
    result = traded(np.ones((1, 300, 1)), bars(close), replace(FREE, fill="next_close"))
    assert result.equity[0, 0, -1] == pytest.approx(close[-1] / close[1], rel=1e-13)


@pytest.mark.parametrize(
    ("fill", "position", "returns"),
    [
        # Decided at the close of bar 0 (100) and of bar 2 (121).
        ("same_close", [0, 1, 1, 0, 0], [0, 0.1, 0.1, 0, 0]),
        ("next_close", [0, 0, 1, 1, 0], [0, 0, 0.1, 0.1, 0]),
        ("next_open", [0, 1, 1, 0, 0], [0, 110 / 104 - 1, 0.1, 125 / 121 - 1, 0]),
    ],
)
def test_when_fills_happen(fill, position, returns):
    prices = bars([100, 110, 121, 133.1, 146.41], [100, 104, 115, 125, 140])
    result = traded(column(1, 1, 0, 0, 0), prices, replace(FREE, fill=fill))
    assert result.position[0, 0].tolist() == position
    assert result.returns[0, 0] == pytest.approx(returns, abs=1e-15)


def test_costs_and_slippage_worsen_each_fill():
    rules = replace(FREE, cost=0.01, slippage=0.02)
    result = traded(column(1, 0, -1, 0, 0), bars([100.0] * 5), rules)
    buy, sell = 1.02 * 1.01, 0.98 * 0.99
    # Buy, sell; go short, where equity owes what the sale brings less than its value; buy back.
    kept = [1 / buy, sell, 1 / (2 - sell), 2 - buy]
    assert result.returns[0, 0, :4] == pytest.approx(np.array(kept) - 1, abs=1e-15)
    assert result.equity[0, 0, -1] == pytest.approx(np.prod(kept), rel=1e-14)
    assert result.fills.bar.tolist() == [0, 1, 2, 3]
    assert result.fills.traded.tolist() == [1, 1, 1, 1]


def test_a_flip_is_an_exit_and_an_entry():
    rules = replace(FREE, cost=0.01)
    result = traded(column(1, -1, -1), bars([100.0, 110.0, 110.0]), rules)
    assert result.returns[0, 0] == pytest.approx([1 / 1.01 - 1, 1.1 * 0.99 / 1.01 - 1, 0.0])
    assert result.trades.entered.tolist() == [0, 1]
    assert result.trades.left.tolist() == [1, 3]
    gains = result.trades.value_out - result.trades.value_in
    assert gains == pytest.approx([1.1 * 0.99 / 1.01 - 1, 1.1 * 0.99 / 1.01 * (1 / 1.01 - 1)])
    assert result.fills.traded.tolist() == [1, 2]


def test_a_change_of_size_costs_only_what_is_traded():
    rules = replace(FREE, cost=0.01)
    result = traded(column(0.4, 0.7, 0.5), bars([100.0] * 3), rules)
    kept = [1 / 1.004, 1.004 / 1.007, 0.993 / 0.995]
    assert result.returns[0, 0] == pytest.approx(np.array(kept) - 1, abs=1e-15)
    assert result.trades.entered.tolist() == [0]


def test_a_short_position_earns_the_fall_of_the_price():
    result = traded(column(-1, -1, -1, -1), bars([100, 90, 99, 49.5]), FREE)
    assert result.returns[0, 0] == pytest.approx([0, 0.1, -0.1, 0.5])
    assert (
        traded(column(-1, -1), bars([100, 90]), replace(FREE, direction="long_only")).position.max()
        == 0
    )


@pytest.mark.parametrize("fill", FILLS)
def test_ruin_is_final(fill):
    close = [100.0, 100.0, 100.0, 250.0, 100.0, 50.0, 25.0]
    rules = replace(FREE, fill=fill, cost=0.001, cash_rate=0.05)
    result = traded(np.full((1, 7, 1), -1.0), bars(close), rules)
    assert result.returns[0, 0, 3:].tolist() == [-1, 0, 0, 0]
    assert result.equity[0, 0, 4:].tolist() == [0, 0, 0, 0]
    assert result.position[0, 0, 3:].tolist() == [-1, 0, 0, 0]
    assert result.trades.value_out.tolist() == [0]


def test_ruin_over_night_is_not_undone_by_day():
    prices = bars([100.0, 100.0, 10.0, 10.0], [100.0, 100.0, 300.0, 10.0])
    result = traded(column(-1, 0, 0, 0), prices, replace(FREE, fill="next_open"))
    assert result.returns[0, 0, 2:].tolist() == [-1, 0]


@pytest.mark.parametrize("fill", FILLS)
def test_a_missing_bar_changes_no_total(fill):
    """The day of a crash may be missing, but whoever held through it has still lost."""
    close = np.array([100.0, 110.0, 121.0, 130.0, 60.0, 55.0, 70.0, 80.0, 90.0])
    rules = replace(FREE, fill=fill, cost=0.01)
    whole = traded(np.ones((1, 9, 1)), bars(close), rules)
    holed = close.copy()
    holed[4:6] = np.nan
    result = traded(column(*np.where(np.isnan(holed), np.nan, 1.0)), bars(holed), rules)
    assert result.equity[0, 0, -1] == pytest.approx(whole.equity[0, 0, -1], rel=1e-12)
    assert result.returns[0, 0, 4:6].tolist() == [0, 0]
    assert result.returns[0, 0, 6] == pytest.approx(70 / 130 - 1)
    assert len(result.fills.cell) == 1
    assert measure(result, rules)["exposure"][0, 0] <= 1


def test_what_was_decided_before_a_gap_is_filled_after_it():
    close = [100.0, 110.0, np.nan, np.nan, 200.0, 210.0]
    rules = replace(FREE, fill="next_open")
    result = traded(column(0, 1, np.nan, np.nan, 1, 1), bars(close), rules)
    assert result.position[0, 0].tolist() == [0, 0, 0, 0, 1, 1]
    result = traded(column(1, 0, np.nan, np.nan, 0, 0), bars(close), rules)
    assert result.position[0, 0].tolist() == [0, 1, 1, 1, 0, 0]


def test_after_the_last_bar_a_position_keeps_its_value():
    result = traded(column(1, 1, 1, np.nan), bars([100.0, 110.0, 121.0, np.nan]), FREE)
    assert result.equity[0, 0, 3:].tolist() == pytest.approx([1.21, 1.21])
    assert measure(result, FREE)["bars"][0, 0] == 3


def test_fills_wait_for_an_allowed_bar():
    close = [100.0, 110.0, 120.0, 130.0, 140.0, 150.0]
    targets = column(1, 1, 0.5, 1, 0, 0)
    closed_early = np.array([True, False, False, True, True, True])
    result = traded(targets, bars(close), replace(FREE, fill="next_open"), closed_early)
    # Bar 3 fills the target of bar 2, which is the newest at that time.
    assert result.position[0, 0].tolist() == [0, 0, 0, 0.5, 1, 0]
    result = traded(targets, bars(close), replace(FREE, fill="same_close"), closed_early)
    assert result.position[0, 0].tolist() == [0, 1, 1, 1, 1, 0]


def test_fills_wait_for_an_open():
    prices = bars([100.0, 110.0, 120.0, 130.0], [100.0, np.nan, 118.0, 125.0])
    result = traded(column(1, 1, 1, 1), prices, replace(FREE, fill="next_open"))
    assert result.position[0, 0].tolist() == [0, 0, 1, 1]


def test_an_open_without_a_close_is_no_bar():
    close = [60.0, 66.0, np.nan, 70.0]
    rules = replace(FREE, fill="next_open", cost=0.01)
    without, beside = (
        traded(column(1, 1, 1, 1), bars(close, [60.0, 60.0, open_, 70.0]), rules)
        for open_ in (np.nan, 50.0)
    )
    assert np.array_equal(without.returns, beside.returns)
    assert np.array_equal(without.position, beside.position)


def test_the_last_target_is_filled_only_if_there_is_a_price():
    targets = column(0, 0, 1)
    filled = {
        fill: traded(targets, bars([100.0] * 3), replace(FREE, fill=fill, cost=0.01)).fills
        for fill in FILLS
    }
    assert {fill: fills.bar.tolist() for fill, fills in filled.items()} == {
        "next_open": [],
        "next_close": [],
        "same_close": [2],
    }


# --- Bad input


@pytest.mark.parametrize("order", ["C", "F"])
def test_targets_beyond_all_in_are_refused(order):
    market, targets = Market(bars(np.ones((3, 2))), FREE), np.zeros((2, 3, 2), order=order)
    targets[1, 1, 1] = -1.5
    with pytest.raises(InputError, match=r"set 2: -1\.5 of equity in T1 at bar 2\. Cure: targets"):
        market.simulate(as_cells(targets))
    with pytest.raises(InputError, match=r"set 2: -1\.5 of equity in T1 at bar 2\. Cure: targets"):
        list(sweep(targets, bars(np.ones((3, 2))), FREE))


def test_targets_of_other_bars_are_no_targets():
    with pytest.raises(ValueError, match=r"targets are \(4, 2\), bars \(3, 2\)"):
        list(sweep([np.zeros((4, 2))], bars(np.ones((3, 2))), FREE))


def test_a_ticker_without_opens_is_refused():
    prices = bars(np.ones((3, 2)), [[1, np.nan]] * 3)
    with pytest.raises(BadValue, match=r"next_open needs opens, and T1 has none"):
        traded(np.zeros((1, 3, 2)), prices, replace(FREE, fill="next_open"))
    traded(np.zeros((1, 3, 2)), prices, replace(FREE, fill="next_close"))


# --- Bars


def test_tidy_rows_become_bars():
    frame = pd.DataFrame(
        [
            ("2020-01-03", "B", 30, 33, 27, 30, 15, 7),
            ("2020-01-02", "A", 10, 12, 8, 10, 10, 5),
            ("2020-01-03", "A", np.nan, np.nan, np.nan, np.nan, 11, 6),
        ],
        columns=["timestamp", "ticker", "open", "high", "low", "close", "adj_close", "volume"],
    )
    prices = from_tidy(frame.assign(timestamp=pd.to_datetime(frame["timestamp"])))
    assert prices.ticker == ("A", "B")
    assert prices.timestamp.astype(str).tolist() == [
        "2020-01-02T00:00:00.000000",
        "2020-01-03T00:00:00.000000",
    ]
    nan = np.nan
    for name, expected in {
        "open": [[10, nan], [nan, 15]],
        "high": [[12, nan], [nan, 16.5]],
        "low": [[8, nan], [nan, 13.5]],
        "close": [[10, nan], [11, 15]],
        "volume": [[5, nan], [6, 7]],
    }.items():
        np.testing.assert_array_equal(getattr(prices, name), expected)
    np.testing.assert_array_equal(prices.upto(1).close, prices.close[:1])
    np.testing.assert_array_equal(prices.rows(1, 2).close, prices.close[1:])
    assert prices.columns(1, 2).ticker == ("B",)


def test_only_what_somebody_can_trade_can_be_configured():
    (offered,) = (
        get_args(one) for one in get_args(get_type_hints(Backtest)["fill"]) if get_args(one)
    )
    assert set(offered) == set(LAG) - {"same_close"}
