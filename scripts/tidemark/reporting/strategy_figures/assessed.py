"""The values that the figures of the strategy assessment are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

CELL_COLUMNS = ["strategy_name", "set", "scenario_kind", "symbol", "sharpe_ratio"]


@dataclass(frozen=True)
class Assessment:
    """The result of an assessment, as far as figures show it.

    Attributes:
        cells: CELL_COLUMNS of the best sets of the top strategies and of the benchmark.
        sets, rankings, scores, evidence: tables of metrics/assessment/.
        windows, years, trading: window_returns, calendar_years and best_sets, of there too.
        tried: the number of `sets`, of `distinct` ones, `cells`, `tickers`, `market_scenarios`.
        benchmark: name of the strategy that all others are shown beside.
        confidence: level of the intervals.
        equity, drawdowns: of the best set of each top strategy, best first, then of the benchmark:
            index `timestamp`, a column for each strategy.
    """

    cells: pd.DataFrame
    sets: pd.DataFrame
    rankings: pd.DataFrame
    scores: pd.DataFrame
    evidence: pd.DataFrame
    windows: pd.DataFrame
    years: pd.DataFrame
    trading: pd.DataFrame
    tried: Mapping[str, int]
    benchmark: str
    confidence: float
    equity: pd.DataFrame
    drawdowns: pd.DataFrame

    @property
    def top(self) -> list[str]:
        """The best strategies, which are those with a course."""
        return [name for name in self.equity.columns if name != self.benchmark]

    @property
    def different(self) -> pd.DataFrame:
        """Those of `rankings` that are no exact copies of a better one."""
        return self.rankings[self.rankings["copy_of"].isna()]

    def ranking(self, strategy: str) -> pd.Series:
        """The strategy's row in `rankings`."""
        return self.rankings.set_index("strategy_name").loc[strategy]

    def cells_of(self, strategy: str) -> pd.DataFrame:
        """The cells of the strategy's best set."""
        return self.cells[self.cells["strategy_name"] == strategy]

    @property
    def alone(self) -> bool:
        """Whether there is one ticker only."""
        return self.tried["tickers"] == 1

    def held(self) -> str:
        """What the courses are of."""
        return "net of costs" if self.alone else "equal part in each ticker, net of costs"

    def span(self) -> str:
        """First and last date."""
        return f"{self.equity.index[0]:%Y-%m-%d} to {self.equity.index[-1]:%Y-%m-%d}"
