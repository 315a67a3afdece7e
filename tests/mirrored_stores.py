"""Stores with a few rows, and mirrors of them."""

from datetime import UTC, datetime

from tidemark.mirroring import sending
from tidemark.stored.writing import commit

import pandas as pd

SHARED, PRIVATE = {"share": True}, {"share": False}


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 18, tzinfo=UTC)


def bars(count=10, close=100.0, ticker="IBM", first="2026-01-02T14:30:00Z"):
    times = pd.Timestamp(first) + pd.to_timedelta(range(count), unit="D")
    return pd.DataFrame(
        {
            "ticker": ticker, "timestamp": times, "open": close, "high": close + 1,
            "low": close - 1, "close": [close + n / 7 for n in range(count)], "volume": 1e6,
            "interval": "1d", "volume_is": "traded",
        }
    )  # fmt: skip


def put(tree, day, frame, source="prices", kind="bars", terms=SHARED):
    of_bars = {"convention": "none"} if kind == "bars" else {}
    return commit(
        tree, source, kind, frame, fetched=at(day), cursor={}, asked={}, terms=terms, **of_bars
    )


def send(server, tree, **more):
    return sending.send(server, tree, None, {}, lambda done, of, what: None, **more)
