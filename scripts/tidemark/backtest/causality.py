"""Whether a strategy looks ahead, or at other tickers, found by changing what it should not see."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tidemark.backtest.prices import FIELDS, Floats, Prices
from tidemark.backtest.strategies import FOLDER, Strategy, describe, targets_of
from tidemark.errors import InputError

import numpy as np

CUTS = 8
JUMP = 2.0  # of all later prices, and the sign of later inputs
ROUNDING = 1e-9  # of targets, which are at most 1
Inputs = Mapping[str, Floats]


def require_causal(
    strategy: Strategy,
    prices: Prices,
    parameters: Mapping[str, Any],
    inputs: Inputs | None = None,
) -> None:
    """Refuse a strategy that looks ahead, or at other tickers unless it says so.

    The bars are cut at 8 dates, spread evenly. With later bars taken away, doubled or halved in
    price no target may change. Likewise with all other tickers taken away. The checks find uses of
    what must not be used; they prove nothing.

    Args:
        strategy: from `strategies.load`.
        prices: bars to try it on.
        parameters: a set of them.
        inputs: (bars, tickers) by name, as of `strategies.targets_of`; they are changed likewise.

    Raises:
        InputError: a target changed; names the first by ticker and bar.
    """
    inputs = inputs or {}
    where = f"{FOLDER}/{strategy.name}.py with {describe(parameters)}"
    whole = _targets(strategy, prices, parameters, inputs)
    bars = len(prices.timestamp)
    cuts = np.unique(np.linspace(0, bars, CUTS + 2).astype(int)[1:-1])
    for cut in cuts[cuts > 0]:
        for future, known in _futures(prices, inputs, cut):
            seen = _targets(strategy, future, parameters, known)[:cut]
            for bar, ticker in _changed(seen, whole[:cut]):
                raise InputError(
                    where,
                    f"it looks ahead: its target for {prices.ticker[ticker]} at "
                    f"{prices.timestamp[bar]} depends on bars after {prices.timestamp[cut - 1]}: "
                    f"{whole[bar, ticker]:g} with them, {seen[bar, ticker]:g} with others or none",
                    "compute each target from the bars up to it",
                )
    for column in range(0 if strategy.cross_sectional else len(prices.ticker)):
        own = {name: values[:, [column]] for name, values in inputs.items()}
        seen = _targets(strategy, prices.columns(column, column + 1), parameters, own)
        for bar, _ in _changed(seen, whole[:, [column]]):
            raise InputError(
                where,
                f"its target for {prices.ticker[column]} at {prices.timestamp[bar]} depends on "
                "other tickers",
                "if it is meant to compare them, write CROSS_SECTIONAL = True below DEFAULTS",
            )


def _futures(prices: Prices, inputs: Inputs, cut: int) -> Iterator[tuple[Prices, Inputs]]:
    """The same first `cut` bars, and after them none, or some at other prices."""
    yield prices.upto(cut), {name: values[:cut] for name, values in inputs.items()}
    later = np.arange(len(prices.timestamp))[:, np.newaxis] >= cut
    for factor in (JUMP, 1.0 / JUMP):
        scale = np.where(later, factor, 1.0)
        fields = {name: getattr(prices, name) * scale for name in FIELDS}
        sign = np.where(later, np.sign(factor - 1.0), 1.0)
        changed = {n: np.where(later, np.abs(v), v) * sign for n, v in inputs.items()}
        yield replace(prices, **fields), changed


def _changed(seen: Floats, whole: Floats) -> Any:
    """Row and column of the first target that differs, if any does."""
    same = np.isclose(seen, whole, rtol=0.0, atol=ROUNDING, equal_nan=True)
    return np.argwhere(~same)[:1]


def _targets(
    strategy: Strategy, prices: Prices, parameters: Mapping[str, Any], inputs: Inputs
) -> Floats:
    return next(targets_of(strategy, prices, [dict(parameters)], inputs))
