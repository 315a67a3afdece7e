"""What a good strategy is, and what the ranking is held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from tidemark.bounds import Among, BlockLength, Fraction, Multiplier, Name, Replicates

from annotated_types import Ge, Gt, Le, MultipleOf

DIRECTIONS = {  # what a score can weigh: 1 if more of it is better, -1 if less
    "total_return": 1,
    "annual_return": 1,
    "sharpe_ratio": 1,
    "sortino": 1,
    "calmar": 1,
    "max_drawdown": 1,  # negative: nearer to 0 is better
    "win_rate": 1,
    "volatility": -1,
    "turnover": -1,
    "costs": -1,
}


FIRST_YEARS = 3  # before the first choice of a walk-forward, where nobody says it


@dataclass(frozen=True)
class Guardrails:
    """What a set must keep on full history, on average over tickers; and where it must be tried.

    Attributes:
        min_trades: a ticker.
        min_sharpe: a year.
        max_position_rate: share of bars with a position.
        max_drawdown: positive: 0.5 allows a fall by half.
        min_markets: share of the market scenarios that any set was tried in.
    """

    min_trades: Multiplier = 5.0
    min_sharpe: Annotated[float, Ge(-1e6), Le(1e6)] = 0.0
    max_position_rate: Annotated[float, Gt(0), Le(1)] = 1.0
    max_drawdown: Annotated[float, Gt(0), Le(1)] = 0.8
    min_markets: Annotated[float, Ge(0), Le(1)] = 1.0


@dataclass(frozen=True)
class WalkForward:
    """Choosing on the past alone; lengths in years.

    Attributes:
        first_years: of the past before the first choice; fewer than the data hold; null: three, at
            most a quarter of them.
        every_years: between choices.
    """

    first_years: Annotated[float, Gt(0), Le(1000)] | None = None
    every_years: Annotated[float, Ge(0.001), Le(1000)] = 1.0


@dataclass(frozen=True, kw_only=True)
class Assess:
    """How strategies are ranked, and what the ranking is held against.

    Attributes:
        benchmark: listed beside every strategy, not ranked.
        weights: of the score: what share of the other sets is beaten in each.
        guardrails: strategies that fail are listed with the reason.
        blocks: into which history is cut for the probability of backtest overfitting.
        walk_forward: choosing on the past alone.
        confidence: level of intervals.
        bootstrap_replicates: of the bootstrap; 2000 leave fifty beyond each end of a 95 % interval.
        block_length: bars; `auto` chooses by how long returns of the benchmark stay dependent.
        tear_sheets: how many of the best strategies have one.
    """

    benchmark: Name = "buy_and_hold"
    weights: Mapping[Annotated[str, Among(tuple(DIRECTIONS))], Multiplier] = field(
        default_factory=lambda: {
            "sharpe_ratio": 0.4,
            "total_return": 0.3,
            "max_drawdown": 0.2,
            "turnover": 0.1,
        }
    )
    guardrails: Guardrails = field(default_factory=Guardrails)
    blocks: Annotated[int, Ge(2), Le(20), MultipleOf(2)] = 16
    walk_forward: WalkForward = field(default_factory=WalkForward)
    confidence: Fraction = 0.95
    bootstrap_replicates: Replicates = 2000
    block_length: BlockLength = 21
    tear_sheets: Annotated[int, Ge(1), Le(20)] = 3
