"""Strategies held against the check that nothing looks ahead."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from tidemark.arrays import Floats
from tidemark.backtest.settings import STRATEGIES
from tidemark.backtest.strategies import Description, Fresh, Parameters, describe
from tidemark.causality import Bars, Subject, require_causal
from tidemark.market.grid import Prices
from tidemark.ohlcv import OHLCV

VALUES = 1 << 23  # how many values of targets are held at a time
CURE = "if it is meant to compare them, write CROSS_SECTIONAL = True below DEFAULTS"


def require_none(
    strategy: Description,
    prices: Prices,
    sets: Sequence[Parameters],
    inputs: Mapping[str, Floats],
    fresh: Fresh,
) -> None:
    """Refuse a strategy that looks ahead, or at other tickers unless it says so.

    Args:
        strategy: as returned by `strategies.load`.
        prices: bars to try it on.
        sets: parameters; each set is checked.
        inputs: (bars, tickers) by name, as for `strategies.targets_of`; they are changed too.
        fresh: gives a process that has seen nothing; each of the altered bars is shown to another.

    Raises:
        InputError: a target changed; the first is named by ticker and bar.
    """
    fields = {name: getattr(prices, name) for name in OHLCV}
    bars = Bars(prices.timestamp, prices.ticker, fields, inputs)
    remaining = iter(sets)
    while some := list(islice(remaining, max(1, VALUES // max(prices.close.size, 1)))):

        def targets(seen: Bars, some: Sequence[Parameters] = some) -> Iterator[Floats]:
            there = Prices(seen.timestamp, seen.ticker, **seen.prices)
            with fresh() as targets_of:
                yield from targets_of(there, some, seen.inputs)

        subjects = [
            Subject(f"{STRATEGIES}/{strategy.name}.py with {describe(parameters)}", "target")
            for parameters in some
        ]
        require_causal(targets, bars, subjects, None if strategy.cross_sectional else CURE)
