"""What a backtest was worth, in the field's usual figures.

Returns are net, decimal fractions, of a bar. Bars on which a ticker is not listed do not count; the
first bar, on which nothing can have been earned yet, does. NaN stands where a figure is undefined.
A year has `periods_per_year` bars, a number of its own for each ticker (`bars_a_year`). What is
stated by the year, ANNUAL, is NaN for windows shorter than a year, as the Global Investment
Performance Standards (2020) demand of returns.

total_return        equity after the last bar / equity before the first - 1.
annual_return       compound: (1 + total_return) ** (periods_per_year / bars) - 1.
volatility          standard deviation (ddof 1) x sqrt(periods_per_year).
sharpe_ratio        mean / standard deviation (ddof 1) of returns beyond cash, annual as above
                    (Sharpe 1994, The Journal of Portfolio Management 21, 49-58). NaN if they do not
                    vary.
sortino             mean return beyond cash / root mean square of those below 0, over all bars,
                    annual (Sortino and Price 1994, The Journal of Investing 3, 59-64). NaN if none
                    is below.
max_drawdown        lowest equity / highest before - 1, counting where the window starts: 0 or less.
calmar              annual_return / -max_drawdown. NaN without a drawdown.
value_at_risk       of one bar, at 95 %, historical: the 5 % quantile of returns, interpolated
                    linearly (Hyndman and Fan 1996, type 7). A loss is negative.
expected_shortfall  of one bar: mean of the floor(0.05 (bars - 1)) + 1 lowest returns.
trades              spells of one sign that held a position, or were filled, in the window.
win_rate            share of trades in which equity grew, net, within the window.
exposure            share of bars with a position.
turnover            shares of equity bought and sold, a year; in and out counts twice.
costs               sum over fills of the share of equity lost to cost and slippage.
bars                on which the ticker is listed.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tidemark.arrays import Bools, Floats
from tidemark.backtest.engine import BARS, Market, Result, Rules, as_cells
from tidemark.market.grid import Prices
from tidemark.statistics.returns import (
    annual_return,
    deepest_drawdown,
    deviation,
    sharpe_ratio,
)

import numpy as np

ALL = slice(None)
TAIL = 0.05  # of returns
ANNUAL = ("annual_return", "volatility", "sharpe_ratio", "sortino", "calmar", "turnover")
YEAR = 0.95  # of periods_per_year: calendar years differ in length
BLOCK = 131_072  # values of an array: what is computed together stays in the cache


def sweep(
    targets: Iterable[Floats],
    prices: Prices,
    rules: Rules,
    windows: Sequence[slice] = (ALL,),
    allowed: Bools | None = None,
) -> Iterator[dict[str, Floats]]:
    """Trade and measure one set after the other, in memory that does not grow with their number.

    Args:
        targets: (bars, tickers) of each set, from -1 to 1; a generator will do.
        prices, rules, allowed: as for `Market`.
        windows: what to measure over, each as for `measure`.

    Yields:
        The figures of some sets at a time, in order: each (sets, windows, tickers).
    """
    parts, together = blocks(*prices.close.shape)
    markets = [Market(prices.columns(*part), rules.columns(*part), allowed) for part in parts]
    remaining = iter(targets)
    while some := list(islice(remaining, together)):
        figures = []
        for (start, stop), market in zip(parts, markets, strict=True):
            result = market.simulate(as_cells([of_set[:, start:stop] for of_set in some]))
            figures.append([measure(result, market.rules, window) for window in windows])
        yield _joined(figures)


def _joined(figures: Sequence[Sequence[dict[str, Floats]]]) -> dict[str, Floats]:
    """(sets, windows, tickers) figures, from (sets, tickers) by part of the tickers and window."""
    return {
        name: np.concatenate(
            [np.stack([window[name] for window in part], axis=1) for part in figures], axis=2
        )
        for name in figures[0][0]
    }


def blocks(bars: int, tickers: int) -> tuple[list[tuple[int, int]], int]:
    """What is computed together: the tickers [start, stop) of each part, and how many sets."""
    count = max(1, -(-bars * tickers // BLOCK))
    width = max(1, -(-tickers // count))
    parts = [(start, min(start + width, tickers)) for start in range(0, tickers, width)]
    return parts, max(1, BLOCK // max(bars * width, 1))


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
        growth, drawdown = _course(result.equity[..., start : stop + 1], bars)
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
            "calmar": annual / np.where(drawdown < 0.0, -drawdown, np.nan),
            "max_drawdown": drawdown,
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
    deepest = deepest_drawdown(equity)
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
        last = int(TAIL * (count - 1))
        share = TAIL * (count - 1) - last
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
