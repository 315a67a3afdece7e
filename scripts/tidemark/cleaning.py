"""From raw prices and economic series to one scenario's clean bars.

The order matters: returns are of filled prices, outliers are among these returns, and an economic
series is filled before it is joined, so that a gap is filled once and not once a bar.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidemark import economic, impute, outliers, prices

import pandas as pd

RAW_PRICES = "data/raw/prices.parquet"
Counts = tuple[int, int]  # before, after


@dataclass(frozen=True)
class Cleaned:
    """Clean bars, and what it took.

    Attributes:
        bars: timestamp, ticker, the price fields, imputed, return, return_treated, and the economic
            columns as known at each bar; sorted by ticker and timestamp.
        dropped: raw rows without an `adj_close`, then or before, to start from.
        missing: missing values before and after, of each `source.column` that has or had any.
        outliers: returns beyond their bounds before and after the treatment.
    """

    bars: pd.DataFrame
    dropped: int
    missing: dict[str, Counts]
    outliers: Counts


def clean(
    raw: pd.DataFrame,
    series: Mapping[str, pd.DataFrame],
    scenario: Mapping[str, Any],
    min_history: int,
) -> Cleaned:
    """Fill, compute returns, treat outliers and join the economy, each from the past only.

    Args:
        raw: prices as in data/raw/, with a default index.
        series: by name, economic frames as in data/raw/: timestamp, available_at and values.
        scenario: `impute`, the method of `impute.bars`; `outliers`, the treatment of
            `outliers.bounds`.
        min_history: earlier returns that an outlier bound needs.

    Raises:
        InputError: two bars of a ticker coincide.
    """
    method = scenario["impute"]
    filled = impute.bars(prices.require_tidy(raw, RAW_PRICES), method)
    missing = _missing("prices", raw, filled)
    bars, outside = _with_returns(filled, scenario["outliers"], min_history)
    for name, frame in series.items():
        values = [column for column in frame if column not in ("timestamp", "available_at")]
        known = impute.series(frame, values, method)
        missing |= _missing(name, frame, known)
        bars = economic.as_known(bars, known)
    return Cleaned(bars, len(raw) - len(bars), missing, outside)


def _with_returns(
    bars: pd.DataFrame, treatment: Mapping[str, Any], min_history: int
) -> tuple[pd.DataFrame, Counts]:
    """The bars with `return` and `return_treated`, and how many of each lie out of bounds."""
    change = prices.returns(bars)
    limits = outliers.bounds(change, bars["ticker"], treatment, min_history)
    treated = change.clip(limits["lower"], limits["upper"])
    outside = outliers.outside(change, limits), outliers.outside(treated, limits)
    return bars.assign(**{"return": change, "return_treated": treated}), outside


def _missing(name: str, before: pd.DataFrame, after: pd.DataFrame) -> dict[str, Counts]:
    counts = {
        f"{name}.{column}": (int(before[column].isna().sum()), int(after[column].isna().sum()))
        for column in before
    }
    return {column: count for column, count in counts.items() if any(count)}
