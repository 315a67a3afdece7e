"""Features held against the check that nothing looks ahead, each time that they are computed."""

from collections.abc import Callable, Iterator, Sequence

from tidemark.arrays import Floats, Integers
from tidemark.causality import Bars, Subject, Tried, across, first_change, require_causal
from tidemark.features import families, stretches
from tidemark.features.feature import Feature
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

ROUNDS = 1  # then a check costs about five times as much as the features of the tickers tried
MOST = 50  # tickers that features of their own bars are tried on; of more, so many are drawn
ALONE = "compute each ticker's features from its own bars, or derive the class from CrossSection"
KEYS = ["timestamp", "ticker"]
STRETCHES = ["adj_close", "return_treated"]  # by which bars and stretches are known

Compute = Callable[[pd.DataFrame, Sequence[Feature]], pd.DataFrame]


def require(
    computed: pd.DataFrame,
    bars: pd.DataFrame,
    features: Sequence[Feature],
    compute: Compute,
    seed: int,
) -> Tried:
    """Refuse features that change with later bars, or with other tickers unless they compare them.

    Args:
        computed: a column for each feature, of the bars.
        bars: as for `bar_features.compute`.
        features: that were computed.
        compute: as `bar_features.values`.
        seed: of the cuts.

    Returns:
        How often bars were cut, and the features that change when a later split changes all
        earlier adjusted prices.

    Raises:
        InputError: a feature changed; names its file, with ticker and bar.
    """
    draw = np.random.default_rng(seed)
    tried = Tried()
    for cross_sectional in (False, True):
        some = [one for one in features if one.cross_sectional == cross_sectional]
        if some:
            chosen = None if cross_sectional else _drawn(bars["ticker"], draw)
            trial = _Trial(computed, bars, some, compute, chosen)
            cure = None if cross_sectional else ALONE
            trial.require_the_same(cure)
            found = require_causal(trial.values, trial.whole, trial.subjects, cure, draw, ROUNDS)
            tried.cuts += found.cuts
            tried.levels += found.levels
    return Tried(tried.cuts, [one.label for one in features if one.label in tried.levels])


def _drawn(tickers: "pd.Series", draw: np.random.Generator) -> Sequence[str] | None:
    """The tickers to try features of their own bars on; None for all."""
    names = list(map(str, tickers.unique()))
    if len(names) <= MOST:
        return None
    return [names[place] for place in draw.choice(len(names), MOST, replace=False)]


class _Trial:
    """Features of one kind, and the bars that they are tried on."""

    def __init__(
        self,
        computed: pd.DataFrame,
        bars: pd.DataFrame,
        features: Sequence[Feature],
        compute: Compute,
        chosen: Sequence[str] | None,
    ) -> None:
        rows = slice(None) if chosen is None else bars["ticker"].isin(chosen).to_numpy()
        needed = {*KEYS, *STRETCHES, *stretches.sources(features)}
        self._features, self._compute = features, compute
        self._known = computed.loc[rows, [one.label for one in features]]
        self._wide = _Wide(bars.loc[rows, [name for name in bars if name in needed]])
        self._partial = chosen is not None
        self.whole = self._wide.bars()
        self.subjects = [
            Subject(families.file_of(families.family_of(one)), one.label) for one in features
        ]

    def values(self, seen: Bars) -> Iterator[Floats]:
        """(bars, tickers) of one feature after the other."""
        if seen is self.whole:
            return self._spread(self._known, self._wide.row, self._wide.column, seen)
        tidy, row, column = self._wide.tidy(seen)
        return self._spread(self._compute(tidy, self._features), row, column, seen)

    def _spread(
        self, frame: pd.DataFrame, row: Integers, column: Integers, seen: Bars
    ) -> Iterator[Floats]:
        for feature in self._features:
            values = np.full(seen.closes.shape, np.nan)
            values[row, column] = frame[feature.label].to_numpy(np.float64)
            yield values

    def require_the_same(self, cure: str | None) -> None:
        """Refuse features that are others if only the chosen tickers are there."""
        if not self._partial or cure is None:
            return
        tidy, row, column = self._wide.tidy(self.whole)
        again = self._spread(self._compute(tidy, self._features), row, column, self.whole)
        for subject, seen, known in zip(self.subjects, again, self.values(self.whole), strict=True):
            if change := first_change(seen, known):
                raise across(subject, self.whole, change, cure)


class _Wide:
    """Bars as (bars, tickers), and back as one row a bar."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.timestamp, self.row = np.unique(frame["timestamp"].to_numpy(), return_inverse=True)
        self.column, ticker = pd.factorize(frame["ticker"])
        self.ticker = tuple(map(str, ticker))
        self._frame = frame
        self._dtypes = frame.dtypes

    def bars(self) -> Bars:
        """Prices move together when prices are changed, all else changes its sign."""
        values = {name: self._spread(name) for name in self._frame if name not in KEYS}
        prices = [name for name in (*OHLCV, "adj_close") if name in values]
        return Bars(
            self.timestamp,
            self.ticker,
            {name: values.pop(name) for name in prices},
            values,
            close="adj_close",
            as_traded=OHLCV,
        )

    def _spread(self, name: str) -> Floats:
        table = np.full((len(self.ticker), len(self.timestamp)), np.nan)
        table[self.column, self.row] = self._frame[name].to_numpy(np.float64)
        return table.T

    def tidy(self, bars: Bars) -> tuple[pd.DataFrame, Integers, Integers]:
        """The rows of the bars that have an adjusted close, and where each of them is."""
        column, row = np.nonzero(~np.isnan(bars.closes.T))
        columns = {
            name: values[row, column].astype(self._dtypes[name])
            for name, values in {**bars.prices, **bars.inputs}.items()
        }
        keys = {"timestamp": bars.timestamp[row], "ticker": np.array(bars.ticker)[column]}
        frame = pd.DataFrame(keys | columns)[list(self._frame.columns)]
        return frame.astype({name: self._dtypes[name] for name in KEYS}), row, column
