"""The kinds of market scenarios."""

from enum import StrEnum


class ScenarioKind(StrEnum):
    """What a market scenario is: history or a window of it, or a simulation from it."""

    FULL = "full"
    HISTORICAL = "historical"
    STRESS = "stress"
    STOCHASTIC = "stochastic"

    @property
    def is_real(self) -> bool:
        """Whether the bars are those of history, neither changed nor simulated."""
        return self in (ScenarioKind.FULL, ScenarioKind.HISTORICAL)
