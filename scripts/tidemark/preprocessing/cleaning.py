"""From raw prices and economic series to one scenario's clean bars.

The order matters: returns are computed from filled prices, outliers are looked for among these
returns, and an economic series is filled before it is joined, so that a gap is filled once and not
once for each bar.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tidemark.bars import below_zero, long_form
from tidemark.bars.settings import Carrying
from tidemark.layout.fetch_data import RAW_PRICES
from tidemark.preprocessing import as_known, impute, levels, outliers
from tidemark.preprocessing.settings import Iqr, NoOutliers, Preprocess, Scenario, Winsorise

import pandas as pd

Counts = tuple[int, int]  # before, after
NOT_VALUES = ("timestamp", "ticker", "available_at")


@dataclass(frozen=True)
class Ended:
    """An economic column whose last value is too old at the last bar."""

    column: str  # as source.column
    last: pd.Timestamp  # the day or period that its last value is about; NaT if it never had one
    bars: int  # number of bars since then, which have no value


@dataclass(frozen=True)
class Cleaned:
    """Clean bars, and what was done to get them.

    Attributes:
        bars: timestamp, ticker, the price fields, imputed, return, return_treated, and the economic
            columns as known at each bar; sorted by ticker and timestamp.
        dropped: number of raw rows before their ticker's first `adj_close`.
        in_holes: number of raw rows in holes, which have no `adj_close`.
        below_zero: number of raw rows whose `adj_close` is at or below zero, which are left out.
        breaks: number of bars right after holes, which have no return.
        imputed: number of filled values of each column that has any.
        lacking: number of bars without a value of each economic column that has any.
        ended: economic columns that no longer have a value at the last bar.
        outliers: number of returns beyond their bounds, before and after the treatment.
    """

    bars: pd.DataFrame
    dropped: int
    in_holes: int
    below_zero: int
    breaks: int
    imputed: dict[str, int]
    lacking: dict[str, int]
    ended: list[Ended]
    outliers: Counts

    def counted(self) -> list[dict[str, Any]]:
        """What was done, or could not be, each with its `count` and the `field` that it is of."""
        before, after = self.outliers
        whole = {
            "outliers": before,
            "outliers_left": after,
            "breaks": self.breaks,
            "dropped": self.dropped,
            "in_holes": self.in_holes,
            "below_zero": self.below_zero,
        }
        return [
            *({"what": "imputed", "field": name, "count": n} for name, n in self.imputed.items()),
            *({"what": what, "field": None, "count": count} for what, count in whole.items()),
            *({"what": "lacking", "field": name, "count": n} for name, n in self.lacking.items()),
        ]


def clean(
    raw: pd.DataFrame,
    series: Mapping[str, pd.DataFrame],
    scenario: Scenario,
    settings: Preprocess,
    carrying: Mapping[str, Carrying],
    instants_of: Callable[[pd.Series], pd.Series],
) -> Cleaned:
    """Fill, compute returns, treat outliers and join the economy, each from the past only.

    Args:
        raw: prices as in data/raw/, with a default index.
        series: economic frames as in data/raw/, by name: timestamp, available_at and values.
        scenario: how missing values are filled (see `impute.bars`), and outliers treated (see
            `outliers.bounds`).
        settings: those of all scenarios.
        carrying: by name of the series, which columns are changes, and how long levels hold.
        instants_of: from bars' timestamps to the instants that they stand for.

    Raises:
        InputError: two bars of a ticker coincide.
    """
    method = scenario.impute
    tidy = long_form.require_tidy(raw, RAW_PRICES)
    filled = impute.bars(tidy, method, settings.longest_hole_days)
    imputed = _imputed(below_zero.emptied(tidy.loc[filled.index]), filled)
    breaks = int(filled["broken"].sum())
    low = below_zero.undefined(tidy)
    started = (tidy["adj_close"].notna() & ~low).groupby(tidy["ticker"], sort=False).cummax() | low
    in_holes = int((started & ~low).sum()) - len(filled)
    bars, outside = _with_returns(
        filled.reset_index(drop=True), scenario.outliers, settings.min_history
    )
    instants = instants_of(bars["timestamp"])
    ended: list[Ended] = []
    lacking: dict[str, int] = {}
    for name, frame in series.items():
        values = [column for column in frame if column not in NOT_VALUES]
        longest = carrying[name].longest_carry_days
        known = impute.changes(frame, carrying[name].changes, method, longest)
        for column in values:
            here = levels.within_reach(frame, column, longest) & frame[column].isna()
            imputed |= {column: int(here.sum())} if here.any() else {}
        bars = as_known.as_known(bars, instants, levels.carried(known, values, longest, frame))
        empty = bars[values].isna().sum()
        lacking |= {column: int(count) for column, count in empty.items() if count}
        ended += _ended(name, frame, values, longest, instants)
    return Cleaned(
        bars,
        dropped=int((~started).sum()),
        in_holes=in_holes,
        below_zero=int(low.sum()),
        breaks=breaks,
        imputed=imputed,
        lacking=lacking,
        ended=ended,
        outliers=outside,
    )


def _with_returns(
    bars: pd.DataFrame, treatment: NoOutliers | Winsorise | Iqr, min_history: int
) -> tuple[pd.DataFrame, Counts]:
    """Add `return` and `return_treated` to the bars; also how many of each are out of bounds."""
    change = long_form.returns(bars, bars["broken"])
    limits = outliers.bounds(change, bars["ticker"], treatment, min_history)
    treated = change.clip(limits["lower"], limits["upper"])
    outside = outliers.outside(change, limits), outliers.outside(treated, limits)
    columns = {"return": change, "return_treated": treated}
    return bars.drop(columns="broken").assign(**columns), outside


def _imputed(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, int]:
    """How many values of each column were filled in the rows that are kept."""
    counts = (before.isna() & after[before.columns].notna()).sum()
    return {str(column): int(count) for column, count in counts.items() if count}


def _ended(
    name: str, frame: pd.DataFrame, columns: list[str], longest: int | None, times: pd.Series
) -> list[Ended]:
    ended = []
    for column in columns:
        lapse = levels.lapses(frame, column, longest)
        late = int((times > lapse).sum()) if lapse is not None else len(times)
        if late:
            last = frame["timestamp"].where(frame[column].notna()).max()
            ended.append(Ended(f"{name}.{column}", last, late))
    return ended
