"""Missing values, filled from the strict past of their own series.

No value depends on a later row, so a row's result never changes when newer data arrive.
"""

from collections.abc import Sequence

import pandas as pd

PRICES = ("open", "high", "low", "close", "adj_close")


def bars(frame: pd.DataFrame, method: str) -> pd.DataFrame:
    """Fill each ticker's missing prices and volumes; rows whose `adj_close` stays missing go.

    A price becomes the ticker's last known one times one plus the mean or median of its past
    one-bar changes; a volume becomes the mean or median of the past volumes. What has no past
    stays missing. Highs and lows that were filled are stretched to hold the bar's other prices.

    Args:
        frame: `ticker`, PRICES and `volume`; sorted by ticker and time, with a default index.
        method: mean or median.

    Returns:
        The frame with `imputed`, true where `adj_close` was filled.
    """
    tickers = frame.groupby("ticker", sort=False)
    result = pd.concat([_one_ticker(ticker, method) for _, ticker in tickers])
    result["imputed"] = frame["adj_close"].isna() & result["adj_close"].notna()
    return result[result["adj_close"].notna()].reset_index(drop=True)


def _one_ticker(frame: pd.DataFrame, method: str) -> pd.DataFrame:
    prices = {field: _from_changes(frame[field], method) for field in PRICES}
    volume = _from_levels(frame["volume"], method)
    return _stretched(frame, frame.assign(**prices, volume=volume))


def _from_changes(values: pd.Series, method: str) -> pd.Series:
    """Last known value times one plus the mean or median of the past one-bar changes."""
    if values.notna().all():
        return values
    change = values.pct_change(fill_method=None)
    growth = _past(change, method).fillna(0.0)
    return values.fillna(values.ffill() * (1 + growth))


def _from_levels(values: pd.Series, method: str) -> pd.Series:
    return values.fillna(_past(values, method)) if values.isna().any() else values


def _past(values: pd.Series, method: str) -> pd.Series:
    """Mean or median of the known values so far; where a value is missing, so far is its past."""
    return values.expanding().agg(method)


def _stretched(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Filled highs and lows that contain the bar's open and close."""
    inner = after[["open", "high", "low", "close"]]
    high = after["high"].where(before["high"].notna(), inner.max(axis=1))
    low = after["low"].where(before["low"].notna(), inner.min(axis=1))
    return after.assign(high=high.where(after["high"].notna()), low=low.where(after["low"].notna()))


def series(frame: pd.DataFrame, columns: Sequence[str], method: str) -> pd.DataFrame:
    """Fill missing values of time series with the mean or median of their own past.

    Args:
        frame: the columns, oldest row first.
        columns: which to fill.
        method: mean or median.
    """
    return frame.assign(**{column: _from_levels(frame[column], method) for column in columns})
