"""When a provider restates a ticker's whole history: after a split, a dividend, a new convention.

A fetch asks for what is new and for some bars before it, the overlap. Where those are now other
than they were, by one factor, all bars before them are too, and must be asked for again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tidemark.ohlcv import OHLC

import numpy as np
import pandas as pd

NOISE = 1e-6  # relative; what providers' single precision leaves of a price that did not move
ALIKE = 5e-4  # relative; how far rounding to cents takes ratios of restated prices apart
OF_A_SPLIT = 5e-3  # relative; how far a factor of rounded prices is from that of its split
A_CENT = 0.0051  # and of low prices: half a cent, before and after


def common_factor(old: pd.DataFrame, new: pd.DataFrame) -> float | None:
    """The factor by which the oldest bars of an overlap were restated; None if there is none.

    Bars that differ by it come before all that do not differ: so it is after a split that the
    provider noticed late. A bar that was corrected alone differs in its fields by several factors.
    Live quotes are left out.

    Args:
        old, new: `timestamp`, open, high, low, close, and `live` if known, of one ticker.
    """
    both = _closed(old).merge(_closed(new), on="timestamp", suffixes=("_old", "_new"))
    both = both.sort_values("timestamp")
    before = both[[f"{name}_old" for name in OHLC]].to_numpy(dtype="float64")
    after = both[[f"{name}_new" for name in OHLC]].to_numpy(dtype="float64")
    known = np.isfinite(before) & np.isfinite(after) & (before != 0) & (after != 0)
    with np.errstate(all="ignore"):
        ratio = np.where(known, after / before, np.nan)
    moved = known & (np.abs(ratio - 1) > NOISE)
    if not moved.any():
        return None
    last = np.flatnonzero(moved.any(axis=1))[-1] + 1
    factor = float(np.median(ratio[:last][known[:last]]))
    slack = ALIKE * np.abs(after) + A_CENT * (1 + abs(factor))
    with np.errstate(all="ignore"):
        off = known[:last] & ~(np.abs(after - factor * before) <= slack)[:last]
    return None if off.any() or abs(factor - 1) <= NOISE else factor


def restated(kept: Mapping[str, pd.DataFrame], came: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """The tickers whose whole history must be asked for again, each with why.

    A ticker is among them if its bars of the overlap differ by a common factor, or a split or
    dividend came that is not kept, or is kept with another value. One of which nothing is kept
    was just asked for in full.

    Args:
        kept: `bars` and `actions` that hold, each with its columns, either may be absent.
        came: what was fetched now, in the same form.
    """
    reasons: dict[str, str] = {}
    bars, new_bars = _per_ticker(kept.get("bars")), _per_ticker(came.get("bars"))
    acted, new_acted = _per_ticker(kept.get("actions")), _per_ticker(came.get("actions"))
    for ticker in sorted(bars.keys() & (new_bars.keys() | new_acted.keys())):
        found = _events(acted.get(ticker))
        arrived = [event for event in _events(new_acted.get(ticker)) if event not in found]
        if arrived:
            day, kind, value = arrived[0]
            reasons[ticker] = f"a {kind} of {value:g} on {day} came"
        elif ticker in new_bars:
            factor = common_factor(bars[ticker], new_bars[ticker])
            if factor is not None:
                reasons[ticker] = f"bars of the overlap are now {factor:g} times what they were"
    return reasons


def is_unexplained(kept: pd.DataFrame, came: Mapping[str, pd.DataFrame]) -> bool:
    """Whether all bars of a ticker's overlap changed by one factor that no split has.

    Args:
        kept: bars that hold.
        came: by kind, what was fetched now.
    """
    factor = common_factor(kept, came["bars"]) if "bars" in came and len(kept) else None
    if factor is None:
        return False
    ratios = [value for _, kind, value in _events(came.get("actions")) if kind == "split"]
    products = np.cumprod(ratios[::-1]) if ratios else np.array([])
    return not any(abs(factor * ratio - 1) < OF_A_SPLIT for ratio in (*products, *ratios))


def gone(
    kept: pd.DataFrame, came: pd.DataFrame | None, since: datetime | None
) -> list[tuple[str, str, float]]:
    """The day, kind and value of splits and dividends that are kept, and were not sent any more.

    Args:
        kept: those of one ticker that hold.
        came: what a provider sent of it; None if nothing.
        since: when what it was asked for begins; a day after it counts, as days begin elsewhere at
            other hours. None: everything was asked for.
    """
    first = "" if since is None else f"{since + timedelta(days=1):%Y-%m-%d}"
    sent = {event[:2] for event in _events(came)}
    return [one for one in _events(kept) if one[0] > first and one[:2] not in sent]


def left_behind(
    kept: pd.DataFrame, came: pd.DataFrame, actions: pd.DataFrame
) -> dict[str, tuple[pd.Timestamp, float]]:
    """The tickers of which a split restated the bars that came, but not what lies before them.

    A provider may not give all that it once gave: minutes, say, of the last weeks only.

    Args:
        kept: bars that held before these came.
        came: bars of a provider that sends closes adjusted for splits.
        actions: all that is known now.

    Returns:
        The time of the first bar that came, and what prices before it must be multiplied by.
    """
    found = {}
    new, acted = _per_ticker(came), _per_ticker(actions[actions["kind"] == "split"])
    for ticker, own in _per_ticker(kept).items():
        if ticker not in new or ticker not in acted:
            continue
        first, factor = new[ticker]["timestamp"].min(), common_factor(own, new[ticker])
        ratios = acted[ticker].sort_values("timestamp", ascending=False)["value"].cumprod()
        split = [1 / ratio for ratio in ratios if factor and abs(factor * ratio - 1) < OF_A_SPLIT]
        if split and (own["timestamp"] < first).any():
            found[ticker] = (first, split[0])
    return found


def _closed(bars: pd.DataFrame) -> pd.DataFrame:
    closed = bars[~bars["live"].astype("bool")] if "live" in bars else bars
    times = pd.to_datetime(closed["timestamp"], utc=True, format="ISO8601")
    return closed[[*OHLC]].astype("float64").assign(timestamp=times).drop_duplicates(
        "timestamp", keep="last"
    )  # fmt: skip


def _per_ticker(rows: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    if rows is None or rows.empty:
        return {}
    return {str(ticker): own for ticker, own in rows.groupby("ticker")}


def _events(actions: pd.DataFrame | None) -> Iterable[tuple[str, str, float]]:
    """The day, kind and value of each split and dividend, in that order."""
    if actions is None or actions.empty:
        return []
    days = pd.to_datetime(actions["timestamp"], utc=True, format="ISO8601").dt.strftime("%Y-%m-%d")
    return sorted(zip(days, actions["kind"], actions["value"].astype("float64"), strict=True))
