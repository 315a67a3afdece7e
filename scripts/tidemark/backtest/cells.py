"""The cells of a strategy: each set of parameters on each ticker in each market scenario.

A strategy that trades forecasts has them for real bars only, and only from the first test date on.
It is tried on all of history, where it is flat without forecasts, and on the historical windows in
which forecasts cover half of the bars or more, but on no simulation.

Memory holds the bars of all of history, and of what is traded at the moment: small market scenarios
together, some tickers of a large one. A strategy that compares tickers is shown all of them.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, compress, groupby, islice
from operator import itemgetter
from typing import Any

from tidemark.arrays import Bools, Floats, Integers, Times
from tidemark.backtest import performance, strategies
from tidemark.backtest.accuse import Column
from tidemark.backtest.engine import Market, Result, Rules, as_cells
from tidemark.backtest.look_ahead import Watch, shown_together
from tidemark.backtest.rebalancing import EqualParts
from tidemark.backtest.settings import TradingHours
from tidemark.backtest.strategies import Description, Parameters, Strategy
from tidemark.layout.backtest import CASH
from tidemark.market import grid
from tidemark.market.grid import Prices, side_by_side
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.market import MarketScenario, Outline
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COVERED = 0.5  # share of a window's bars that must have forecasts, for a strategy that trades them
LABELS = ("scenario_name", "scenario_kind", "group", "symbol")  # of a cell, beside its set
PART = 100_000  # rows handed on at a time


@dataclass(frozen=True, eq=False)
class Batch:
    """Market scenarios on one time axis, traded at once by the same rules.

    A cell of a set is a ticker in a market scenario: a column of `prices` over one of `windows`.

    Attributes:
        scenarios: in order; those that share prices follow each other.
        prices: the bars of all of them, side by side, each once.
        windows: what is measured over, each once.
        columns: what each column of `prices` is.
        bars_a_year: (columns,).
        tickers: (columns,) which of its market's tickers each column is.
        window, column: (cells,) where each cell is in (windows, columns).
        labels: (cells,) scenario_name, scenario_kind, group and symbol of each cell.
    """

    scenarios: Sequence[MarketScenario]
    prices: Prices
    windows: Sequence[slice]
    columns: Sequence[Column]
    tickers: Integers
    bars_a_year: Floats
    window: Integers
    column: Integers
    labels: Mapping[str, NDArray[np.object_]]

    @classmethod
    def of(cls, scenarios: Sequence[MarketScenario], first_ticker: int = 0) -> "Batch":
        """Lay market scenarios out: other prices are more columns, other bars another window.

        Args:
            scenarios: with the bars of all tickers, or of some that follow each other.
            first_ticker: which is the first of these.
        """
        prices: list[Prices] = []
        windows: list[slice] = []
        columns: list[Column] = []
        places: list[int] = []
        bars_a_year: list[float] = []
        cells: list[tuple[int, int]] = []
        labels: list[tuple[str, ...]] = []
        for scenario in scenarios:
            if not prices or scenario.prices is not prices[-1]:
                prices.append(scenario.prices)
                tickers = list(compress(scenario.prices.ticker, scenario.prices.has_bars))
                places += (first_ticker + np.flatnonzero(scenario.prices.has_bars)).tolist()
                first = len(bars_a_year)
                bars_a_year += [scenario.bars_a_year[ticker] for ticker in tickers]
                simulated = scenario.kind is ScenarioKind.STOCHASTIC
                of_all = scenario.name, scenario.counted.start, simulated
                columns += [Column(ticker, *of_all) for ticker in tickers]
            if scenario.counted not in windows:
                windows.append(scenario.counted)
            window = windows.index(scenario.counted)
            cells += [(window, first + place) for place in range(len(tickers))]
            told = (scenario.name, scenario.kind, scenario.group)
            labels += [(*told, ticker) for ticker in tickers]
        window_of, column_of = np.array(cells).T
        return cls(
            scenarios,
            side_by_side(prices),
            windows,
            columns,
            np.array(places),
            np.array(bars_a_year),
            window_of,
            column_of,
            dict(zip(LABELS, np.array(labels, dtype=object).T, strict=True)),
        )


@dataclass
class Untried:
    """Cells that were not tried: how many, and of what."""

    cells: int = 0
    sets: set[str] = field(default_factory=set)
    market_scenarios: set[str] = field(default_factory=set)
    tickers: set[str] = field(default_factory=set)

    def add(self, cells: pd.DataFrame) -> None:
        """Count more of them."""
        self.cells += len(cells)
        self.sets.update(cells["set"])
        self.market_scenarios.update(cells["scenario_name"])
        self.tickers.update(cells["symbol"])

    def record(self) -> dict[str, int]:
        """For JSON."""
        return {
            "cells": self.cells,
            "sets_not_tried": len(self.sets),
            "market_scenarios": len(self.market_scenarios),
            "tickers": len(self.tickers),
        }


@dataclass(frozen=True)
class Trial:
    """A strategy and how it is traded.

    Attributes:
        name: that of its entry in the configuration.
        strategy, sets: what is tried.
        inputs: (bars, tickers) over all of history, by name: what the strategy takes beyond prices.
        rules: those of trading, before a market scenario changes them and says what a year is.
        hours: when fills may happen; None: always.
        watch: in whose processes targets are computed, and where they are held against the check
            that nothing looks ahead; None: here, unchecked.
        threads: that cells are shared out to; none depends on it.
        read: by each set, the columns of the bars that it reads; () if no market lacks any. A cell
            is not tried if its ticker has no value in one of them, and the set, which cannot tell,
            never wants a position.
        untried: the cells that were not, by what they lacked.
    """

    name: str
    strategy: Description
    sets: Sequence[Parameters]
    inputs: Mapping[str, Floats]
    rules: Rules
    hours: TradingHours | None = None
    watch: Watch | None = None
    threads: int = 1
    read: Sequence[frozenset[str]] = ()
    untried: dict[str, Untried] = field(default_factory=dict)

    def _targets(self, batch: Batch) -> Iterator[Floats]:
        """Target positions of one set after the other on the batch's bars."""
        inputs = {
            name: values if len(batch.tickers) == values.shape[1] else values[:, batch.tickers]
            for name, values in self.inputs.items()
        }
        if self.watch is not None:
            return self.watch.on(batch.prices, batch.columns, inputs)
        return self._here(batch.prices, inputs)

    def _here(self, prices: Prices, inputs: Mapping[str, Floats]) -> Iterator[Floats]:
        assert isinstance(self.strategy, Strategy), "a description has no code"
        return strategies.targets_of(self.strategy, prices, self.sets, inputs)

    def markets(self, scenarios: Sequence[Outline]) -> list[Outline]:
        """The market scenarios that have bars, and inputs where the strategy needs them."""
        covered = [scenario for scenario in scenarios if scenario.bars]
        if not self.strategy.inputs:
            return covered
        return [scenario for scenario in covered if scenario.is_real and self._has_inputs(scenario)]

    def _has_inputs(self, scenario: Outline) -> bool:
        counted = [values[scenario.counted] for values in self.inputs.values()]
        known = np.all([np.isfinite(values).any(axis=1) for values in counted], axis=0)
        return scenario.kind is ScenarioKind.FULL or bool(known.mean() >= COVERED)

    def cells(self, scenarios: Sequence[Outline]) -> Iterator[tuple[int, pd.DataFrame]]:
        """Trade and measure a part at a time; memory does not grow with the number of cells.

        Yields:
            How many market scenarios are done, and the next rows: strategy_name,
            strategy_category, set, scenario_name, scenario_kind, group, symbol, and the figures of
            `performance`. Tickers without a bar in a window have no row, nor what was not tried; if
            that leaves none, a frame without rows comes.
        """
        done, some, nothing = 0, False, None
        for _, same in groupby(scenarios, key=self._alike):
            for together in _parts(list(same)):
                frames = (self._measured(batch) for batch in self._batches(together))
                for frame in _gathered(chain.from_iterable(frames)):
                    if frame.empty:
                        nothing = frame
                        continue
                    some = True
                    yield done, frame
                done += len(together)
        if nothing is not None and not some:
            texts = ("strategy_name", "strategy_category", "set", *LABELS)
            yield done, nothing.astype(dict.fromkeys(texts, "str"))

    def _alike(self, scenario: Outline) -> tuple[str, Rules, str]:
        """What market scenarios that are traded at once have in common: time axis and rules.

        A strategy that compares tickers must not see those of another market.
        """
        kind = "real" if scenario.is_real else scenario.kind
        alone = self.strategy.cross_sectional and not scenario.is_real
        return kind, self._rules(scenario), scenario.name if alone else ""

    def _batches(self, together: Sequence[Outline]) -> Iterator[Batch]:
        """Market scenarios that are traded at once; of a large market some tickers at a time."""
        first = together[0]
        bars, tickers = _shape(first)
        parts = [slice(0, tickers)]
        if len(together) == 1 or first.is_real:
            parts = shown_together(self.strategy, bars, tickers)
        for part in parts:
            some = slice(None) if len(parts) == 1 else part
            shown = first.with_bars(some)
            if not shown.prices.has_bars.any():
                continue
            others = together[1:]
            beside = (one.on(shown.prices) if one.is_real else one.with_bars() for one in others)
            yield Batch.of([shown, *beside], part.start)

    def _measured(self, batch: Batch) -> Iterator[pd.DataFrame]:
        """The cells of a batch, about PART rows at a time."""
        rules = replace(
            self._rules(batch.scenarios[0]), periods_per_year=tuple(batch.bars_a_year.tolist())
        )
        allowed = self._allowed(batch.prices)
        lacks: list[NDArray[np.object_]] = []
        targets = self._noting(batch, lacks) if self.read else self._targets(batch)
        lacking = iter(lacks)
        sets, most = iter(self.sets), max(1, PART // len(batch.window))
        figures: list[dict[str, Floats]] = []
        swept = performance.sweep(
            targets, batch.prices, rules, batch.windows, allowed, self.threads
        )
        for some in swept:
            figures.append(some)
            if sum(len(each["bars"]) for each in figures) >= most:
                yield self._frame(sets, batch, figures, lacking)
                figures = []
        if figures:
            yield self._frame(sets, batch, figures, lacking)

    def _noting(self, batch: Batch, lacks: list[NDArray[np.object_]]) -> Iterator[Floats]:
        """The targets; appends what each column lacked of a set that asked for nothing, as text."""
        bare = {
            name: np.isnan(getattr(batch.prices, name)).all(axis=0)
            for name in sorted(frozenset().union(*self.read))
        }
        words = {
            read: np.array(
                [
                    " and ".join(name for name in sorted(read) if bare[name][column])
                    for column in range(len(batch.columns))
                ],
                dtype=object,
            )
            for read in {*self.read}
        }
        for read, targets in zip(self.read, self._targets(batch), strict=True):
            flat = ~(np.nan_to_num(targets) != 0.0).any(axis=0)
            lacks.append(np.where(flat, words[read], ""))
            yield targets

    def _frame(
        self,
        sets: Iterator[Parameters],
        batch: Batch,
        figures: list[dict[str, Floats]],
        lacking: Iterator[NDArray[np.object_]],
    ) -> pd.DataFrame:
        """A row a cell, of (some sets, windows, columns) figures; takes as many from `sets`."""
        values = {
            name: np.concatenate([some[name][:, batch.window, batch.column] for some in figures])
            for name in figures[0]
        }
        tried = [strategies.describe(some) for some in islice(sets, len(values["bars"]))]
        labels: dict[str, Any] = {
            "strategy_name": self.name,
            "strategy_category": self.strategy.category,
            "set": np.repeat(np.array(tried, dtype=object), len(batch.window)),
        }
        labels |= {name: np.tile(each, len(tried)) for name, each in batch.labels.items()}
        frame = pd.DataFrame(labels | {name: table.ravel() for name, table in values.items()})
        frame = frame[frame["bars"] > 0]
        if not self.read:
            return frame
        lacks = np.stack(list(islice(lacking, len(tried))))[:, batch.column].ravel()
        untried = frame.assign(lacks=lacks[frame.index])
        untried = untried[untried["lacks"] != ""]
        for what, cells in untried.groupby("lacks"):
            self.untried.setdefault(str(what), Untried()).add(cells)
        return frame.drop(index=untried.index)

    def on_history(self, full: MarketScenario) -> EqualParts:
        """Each set on history with an equal part in each ticker then listed.

        The tickers each keep their own equity, and are rebalanced to equal parts at each close,
        without cost. See `returns` and `rebalanced` for what it gives.
        """
        known = np.isfinite(full.prices.close)
        since, until = (np.maximum.accumulate(known[::step])[::step] for step in (1, -1))
        found = EqualParts.of((since & until).T, len(self.sets))
        wanted = (
            self._parts_here(full.prices)
            if self.watch is None
            else self.watch.of_history(full.prices)
        )
        for tickers, market, of_sets in self._on_parts(full, wanted):
            found.cash[:] += (market.rules.cash_per_bar * known[:, tickers].T).sum(axis=0)
            for number, result in enumerate(of_sets):
                found.add(number, tickers, result.returns[0], market.drift(result)[0])
        return found

    def rebalanced(self, full: MarketScenario, found: EqualParts) -> pd.DataFrame:
        """What each set trades on history without cost, which takes what all tickers earn together.

        Args:
            full: all of history, once more.
            found: as returned by `on_history`.

        Returns:
            A row a set, sums over all bars of shares of the whole equity: `set`, `kept_within` (to
            keep positions), `kept_between` (to keep equal parts), `keeping_cost` (what both would
            have lost).
        """
        wanted = self._parts_here(full.prices) if self.watch is None else self.watch.again()
        between = np.zeros(len(self.sets))
        for tickers, _, of_sets in self._on_parts(full, wanted):
            for number, result in enumerate(of_sets):
                (returns,), (held,) = result.returns, result.position
                between[number] += found.between(number, tickers, returns, held)
        rows = {"set": self._names(), "kept_within": found.within, "kept_between": between}
        cost = self._rules(full).loss * (found.within + between)
        return pd.DataFrame(rows | {"keeping_cost": cost})

    def returns(self, full: MarketScenario, found: EqualParts) -> pd.DataFrame:
        """Net returns: `timestamp`; `cash`, what no position earns; and a column for each set."""
        columns = {"timestamp": full.times, CASH: found.cash / found.listed}
        of_sets = (net / found.listed for net in found.net)
        return pd.DataFrame(columns | dict(zip(self._names(), of_sets, strict=True)))

    def _names(self) -> list[str]:
        return [strategies.describe(parameters) for parameters in self.sets]

    def _on_parts(
        self, full: MarketScenario, wanted: Iterator[tuple[slice, Floats]]
    ) -> Iterator[tuple[slice, Market, Iterator[Result]]]:
        """Some tickers after the other: which, their market, and what each set does there."""
        prices, allowed = full.prices, self._allowed(full.prices)
        yearly = tuple(full.bars_a_year[ticker] for ticker in prices.ticker)
        rules = replace(self._rules(full), periods_per_year=yearly)
        for tickers, of_sets in groupby(wanted, itemgetter(0)):
            some = tickers.start, tickers.stop
            market = Market(prices.columns(*some), rules.columns(*some), allowed)
            yield (
                tickers,
                market,
                (market.simulate(as_cells([targets])) for _, targets in of_sets),
            )

    def _parts_here(self, prices: Prices) -> Iterator[tuple[slice, Floats]]:
        """What `Watch.of_history` yields, unwatched."""
        for part in shown_together(self.strategy, *prices.close.shape):
            inputs = {name: values[:, part] for name, values in self.inputs.items()}
            for targets in self._here(prices.columns(part.start, part.stop), inputs):
                yield part, targets

    def _rules(self, scenario: Outline) -> Rules:
        rate = (1.0 + self.rules.cash_rate) * (1.0 + scenario.cash_rate_change) - 1.0
        return replace(
            self.rules,
            cost=self.rules.cost * scenario.cost_multiplier,
            slippage=self.rules.slippage * scenario.slippage_multiplier,
            cash_rate=rate if scenario.cash_rate_change else self.rules.cash_rate,
        )

    def _allowed(self, prices: Prices) -> Bools | None:
        return None if self.hours is None else within(self.hours, prices.timestamp)


def within(hours: TradingHours, timestamp: Times) -> Bools:
    """(bars,) whether each naive UTC time lies in the hours, both ends included."""
    local = pd.DatetimeIndex(timestamp).tz_localize("UTC").tz_convert(hours.time_zone)
    clock = local.strftime("%H:%M").to_numpy(dtype=np.str_)
    if hours.start <= hours.end:
        return np.asarray((clock >= hours.start) & (clock <= hours.end))
    return np.asarray((clock >= hours.start) | (clock <= hours.end))


def _shape(scenario: Outline) -> tuple[int, int]:
    """How many bars a market scenario has, with those before the measured ones, and tickers."""
    if scenario.is_real:  # its bars are in memory
        bars, tickers = scenario.with_bars().prices.close.shape
        return bars, tickers
    return scenario.counted.stop, len(scenario.covered)


def _parts(scenarios: Sequence[Outline]) -> Iterator[list[Outline]]:
    """Split into parts that fit the cache, or of one; windows share the bars of history."""
    part: list[Outline] = []
    values = 0
    for scenario in scenarios:
        own = math.prod(_shape(scenario)) if not (part and scenario.is_real) else 0
        if part and own and values + own > grid.TOGETHER:
            yield part
            part, values = [], 0
        part.append(scenario)
        values += own
    if part:
        yield part


def _gathered(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The same rows in frames of no fewer than PART, but for the last."""
    some: list[pd.DataFrame] = []
    for frame in frames:
        some.append(frame)
        if sum(map(len, some)) >= PART:
            yield pd.concat(some)
            some = []
    if some:
        yield pd.concat(some)


def lacking(prices: Prices) -> bool:
    """Whether a ticker that has bars lacks all values of one of their columns."""
    listed = prices.has_bars
    return any((np.isnan(getattr(prices, name)).all(axis=0) & listed).any() for name in OHLCV)
