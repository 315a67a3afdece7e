"""What prices there are, as far as a configuration follows from it."""

from dataclasses import dataclass

from tidemark.market import bars_a_year
from tidemark.ohlcv import FIELDS

import numpy as np
import pandas as pd

KNOWN = 0.98  # share of bars that must have a field for it to count as given


@dataclass(frozen=True)
class History:
    """Prices in figures.

    Attributes:
        bar: daily, intraday, weekly or monthly.
        first, last: days of the first and the last bar.
        times: of all bars, each once, ascending.
        bars: of each ticker.
        lasting: of each ticker that has the last bar, how many bars.
        a_year: bars.
        fields: those of FIELDS that bars have.
        correlation: the mean of log returns over pairs of tickers; None of a single one.
    """

    bar: str
    first: pd.Timestamp
    last: pd.Timestamp
    times: pd.DatetimeIndex
    bars: pd.Series
    lasting: pd.Series
    a_year: float
    fields: frozenset[str]
    correlation: float | None

    @property
    def years(self) -> float:
        """How long it is."""
        return float((self.times[-1] - self.times[0]) / pd.Timedelta(days=bars_a_year.DAYS))


def of(records: pd.DataFrame, bar: str) -> History:
    """The history in records as `sources.prices.read` returns them, at least one.

    Args:
        records: of the bars.
        bar: daily, intraday, weekly or monthly.
    """
    times = pd.DatetimeIndex(records["timestamp"].unique()).sort_values()
    bars = records.groupby("ticker")["timestamp"].count()
    ends = records.groupby("ticker")["timestamp"].max()
    rate = bars_a_year.of_bars(times.to_numpy(), daily=bar != "intraday")
    return History(
        bar=bar,
        first=times[0].normalize(),
        last=times[-1].normalize(),
        times=times,
        bars=bars,
        lasting=bars[ends == times[-1]],
        a_year=rate.bars_a_year,
        fields=frozenset(name for name in FIELDS if _given(records, name)),
        correlation=_correlation(records),
    )


def _given(records: pd.DataFrame, field: str) -> bool:
    """Whether each ticker has a field in almost all of its bars."""
    known = records[field].notna().groupby(records["ticker"]).mean()
    return bool((known >= KNOWN).all())


def _correlation(records: pd.DataFrame) -> float | None:
    if records["ticker"].nunique() < 2:
        return None
    wide = records.pivot(index="timestamp", columns="ticker", values="adj_close")
    moves = np.log(wide.where(wide > 0)).diff().corr().to_numpy()
    apart = moves[~np.eye(len(moves), dtype=np.bool_)]
    return float(np.nanmean(apart)) if np.isfinite(apart).any() else None
