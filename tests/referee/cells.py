"""Cells of the backtests: a set of parameters on a ticker in a market scenario, traded again."""

from functools import lru_cache
from typing import Any

from referee import strategies
from referee.figures import measured
from referee.results import Bars, Floats, Results
from referee.trading import Course, Terms, trade
from referee.verdict import Comparison, NotLookedError

import numpy as np
import pandas as pd

FILE = "metrics/backtests/{}.parquet"
BASIS_POINT = 1e-4


def look(results: Results, cells: int, seed: int) -> str:
    """Trade a random choice of cells, as many of each strategy."""
    names = [name for name, _ in results.strategies()]
    if not names:
        raise NotLookedError("no strategies are configured")
    each = -(-cells // len(names))
    looked = total = 0
    worst, figures = 0.0, 0
    for name in names:
        file = FILE.format(name)
        total += results.count(file)
        chosen = results.sample(file, each, seed).sort_values(["scenario_name", "set", "symbol"])
        held = Comparison(file)
        desk = Desk(results, name)
        for cell in chosen.itertuples():
            figures = _hold(held, desk, cell)
            looked += 1
        worst = max(worst, held.worst)
    away = f"worst relative difference {worst:.1e}"
    return f"{looked:,} of {total:,} agree ({figures} figures each; {away})"


def _hold(held: Comparison, desk: "Desk", cell: Any) -> int:
    """Require that every figure of a row is what trading gives."""
    course, terms, yearly = desk.course(cell.scenario_name, cell.set, cell.symbol)
    window = desk.results.counted(cell.scenario_name)
    listed = desk.listed(cell.scenario_name, cell.symbol)
    figures, ties = measured(course, listed, window.start, window.stop, yearly, terms)
    row = f"row {cell.row} ({cell.set}, {cell.scenario_name}, {cell.symbol})"
    for column, expected in figures.items():
        found = getattr(cell, column)
        if column == "win_rate" and ties and abs(found - expected) <= ties / figures["trades"]:
            continue
        held.number(row, column, found, expected)
    return len(figures)


class Desk:
    """Trades the sets of one strategy on the bars of market scenarios."""

    def __init__(self, results: Results, name: str) -> None:
        self.results, self._name = results, name
        self._targets = lru_cache(maxsize=8)(self._wanted)

    def _wanted(self, scenario: str, told: str) -> Floats:
        return strategies.targets(self.results, self._name, told, self.results.bars(scenario))

    def listed(self, scenario: str, ticker: str) -> Floats:
        """(bars,) whether the ticker has a bar."""
        bars = self.results.bars(scenario)
        return np.isfinite(bars.close[:, bars.tickers.index(ticker)])

    def course(self, scenario: str, told: str, ticker: str) -> tuple[Course, Terms, float]:
        """What became of a set on a ticker, by which terms, and how many bars a year has."""
        own = "full" if self.results.scenarios[scenario]["kind"] == "historical" else scenario
        bars = self.results.bars(own)
        column = bars.tickers.index(ticker)
        yearly = self.results.scenarios[scenario]["bars_a_year"][ticker]
        terms = terms_of(self.results, scenario, yearly)
        wanted = self._targets(own, told)[:, column]
        series = bars.fields["open"][:, column], bars.close[:, column], wanted
        course = trade(*(side.tolist() for side in series), _allowed(self.results, bars), terms)
        return course, terms, yearly


def terms_of(results: Results, scenario: str, yearly: float) -> Terms:
    """The terms of trading in a market scenario."""
    record, rules = results.scenarios[scenario], results.config["backtest"]
    rate = (1 + rules["cash_rate"]) * (1 + record["cash_rate_change"]) - 1
    return Terms(
        at_open=rules["fill"] == "next_open",
        cost=BASIS_POINT * rules["cost_basis_points"] * record["cost_multiplier"],
        slippage=BASIS_POINT * rules["slippage_basis_points"] * record["slippage_multiplier"],
        long_only=rules["direction"] == "long_only",
        cash=(1 + rate) ** (1 / yearly) - 1,
    )


def _allowed(results: Results, bars: Bars) -> list[bool]:
    """Whether the clock allows a fill in each bar."""
    hours = results.config["backtest"]["trading_hours"]
    if hours is None:
        return [True] * len(bars.times)
    first, last = (pd.Timestamp(f"2000-01-01 {hours[end]}").time() for end in ("start", "end"))
    clocks = bars.times.tz_localize("UTC").tz_convert(hours["time_zone"])
    minutes = [time.time().replace(second=0, microsecond=0) for time in clocks]
    if first <= last:
        return [first <= minute <= last for minute in minutes]
    return [minute >= first or minute <= last for minute in minutes]
