"""Clean bars held against the check that nothing looks ahead, each time that they are made."""

from collections.abc import Callable, Iterator, Mapping

from tidemark.arrays import Times
from tidemark.causality import date, first_change
from tidemark.errors import InputError
from tidemark.ohlcv import FIELDS

import numpy as np
import pandas as pd

WHERE = "scripts/tidemark/preprocessing"
CURE = "fill, treat and join each row from what was known at it"
KEYS = ["timestamp", "ticker"]

Series = Mapping[str, pd.DataFrame]


def require(
    bars: pd.DataFrame,
    raw: pd.DataFrame,
    series: Series,
    clean: Callable[[pd.DataFrame, Series], pd.DataFrame],
    instants_of: Callable[[pd.Series], pd.Series],
    seed: int,
) -> None:
    """Refuse clean bars that would have been others without what came later.

    They are made again without it at a date drawn at random, and right after a bar that lacks a
    value, if there is one: what is filled is most likely to know better.

    Args:
        bars: what `clean` returned: `timestamp`, `ticker` and values.
        raw, series: as for `cleaning.clean`.
        clean: makes clean bars of them.
        instants_of: as for `cleaning.clean`.
        seed: of the dates.

    Raises:
        InputError: a value changed; names it, with ticker and bar.
    """
    times = np.unique(raw["timestamp"].to_numpy())
    for cut in _cuts(times, raw, np.random.default_rng(seed)):
        last = times[cut - 1]
        (now,) = instants_of(pd.Series(times[cut - 1 : cut]))
        known = {name: frame[frame["available_at"] < now] for name, frame in series.items()}
        if any(frame.empty for frame in known.values()):
            continue
        again = clean(
            raw[raw["timestamp"] <= last].reset_index(drop=True),
            {name: frame.reset_index(drop=True) for name, frame in known.items()},
        )
        for ticker, bar, what in _changes(again, bars[bars["timestamp"] <= last]):
            raise InputError(
                WHERE,
                f"it looks ahead: {what} for {ticker} at {date(np.array([bar]), 0)} depends on what"
                f" came after {date(times, cut - 1)}",
                CURE,
            )


def _cuts(times: Times, raw: pd.DataFrame, draw: np.random.Generator) -> list[int]:
    """How many times are known in each trial."""
    count = len(times)
    if count < 2:
        return []
    cuts = {int(draw.integers(max(count // 2, 1), count))}
    lacking = raw.loc[raw[list(FIELDS)].isna().any(axis=1), "timestamp"].unique()
    after = np.searchsorted(times, np.sort(lacking)) + 1
    after = after[after < count]
    return sorted(cuts | ({int(draw.choice(after))} if len(after) else set()))


def _changes(seen: pd.DataFrame, known: pd.DataFrame) -> Iterator[tuple[str, np.datetime64, str]]:
    """Ticker, time and name of the first value that differs, if any does."""
    known = known.reset_index(drop=True)
    if not seen[KEYS].equals(known[KEYS]):
        both = pd.concat([seen[KEYS], known[KEYS]]).drop_duplicates(keep=False)
        row = both.iloc[0]
        yield str(row["ticker"]), row["timestamp"].to_datetime64(), "whether there is a bar"
        return
    names = [name for name in known if name not in KEYS]
    ours, theirs = (frame[names].to_numpy(np.float64) for frame in (seen, known))
    if change := first_change(ours, theirs):
        row = known.iloc[change[0]]
        yield str(row["ticker"]), row["timestamp"].to_datetime64(), str(names[change[1]])
