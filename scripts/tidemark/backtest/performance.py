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
from tidemark.backtest import kernel
from tidemark.backtest.engine import BARS, Market, Rules, Windows
from tidemark.market.grid import Prices
from tidemark.statistics.returns import annual_return, deviation, sharpe_ratio

import numpy as np

ALL = slice(None)
TAIL = 0.05  # of returns
ANNUAL = ("annual_return", "volatility", "sharpe_ratio", "sortino", "calmar", "turnover")
YEAR = 0.95  # of periods_per_year: calendar years differ in length
CELLS = 1_000  # about as many are made figures of at once


def sweep(
    targets: Iterable[Floats],
    prices: Prices,
    rules: Rules,
    windows: Sequence[slice] = (ALL,),
    allowed: Bools | None = None,
    threads: int = 1,
) -> Iterator[dict[str, Floats]]:
    """Trade and measure one set after the other, in memory that does not grow with their number.

    Args:
        targets: (bars, tickers) of each set, from -1 to 1; a generator will do.
        prices, rules, allowed: as for `Market`.
        windows: bars to measure over, with step 1; positions that were open before one count from
            its start.
        threads: that tickers are shared out to; figures do not depend on it.

    Yields:
        The figures of some sets at a time, in order: each (sets, windows, tickers).
    """
    market = Market(prices, rules, allowed)
    measured = _windows(windows, market)
    together = max(1, CELLS // max(measured.counted.size, 1))
    found = market.measured(targets, measured, threads)
    while some := list(islice(found, together)):
        yield _figures(np.stack(some), measured.counted.astype(np.float64), rules)


def _windows(windows: Sequence[slice], market: Market) -> Windows:
    """With the bars of each on which each ticker is listed; none if it ends before it starts."""
    bars = market.listed.shape[BARS]
    starts, stops = np.array([window.indices(bars)[:2] for window in windows], dtype=np.intp).T
    stops = np.maximum(stops, starts)
    before = np.zeros((len(market.listed), bars + 1), dtype=np.intp)
    np.cumsum(market.listed, axis=BARS, out=before[:, 1:])
    counted = before[:, stops] - before[:, starts]
    starts, stops, counted = map(np.ascontiguousarray, (starts, stops, counted.T))
    return Windows(starts, stops, counted, TAIL)


def _figures(found: Floats, bars: Floats, rules: Rules) -> dict[str, Floats]:
    """The figures listed above, each (sets, windows, tickers).

    Args:
        found: (sets, windows, tickers, kernel.FIGURES).
        bars: (windows, tickers) that count.
        rules: those that the sets were traded by.
    """
    found = np.moveaxis(found, -1, 0)
    there = bars > 0
    years = bars / rules.yearly
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        growth = np.where(there, found[kernel.GROWTH], np.nan)
        drawdown = np.where(there, found[kernel.LOWEST] - 1.0, np.nan)
        annual = annual_return(np.where(years >= YEAR, growth, np.nan), bars, rules.yearly)
        volatility, sharpe, sortino = _ratios(found, bars, rules)
        at_risk, shortfall = _tail(found, bars)
        trades = found[kernel.TRADES]
        figures = {
            "total_return": growth - 1.0,
            "annual_return": annual,
            "volatility": volatility,
            "sharpe_ratio": sharpe,
            "sortino": sortino,
            "calmar": annual / np.where(drawdown < 0.0, -drawdown, np.nan),
            "max_drawdown": drawdown,
            "value_at_risk": np.where(there, at_risk, np.nan),
            "expected_shortfall": np.where(there, shortfall, np.nan),
            "trades": trades,
            "win_rate": found[kernel.WINS] / trades,
            "exposure": found[kernel.HELD] / bars,
            "turnover": found[kernel.TRADED] / years,
            "costs": found[kernel.COSTS],
            "bars": np.broadcast_to(bars, growth.shape),
        }
    short = ~(years >= YEAR)
    return figures | {name: np.where(short, np.nan, figures[name]) for name in ANNUAL}


def _ratios(found: Floats, bars: Floats, rules: Rules) -> tuple[Floats, Floats, Floats]:
    """Volatility, Sharpe ratio and Sortino ratio, annual, of returns beyond cash."""
    mean, square = found[kernel.SUM] / bars, found[kernel.SQUARES] / bars
    variance = (square - mean**2) * bars / (bars - 1.0)
    spread = np.where(bars > 1, deviation(variance, square), np.nan)
    downside = np.sqrt(found[kernel.BELOW] / bars)
    annual = np.sqrt(rules.yearly)
    return (
        spread * annual,
        sharpe_ratio(mean, spread) * annual,
        mean / np.where(downside > 0.0, downside, np.nan) * annual,
    )


def _tail(found: Floats, bars: Floats) -> tuple[Floats, Floats]:
    """Value at risk and expected shortfall."""
    share = TAIL * (bars - 1) - np.floor(TAIL * (bars - 1))
    quantile = found[kernel.QUANTILE]
    beyond = np.where(share > 0.0, found[kernel.NEXT], quantile)
    return quantile + share * (beyond - quantile), found[kernel.SHORTFALL]
