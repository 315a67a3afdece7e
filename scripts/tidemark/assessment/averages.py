"""Averages of scored cells that come a part at a time: of each part only sums stay.

A mean is taken within a group of overlapping windows first and then over groups, so that a crash
seen through two windows counts once. A strategy's averages are over its sets, in which near-copies
count once (`copies`). Full history and the stresses hold the days of every window,
and are groups of their own all the same. Undefined figures (NaN) are left out.
"""

from dataclasses import dataclass

from tidemark.arrays import Floats
from tidemark.assessment.copies import NAMES
from tidemark.assessment.scoring import (
    GROUP,
    MARKET,
    SET,
    market_of,
    with_names,
)
from tidemark.backtest.settings import BENCHMARK
from tidemark.errors import BadValue
from tidemark.market.scenarios.kinds import ScenarioKind

import numpy as np
import pandas as pd

COMPARED = ["total_return", "annual_return", "sharpe_ratio"]  # with the benchmark's
TRADING = ["trades", "win_rate", "exposure", "turnover", "costs"]
MEASURED = [*TRADING, "sharpe_ratio", "max_drawdown"]  # on full history
BESIDE = [
    *("benchmark_return", "benchmark_sharpe"),
    *("return_difference", "sharpe_difference", "beats_benchmark"),
]
AVERAGED = [*dict.fromkeys(["score", "annual_return", *MEASURED]), *BESIDE]
TIE = 9  # digits to which averages are compared: beyond them, sums of rounded scores differ
MARKETS = "market_scenarios"
WHOLE = "all of history, stresses and paths"
STRATEGY = SET[:2]
SCENARIO = [*GROUP, "scenario_name"]


@dataclass(frozen=True, eq=False)
class Averages:
    """What is kept of cells; its size depends on sets, groups and market scenarios alone.

    Attributes:
        sums: of AVERAGED, for each set in each group of market scenarios: index SET and GROUP.
        counts: how many defined values each sum has, and how many MARKETS.
        returns: SCENARIO, STRATEGY, total_return and max_drawdown, means over sets and tickers.
        in_windows: SCENARIO, SET and total_return, the mean over tickers, of historical ones alone.
        tickers: of the cells.
        alike: as returned by `copies.table`; without it, all sets differ.
    """

    sums: pd.DataFrame
    counts: pd.DataFrame
    returns: pd.DataFrame
    in_windows: pd.DataFrame
    tickers: frozenset[str]
    alike: pd.DataFrame | None = None

    @classmethod
    def of(
        cls, cells: pd.DataFrame, benchmark: str, alike: pd.DataFrame | None = None
    ) -> "Averages":
        """Average all cells of some market scenarios.

        Args:
            cells: as returned by `scoring.scored`.
            benchmark: name of the strategy to compare with, which has one set.
            alike: which sets are copies, as returned by `copies.table`.

        Raises:
            BadValue: the benchmark was not tested, not on every cell, or with several sets.
        """
        beside = _beside_benchmark(cells, benchmark)
        again = cells.duplicated([*SET, "scenario_name"])
        beside[MARKETS] = np.where(again, np.nan, 1.0)
        grouped = beside.groupby([*SET, *GROUP], observed=True)
        sums, counts = grouped[AVERAGED].sum(), grouped[[*AVERAGED, MARKETS]].count()
        windows = cells[cells["scenario_kind"] == ScenarioKind.HISTORICAL]
        of_sets, in_windows = (
            table.groupby([*SCENARIO, *SET], observed=True)[figures].mean()
            for table, figures in (
                (cells, ["total_return", "max_drawdown"]),
                (windows, ["total_return"]),
            )
        )
        returns = over_sets(of_sets, [*SCENARIO, *STRATEGY], alike)
        return cls(
            with_names(sums.reset_index()).set_index([*SET, *GROUP]),
            with_names(counts.reset_index()).set_index([*SET, *GROUP]),
            with_names(returns.reset_index()),
            with_names(in_windows.reset_index()),
            frozenset(cells["symbol"].unique()),
            alike,
        )

    def __add__(self, other: "Averages") -> "Averages":
        """Join averages, which must be of different market scenarios."""
        sums, counts = (
            pd.concat(both).groupby(level=[*SET, *GROUP]).sum()
            for both in ((self.sums, other.sums), (self.counts, other.counts))
        )
        returns, in_windows = (
            pd.concat(both, ignore_index=True)
            for both in ((self.returns, other.returns), (self.in_windows, other.in_windows))
        )
        tickers = self.tickers | other.tickers
        return Averages(sums, counts, returns, in_windows, tickers, self.alike)

    def over_groups(self) -> pd.DataFrame:
        """Mean of AVERAGED for each set, within groups and then over them; index SET."""
        within = self.sums / self.counts[AVERAGED]
        return within.groupby(level=SET).mean()

    def on_full_history(self) -> pd.DataFrame:
        """Mean of MEASURED over tickers for each set that was tried on it; index SET."""
        sums, counts = (
            table[table.index.get_level_values("scenario_kind") == ScenarioKind.FULL]
            .groupby(level=SET)[MEASURED]
            .sum()
            for table in (self.sums, self.counts)
        )
        return sums / counts

    def cells(self) -> int:
        """How many cells there are, of benchmarks none."""
        rivals = self.counts.index.get_level_values("strategy_category") != BENCHMARK
        return int(self.counts.loc[rivals, "score"].sum())

    def markets(self) -> pd.Series:
        """How many market scenarios each set was tried in; index SET."""
        return self.counts.groupby(level=SET)[MARKETS].sum()

    def group_scores(self) -> pd.DataFrame:
        """Mean score of each ranked set in stretches of history: (stretches, sets).

        What `overfitting.rank_stability` asks: do the markets agree on the order? All of history,
        the stresses and the simulated paths are made of the same days, so they are one stretch,
        the mean over their groups; each group of historical windows is another. Near-copies are
        one set, their mean; a set that was not tried in every stretch is left out.
        """
        scores = self.sums["score"] / self.counts["score"]
        rivals = scores[scores.index.get_level_values("strategy_category") != BENCHMARK]
        of_groups = rivals.unstack(SET)
        windows = of_groups.index.get_level_values("scenario_kind") == ScenarioKind.HISTORICAL
        whole = of_groups[~windows].mean().to_frame((WHOLE, WHOLE)).T if any(~windows) else None
        tried = pd.concat([whole, of_groups[windows]]).dropna(axis=1)
        if self.alike is None:
            return tried.round(TIE)
        names = pd.MultiIndex.from_arrays([tried.columns.get_level_values(n) for n in NAMES])
        of_sets = self.alike.reindex(names)
        twins = tried.T.groupby([of_sets["cluster"].to_numpy(), of_sets["twin"].to_numpy()]).mean()
        return twins.groupby(level=0).mean().T.round(TIE)


def shares(index: pd.MultiIndex, alike: pd.DataFrame | None) -> Floats:
    """Weight of each set in the averages of its strategy; the index has the levels NAMES."""
    if alike is None:
        return np.ones(len(index))
    keys = pd.MultiIndex.from_arrays([index.get_level_values(name).astype(str) for name in NAMES])
    weights: Floats = alike["share"].reindex(keys).to_numpy(dtype=np.float64)
    return weights


def over_sets(values: pd.DataFrame, by: list[str], alike: pd.DataFrame | None) -> pd.DataFrame:
    """Mean over the sets of each strategy, near-copies counting once; NaN is left out.

    Args:
        values: with the levels SET in its index, among others.
        by: the levels to keep.
        alike: as returned by `copies.table`.
    """
    share = pd.Series(shares(values.index, alike), values.index)
    total, weight = (
        table.mul(share, axis=0).groupby(by, observed=True).sum()
        for table in (values, values.notna())
    )
    return total / weight


def _beside_benchmark(cells: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """The cells with the benchmark's figures in the same market, and the differences to it."""
    market = market_of(cells)
    own = cells["strategy_name"] == benchmark
    if market[own].duplicated().any():
        raise BadValue("benchmark", f"{benchmark} has several sets", "give it one set")
    lacking = ~market.isin(market[own])
    if lacking.any():
        cell = ", ".join(cells.loc[lacking.idxmax(), MARKET])
        raise BadValue(
            "benchmark",
            f"{benchmark} was not tested on {cell}",
            "add it to the strategies, or name another",
        )
    reference = cells.loc[own, COMPARED].set_axis(market[own]).reindex(market).set_axis(cells.index)
    by_return = cells["annual_return"] - reference["annual_return"]
    by_sharpe = cells["sharpe_ratio"] - reference["sharpe_ratio"]
    return cells.assign(
        benchmark_return=reference["annual_return"].where(by_return.notna()),
        benchmark_sharpe=reference["sharpe_ratio"].where(by_sharpe.notna()),
        return_difference=by_return,
        sharpe_difference=by_sharpe,
        beats_benchmark=(cells["total_return"] > reference["total_return"]).astype(np.float64),
    )
