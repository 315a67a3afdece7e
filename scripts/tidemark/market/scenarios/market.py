"""A market scenario: bars to trade on, which of them are measured, and its outline without them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tidemark.arrays import Times
from tidemark.market.grid import Prices
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.naming import several

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Outline(ABC):
    """A market scenario without its bars, which may lie in a file and are many.

    Attributes:
        name: unique among all market scenarios.
        group: those of one group count as one piece of evidence.
        counted: rows of its bars that are measured; none if the data do not cover the scenario.
        covered: share of the scenario that the data hold, for each ticker.
        note: what is not covered, or what was left out; empty if nothing.
        parameters: what it was made from.
        cost_multiplier, slippage_multiplier, cash_rate_change: for the engine's rules.
        bars_a_year: for each ticker.
    """

    name: str
    kind: ScenarioKind
    group: str
    counted: slice
    covered: Mapping[str, float]
    note: str
    parameters: Mapping[str, Any]
    cost_multiplier: float = 1.0
    slippage_multiplier: float = 1.0
    cash_rate_change: float = 0.0
    bars_a_year: Mapping[str, float] = field(default_factory=dict)

    @property
    def bars(self) -> int:
        """How many bars are measured."""
        return int(self.counted.stop - self.counted.start)

    @property
    def is_real(self) -> bool:
        """Whether its bars are those of history, neither changed nor simulated."""
        return self.kind.is_real

    @abstractmethod
    def with_bars(self, tickers: slice = slice(None)) -> "MarketScenario":
        """The market scenario with the bars of these tickers, counted as in `covered`.

        Bars of all tickers of history are the same object for all that share them.
        """

    def on(self, prices: Prices) -> "MarketScenario":
        """The market scenario with these bars."""
        known = {each.name: getattr(self, each.name) for each in fields(Outline)}
        return MarketScenario(**known, prices=prices)


@dataclass(frozen=True, eq=False, kw_only=True)
class MarketScenario(Outline):
    """Bars to trade on, of which only some are measured.

    Attributes:
        prices: bars, also some before the measured ones, so that indicators are defined.
    """

    prices: Prices

    def with_bars(self, tickers: slice = slice(None)) -> "MarketScenario":
        """The same; with some tickers alone if so asked."""
        if tickers == slice(None):
            return self
        return self.on(self.prices.columns(*tickers.indices(len(self.prices.ticker))[:2]))

    @property
    def times(self) -> Times:
        """The times of the bars that are measured."""
        return self.prices.timestamp[self.counted]

    def record(self) -> dict[str, Any]:
        """The scenario without its bars, for JSON; `first` and `last` are measured bars or None."""
        times = self.times
        return {
            "name": self.name,
            "kind": self.kind.value,
            "simulated": not self.is_real,
            "group": self.group,
            "first": iso(times[0]) if len(times) else None,
            "last": iso(times[-1]) if len(times) else None,
            "bars": len(times),
            "warm_up": self.counted.start,
            "cost_multiplier": self.cost_multiplier,
            "slippage_multiplier": self.slippage_multiplier,
            "cash_rate_change": self.cash_rate_change,
            "covered_share": float(np.mean(list(self.covered.values()))),
            "covered": dict(self.covered),
            "bars_a_year": dict(self.bars_a_year),
            "note": self.note,
            "partly": partly(self.covered),
            "parameters": dict(self.parameters),
        }


def listed(prices: Prices, rows: slice) -> dict[str, float]:
    """Share of the rows on which each ticker has a bar; 0 if there are no rows."""
    known = np.isfinite(prices.close[rows])
    share = known.sum(axis=0) / max(len(known), 1)
    return dict(zip(prices.ticker, share.tolist(), strict=True))


WHOLE = 0.995  # what is shown as 100 %
LISTED = 5  # tickers in a note


def gaps(covered: Mapping[str, float]) -> str:
    """The first tickers that the data hold in part only, as a note; empty if there are none."""
    tickers = partly(covered)
    return f"not wholly covered: {tickers}" if tickers else ""


def partly(covered: Mapping[str, float]) -> str:
    """The first tickers that the data hold in part only, with shares; empty if they hold none."""
    shares = [f"{ticker} {100 * share:.0f} %" for ticker, share in covered.items() if share < WHOLE]
    return several(shares, LISTED) if any(covered.values()) else ""


def iso(time: np.datetime64) -> str:
    """A time in the form of ISO 8601."""
    return str(pd.Timestamp(time).isoformat())
