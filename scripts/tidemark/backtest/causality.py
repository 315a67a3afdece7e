"""Whether a strategy looks ahead, found by taking the future away from it."""

from collections.abc import Mapping
from typing import Any

from tidemark.backtest.prices import Floats, Prices
from tidemark.backtest.strategies import FOLDER, Strategy, describe, targets_of
from tidemark.errors import InputError

import numpy as np

CUTS = 16
ROUNDING = 1e-9  # of targets, which are at most 1


def require_causal(
    strategy: Strategy,
    prices: Prices,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Floats] | None = None,
) -> None:
    """Refuse a strategy that looks ahead: take later bars away, and no target may change.

    The bars are cut to 16 lengths, spread evenly: the check finds uses of the future, it proves
    nothing.

    Args:
        strategy: from `strategies.load`.
        prices: bars to try it on.
        parameters: a set of them.
        inputs: (bars, tickers) by name, as of `strategies.targets_of`; they are cut likewise.

    Raises:
        InputError: a target changed; names the first by ticker and bar.
    """
    bars = len(prices.timestamp)
    whole = _targets(strategy, prices, parameters, inputs, bars)
    cuts = np.unique(np.linspace(0, bars, CUTS + 2).astype(int)[1:-1])
    for cut in cuts[cuts > 0]:
        seen = _targets(strategy, prices, parameters, inputs, cut)
        changed = ~np.isclose(seen, whole[:cut], rtol=0.0, atol=ROUNDING, equal_nan=True)
        for bar, ticker in np.argwhere(changed)[:1]:
            raise InputError(
                f"{FOLDER}/{strategy.name}.py with {describe(parameters)}",
                f"it looks ahead: its target for {prices.ticker[ticker]} at "
                f"{prices.timestamp[bar]} depends on bars after {prices.timestamp[cut - 1]}: "
                f"{seen[bar, ticker]:g} without them, {whole[bar, ticker]:g} with them",
                "compute each target from the bars up to it",
            )


def _targets(
    strategy: Strategy,
    prices: Prices,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Floats] | None,
    bars: int,
) -> Floats:
    """Targets as of the first `bars` bars."""
    known = {name: values[:bars] for name, values in (inputs or {}).items()}
    (targets,) = targets_of(strategy, prices.upto(bars), [dict(parameters)], known)
    return targets
