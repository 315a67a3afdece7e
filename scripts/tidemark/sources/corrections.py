"""Bars that somebody reviewed and took out or corrected: data/raw/ has them as decided.

A correction holds for the close as it was sent. If the provider restates that, the correction has
no effect any more, and says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tidemark.naming import several
from tidemark.ohlcv import OHLC

import numpy as np
import pandas as pd

PRICES = (*OHLC, "adj_close")
SAME = 1e-12  # share by which a close may differ that is the same


def applied(
    records: pd.DataFrame, decided: Sequence[Mapping[str, Any]]
) -> tuple[pd.DataFrame, list[str]]:
    """The records with what was decided, and notes for people.

    A bar that is taken out keeps its row, without prices. A corrected close moves adj_close by the
    same factor; if it lies outside the bar's low and high, all of these move by it, too.

    Args:
        records: `ticker`, `timestamp`, `close`, and what else of PRICES there is.
        decided: `ticker`, `timestamp` (ISO), `close` as sent (None: missing), `value` (None: taken
            out), `told`; where the close was missing, there is no other value.
    """
    if not decided or "close" not in records:
        return records, []
    changed, notes = records.copy(), []
    names = [name for name in PRICES if name in records]
    tickers = set(records["ticker"])
    for one in decided:
        if one["ticker"] not in tickers:  # of another configuration's prices
            continue
        title = f"{one['ticker']} {one['timestamp']}"
        here = (records["ticker"] == one["ticker"]) & (
            records["timestamp"] == pd.Timestamp(one["timestamp"])
        )
        rows = records.index[here & _is(records["close"], one["close"])]
        if not len(rows):
            found = [str(value) for value in records.loc[here, "close"]]
            now = f"its close is {several(found)} now" if found else "that bar is no longer there"
            notes.append(f"{title}: reviewed, but {now}, so the review holds no more: make review")
            continue
        if one["value"] is None:
            changed.loc[rows, names] = np.nan
            notes.append(f"{title}: {called(one)} taken out, as reviewed by {one['told']}")
            continue
        own = changed.loc[rows[0]]
        factor = one["value"] / one["close"]
        within = own.get("low", -np.inf) <= one["value"] <= own.get("high", np.inf)
        moved = ["close", "adj_close"] if within else names
        for name in moved:
            if name in names:
                changed.loc[rows, name] = changed.loc[rows, name] * factor
        changed.loc[rows, "close"] = one["value"]
        notes.append(
            f"{title}: {called(one)} corrected to {one['value']:g}, as reviewed by {one['told']}"
        )
    return changed, notes


def called(one: Mapping[str, Any]) -> str:
    """The value that was decided on, in words."""
    return "prices without a close" if one["close"] is None else f"close {one['close']:g}"


def _is(close: pd.Series, sent: float | None) -> pd.Series:
    """Whether a close is the one that was sent."""
    return close.isna() if sent is None else np.abs(close - sent) <= SAME * abs(sent)
