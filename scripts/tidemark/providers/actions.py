"""Splits and dividends of one ticker, one record a day and kind."""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from tidemark.naming import several
from tidemark.providers import instants
from tidemark.providers.contract import PayloadError


class Action(NamedTuple):
    """One split or dividend as sent: new by old shares, or cash a share and its currency."""

    day: date
    kind: Literal["split", "dividend"]
    value: float
    currency: str | None = None


def one_a_day(ticker: str, sent: Iterable[Action]) -> list[Mapping[str, Any]]:
    """Records of `actions`, by ex-date.

    A regular and a special dividend may share their ex-date: the record has their sum; splits of
    one day multiply.

    Raises:
        PayloadError: dividends of one day are in several currencies, or a value is not above 0.
    """
    found: dict[tuple[date, str], list[Action]] = {}
    for action in sent:
        if not action.value > 0:
            raise PayloadError(f"the {action.kind} of {action.day} is {action.value}")
        found.setdefault((action.day, action.kind), []).append(action)
    return [_together(ticker, found[key]) for key in sorted(found)]


def _together(ticker: str, actions: list[Action]) -> Mapping[str, Any]:
    first = actions[0]
    if len(currencies := {str(action.currency) for action in actions}) > 1:
        raise PayloadError(f"dividends of {first.day} are in {several(sorted(currencies))}")
    values = [action.value for action in actions]
    return {
        "ticker": ticker,
        "timestamp": instants.stamp(instants.midnight(first.day)),
        "kind": first.kind,
        "value": math.prod(values) if first.kind == "split" else math.fsum(values),
        "currency": first.currency,
    }
