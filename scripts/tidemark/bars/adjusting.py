"""Adjusted closes of bars as they were sent, from the splits and dividends beside them.

At an ex-date t, closes before it are multiplied by the CRSP step

    (1 - D * S / C[t-1]) / S

with the last close C[t-1] before it, the cash D a share that day's dividends sum to, and S new
shares for an old one. An ex-date without a bar counts at the ticker's next bar; one after its last
bar, or on or before its first, changes nothing. Providers send closes by one of three conventions:

    none                  as traded (Massive with adjusted=false): all steps count
    splits                adjusted for splits, and so are the dividends (Yahoo): D alone counts
    splits_and_dividends  adjusted for both: no step counts
"""

from collections.abc import Iterator
from typing import Literal

from tidemark.bars import corporate_actions
from tidemark.errors import BadValue

import numpy as np
import pandas as pd

Convention = Literal["none", "splits", "splits_and_dividends"]


def adjusted_close(bars: pd.DataFrame, actions: pd.DataFrame, convention: Convention) -> pd.Series:
    """The closes that returns can be computed of: each one is in the money of the last bar.

    Args:
        bars: `ticker`, `timestamp`, `close`, and what `corporate_actions.days` needs; in any order.
        actions: `ticker`, `timestamp` (ex-date), `kind` (split or dividend), `value` (new shares
            for an old one, cash a share).
        convention: what the closes are adjusted for as they stand there.

    Returns:
        A close for each bar, with its index; missing where the close is.

    Raises:
        BadValue: a dividend is not below the close before it, or a ratio is no number above 0.
    """
    return bars["close"] * factors(bars, actions, convention)


def factors(bars: pd.DataFrame, actions: pd.DataFrame, convention: Convention) -> pd.Series:
    """Adjusted close by close of each bar; see `adjusted_close`."""
    result = pd.Series(1.0, bars.index)
    if convention == "splits_and_dividends" or bars.empty or actions.empty:
        return result
    table = pd.DataFrame(
        {
            "ticker": bars["ticker"].to_numpy(),
            "timestamp": bars["timestamp"].to_numpy(),
            "day": _plain_days(corporate_actions.days(bars)),
            "close": bars["close"].to_numpy(dtype="float64"),
        }
    ).sort_values(["ticker", "timestamp"], kind="stable")
    counted = actions if convention == "none" else actions[actions["kind"] == "dividend"]
    events = counted.assign(day=_plain_days(counted["timestamp"]))
    per_ticker = dict(tuple(events.groupby("ticker")))
    for ticker, own in table.groupby("ticker"):
        if ticker in per_ticker:
            steps = _steps(str(ticker), own, per_ticker[ticker])
            after = np.cumprod(steps[::-1])[::-1]
            result.iloc[own.index[:-1]] = after[1:]
    return result


def _plain_days(times: pd.Series) -> np.ndarray:
    """The day of each time, without a zone."""
    plain = times.dt.tz_localize(None) if times.dt.tz is not None else times
    days: np.ndarray = plain.to_numpy().astype("datetime64[D]")
    return days


def _steps(ticker: str, bars: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """What closes before each bar are multiplied by, because of the events at it."""
    days, closes = bars["day"].to_numpy(), bars["close"].ffill().to_numpy()
    steps = np.ones(len(bars))
    for day, split, cash in _by_day(events):
        at = int(np.searchsorted(days, day.astype(days.dtype)))
        if 0 < at < len(bars):
            before = closes[at - 1] * steps[at]
            if np.isnan(before):
                continue  # none of the closes before is known
            step = (1 - cash * split / before) / split if cash else 1 / split
            if not (step > 0 and np.isfinite(step)) or (cash and before <= 0):
                raise BadValue(
                    "actions",
                    f"{ticker}: a dividend of {cash:g} and {split:g} shares for 1 on {day}, after a"
                    f" close of {before:g}, leave no price",
                    "look at the provider's actions and bars of that day",
                )
            steps[at] *= step
    return steps


def _by_day(events: pd.DataFrame) -> Iterator[tuple[np.datetime64, float, float]]:
    """Each ex-date in order, the product of its splits, the sum of its dividends."""
    for day, own in events.groupby("day"):
        value, split = own["value"], own["kind"] == "split"
        yield np.datetime64(day, "D"), float(value[split].prod()), float(value[~split].sum())
