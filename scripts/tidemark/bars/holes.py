"""Holes: stretches without a value that are too long to bridge.

A value stands until the next one, but not for ever: it reaches as far as a limit of days, and as
far as five of the usual distances between the values so far. So the bars of a month are no holes,
nor is a night. What lies beyond is a hole: nothing is filled in there, and the first value after it
is a break, across which there is no return.

The past alone decides, so later values change nothing before them.
"""

from tidemark.arrays import Integers, Times
from tidemark.naming import several

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Spans = NDArray[np.timedelta64]

USUAL_DISTANCES = 5
FEW = 16  # medians that are quicker one by one


def reach(times: Times, least: np.timedelta64) -> Spans:
    """How long each value may stand: `least`, or five median distances of those up to it.

    Args:
        times: of the values, ascending.
        least: what each may stand at any rate, and the first one, of which no distance is known.
    """
    distances = np.diff(times)
    spans = np.full(len(times), least.astype(distances.dtype))
    last = np.flatnonzero(np.append(distances > least, True))  # others never stand so long
    last = last[(last > 0) & (last < len(times))]
    spans[last] = np.maximum(spans[last], USUAL_DISTANCES * _medians(distances, last))
    return spans


def _medians(distances: Spans, counts: Integers) -> Spans:
    """The median of the first so many distances, for each of some counts."""
    if len(counts) <= FEW:
        return np.array([np.median(distances[:count]) for count in counts], distances.dtype)
    far = pd.Series(distances.astype(np.int64)).expanding().median().to_numpy()
    return np.asarray(far[counts - 1].astype(np.int64), distances.dtype)


def beyond_reach(bars: pd.DataFrame, known: pd.Series, longest_days: int) -> pd.Series:
    """Whether the ticker's last value before each row does not reach the row.

    A row without a value is then within a hole, one with a value is the break after it. Before a
    ticker's first value there is no hole. What comes after a ticker's first value is judged by the
    distances between all times of the table so far.

    Args:
        bars: `timestamp`, `ticker`; sorted by ticker and time, with a default index.
        known: whether the row has the value in question.
        longest_days: how far a value reaches at least.
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
        for ones in np.split(candidates, np.flatnonzero(np.diff(ticker[candidates])) + 1):
            end = np.searchsorted(ticker, ticker[ones[0]], side="right")
            own = held[slice(*np.searchsorted(held, [start[ones[0]], end]))]
            number = np.searchsorted(own, before[ones])  # of the last value
            usual = gap[ones].copy()
            some = number > 0
            usual[some] = _medians(np.diff(times[own]), number[some])
            for row in np.flatnonzero(~some):
                so_far = axis[: np.searchsorted(axis, times[ones[row]])]
                if len(so_far) > 1:
                    usual[row] = np.median(np.diff(so_far))
            far[ones] = gap[ones] > USUAL_DISTANCES * usual
    return pd.Series(far, bars.index)


def of_closes(bars: pd.DataFrame, longest_days: int) -> pd.DataFrame:
    """The holes in `adj_close`, by ticker and time.

    Args:
        bars: `timestamp`, `ticker`, `adj_close`; sorted by ticker and time, with a default index.
        longest_days: how long a stretch without a value is no hole.

    Returns:
        ticker, before (time of the last bar), after (of the next, NaT if there is none), missing
        (rows without a value between them), change (of the price, a fraction), under the index of
        the first bar after, or else of the ticker's last row.
    """
    known = bars["adj_close"].notna()
    far = beyond_reach(bars, known, longest_days)
    same = bars["ticker"] == bars["ticker"].shift(-1)
    ends = bars[far & (known | ~same)]
    last = bars[["timestamp", "adj_close"]].where(known).groupby(bars["ticker"], sort=False).ffill()
    last = last.groupby(bars["ticker"], sort=False).shift().loc[ends.index]
    empty = (~known).groupby(bars["ticker"], sort=False).cumsum()
    start = empty.where(known).groupby(bars["ticker"], sort=False).ffill()
    start = start.groupby(bars["ticker"], sort=False).shift()
    return pd.DataFrame(
        {
            "ticker": ends["ticker"],
            "before": last["timestamp"],
            "after": ends["timestamp"].where(known[ends.index]),
            "missing": (empty - start)[ends.index].astype(int),
            "change": ends["adj_close"] / last["adj_close"] - 1,
        }
    )


def spliced(bars: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The bars with `adj_close` after each hole scaled so that it goes on where it stopped.

    As continuous futures are ratio-adjusted: what the price did in the hole is left out, the bars
    before it stay as they are, and those after it keep their returns.

    Args:
        bars: as for `of_closes`.
        found: of `of_closes`.
    """
    broken = found[found["after"].notna()]
    if not len(broken):
        return bars
    factor = (1 / (1 + broken["change"])).reindex(bars.index, fill_value=1.0)
    scale = factor.groupby(bars["ticker"], sort=False).cumprod()
    return bars.assign(adj_close=bars["adj_close"] * scale)


def in_words(found: pd.DataFrame) -> str:
    """The holes that a price comes out of, with the change that is left out."""
    broken = found[found["after"].notna()]
    return several(
        [
            f"{hole.ticker} {hole.before:%Y-%m-%d} to {hole.after:%Y-%m-%d} ({hole.change:+,.1%})"
            for hole in broken.itertuples()
        ]
    )
