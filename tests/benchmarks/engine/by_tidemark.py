"""The sweep by Tidemark's engine, which computes eleven more figures along the way."""

from tidemark.backtest import performance
from tidemark.backtest.engine import Rules
from tidemark.market.grid import Prices
from tidemark.market.indicators import sma

import numpy as np
from measuring import BARS_A_YEAR, COST, SETS, TIE, WINDOWS, Figures, contend

RULES = Rules("same_close", COST, 0.0, "long_only", 0.0, BARS_A_YEAR)


def prices_of(closes: np.ndarray) -> Prices:
    """Bars of which only the close matters, with each ticker's side by side in memory."""
    close = np.ascontiguousarray(closes.T).T
    names = tuple(map(str, range(close.shape[1])))
    return Prices(np.arange(len(close)).astype("datetime64[D]"), names, *(close,) * 5)


def targets_of(prices: Prices):
    """The targets of each set, 1 or 0."""
    averages = {window: sma(prices.close, window) for window in WINDOWS}
    bounds = {slow: averages[slow] + TIE for _, slow in SETS}
    for fast, slow in SETS:
        yield (averages[fast] > bounds[slow]).astype(np.float64)


def sweep(closes: np.ndarray) -> Figures:
    """Trade all sets at once."""
    prices = prices_of(closes)
    parts = list(performance.sweep(targets_of(prices), prices, RULES))
    return {name: np.concatenate([part[name][:, 0] for part in parts]) for name in parts[0]}


if __name__ == "__main__":
    contend(sweep)
