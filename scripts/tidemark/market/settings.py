"""What is measured of the market, and whose forecasts are held against it."""

from dataclasses import dataclass
from typing import Annotated

from tidemark.bounds import Bars, Count, Name

from annotated_types import Ge, Le


@dataclass(frozen=True)
class Forecasts:
    """Whose forecasts: a model fitted on a scenario.

    Attributes:
        scenario: one of `scenarios`.
        model: one of `models`.
    """

    scenario: Name
    model: Name


@dataclass(frozen=True)
class MarketMetrics:
    """What is measured of each ticker in each market scenario.

    Attributes:
        forecasts: whose accuracy and feature importance are measured; null: the first scenario, and
            the first model of returns beside the baseline.
        event_bars_before: bars before a split, dividend or economic release.
        event_bars_after: bars after it.
        importance_rows: test rows on which features are shuffled.
        importance_repeats: how often they are shuffled.
    """

    forecasts: Forecasts | None = None
    event_bars_before: Bars = 1
    event_bars_after: Bars = 1
    importance_rows: Count = 1000
    importance_repeats: Annotated[int, Ge(1), Le(10_000)] = 5
