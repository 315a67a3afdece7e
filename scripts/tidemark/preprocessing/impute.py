"""Missing values, filled from the strict past of their own series, as far as it reaches.

No value depends on a later row, so a row's result never changes when newer data arrive. That is
also why the first days of what turns out to be a hole are filled: at the time, nobody could tell.
"""

from collections.abc import Sequence

from tidemark.bars import below_zero, holes
from tidemark.ohlcv import FIELDS, OHLC
from tidemark.preprocessing import levels

import pandas as pd


def bars(frame: pd.DataFrame, method: str, longest_hole_days: int) -> pd.DataFrame:
    """Fill each ticker's missing prices and volumes; drop rows whose `adj_close` stays missing.

    A missing price becomes the ticker's last known one times one plus the mean or median of its
    past one-bar changes; a missing volume becomes the last known one. A value without a past stays
    missing, and so does one in a hole (see `holes`), or an `adj_close` at or below zero (see
    `below_zero`); other such prices count as missing. Filled highs and lows are stretched to
    contain the bar's other prices.

    Args:
        frame: `timestamp`, `ticker` and FIELDS; sorted by ticker and time, with a default index.
        method: mean or median.
        longest_hole_days: how many days without a value are no hole yet.

    Returns:
        The rows that are kept, with their index, and with `imputed`, true where `adj_close` was
        filled, and `broken`, true on the first bar after a hole.
    """
    above = below_zero.emptied(frame)
    far = {
        field: holes.beyond_reach(frame, above[field].notna(), longest_hole_days)
        for field in FIELDS
        if field == "adj_close" or above[field].isna().any()
    }
    broken = far["adj_close"]
    filled = {
        field: _filled(above, field, method, broken, far[field])
        for field in far
        if above[field].isna().any()
    }
    result = _stretched(above, above.assign(**filled)) if filled else above
    result = result.assign(
        imputed=above["adj_close"].isna() & result["adj_close"].notna(), broken=broken
    )
    return result[result["adj_close"].notna()]


def _filled(
    frame: pd.DataFrame, field: str, method: str, broken: pd.Series, far: pd.Series
) -> pd.Series:
    """One field, filled where it is not `far` from its last value."""
    values, tickers = frame[field], frame["ticker"]
    if values.isna().all():
        return values
    by_ticker = values.groupby(tickers, sort=False)
    last = by_ticker.ffill()
    if field == "volume":
        return values.fillna(last.mask(far))
    change = (values / by_ticker.shift() - 1).mask(broken | far)
    growth = change.groupby(tickers, sort=False).transform(_past, method).fillna(0.0)
    return values.fillna((last * (1 + growth)).mask(far))


def _past(values: pd.Series, method: str) -> pd.Series:
    """The mean or median of the known values so far, which at a missing value are its past."""
    return values.expanding().agg(method)


def _stretched(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Stretch filled highs and lows so that they contain the bar's open and close."""
    inner = after[list(OHLC)]
    high = after["high"].where(before["high"].notna(), inner.max(axis=1))
    low = after["low"].where(before["low"].notna(), inner.min(axis=1))
    return after.assign(high=high.where(after["high"].notna()), low=low.where(after["low"].notna()))


def changes(
    frame: pd.DataFrame, columns: Sequence[str], method: str, longest_days: int | None
) -> pd.DataFrame:
    """Fill missing changes, such as growth rates, with the mean or median of their own past.

    Levels need no filling, because the last one stays known: see `levels`.

    Args:
        frame: `available_at` and the columns, oldest row first.
        columns: the columns to fill, where their last value is still known.
        method: mean or median.
        longest_days: as for `levels.carried`.
    """
    filled = {
        column: frame[column].fillna(
            _past(frame[column], method).where(levels.within_reach(frame, column, longest_days))
        )
        for column in columns
    }
    return frame.assign(**filled)
