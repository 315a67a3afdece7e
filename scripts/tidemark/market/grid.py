"""Bars as arrays, which strategies and the engine read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tidemark.arrays import Bools, Floats, Integers, Times
from tidemark.errors import InputError
from tidemark.layout.market_scenarios import HISTORY
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

TOGETHER = 1 << 17  # bars of tickers that are stored, read and computed at once, within the cache


@dataclass(frozen=True, eq=False)
class Prices:
    """Bars of several tickers on one time axis, (bars, tickers); NaN where a ticker has no bar.

    Attributes:
        timestamp: (bars,) ascending, naive UTC.
        ticker: names of the columns.
        open, high, low, close: adjusted alike for splits and dividends. A ticker has a bar, or is
            *listed*, where `close` is a number.
        volume: as traded, not adjusted.
    """

    timestamp: Times
    ticker: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @property
    def has_bars(self) -> Bools:
        """(tickers,) whether each ticker has any bar."""
        return np.asarray(np.isfinite(self.close).any(axis=0))

    def upto(self, bars: int) -> "Prices":
        """The first `bars` bars."""
        return self.rows(0, bars)

    def rows(self, start: int, stop: int) -> "Prices":
        """The bars [start, stop)."""
        fields = {name: getattr(self, name)[start:stop] for name in ("timestamp", *OHLCV)}
        return replace(self, **fields)

    def columns(self, start: int, stop: int) -> "Prices":
        """The tickers [start, stop)."""
        fields = {name: getattr(self, name)[:, start:stop] for name in OHLCV}
        return replace(self, ticker=self.ticker[start:stop], **fields)

    def locked(self) -> "Prices":
        """The same bars, in arrays that cannot be written to."""
        fields: dict[str, Any] = {name: locked(getattr(self, name)) for name in OHLCV}
        return replace(self, **fields)


class Noted(Prices):
    """Bars that note in `read` which of their columns somebody looks at."""

    read: set[str]

    @classmethod
    def of(cls, prices: Prices, read: set[str]) -> "Noted":
        """The same bars, which note in that set."""
        fields = {name: getattr(prices, name) for name in ("timestamp", "ticker", *OHLCV)}
        noted = cls(**fields)
        object.__setattr__(noted, "read", read)
        return noted

    def __getattribute__(self, name: str) -> Any:
        if name in OHLCV:
            object.__getattribute__(self, "__dict__").get("read", set()).add(name)
        return object.__getattribute__(self, name)

    def rows(self, start: int, stop: int) -> Prices:
        """The bars [start, stop), which note in the same set."""
        return Noted.of(self._plain.rows(start, stop), self.read)

    def columns(self, start: int, stop: int) -> Prices:
        """The tickers [start, stop), which note in the same set."""
        return Noted.of(self._plain.columns(start, stop), self.read)

    @property
    def _plain(self) -> Prices:
        return Prices(**{name: vars(self)[name] for name in ("timestamp", "ticker", *OHLCV)})


Noted.__name__ = Prices.__name__  # the only one that messages to authors of strategies name


def locked(values: Floats) -> Floats:
    """A view of the values that cannot be written to."""
    view = values.view()
    view.flags.writeable = False
    return view


def ticker_parts(bars: int, tickers: int) -> list[slice]:
    """So many tickers with so many bars each, in parts of about TOGETHER bars or of one ticker."""
    parts = max(1, -(-bars * tickers // TOGETHER))
    width = max(1, -(-tickers // parts))
    return [slice(start, min(start + width, tickers)) for start in range(0, tickers, width)]


def side_by_side(parts: Sequence[Prices]) -> Prices:
    """Put prices on the same time axis side by side; columns without any bar are left out.

    Raises:
        ValueError: time axes differ.
    """
    axis = parts[0].timestamp
    if any(not np.array_equal(prices.timestamp, axis) for prices in parts):
        raise ValueError("prices on other time axes cannot stand side by side")
    kept = [(prices, prices.has_bars) for prices in parts]
    if len(kept) == 1 and kept[0][1].all():
        return parts[0]
    fields = {
        name: np.concatenate([getattr(prices, name).T[has_bars] for prices, has_bars in kept]).T
        for name in OHLCV
    }
    tickers = [np.array(prices.ticker)[has_bars] for prices, has_bars in kept]
    return replace(parts[0], ticker=tuple(np.concatenate(tickers).tolist()), **fields)


def from_tidy(frame: pd.DataFrame) -> Prices:
    """Bars from one row for each ticker and time; `adj_close` is the close, the rest moves with it.

    Each ticker's bars lie next to each other in memory, the order in which the engine works.

    Args:
        frame: `timestamp`, `ticker`, `adj_close`, `volume`, and `open`, `high`, `low`, `close` as
            traded (NaN where unknown), in any order; no ticker twice at one time.
    """
    timestamp, row = np.unique(frame["timestamp"].to_numpy(), return_inverse=True)
    ticker, column = np.unique(frame["ticker"].to_numpy(dtype=np.str_), return_inverse=True)

    def spread(values: pd.Series) -> Floats:
        table = np.full((len(ticker), len(timestamp)), np.nan)
        table[column, row] = values.to_numpy(dtype=np.float64)
        return table.T

    factor = frame["adj_close"] / frame["close"]
    return Prices(
        timestamp,
        tuple(map(str, ticker)),
        open=spread(frame["open"] * factor),
        high=spread(frame["high"] * factor),
        low=spread(frame["low"] * factor),
        close=spread(frame["adj_close"]),
        volume=spread(frame["volume"]),
    )


def forecasts_on(prices: Prices, forecasts: pd.DataFrame, horizon: int) -> Floats:
    """A model's forecasts on the bars at whose close they were made, NaN where there are none.

    A target is traded anew at each bar, and costs and volatility are those of a bar. So a forecast
    of the return over `horizon` bars is handed on as a forecast of the mean return a bar.

    Args:
        prices: the bars and tickers to put them on.
        forecasts: `timestamp`, `ticker`, `y_pred` (a fraction, over `horizon` bars).
        horizon: how far the forecasts reach, in bars; 1 for probabilities, which stay as they are.

    Returns:
        (bars, tickers) forecast return a bar, a fraction; or the probability.

    Raises:
        InputError: a forecast has no bar.
    """
    row, column = _bars_of(prices, forecasts)
    spread = np.full(prices.close.shape, np.nan)
    spread[row, column] = forecasts["y_pred"].to_numpy(np.float64)
    return spread / horizon


def require_bars(prices: Prices, forecasts: pd.DataFrame) -> None:
    """Refuse forecasts of other bars.

    Raises:
        InputError: a forecast has no bar.
    """
    _bars_of(prices, forecasts)


def _bars_of(prices: Prices, keys: pd.DataFrame) -> tuple[Integers, Integers]:
    """Row and column of the bar of each `timestamp` and `ticker`; each must have a bar."""
    row = pd.Index(prices.timestamp).get_indexer(keys["timestamp"])
    column = pd.Index(prices.ticker).get_indexer(keys["ticker"])
    alone = (row < 0) | (column < 0) | np.isnan(prices.close[row, column])
    if alone.any():
        first = keys.iloc[int(alone.argmax())]
        raise InputError(
            HISTORY,
            f"{int(alone.sum()):,} of {len(keys):,} forecasts have no bar, the first that of"
            f" {first['ticker']} at {first['timestamp']}",
            "run make fetch_data, so that forecasts and market scenarios come from the same prices",
        )
    return row, column
