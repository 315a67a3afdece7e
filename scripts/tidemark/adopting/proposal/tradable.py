"""Which strategies can trade a history, and with which of their parameters.

What a strategy reads is seen while it trades a few made-up bars, as it is seen when it trades real
ones. Whole numbers among parameters are lengths in bars.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tidemark.adopting.proposal import lengths
from tidemark.adopting.proposal.history import History
from tidemark.backtest import strategies
from tidemark.backtest.strategies import Parameters, Strategy
from tidemark.errors import BadValue, InputError
from tidemark.market.grid import Prices
from tidemark.ohlcv import OHLCV

import numpy as np

LEAST = (1, 2)  # bars to which a length is cut; the second, where no set makes sense of the first
LONGEST = 0.25  # of history
MADE_UP = 60  # bars

Lists = Mapping[str, Sequence[Any]]


def entries(
    shipped: Mapping[str, Any], history: History, scale: float
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Those that can be tried, with lengths that fit, and those that cannot.

    Args:
        shipped: the section strategies of a configuration.
        history: what is to be traded.
        scale: what lengths are multiplied by.

    Returns:
        the section; and the names left out, by the reason.

    Raises:
        InputError: a strategy's code is wrong, or its entry.
    """
    kept: dict[str, Any] = {}
    lacking: dict[str, list[str]] = {}
    for name, entry in shipped.items():
        strategy = strategies.load(entry["strategy"])
        listed = entry.get("parameters") or {}
        sets = _sets(name, strategy, listed)
        missing = [field for field in _read(strategy, sets[0]) if field not in history.fields]
        lists = _fitting(strategy, listed, history, scale)
        if missing:
            why = f"bars have no {' and '.join(missing)}"
        elif lists is None:
            why = "history is too short"
            if scale < 1:
                why = f"none of their lengths fits {history.bar} bars"
        else:
            kept[name] = {**entry, **({"parameters": lists} if lists else {})}
            continue
        lacking.setdefault(why, []).append(name)
    return kept, lacking


def _sets(name: str, strategy: Strategy, listed: Lists) -> list[Parameters]:
    try:
        return strategies.grid(strategy, listed)
    except BadValue as bad:
        key = f"strategies.{name}.parameters.{bad.parameter}".rstrip(".")
        raise InputError(key, bad.problem, bad.cure) from bad


def _fitting(
    strategy: Strategy, listed: Lists, history: History, scale: float
) -> dict[str, list[Any]] | None:
    """The lists with lengths that are scaled, and fit history; None if no set makes sense then.

    Lengths that are not listed are, where the default ones are meant for other bars.
    """
    most = LONGEST * history.bars.max()
    usual = strategy.defaults if scale != 1 else {}
    unsaid = {key: [usual[key]] for key in usual if type(usual[key]) is int and key not in listed}
    wanted = {**listed, **unsaid}
    for least in LEAST:
        lists = {
            key: list(dict.fromkeys(lengths.scaled(value, scale, least) for value in values))
            for key, values in wanted.items()
        }
        lists = {
            key: [value for value in values if type(value) is not int or value <= most]
            for key, values in lists.items()
        }
        with suppress(BadValue):
            sets = strategies.grid(strategy, lists)
            return {
                key: [value for value in values if any(one[key] == value for one in sets)]
                for key, values in lists.items()
            }
    return None


def _read(strategy: Strategy, parameters: Parameters) -> list[str]:
    """The fields of bars that a strategy reads, beside closes, which all bars have."""
    generator = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(generator.normal(0, 0.01, (MADE_UP, 2)), axis=0))
    days = np.datetime64("2000-01-03", "us") + np.arange(MADE_UP) * np.timedelta64(1, "D")
    prices = Prices(days, ("A", "B"), *(close.copy() for _ in OHLCV))
    inputs = dict.fromkeys(strategy.inputs, np.full_like(close, 0.5))
    read = next(iter(strategies.wanted_by(strategy, prices, [parameters], inputs))).read
    return [field for field in OHLCV if field in read and field != "close"]
