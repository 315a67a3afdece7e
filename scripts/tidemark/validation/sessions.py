"""Bars against the exchange's sessions: which are missing, and which the exchange never held."""

from collections.abc import Iterator
from typing import Any

from tidemark.validation.finding import SHOWN_ROWS, Finding, iso, offenders

import numpy as np
import pandas as pd

CURE = "complete the source, or correct validate_schema.calendar in config.yaml"


def gaps(
    prices: pd.DataFrame, sessions: pd.DataFrame, *, daily: bool, severity: str
) -> list[Finding]:
    """Sessions without a bar between a ticker's first and last, and bars outside any session.

    Args:
        prices: `timestamp`, `ticker`; sorted by ticker and time, with a default index.
        sessions: `open` and `close` in naive UTC, by day; covers all bars.
        daily: whether a bar stands for a session; else a session needs one bar between its open
            and its close, and bars outside these hours do not count, but are not wrong either.
        severity: of the findings, error or warning.
    """
    number = _by_day(prices, sessions) if daily else _by_hours(prices, sessions)
    found = list(_missing(prices, sessions, number, severity))
    closed = pd.Series(number < 0, prices.index)
    if daily and closed.any():
        found.append(
            Finding(
                "closed_day",
                "timestamp",
                f"{int(closed.sum()):,} bars on days when the exchange was closed",
                "check date_format and time_zone; or correct validate_schema.calendar",
                severity,
                int(closed.sum()),
                offenders(prices, closed, prices["timestamp"]),
            )
        )
    return found


def _by_day(prices: pd.DataFrame, sessions: pd.DataFrame) -> np.ndarray:
    """Position of each bar's session, -1 if there is none."""
    return np.asarray(sessions.index.get_indexer(prices["timestamp"].dt.normalize()))


def _by_hours(prices: pd.DataFrame, sessions: pd.DataFrame) -> np.ndarray:
    times = prices["timestamp"].to_numpy()
    opens, closes = sessions["open"].to_numpy(), sessions["close"].to_numpy()
    number = np.searchsorted(closes, times)
    inside = number < len(sessions)
    inside[inside] = opens[number[inside]] <= times[inside]
    return np.where(inside, number, -1)


def _missing(
    prices: pd.DataFrame, sessions: pd.DataFrame, number: np.ndarray, severity: str
) -> Iterator[Finding]:
    rows: list[dict[str, Any]] = []
    count = 0
    for ticker, bars in prices.groupby("ticker", sort=False):
        held = np.unique(number[bars.index])
        held = held[held >= 0]
        if not len(held):
            continue
        lost = np.setdiff1d(np.arange(held[0], held[-1]), held)
        count += len(lost)
        days = sessions.index[lost[: SHOWN_ROWS - len(rows)]]
        after = bars.index[bars["timestamp"].searchsorted(days)]
        rows += [
            {"row": int(row) + 1, "timestamp": iso(day), "ticker": str(ticker), "value": None}
            for row, day in zip(after, days, strict=True)
        ]
    if count:
        message = f"{count:,} session{'s have' if count > 1 else ' has'} no bar; `row` follows it"
        yield Finding("gaps", "timestamp", message, CURE, severity, count, rows)
