"""Tidemark's engine beside numpy's own cumprod and running maximum on the same array and blocks."""

import json
import sys
from statistics import median

from tidemark.backtest import performance
from tidemark.backtest.engine import Market, as_cells
from tidemark.statistics.returns import deepest_drawdown

import numpy as np
from by_tidemark import RULES, prices_of, targets_of
from measuring import seconds

closes, calls = sys.argv[1:]
prices = prices_of(np.load(closes))
parts, together = performance.blocks(*prices.close.shape)
assert together == 1, "a block is of one set here"
markets = [Market(prices.columns(*part), RULES) for part in parts]
wanted = list(targets_of(prices))
blocks = [
    [np.ascontiguousarray(as_cells([one[:, start:stop]])) for one in wanted]
    for start, stop in parts
]


def floor() -> None:
    """Compute equity and its highest value so far, from returns that are given."""
    for market, some in zip(markets, blocks, strict=True):
        growth = 1.0 + market.simulate(some[0]).returns
        out = np.empty_like(growth)
        for _ in some:
            np.multiply.accumulate(growth, axis=-1, out=out)
            np.maximum.accumulate(out, axis=-1, out=out)


def traded() -> None:
    """Go from positions to returns, fills, trades, equity and drawdown, for each set."""
    for market, some in zip(markets, blocks, strict=True):
        for block in some:
            deepest_drawdown(market.simulate(block).equity)


def measured() -> None:
    """Go from positions to all figures, for each set."""
    for _ in performance.sweep(iter(wanted), prices, RULES):
        pass


rounds = [[seconds(run) for run in (floor, traded, measured)] for _ in range(int(calls) + 1)]
print(json.dumps([median(column) for column in zip(*rounds[1:], strict=True)]))
