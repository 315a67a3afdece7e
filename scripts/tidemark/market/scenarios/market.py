"""A market scenario: bars to trade on, and which of them are measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tidemark.arrays import Times
from tidemark.market.grid import Prices
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.naming import several

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class MarketScenario:
    """Bars to trade on, of which only some are measured.

    Attributes:
        name: unique among all market scenarios.
        group: those of one group count as one piece of evidence.
        prices: bars, also some before the measured ones, so that indicators are defined.
        counted: rows of `prices` that are measured; none if the data do not cover the scenario.
        covered: share of the scenario that the data hold, for each ticker.
        note: what is not covered, or what was left out; empty if nothing.
        parameters: what it was made from.
        cost_multiplier, slippage_multiplier, cash_rate_change: for the engine's rules.
        bars_a_year: for each ticker.
    """

    name: str
    kind: ScenarioKind
    group: str
    prices: Prices
    counted: slice
    covered: Mapping[str, float]
    note: str
    parameters: Mapping[str, Any]
    cost_multiplier: float = 1.0
    slippage_multiplier: float = 1.0
    cash_rate_change: float = 0.0
    bars_a_year: Mapping[str, float] = field(default_factory=dict)

    @property
    def times(self) -> Times:
        """The times of the bars that are measured."""
        return self.prices.timestamp[self.counted]

    @property
    def is_real(self) -> bool:
        """Whether its bars are those of history, neither changed nor simulated."""
        return self.kind.is_real

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


def gaps(covered: Mapping[str, float]) -> str:
    """The first tickers that the data hold in part only, as a note; empty if there are none."""
    tickers = partly(covered)
    return f"not wholly covered: {tickers}" if tickers else ""


def partly(covered: Mapping[str, float]) -> str:
    """The first tickers that the data hold in part only, with the share; empty if they hold none."""
    shares = [f"{ticker} {100 * share:.0f} %" for ticker, share in covered.items() if share < WHOLE]
    return several(shares) if any(covered.values()) else ""


def iso(time: np.datetime64) -> str:
    """A time in the form of ISO 8601."""
    return str(pd.Timestamp(time).isoformat())
