"""Which strategies can trade a history, and with which of their parameters.

What a strategy reads is seen while it trades a few made-up bars, as it is seen when it trades real
ones. Whole numbers among parameters are lengths in bars.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tidemark.adopting.proposal.history import History
from tidemark.backtest import strategies
from tidemark.backtest.strategies import Parameters, Strategy
from tidemark.errors import BadValue, InputError
from tidemark.market.grid import Prices
from tidemark.ohlcv import OHLCV

import numpy as np

DAYS_A_YEAR = 252
LEAST = (1, 2)  # bars to which a length is cut; the second, where no set makes sense of the first
LONGEST = 0.25  # of history
MADE_UP = 60  # bars

Lists = Mapping[str, Sequence[Any]]


def entries(
    shipped: Mapping[str, Any], history: History, *, cut: bool
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Those that can be tried, with lengths that fit, and those that cannot.

    Args:
        shipped: the section strategies of a configuration.
        history: what is to be traded.
        cut: whether lengths are meant for daily bars, and these are longer.

    Returns:
        the section; and the names left out, by the reason.

    Raises:
        InputError: a strategy's code is wrong, or its entry.
    """
    kept: dict[str, Any] = {}
    lacking: dict[str, list[str]] = {}
    scale = history.a_year / DAYS_A_YEAR if cut else 1.0
    for name, entry in shipped.items():
        strategy = strategies.load(entry["strategy"])
        listed = entry.get("parameters") or {}
        sets = _sets(name, strategy, listed)
        missing = [field for field in _read(strategy, sets[0]) if field not in history.fields]
        lists = _fitting(strategy, listed, history, scale)
        if missing:
            why = f"bars have no {' and '.join(missing)}"
        elif lists is None:
            why = (
                f"none of their lengths fits {history.bar} bars" if cut else "history is too short"
            )
        else:
            kept[name] = {**entry, **({"parameters": lists} if listed else {})}
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
    """The lists with lengths that are scaled, and fit history; None if no set makes sense then."""
    most = LONGEST * history.bars.max()
    for least in LEAST:
        lists = {
            key: list(dict.fromkeys(_scaled(value, scale, least) for value in values))
            for key, values in listed.items()
        }
        lists = {
            key: [value for value in values if type(value) is not int or value <= most]
            for key, values in lists.items()
        }
        with suppress(BadValue):
            strategies.grid(strategy, lists)
            return lists
    return None


def _scaled(value: Any, scale: float, least: int) -> Any:
    """A length, scaled; 0 and what is no length stay."""
    if type(value) is not int or not value or scale == 1:
        return value
    return max(round(value * scale), least)


def _read(strategy: Strategy, parameters: Parameters) -> list[str]:
    """The fields of bars that a strategy reads, beside closes, which all bars have."""
    generator = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(generator.normal(0, 0.01, (MADE_UP, 2)), axis=0))
    days = np.datetime64("2000-01-03", "us") + np.arange(MADE_UP) * np.timedelta64(1, "D")
    prices = Prices(days, ("A", "B"), *(close.copy() for _ in OHLCV))
    inputs = dict.fromkeys(strategy.inputs, np.full_like(close, 0.5))
    read = next(iter(strategies.wanted_by(strategy, prices, [parameters], inputs))).read
    return [field for field in OHLCV if field in read and field != "close"]
