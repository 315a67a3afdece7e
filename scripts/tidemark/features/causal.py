"""Features held against the check that nothing looks ahead, each time that they are computed."""

from collections.abc import Callable, Iterator

from tidemark.arrays import Floats, Integers
from tidemark.causality import Bars, Subject, Tried, require_causal
from tidemark.features.settings import FeatureEngineering
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

WHERE = "scripts/tidemark/features/bar_features.py"
ROUNDS = 1  # then a check costs about five times as much as the features
ALONE = "compute each ticker's features from its own bars"
KEYS = ["timestamp", "ticker"]


def require(
    computed: pd.DataFrame,
    bars: pd.DataFrame,
    recipe: FeatureEngineering,
    compute: Callable[[pd.DataFrame, FeatureEngineering], pd.DataFrame],
    seed: int,
) -> Tried:
    """Refuse features that change with later bars or with other tickers; the target may.

    Args:
        computed: what `compute` returned for the bars.
        bars: as for `bar_features.compute`.
        recipe: what was computed.
        compute: as `bar_features.compute`.
        seed: of the cuts.

    Returns:
        How often bars were cut, and the features that change when a later split changes all
        earlier adjusted prices.

    Raises:
        InputError: a feature changed; names it, with ticker and bar.
    """
    names = list(recipe.formulas())
    wide = _Wide(bars)
    whole = wide.bars()

    def features(seen: Bars) -> Iterator[Floats]:
        if seen is whole:
            frame, row, column = computed, wide.row, wide.column
        else:
            tidy, row, column = wide.tidy(seen)
            frame = compute(tidy, recipe)
        for name in names:
            values = np.full(seen.closes.shape, np.nan)
            values[row, column] = frame[name].to_numpy(np.float64)
            yield values

    subjects = [Subject(WHERE, name) for name in names]
    draw = np.random.default_rng(seed)
    return require_causal(features, whole, subjects, ALONE, draw, ROUNDS)


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
