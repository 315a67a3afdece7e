"""Whether a strategy looks ahead, or at other tickers, found by changing what it should not see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from tidemark.arrays import Floats
from tidemark.backtest.strategies import FOLDER, Parameters, Strategy, describe, targets_of
from tidemark.errors import InputError
from tidemark.market.grid import Prices
from tidemark.ohlcv import OHLCV

import numpy as np

CUTS = 8
AHEAD = 64  # bars after a cut
JUMP = 2.0  # of later prices, and the sign of later inputs
ROUNDING = 1e-9  # of targets, which are at most 1
VALUES = 1 << 23  # of targets that are held at a time
Inputs = Mapping[str, Floats]
Tried = tuple[Parameters, Floats]  # a set, and its targets


def require_causal(
    strategy: Strategy,
    prices: Prices,
    sets: Sequence[Parameters],
    inputs: Inputs | None = None,
) -> None:
    """Refuse a strategy that looks ahead, or at other tickers unless it says so.

    The bars are cut at 8 dates, spread evenly. Without the later bars, with all of them at half
    their price and the next 64 at twice theirs, or the other way round, no target before may
    change. Likewise with all other tickers taken away. The checks find uses of what must not be
    used; they prove nothing.

    Args:
        strategy: from `strategies.load`.
        prices: bars to try it on.
        sets: of parameters; each is checked.
        inputs: (bars, tickers) by name, as of `strategies.targets_of`; they are changed likewise.

    Raises:
        InputError: a target changed; names the first by ticker and bar.
    """
    inputs = inputs or {}
    remaining = iter(sets)
    while some := list(islice(remaining, max(1, VALUES // max(prices.close.size, 1)))):
        trials = list(zip(some, targets_of(strategy, prices, some, inputs), strict=True))
        _require_past(strategy, prices, trials, inputs)
        if not strategy.cross_sectional:
            _require_own_ticker(strategy, prices, trials, inputs)


def _require_past(
    strategy: Strategy, prices: Prices, trials: Sequence[Tried], inputs: Inputs
) -> None:
    bars = len(prices.timestamp)
    cuts = np.unique(np.linspace(0, bars, CUTS + 2).astype(int)[1:-1])
    for number, cut in enumerate(cuts[cuts > 0]):
        for future, known in _futures(prices, inputs, cut, JUMP if number % 2 else 1.0 / JUMP):
            for parameters, whole, seen in _tried_again(strategy, trials, future, known):
                for bar, ticker in _changed(seen[:cut], whole[:cut]):
                    last = _date(prices, cut - 1)
                    with_them, without = whole[bar, ticker], seen[bar, ticker]
                    raise InputError(
                        f"{FOLDER}/{strategy.name}.py with {describe(parameters)}",
                        f"it looks ahead: its target for {prices.ticker[ticker]} at "
                        f"{_date(prices, bar)} depends on bars after {last}: "
                        f"{with_them:g} with them, {without:g} with others or none",
                        "compute each target from the bars up to it",
                    )


def _require_own_ticker(
    strategy: Strategy, prices: Prices, trials: Sequence[Tried], inputs: Inputs
) -> None:
    for column, ticker in enumerate(prices.ticker):
        own = {name: values[:, [column]] for name, values in inputs.items()}
        alone = prices.columns(column, column + 1)
        for parameters, whole, seen in _tried_again(strategy, trials, alone, own):
            for bar, _ in _changed(seen, whole[:, [column]]):
                raise InputError(
                    f"{FOLDER}/{strategy.name}.py with {describe(parameters)}",
                    f"its target for {ticker} at {_date(prices, bar)} depends on other tickers",
                    "if it is meant to compare them, write CROSS_SECTIONAL = True below DEFAULTS",
                )


def _tried_again(
    strategy: Strategy, trials: Sequence[Tried], prices: Prices, inputs: Inputs
) -> Iterator[tuple[Parameters, Floats, Floats]]:
    """Each set, its targets, and those for other prices."""
    sets = [parameters for parameters, _ in trials]
    for (parameters, whole), seen in zip(
        trials, targets_of(strategy, prices, sets, inputs), strict=True
    ):
        yield parameters, whole, seen


def _futures(
    prices: Prices, inputs: Inputs, cut: int, factor: float
) -> Iterator[tuple[Prices, Inputs]]:
    """The same first `cut` bars, and after them none, or all or some at other prices."""
    yield prices.upto(cut), _upto(inputs, cut)
    yield _altered(prices, inputs, cut, factor)
    near = cut + AHEAD
    yield _altered(prices.upto(near), _upto(inputs, near), cut, 1.0 / factor)


def _upto(inputs: Inputs, bars: int) -> Inputs:
    return {name: values[:bars] for name, values in inputs.items()}


def _altered(prices: Prices, inputs: Inputs, cut: int, factor: float) -> tuple[Prices, Inputs]:
    """Prices times `factor` from the cut on, and inputs of the sign that goes with it."""
    later = np.arange(len(prices.timestamp))[:, np.newaxis] >= cut
    scale, sign = np.where(later, factor, 1.0), np.where(later, np.sign(factor - 1.0), 1.0)
    fields = {name: getattr(prices, name) * scale for name in OHLCV}
    changed = {n: np.where(later, np.abs(v), v) * sign for n, v in inputs.items()}
    return replace(prices, **fields), changed


def _changed(seen: Floats, whole: Floats) -> Iterator[tuple[int, int]]:
    """Row and column of the first target that differs, if any does."""
    differs = ~(np.abs(seen - whole) <= ROUNDING)
    differs &= ~(np.isnan(seen) & np.isnan(whole))
    for row, column in np.argwhere(differs)[:1]:
        yield int(row), int(column)


def _date(prices: Prices, bar: int) -> str:
    """When the bar is; at midnight, as daily bars are, its date alone."""
    return str(prices.timestamp[bar].astype("datetime64[s]")).removesuffix("T00:00:00")
