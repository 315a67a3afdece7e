"""Which stretches, stresses and simulations of the market there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from tidemark.bounds import Among, AnnualRate, Bars, Count, IsoDate, Multiplier, Name, Words

from annotated_types import Ge, Gt, Le, Len, Lt

# How paths are drawn: names of functions in `paths`. A path's seed follows from the place in here.
METHODS = ("stationary_bootstrap", "moving_block_bootstrap", "gbm")


@dataclass(frozen=True)
class Window:
    """A stretch of history, both days included, and who dates it so.

    Attributes:
        start: first day; of a window that is named from a close, the day after it.
        end: last day.
        source: who published these dates.
    """

    start: IsoDate
    end: IsoDate
    source: Words


@dataclass(frozen=True)
class Shock:
    """A fall of all prices; `at` says after which shares of history.

    Attributes:
        size: of the price: -0.2 is a fall by a fifth.
        at: share of history that lies before each fall.
        fall: bars until it is complete.
        recovery: bars until it is undone; null: it never is.
    """

    size: Annotated[float, Gt(-1), Le(1000)]
    at: Annotated[Sequence[Annotated[float, Ge(0), Lt(1)]], Len(1, 1000)]
    fall: Count = 1
    recovery: Count | None = None


@dataclass(frozen=True)
class Stress:
    """How history is changed; what is left out stays as it was.

    Attributes:
        cost_multiplier: multiplies costs.
        slippage_multiplier: multiplies slippage, which is half the spread.
        cash_rate_change: by how much cash earns more in a year.
        volatility_multiplier: multiplies each log return's distance to its ticker's mean.
        correlation: what the mean correlation over pairs of tickers is raised to.
        shock: a fall of all prices.
        source: who says that it went so.
    """

    cost_multiplier: Multiplier = 1.0
    slippage_multiplier: Multiplier = 1.0
    cash_rate_change: AnnualRate = 0.0
    volatility_multiplier: Annotated[float, Gt(0), Le(1000)] = 1.0
    correlation: Annotated[float, Gt(-1), Lt(1)] | None = None
    shock: Shock | None = None
    source: Words | None = None


@dataclass(frozen=True)
class Stochastic:
    """Simulated paths: how many of each kind, and how they are drawn; lengths in bars.

    Attributes:
        paths: how many of each method.
        horizon: how long a path is; null: two years, at most a third of history.
        warm_up: real bars before a path, for indicators that look back; null: a year, at most a
            quarter of history.
        block_length: how long blocks are; the mean, for the stationary bootstrap.
        min_history: tickers with fewer bars are not simulated; null: four years, at most half of
            history.
    """

    paths: Mapping[Annotated[str, Among(METHODS)], Annotated[int, Ge(0), Le(1_000_000)]] = field(
        default_factory=lambda: dict.fromkeys(METHODS, 20)
    )
    horizon: Count | None = None
    warm_up: Bars | None = None
    block_length: Count = 21
    min_history: Count | None = None


@dataclass(frozen=True, kw_only=True)
class MarketScenarios:
    """Stretches and simulations of the market.

    Attributes:
        calendar_years: whether each calendar year of the data is a window.
        historical: windows of history.
        stress: all of history, changed.
        stochastic: paths simulated from the data's own bars.
    """

    calendar_years: bool = True
    historical: Mapping[Name, Window] = field(default_factory=dict)
    stress: Mapping[Name, Stress] = field(default_factory=dict)
    stochastic: Stochastic = field(default_factory=Stochastic)
