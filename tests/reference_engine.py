"""The engine once more, in numpy, an array operation at a time: what the kernel is held against.

It says the same as `tidemark.backtest.engine` and `performance`, whose docstrings define it, keeps
all fills and trades, and shares no loop with the kernel. `test_backtest_engine` holds it to a plain
loop over bars and to published figures, `test_performance` to empyrical.
"""

from dataclasses import dataclass
from typing import NoReturn

from tidemark.arrays import Bools, Floats, Integers
from tidemark.backtest import performance
from tidemark.backtest.engine import BARS, LAG, Rules
from tidemark.backtest.performance import ALL, ANNUAL, YEAR
from tidemark.errors import BadValue, InputError
from tidemark.market.grid import Prices
from tidemark.statistics.returns import (
    annual_return,
    deviation,
    drawdown,
    sharpe_ratio,
)

import numpy as np


@dataclass(frozen=True, eq=False)
class Fills:
    """Every change of a position, (fills,) each, by cell and time."""

    cell: Integers  # set x tickers + ticker
    bar: Integers  # the one whose return bears the cost
    traded: Floats  # shares of equity bought or sold
    cost: Floats  # share of equity lost to cost and slippage


@dataclass(frozen=True, eq=False)
class Trades:
    """Every spell of positions of one sign, (trades,) each, by cell and time."""

    cell: Integers
    entered: Integers  # bar of the first fill
    left: Integers  # bar of the last fill; the number of bars if the position is still open
    value_in: Floats  # equity before the first fill
    value_out: Floats  # equity after the last fill, or after the last bar


@dataclass(frozen=True, eq=False)
class Result:
    """What came of targets.

    Attributes:
        returns: (sets, tickers, bars) net return of each bar.
        position: (sets, tickers, bars) share held during each bar; with fills at the open, from the
            open on.
        equity: (sets, tickers, bars + 1): 1 before the first bar, then equity after each.
        listed: (tickers, bars) where there is a bar.
        fills, trades: of all cells.
    """

    returns: Floats
    position: Floats
    equity: Floats
    listed: Bools
    fills: Fills
    trades: Trades


class Market:
    """What all backtests on the same bars and by the same rules share, made once for many sets.

    *Slot* e stands between bars e - 1 and e, and the fill in it sets the position held during bar
    e. After the last bar there is one more if fills are at the close, for a fill at the last one.

    Args:
        prices: the bars, (bars, tickers).
        rules: how to trade.
        allowed: (bars,) whether fills may happen in a bar, such as within trading hours; None if
            they always may.

    Raises:
        BadValue: a ticker has no price to fill at.
    """

    def __init__(self, prices: Prices, rules: Rules, allowed: Bools | None = None) -> None:
        close, self._tickers = _by_ticker(prices.close), prices.ticker
        self.rules = rules
        self._at_open = rules.fill == "next_open"
        self._bars = close.shape[BARS]
        self._slots = self._bars + (not self._at_open)
        self._listed = ~np.isnan(close)
        self._cash = rules.cash_per_bar * self._listed
        before = _last_known(close)
        self._change = _return(before, close)
        if self._at_open:
            price = np.where(self._listed, _by_ticker(prices.open), np.nan)
            self._overnight, self._intraday = _return(before, price), _return(price, close)
        else:
            price = close
        fillable = ~np.isnan(price) & self._listed
        self._require_prices(fillable)
        if allowed is not None:
            fillable &= allowed
        self._waiting = self._waits(fillable)

    def _require_prices(self, fillable: Bools) -> None:
        for ticker in np.flatnonzero(self._listed.any(axis=BARS) & ~fillable.any(axis=BARS)):
            raise BadValue(
                "fill",
                f"{self.rules.fill} needs opens, and {self._tickers[ticker]} has none",
                "set it to next_close, or give data with opens",
            )

    def _waits(self, fillable: Bools) -> dict[int, Integers]:
        """The slot whose target each slot holds, for tickers that cannot be traded in every slot.

        It is the target of the last bar known before the last slot with a fill. Slot 0 holds
        nothing.
        """
        slot, lag = np.arange(self._slots), LAG[self.rules.fill]
        filled, known = np.ones((2, len(fillable), self._slots), dtype=np.bool_)
        filled[:, 1:] = fillable[:, 1:] if self._at_open else fillable
        known[:, lag:] = self._listed[:, : self._slots - lag]
        filled_at, decided_at = (
            np.maximum.accumulate(np.where(there, slot, 0), axis=BARS) for there in (filled, known)
        )
        sources = np.take_along_axis(decided_at, filled_at, axis=BARS)
        return {ticker: source for ticker, source in enumerate(sources) if (source != slot).any()}

    def simulate(self, targets: Floats) -> Result:
        """Trade the targets.

        Args:
            targets: (sets, tickers, bars), from `as_cells`: position wanted at each close, -1 to 1;
                NaN counts as 0.

        Raises:
            InputError: a target beyond -1 to 1.
        """
        held = self._held(targets)
        changes = self._changes(held)
        returns = self._returns(held, changes)
        if ruins := _ruins(returns):
            for nth, ticker, bar in ruins:
                held[nth, ticker, bar + 1 :] = 0.0
            changes = self._changes(held)
            returns = self._returns(held, changes)
            for nth, ticker, bar in ruins:
                returns[nth, ticker, bar], returns[nth, ticker, bar + 1 :] = -1.0, 0.0
        equity = np.empty((*returns.shape[:BARS], self._bars + 1))
        equity[..., 0] = 1.0
        np.add(returns, 1.0, out=equity[..., 1:])
        np.multiply.accumulate(equity, axis=BARS, out=equity)
        return Result(
            returns,
            held[..., : self._bars],
            equity,
            self._listed,
            changes.fills(),
            changes.trades(equity.reshape(-1, self._bars + 1)),
        )

    def drift(self, result: Result) -> Floats:
        """How far each position drifts from its share of equity until a close is put right.

        That is what a trade at the close would have to put right, as a share of equity after it.
        What drifts overnight before a fill at the open is part of that fill, and left out.

        Returns:
            (sets, tickers, bars); 0 for what is all in or flat.
        """
        held = result.position
        change = np.broadcast_to(self._change, held.shape)
        if self._at_open:
            filled = np.zeros(held.shape, dtype=np.bool_)
            filled[..., 1:] = held[..., 1:] != held[..., :-1]
            change = np.where(filled, self._intraday, change)
        grown = 1.0 + held * change + (1.0 - np.abs(held)) * self._cash
        drifted = held * (1.0 + change) / np.where(grown > 0.0, grown, np.inf)
        return np.where(grown > 0.0, np.abs(held - drifted), 0.0)

    def _held(self, targets: Floats) -> Floats:
        """(sets, tickers, slots) position from each slot on."""
        lag = LAG[self.rules.fill]
        held = np.empty((*targets.shape[:BARS], self._slots))
        held[..., :lag] = 0.0
        wanted = held[..., lag:]
        if self.rules.direction == "long_only":
            np.fmax(targets[..., : wanted.shape[BARS]], 0.0, out=wanted)
        else:
            wanted[...] = targets[..., : wanted.shape[BARS]]
            np.copyto(wanted, 0.0, where=np.isnan(wanted))
        if held.max(initial=0.0) > 1.0 or held.min(initial=0.0) < -1.0:
            self._refuse(wanted)
        for ticker, source in self._waiting.items():
            held[:, ticker] = held[:, ticker, source]
        return held

    def _refuse(self, wanted: Floats) -> NoReturn:
        nth, ticker, bar = np.argwhere(np.abs(wanted) > 1.0)[0]
        raise InputError(
            f"targets, set {nth + 1}",
            f"{wanted[nth, ticker, bar]:g} of equity in {self._tickers[ticker]} at bar {bar + 1}",
            "targets are from -1 to 1: clip them",
        )

    def _changes(self, held: Floats) -> "_Changes":
        """Every change of a position, and what the price does around it."""
        cells = held.reshape(-1, self._slots)
        changed = np.flatnonzero(cells[:, 1:] != cells[:, :-1])
        cell, slot = np.divmod(changed, self._slots - 1)
        before, after = cells[cell, slot], cells[cell, slot + 1]
        slot += 1
        beyond = np.where(after > before, self.rules.buyer_pays, self.rules.seller_gets)
        overnight, intraday = np.ones((2, len(cell)))
        if self._at_open:
            bar = cell % len(self._listed), slot
            overnight += before * self._overnight[bar]
            intraday += after * self._intraday[bar] + (1.0 - np.abs(after)) * self._cash[bar]
        return _Changes(
            cell=cell,
            slot=slot,
            before=before,
            after=after,
            leaving=1.0 + beyond * before,
            entering=1.0 + beyond * after,
            at_open=np.full(len(cell), self._at_open),
            overnight=np.maximum(overnight, 0.0),
            intraday=intraday,
        )

    def _returns(self, held: Floats, changes: "_Changes") -> Floats:
        """(sets, tickers, bars) net return of each bar."""
        held = held[..., : self._bars]
        returns: Floats = held * self._change
        if self.rules.cash_rate:
            returns += self._cash * (1.0 - np.abs(held))
        changes.apply(returns.reshape(-1, self._bars))
        return returns


@dataclass(frozen=True, eq=False)
class _Changes:
    """Changes of positions, (changes,) each, by cell and time. Factors multiply equity."""

    cell: Integers
    slot: Integers
    before: Floats  # position
    after: Floats
    leaving: Floats  # factor, to the moment of no position
    entering: Floats  # from there on, its inverse
    at_open: Bools  # filled at the open of bar `slot`, else at the close of the bar before
    overnight: Floats  # factor, from the last close to a fill at the open
    intraday: Floats  # from there to the next close

    @property
    def bar(self) -> Integers:
        """The bar whose return bears the cost."""
        return np.where(self.at_open, self.slot, self.slot - 1)

    @property
    def kept(self) -> Floats:
        """Share of equity that a fill leaves."""
        return self.leaving / self.entering

    def apply(self, returns: Floats) -> None:
        """Correct the (cells, bars) returns of bars with fills."""
        growth, at_close = self.overnight * self.kept * self.intraday, ~self.at_open
        returns[self.cell[self.at_open], self.slot[self.at_open]] = growth[self.at_open] - 1.0
        last = self.cell[at_close], self.slot[at_close] - 1
        returns[last] = (1.0 + returns[last]) * growth[at_close] - 1.0

    def fills(self) -> Fills:
        """Each change as a fill."""
        return Fills(self.cell, self.bar, np.abs(self.after - self.before), 1.0 - self.kept)

    def trades(self, equity: Floats) -> Trades:
        """Each spell of one sign, from (cells, bars + 1) equity."""
        turned = np.sign(self.before) != np.sign(self.after)
        entries = np.flatnonzero(turned & (self.after != 0.0))
        exits = np.flatnonzero(turned & (self.before != 0.0))
        # A spell ends with the first exit after its entry, if that is of the same cell.
        after = np.searchsorted(exits, entries, side="right")
        exits = np.append(exits, len(turned))[after]
        cell = np.append(self.cell, -1)
        open_still = cell[exits] != self.cell[entries]
        flat = np.where(self.at_open, self.overnight * self.leaving, self.entering)
        value = np.append(flat * equity[self.cell, self.slot], np.nan)
        bars = equity.shape[1] - 1
        return Trades(
            cell=self.cell[entries],
            entered=self.bar[entries],
            left=np.where(open_still, bars, np.append(self.bar, bars)[exits]),
            value_in=value[entries],
            value_out=np.where(open_still, equity[self.cell[entries], -1], value[exits]),
        )


def _ruins(returns: Floats) -> list[tuple[int, int, int]]:
    """Set, ticker and bar of the first return of each cell that loses everything."""
    if returns.min(initial=0.0) > -1.0:
        return []
    lost = returns <= -1.0
    ruined = np.argwhere(lost.any(axis=BARS))
    return [(nth, ticker, lost[nth, ticker].argmax()) for nth, ticker in ruined]


def _last_known(close: Floats) -> Floats:
    """(tickers, bars) last close before each bar, NaN where there was none."""
    bar = np.where(np.isnan(close), 0, np.arange(close.shape[BARS]))
    last = np.take_along_axis(close, np.maximum.accumulate(bar, axis=BARS), axis=BARS)
    return np.concatenate([np.full((len(close), 1), np.nan), last[:, :-1]], axis=BARS)


def _by_ticker(values: Floats) -> Floats:
    """Turn (bars, tickers) into (tickers, bars)."""
    return np.ascontiguousarray(values.T, dtype=np.float64)


def _return(start: Floats, end: Floats) -> Floats:
    """Change from one price to another, 0 where either is unknown."""
    return np.nan_to_num(end / start - 1.0, copy=False, nan=0.0)


def measure(result: Result, rules: Rules, window: slice = ALL) -> dict[str, Floats]:
    """The figures listed above, each (sets, tickers), over the bars of a window.

    Args:
        result: as returned by `Market.simulate`.
        rules: those that it was traded by.
        window: bars, with step 1; positions that were open before it count from its start.
    """
    start, stop, _ = window.indices(result.listed.shape[BARS])
    listed = result.listed[:, start:stop]
    bars = _count(listed)
    years = bars / rules.yearly
    short = ~(years >= YEAR)
    returns = result.returns[..., start:stop]
    with np.errstate(divide="ignore", invalid="ignore"):
        growth, deepest = _course(result.equity[..., start : stop + 1], bars)
        annual = annual_return(np.where(short, np.nan, growth), bars, rules.yearly)
        volatility, sharpe, sortino = _ratios(returns, listed, bars, rules)
        at_risk, shortfall = _tail(returns, listed, bars)
        traded, costs = _filled(result, start, stop)
        trades, wins = _traded(result, start, stop)
        held = _count((result.position[..., start:stop] != 0.0) & listed)
        figures = {
            "total_return": growth - 1.0,
            "annual_return": annual,
            "volatility": volatility,
            "sharpe_ratio": sharpe,
            "sortino": sortino,
            "calmar": annual / np.where(deepest < 0.0, -deepest, np.nan),
            "max_drawdown": deepest,
            "value_at_risk": at_risk,
            "expected_shortfall": shortfall,
            "trades": trades,
            "win_rate": wins / trades,
            "exposure": held / bars,
            "turnover": traded / years,
            "costs": costs,
            "bars": np.broadcast_to(bars, growth.shape),
        }
    return figures | {name: np.where(short, np.nan, figures[name]) for name in ANNUAL}


def _course(equity: Floats, bars: Floats) -> tuple[Floats, Floats]:
    """Growth over a window and its deepest drawdown, from equity before the window on."""
    growth = equity[..., -1] / equity[..., 0]
    deepest = drawdown(equity).min(axis=-1)
    return np.where(bars > 0, growth, np.nan), np.where(bars > 0, deepest, np.nan)


def _ratios(
    returns: Floats, listed: Bools, bars: Floats, rules: Rules
) -> tuple[Floats, Floats, Floats]:
    """Volatility, Sharpe ratio and Sortino ratio, annual."""
    excess = returns - rules.cash_per_bar * listed if rules.cash_rate else returns
    mean = excess.sum(axis=-1) / bars
    square = np.vecdot(excess, excess) / bars
    variance = (square - mean**2) * bars / (bars - 1.0)
    spread = np.where(bars > 1, deviation(variance, square), np.nan)
    below = np.minimum(excess, 0.0)
    downside = np.sqrt(np.vecdot(below, below) / bars)
    annual = np.sqrt(rules.yearly)
    return (
        spread * annual,
        sharpe_ratio(mean, spread) * annual,
        mean / np.where(downside > 0.0, downside, np.nan) * annual,
    )


def _tail(returns: Floats, listed: Bools, bars: Floats) -> tuple[Floats, Floats]:
    """Value at risk and expected shortfall."""
    at_risk, shortfall = np.full((2, *returns.shape[:-1]), np.nan)
    for count in np.unique(bars[bars > 0]):
        same = bars == count
        some = returns[..., same, :]
        if count < listed.shape[BARS]:
            some[..., ~listed[same]] = np.inf
        last = int(performance.TAIL * (count - 1))
        share = performance.TAIL * (count - 1) - last
        some.partition(last, axis=BARS)
        lowest, others = some[..., : last + 1], some[..., last + 1 :]
        lowest.sort(axis=BARS)  # a mean of values in no order would round as the processor has it
        quantile = lowest[..., -1]
        shortfall[..., same] = lowest.mean(axis=BARS)
        at_risk[..., same] = (
            quantile + share * (others.min(axis=BARS) - quantile) if share else quantile
        )
    return at_risk, shortfall


def _count(there: Bools) -> Floats:
    """How many bars; counting packed bits takes a third of the time of a sum."""
    bits: Floats = np.bitwise_count(np.packbits(there, axis=BARS)).sum(axis=BARS, dtype=np.float64)
    return bits


def _filled(result: Result, start: int, stop: int) -> tuple[Floats, Floats]:
    """Shares of equity traded, and lost to costs."""
    fills, shape = result.fills, result.returns.shape[:BARS]
    inside = (fills.bar >= start) & (fills.bar < stop)
    cell, cells = fills.cell[inside], int(np.prod(shape))
    traded, costs = (
        np.bincount(cell, values[inside], cells).reshape(shape).astype(np.float64)
        for values in (fills.traded, fills.cost)
    )
    return traded, costs


def _traded(result: Result, start: int, stop: int) -> tuple[Floats, Floats]:
    """Trades, and those that gained, by what they did in the window."""
    trades, shape = result.trades, result.returns.shape[:BARS]
    equity = result.equity.reshape(-1, result.equity.shape[BARS])  # (cells, bars + 1)
    inside = (trades.entered < stop) & (trades.left >= start)
    cell, entered, left = trades.cell[inside], trades.entered[inside], trades.left[inside]
    begin = np.where(entered >= start, trades.value_in[inside], equity[cell, start])
    end = np.where(left < stop, trades.value_out[inside], equity[cell, stop])
    count, wins = (
        np.bincount(chosen, minlength=len(equity)).reshape(shape).astype(np.float64)
        for chosen in (cell, cell[end > begin])
    )
    return count, wins
