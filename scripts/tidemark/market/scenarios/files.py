"""Market scenarios as records and tidy bars, and back, one at a time."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tidemark.arrays import Integers, Times
from tidemark.errors import InputError
from tidemark.files.store import RowsByText
from tidemark.layout.market_scenarios import HISTORY, MARKET_SCENARIOS, STOCHASTIC, STRESS
from tidemark.market.grid import Prices, ticker_parts
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.market import MarketScenario, Outline
from tidemark.market.scenarios.windows import full
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

REPEATING = ("timestamp", "ticker", "scenario")
FILES = {  # by the kind of market scenario whose bars they hold; windows share those of `full`
    ScenarioKind.FULL: HISTORY,
    ScenarioKind.STRESS: STRESS,
    ScenarioKind.STOCHASTIC: STOCHASTIC,
}

Opened = Callable[[Sequence[str], str, Sequence[str]], AbstractContextManager[RowsByText]]


def tidy(scenario: MarketScenario) -> pd.DataFrame:
    """The bars as a frame to store: timestamp, ticker, open, ..., volume, scenario.

    Each bar that has a close is a row, sorted by ticker and time. `stored` is the inverse.
    """
    prices = scenario.prices
    column, row = np.nonzero(np.isfinite(prices.close.T))
    bars = {field: getattr(prices, field)[row, column] for field in OHLCV}
    keys = {"timestamp": prices.timestamp[row], "ticker": np.array(prices.ticker)[column]}
    return pd.DataFrame(keys | bars | {"scenario": scenario.name})


def in_parts(scenario: MarketScenario) -> Iterator[pd.DataFrame]:
    """`tidy`, some tickers after the other: each part is stored as a row group of its own."""
    bars, tickers = scenario.prices.close.shape
    for part in ticker_parts(bars, tickers):
        frame = tidy(scenario.with_bars(part))
        if len(frame):
            yield frame


def none_of(prices: Prices) -> pd.DataFrame:
    """The columns of `tidy` without any bar."""
    return tidy(full(prices.upto(1)))[:0]


@contextlib.contextmanager
def stored(records: Sequence[Mapping[str, Any]], opened: Opened) -> Iterator[list[Outline]]:
    """The market scenarios that were written as records and bars; `full` comes first.

    Their bars are read when asked for, by `with_bars`, within the block: memory holds those of all
    of history from the first time on, and of the others nothing.

    Args:
        records: as returned by `MarketScenario.record`, from the file of market scenarios.
        opened: opens the rows of files by the texts in one column, such as `run.read.rows_by_text`.

    Raises:
        InputError: a simulated market scenario has no bars, or bars have no record.
    """
    tickers = tuple(records[0]["covered"])
    with contextlib.ExitStack() as stack:
        bars: dict[str, _Bars] = {}
        for kind, file in FILES.items():
            rows = stack.enter_context(opened([file], "scenario", ["ticker", "scenario"]))
            _require_same(file, rows.counts, [r for r in records if r["kind"] == kind])
            bars[kind] = _Bars(file, rows, tickers)
        own = {kind: bars[kind] for kind in FILES if not kind.is_real}
        history = bars[ScenarioKind.FULL]
        yield [
            _restored(record, own.get(record["kind"], history) if record["bars"] else history)
            for record in records
        ]


def _require_same(file: str, bars: Mapping[str, int], records: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a record without its bars, which would be traded on those of history, and bars alone.

    A stress that was not made has a record with 0 bars.
    """
    cure = "run make market_scenarios"
    recorded = {record["name"] for record in records if record["bars"]}
    for name in sorted(recorded - bars.keys()):
        raise InputError(file, f"has no bars of {name}", cure)
    for name in sorted(bars.keys() - recorded):
        raise InputError(file, f"has bars of {name}, which is not in {MARKET_SCENARIOS}", cure)


class _Bars:
    """The bars of the market scenarios in a file, read when asked for; all share one time axis."""

    def __init__(self, file: str, rows: RowsByText, tickers: tuple[str, ...]) -> None:
        self._file, self._rows, self._tickers = file, rows, tickers

    @cached_property
    def of_history(self) -> Prices:
        """All of history, which stays in memory."""
        return self.read(ScenarioKind.FULL)

    def read(self, scenario: str, chosen: slice = slice(None)) -> Prices:
        """The bars of some tickers of a market scenario, on the time axis of all of them."""
        times, tickers = self._axis, self._tickers[chosen]
        within = None if len(tickers) == len(self._tickers) else ("ticker", tickers)
        bars = np.full((len(OHLCV), len(tickers), len(times)), np.nan)
        for some in self._rows.each(scenario, ["timestamp", "ticker", *OHLCV], within):
            column, row = _places(some["ticker"], tickers), self._rows_at(some["timestamp"])
            place = _as_slice(column * len(times) + row)
            for table, field in zip(bars, OHLCV, strict=True):
                table.reshape(-1)[place] = some[field]
        return Prices(times, tickers, *bars.swapaxes(1, 2))

    @cached_property
    def _axis(self) -> Times:
        """The times on which any ticker has a bar in the first market scenario."""
        first = next(iter(self._rows.counts))
        parts = self._rows.each(first, ["timestamp"])
        return np.unique(np.concatenate([np.unique(part["timestamp"]) for part in parts]))

    def _rows_at(self, times: Times) -> Integers:
        axis = self._axis
        whole, rest = divmod(len(times), len(axis))
        if not rest and (times.reshape(whole, -1) == axis).all():
            return np.tile(np.arange(len(axis)), whole)
        rows = np.searchsorted(axis[:-1], times)
        if not np.array_equal(axis[rows], times):
            raise InputError(
                self._file,
                "has market scenarios with bars at other times than the first",
                "run make market_scenarios",
            )
        return np.asarray(rows)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Stored(Outline):
    """A market scenario whose bars lie in a file."""

    file: _Bars

    def with_bars(self, tickers: slice = slice(None)) -> MarketScenario:
        """As there; InputError if a ticker of the bars is not in the records."""
        if self.is_real or not self.bars:  # what was not made has the bars of history, none counted
            return self.on(self.file.of_history).with_bars(tickers)
        return self.on(self.file.read(self.name, tickers))


def _restored(record: Mapping[str, Any], file: _Bars) -> Outline:
    names = ("name", "group", "covered", "note", "parameters", "bars_a_year")
    rules = ("cost_multiplier", "slippage_multiplier", "cash_rate_change")
    first = record["warm_up"]
    return _Stored(
        kind=ScenarioKind(record["kind"]),
        file=file,
        counted=slice(first, first + record["bars"]),
        **{key: record[key] for key in (*names, *rules)},
    )


def _places(names: pd.Categorical, tickers: tuple[str, ...]) -> Integers:
    """The column of each row's ticker."""
    place = pd.Index(tickers).get_indexer(names.categories)
    found = place[names.codes]
    if (found < 0).any():
        unknown = names[found < 0][0]
        raise InputError(
            MARKET_SCENARIOS, f"has no ticker {unknown}, of which there are bars", "run make"
        )
    return np.asarray(found)


def _as_slice(places: Integers) -> Integers | slice:
    """The places as a slice if they follow each other, which is written to several times faster."""
    first, count = int(places[0]), len(places)
    if places[-1] - first == count - 1 and (np.diff(places) == 1).all():
        return slice(first, first + count)
    return places
