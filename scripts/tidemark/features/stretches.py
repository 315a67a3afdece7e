"""Stretches of bars, of which features are computed one by one, or all tickers side by side."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from tidemark.arrays import Floats, Integers
from tidemark.features.feature import CrossSection, Feature, OfStretch, OwnTicker
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

# What a column that features may need is made of, if it is not a column of the bars.
MADE_OF = {
    **{name: (name, "close", "adj_close") for name in ("open", "high", "low", "volume")},
    "close": ("adj_close",),
    "treated_index": ("return_treated",),
}


def numbers(bars: pd.DataFrame) -> Integers:
    """(rows,) the number of the stretch that each bar belongs to, from 1 on.

    A bar without a return, which is the ticker's first or the first after a hole, begins one.

    Args:
        bars: sorted by ticker and timestamp.
    """
    starts = bars["return_treated"].isna() | (bars["ticker"] != bars["ticker"].shift())
    return np.asarray(starts.cumsum(), dtype=np.intp)


def sources(features: Iterable[Feature]) -> list[str]:
    """The columns of the bars that features are computed from."""
    inputs = (name for feature in features for name in feature.inputs)
    return list(dict.fromkeys(part for name in inputs for part in MADE_OF.get(name, (name,))))


class Stretches:
    """Bars cut into stretches, with the columns that features are computed from.

    Args:
        bars: one row a bar, sorted by ticker and timestamp.
    """

    def __init__(self, bars: pd.DataFrame) -> None:
        self._bars = bars
        edges = np.flatnonzero(np.diff(numbers(bars), prepend=0, append=0))
        self._parts = [slice(*pair) for pair in pairwise(edges)]

    def column(self, name: str) -> pd.Series:
        """(rows,) of a column that features may need."""
        bars = self._bars
        if name == "close":
            return bars["adj_close"]
        if name == "treated_index":
            return self._index
        if name in OHLCV:
            factor = bars["adj_close"] / bars["close"]
            return bars[name] / factor if name == "volume" else bars[name] * factor
        return bars[name]

    @cached_property
    def _index(self) -> pd.Series:
        returns = self._bars["return_treated"]
        values = ((1.0 + returns.iloc[part].fillna(0.0)).cumprod() for part in self._parts)
        return pd.Series(_joined(values), self._bars.index)

    def values(self, feature: Feature) -> Floats:
        """(rows,) of a feature.

        Raises:
            ValueError: it does not give one number for each bar.
        """
        if isinstance(feature, CrossSection):
            side_by_side = _SideBySide(self, feature.inputs)
            return side_by_side.rows(feature.values(side_by_side))
        if not isinstance(feature, OwnTicker):
            raise TypeError(f"{feature.label} is neither an OwnTicker nor a CrossSection")
        return self.each(feature.values, feature.inputs)

    def each(self, values: OfStretch, inputs: Sequence[str]) -> Floats:
        """(rows,) of what is computed of each stretch, with these columns, by itself.

        Raises:
            ValueError: it does not give one number for each bar.
        """
        columns = pd.DataFrame({name: self.column(name) for name in inputs}, copy=False)
        parts = (columns.iloc[part] for part in self._parts)
        return _joined(_one_a_bar(values(part), part) for part in parts)

    @cached_property
    def axes(self) -> tuple[np.ndarray, Integers, tuple[str, ...], Integers]:
        """The timestamps and each row's among them; the tickers and each row's."""
        timestamp, row = np.unique(self._bars["timestamp"].to_numpy(), return_inverse=True)
        column, ticker = pd.factorize(self._bars["ticker"])
        return timestamp, row, tuple(map(str, ticker)), column


def _joined(parts: Iterator[pd.Series]) -> Floats:
    found = [part.to_numpy(np.float64) for part in parts]
    return np.concatenate(found) if found else np.empty(0)


def _one_a_bar(values: object, bars: pd.DataFrame) -> pd.Series:
    if not isinstance(values, pd.Series):
        raise ValueError(f"values gives a {type(values).__name__}, not a Series")
    if not values.index.equals(bars.index):
        raise ValueError(f"values gives {len(values)} values for {len(bars)} bars")
    return values


class _SideBySide:
    """A `Market` of stretches, for a feature that needs these columns."""

    def __init__(self, stretches: Stretches, inputs: Sequence[str]) -> None:
        self._stretches = stretches
        self._inputs = inputs
        self.timestamp, self._row, self.ticker, self._column = stretches.axes

    def __getitem__(self, column: str) -> Floats:
        if column not in self._inputs:
            raise KeyError(column)
        return self._spread(np.asarray(self._stretches.column(column), dtype=np.float64))

    def each(self, values: OfStretch) -> Floats:
        return self._spread(self._stretches.each(values, self._inputs))

    def _spread(self, rows: Floats) -> Floats:
        table = np.full((len(self.timestamp), len(self.ticker)), np.nan)
        table[self._row, self._column] = rows
        return table

    def rows(self, values: object) -> Floats:
        """One value a bar, of (bars, tickers)."""
        table = np.asarray(values, dtype=np.float64)
        expected = (len(self.timestamp), len(self.ticker))
        if table.shape != expected:
            raise ValueError(f"values gives the shape {table.shape} for bars of {expected}")
        return np.asarray(table[self._row, self._column])
