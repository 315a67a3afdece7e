"""Tidemark's engine beside numpy's own cumprod and running maximum on the same arrays."""

import json
import sys
from statistics import median

from tidemark.backtest import performance
from tidemark.backtest.engine import Market, as_cells

import numpy as np
from by_tidemark import RULES, prices_of, targets_of
from measuring import seconds

closes, calls = sys.argv[1:]
prices = prices_of(np.load(closes))
wanted = list(targets_of(prices))
growth = 1.0 + Market(prices, RULES).simulate(as_cells(wanted[:1])).returns[0]  # (tickers, bars)
out = np.empty_like(growth[0])


def floor() -> None:
    """Compute equity and its highest value so far, from returns that are given, by ticker."""
    for _ in wanted:
        for of_ticker in growth:
            np.multiply.accumulate(of_ticker, out=out)
            np.maximum.accumulate(out, out=out)


def measured() -> None:
    """Go from targets to all figures, for each set."""
    for _ in performance.sweep(iter(wanted), prices, RULES):
        pass


rounds = [[seconds(run) for run in (floor, measured)] for _ in range(int(calls) + 1)]
print(json.dumps([median(column) for column in zip(*rounds[1:], strict=True)]))
