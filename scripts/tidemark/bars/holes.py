"""Holes: stretches without a value that are too long to bridge.

A value holds until the next one, but not forever: it reaches as far as a given number of days, or
as far as five usual distances between the values so far if that is more. So there is no hole
between monthly bars, nor overnight. What lies beyond the reach is a hole: nothing is filled in
there, and the first value after it is a break, across which there is no return.

Only the past decides how far a value reaches, so later values change nothing before them.

A price at or below zero ends the reach of what came before it (`below_zero`).
"""

from tidemark.arrays import Integers, Times
from tidemark.bars import below_zero
from tidemark.naming import several

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Spans = NDArray[np.timedelta64]

USUAL_DISTANCES = 5
FEW = 16  # so many medians are quicker one by one


def reach(times: Times, least: np.timedelta64) -> Spans:
    """How long each value holds: `least`, or five median distances up to it if that is more.

    Args:
        times: when the values came, ascending.
        least: how long each value holds at least. The first one holds no longer, because no
            distance is known yet.
    """
    distances = np.diff(times)
    spans = np.full(len(times), least.astype(distances.dtype))
    last = np.flatnonzero(np.append(distances > least, True))  # after others it comes sooner
    last = last[(last > 0) & (last < len(times))]
    spans[last] = np.maximum(spans[last], USUAL_DISTANCES * _medians(distances, last))
    return spans


def _medians(distances: Spans, counts: Integers) -> Spans:
    """For each count, the median of the first `count` distances."""
    if len(counts) <= FEW:
        return np.array([np.median(distances[:count]) for count in counts], distances.dtype)
    far = pd.Series(distances.astype(np.int64)).expanding().median().to_numpy()
    return np.asarray(far[counts - 1].astype(np.int64), distances.dtype)


def beyond_reach(bars: pd.DataFrame, known: pd.Series, longest_days: int) -> pd.Series:
    """Whether each row lies beyond the reach of its ticker's last value before it.

    Such a row is inside a hole if it has no value, and the break after the hole if it has one.
    There is no hole before a ticker's first value. While a ticker has only one value, the distances
    between all times of the table so far are taken as the usual ones.

    Args:
        bars: `timestamp`, `ticker`, `adj_close`; sorted by ticker and time, with a default index.
        known: whether each row has the value in question.
        longest_days: how many days a value reaches at least.
    """
    times, ticker = bars["timestamp"].to_numpy(), pd.factorize(bars["ticker"])[0]
    rows = np.arange(len(bars))
    start = np.maximum.accumulate(np.where(np.diff(ticker, prepend=-1) != 0, rows, 0))
    last = np.maximum.accumulate(np.where(known, rows, -1))
    before = np.concatenate([[-1], last[:-1]])[: len(rows)]
    gap = times - times[before]
    far = (before >= start) & (gap > np.timedelta64(longest_days, "D"))
    candidates = np.flatnonzero(far)
    if len(candidates):
        held, axis = np.flatnonzero(known), np.unique(times)
        for of_ticker in np.split(candidates, np.flatnonzero(np.diff(ticker[candidates])) + 1):
            end = np.searchsorted(ticker, ticker[of_ticker[0]], side="right")
            own = held[slice(*np.searchsorted(held, [start[of_ticker[0]], end]))]
            number = np.searchsorted(own, before[of_ticker])  # place of the last value among them
            usual = gap[of_ticker].copy()
            some = number > 0
            usual[some] = _medians(np.diff(times[own]), number[some])
            for row in np.flatnonzero(~some):
                so_far = axis[: np.searchsorted(axis, times[of_ticker[row]])]
                if len(so_far) > 1:
                    usual[row] = np.median(np.diff(so_far))
            far[of_ticker] = gap[of_ticker] > USUAL_DISTANCES * usual
    ended = np.maximum.accumulate(np.where(below_zero.undefined(bars), rows, -1))
    return pd.Series(far | (before >= start) & (ended > before), bars.index)


def of_closes(bars: pd.DataFrame, longest_days: int) -> pd.DataFrame:
    """The holes in `adj_close`, by ticker and time.

    Args:
        bars: `timestamp`, `ticker`, `adj_close`; sorted by ticker and time, with a default index.
        longest_days: how many days without a value are no hole yet.

    Returns:
        ticker, before (time of the last bar before the hole), after (of the first one after it, NaT
        if there is none), missing (rows without a price above zero between them), below_zero (those
        of them that have a price) and change (of the price across the hole, a fraction). A row has
        the index of the first bar after the hole, or of the ticker's last row if there is none.
    """
    known, low = bars["adj_close"] > 0, below_zero.undefined(bars)
    far = beyond_reach(bars, known, longest_days)
    same = bars["ticker"] == bars["ticker"].shift(-1)
    ends = bars[far & (known | ~same)]
    last = bars[["timestamp", "adj_close"]].where(known).groupby(bars["ticker"], sort=False).ffill()
    last = last.groupby(bars["ticker"], sort=False).shift().loc[ends.index]
    return pd.DataFrame(
        {
            "ticker": ends["ticker"],
            "before": last["timestamp"],
            "after": ends["timestamp"].where(known[ends.index]),
            "missing": _since_last(~known, known, bars["ticker"])[ends.index].astype(int),
            "below_zero": _since_last(low, known, bars["ticker"])[ends.index].astype(int),
            "change": ends["adj_close"] / last["adj_close"] - 1,
        }
    )


def _since_last(counted: pd.Series, known: pd.Series, ticker: pd.Series) -> pd.Series:
    """How many rows of a ticker are `counted` since its last known one before each row."""
    so_far = counted.groupby(ticker, sort=False).cumsum()
    before = so_far.where(known).groupby(ticker, sort=False).ffill()
    return so_far - before.groupby(ticker, sort=False).shift()


def spliced(bars: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """Scale `adj_close` after each hole so that it continues where it stopped.

    Continuous futures are ratio-adjusted in the same way: what the price did in the hole is left
    out, the bars before it stay as they are, and those after it keep their returns.

    Args:
        bars: as for `of_closes`.
        gaps: the holes, as returned by `of_closes`.
    """
    broken = gaps[gaps["after"].notna()]
    if not len(broken):
        return bars
    factor = (1 / (1 + broken["change"])).reindex(bars.index, fill_value=1.0)
    scale = factor.groupby(bars["ticker"], sort=False).cumprod()
    return bars.assign(adj_close=bars["adj_close"] * scale)


def in_words(gaps: pd.DataFrame) -> str:
    """The holes after which prices continue, with the change that is left out, in words."""
    broken = gaps[gaps["after"].notna()]
    return several(
        [
            f"{hole.ticker} {hole.before:%Y-%m-%d} to {hole.after:%Y-%m-%d} ({hole.change:+,.1%})"
            for hole in broken.itertuples()
        ]
    )
