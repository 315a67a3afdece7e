"""How two runs are compared: by the settings of the later one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidemark.assessment.settings import Assess
from tidemark.models.settings import Evaluate
from tidemark.statistics.bootstrap import LEAST_BEYOND

FORECASTS_SEED, RETURNS_SEED = 1, 2  # of the draws: any two that differ, so that these do, too
MOST_CONFIDENCE = 0.999  # with more, the draws would be too many
FEWEST_BLOCKS = 10  # that shared dates must fill: of fewer, draws say little


@dataclass(frozen=True)
class Plan:
    """How draws are made.

    Attributes:
        confidence: of intervals, and of all words together.
        draws: at least LEAST_BEYOND of them lie beyond each end of an interval.
        forecasts_block, returns_block: dates in a block, or `auto`.
        horizon: bars that a target reaches ahead; a block of forecasts is as long at least.
    """

    confidence: float
    draws: int
    forecasts_block: int | str
    returns_block: int | str
    horizon: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Plan":
        """What a configuration says, by dotted key; what it does not say has its default."""
        confidence = min(config.get("evaluate.confidence", Evaluate.confidence), MOST_CONFIDENCE)
        asked = config.get("evaluate.bootstrap_replicates", Evaluate.bootstrap_replicates)
        return cls(
            confidence=confidence,
            draws=max(asked, math.ceil(2 * LEAST_BEYOND / (1.0 - confidence))),
            forecasts_block=config.get("evaluate.block_length", Evaluate.block_length),
            returns_block=config.get("assess.block_length", Assess.block_length),
            horizon=config.get("feature_engineering.horizon", 1),
        )
