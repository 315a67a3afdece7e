"""Features held against the check that nothing looks ahead, each time that they are computed."""

import warnings
from collections.abc import Iterator, Sequence

from tidemark.arrays import Bools, Floats, Integers
from tidemark.causality import Bars, Subject, Tried, across, first_change, require_causal
from tidemark.features import families, stretches
from tidemark.features.bar_features import Values
from tidemark.features.feature import Feature
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

ROUNDS = 1  # then a check costs about five times as much as the features of the bars tried
ENOUGH = 250_000  # bars that features are tried on; tickers are drawn that have so many together
FEWEST = 5  # tickers that are drawn at least
ALONE = "compute each ticker's features from its own bars, or derive the class from CrossSection"
KEYS = ["timestamp", "ticker"]
STRETCHES = ["adj_close", "return_treated"]  # by which bars and stretches are known


def require(
    computed: pd.DataFrame,
    bars: pd.DataFrame,
    features: Sequence[Feature],
    compute: Values,
    seed: int,
) -> Tried:
    """Refuse features that change with later bars, or with other tickers unless they compare them.

    Args:
        computed: a column for each feature, of the bars; as `compute` gave it.
        bars: as for `bar_features.compute`.
        features: that were computed.
        compute: as `apart.values`: in a fresh process each time, since what a feature's code kept
            from bars that it was shown before would hide that it knows them.
        seed: of the cuts.

    Returns:
        How often bars were cut, and the features that change when a later split changes all
        earlier adjusted prices.

    Raises:
        InputError: a feature changed; names its file, with ticker and bar.
    """
    draw = np.random.default_rng(seed)
    tried = Tried()
    rows = _some(bars["ticker"], draw)
    for cross_sectional in (False, True):
        of_kind = [one for one in features if one.cross_sectional == cross_sectional]
        if of_kind:
            cure = None if cross_sectional else ALONE
            trial = _Trial(computed, bars, of_kind, compute, rows)
            if not trial.agrees_with_all(cure):
                trial = _Trial(computed, bars, of_kind, compute, None)
            found = require_causal(trial.values, trial.whole, trial.subjects, cure, draw, ROUNDS)
            tried.cuts += found.cuts
            tried.levels += found.levels
    return Tried(tried.cuts, [one.label for one in features if one.label in tried.levels])


def _some(tickers: pd.Series, draw: np.random.Generator) -> Bools | None:
    """The rows of the tickers that features are tried on; None for all."""
    names = list(map(str, tickers.unique()))
    enough = max(FEWEST, ENOUGH * len(names) // max(len(tickers), 1))
    if len(names) <= enough:
        return None
    chosen = [names[place] for place in draw.choice(len(names), enough, replace=False)]
    return np.asarray(tickers.isin(chosen))


class _Trial:
    """Features of one kind, and the bars that they are tried on."""

    def __init__(
        self,
        computed: pd.DataFrame,
        bars: pd.DataFrame,
        features: Sequence[Feature],
        compute: Values,
        rows: Bools | None,
    ) -> None:
        self._features, self._compute = features, compute
        needed = {*KEYS, *STRETCHES, *stretches.sources(features)}
        labels = [one.label for one in features]
        columns = [name for name in bars if name in needed]
        self._wide = _Wide(bars[columns] if rows is None else bars.loc[rows, columns])
        self._known = computed[labels] if rows is None else computed.loc[rows, labels]
        self._partial = rows is not None
        self.whole = self._wide.bars()
        self.subjects = [
            Subject(families.file_of(families.family_of(one)), one.label) for one in features
        ]

    def values(self, seen: Bars) -> Iterator[Floats]:
        """(bars, tickers) of one feature after the other."""
        if seen is self.whole:
            return self._spread(self._known, self._wide.row, self._wide.column, seen)
        tidy, row, column = self._wide.tidy(seen)
        return self._spread(self._anew(tidy), row, column, seen)

    def _anew(self, bars: pd.DataFrame) -> pd.DataFrame:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they were shown when the features were computed
            return self._compute(bars, self._features)

    def _spread(
        self, frame: pd.DataFrame, row: Integers, column: Integers, seen: Bars
    ) -> Iterator[Floats]:
        for feature in self._features:
            values = np.full(seen.closes.shape, np.nan)
            values[row, column] = frame[feature.label].to_numpy(np.float64)
            yield values

    def agrees_with_all(self, cure: str | None) -> bool:
        """Whether the tickers that are tried are enough to try the features on.

        What compares tickers is computed anew of these alone; they are too few if it then has no
        value. Anything else is refused, with the cure, if it is another without the others.
        """
        if not self._partial:
            return True
        tidy, row, column = self._wide.tidy(self.whole)
        again = self._anew(tidy)
        if cure is None:
            place = np.empty(self.whole.closes.shape, dtype=np.intp)
            place[row, column] = np.arange(len(again))
            had = self._known.notna().any()
            self._known = again.iloc[place[self._wide.row, self._wide.column]]
            return bool((self._known.notna().any() >= had).all())
        seen = self._spread(again, row, column, self.whole)
        for subject, one, known in zip(self.subjects, seen, self.values(self.whole), strict=True):
            if change := first_change(one, known):
                raise across(subject, self.whole, change, cure)
        return True


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
