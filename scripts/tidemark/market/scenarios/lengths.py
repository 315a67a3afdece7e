"""How long simulated paths are where nobody says it: as long as history allows."""

from dataclasses import dataclass

from tidemark.market.scenarios.settings import Stochastic


@dataclass(frozen=True)
class Plan(Stochastic):
    """What is simulated, with every length, in bars."""

    horizon: int = 0
    warm_up: int = 0
    min_history: int = 0


def plan(asked: Stochastic, bars: int, bars_a_year: float) -> Plan:
    """What is asked for, with lengths that fit history in place of those that are not said.

    Args:
        asked: for.
        bars: of history.
        bars_a_year: how many of them make a year.
    """

    def years(number: int, share: int) -> int:
        return max(1, min(round(number * bars_a_year), bars // share))

    return Plan(
        paths=asked.paths,
        horizon=years(2, 3) if asked.horizon is None else asked.horizon,
        warm_up=years(1, 4) if asked.warm_up is None else asked.warm_up,
        block_length=asked.block_length,
        min_history=years(4, 2) if asked.min_history is None else asked.min_history,
    )
