"""Which strategies can trade a history, and with which of their parameters.

What a strategy reads is seen while it trades a few made-up bars, as it is seen when it trades real
ones. Whole numbers among parameters are lengths in bars.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tidemark.adopting.history import History
from tidemark.backtest import strategies
from tidemark.backtest.strategies import Parameters, Strategy
from tidemark.errors import BadValue
from tidemark.market.grid import Prices
from tidemark.ohlcv import OHLCV

import numpy as np

BARS_A_DAY_YEAR = 252  # for which the lengths of the shipped configuration are meant
LEAST = 2  # bars of a length that is cut to longer bars
LONGEST = 0.25  # of history
MADE_UP = 60  # bars


def entries(
    shipped: Mapping[str, Any], history: History
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Those that can be tried, with lengths that fit, and those that cannot.

    Args:
        shipped: the section strategies of a configuration.
        history: what is to be traded.

    Returns:
        the section; and the names left out, by the reason.

    Raises:
        InputError: a strategy's code is wrong.
    """
    kept: dict[str, Any] = {}
    lacking: dict[str, list[str]] = {}
    for name, entry in shipped.items():
        strategy = strategies.load(entry["strategy"])
        listed = entry.get("parameters") or {}
        lists = {key: _fitting(values, history) for key, values in listed.items()}
        try:
            if not all(lists.values()):
                raise BadValue("", "", "")
            sets = strategies.grid(strategy, lists)
        except BadValue:
            unfit = f"none of their lengths fits {history.bar} bars"
            why = "history is too short" if history.daily else unfit
            lacking.setdefault(why, []).append(name)
            continue
        missing = [field for field in _read(strategy, sets[0]) if field not in history.fields]
        if missing:
            lacking.setdefault(f"bars have no {' and '.join(missing)}", []).append(name)
        else:
            kept[name] = {**entry, **({"parameters": lists} if listed else {})}
    return kept, lacking


def _fitting(values: Sequence[Any], history: History) -> list[Any]:
    """A parameter's values; lengths are cut to bars of weeks or months, and to history."""
    scale = 1.0 if history.daily else history.a_year / BARS_A_DAY_YEAR
    most = LONGEST * history.bars.max()
    cut = [value if type(value) is not int or not value else _cut(value, scale) for value in values]
    kept = [value for value in cut if type(value) is not int or value <= most]
    return list(dict.fromkeys(kept))


def _cut(length: int, scale: float) -> int:
    return length if scale == 1 else max(round(length * scale), LEAST)


def _read(strategy: Strategy, parameters: Parameters) -> list[str]:
    """The fields of bars that a strategy reads, beside closes, which all bars have."""
    generator = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(generator.normal(0, 0.01, (MADE_UP, 2)), axis=0))
    days = np.datetime64("2000-01-03", "us") + np.arange(MADE_UP) * np.timedelta64(1, "D")
    prices = Prices(days, ("A", "B"), *(close.copy() for _ in OHLCV))
    inputs = dict.fromkeys(strategy.inputs, np.full_like(close, 0.5))
    read = next(iter(strategies.wanted_by(strategy, prices, [parameters], inputs))).read
    return [field for field in OHLCV if field in read and field != "close"]
