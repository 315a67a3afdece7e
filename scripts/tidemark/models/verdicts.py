"""Which models the test dates show to be better or worse than the baseline of their scenario.

All comparisons are tested together, two-sided, by the step-down max-t on the same resampled dates
(`statistics.step_down`): the chance that any verdict is wrong is held to 1 - confidence, and models
that forecast alike count nearly as one.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from tidemark.arrays import Floats, Integers, Times
from tidemark.errors import BadValue
from tidemark.models.settings import Evaluate
from tidemark.models.worth import Sums
from tidemark.statistics import bootstrap
from tidemark.statistics.bootstrap import LEAST_BEYOND
from tidemark.statistics.step_down import StepDown, step_down

import numpy as np

BETTER, WORSE, UNDECIDED = "better", "worse", "no difference shown"
UNDEFINED = "undefined"  # a forecast or a target was no number, or no two draws differ
MOST_DRAWS = 50_000  # beyond which more comparisons draw no more
NO_VERDICT = {"adjusted_p": None, "adjusted_lower": None, "adjusted_upper": None, "verdict": None}


class Losses(NamedTuple):
    """Squared errors less the baseline's, of all comparisons, on all dates of any scenario.

    Draws are of dates, so scenarios that lack a date have no rows there: all see the same dates.
    """

    differences: Floats  # (dates, comparisons) sums over the rows of a date
    rows: Floats  # (dates, comparisons)

    def means(self) -> Floats:
        """(comparisons,) differences in MSE."""
        return _ratio(self.differences.sum(axis=0), self.rows.sum(axis=0))

    def centred(self) -> Floats:
        """(dates, comparisons) of mean 0, of which MSE differences are the means in good part."""
        return self.differences - self.means() * self.rows

    def drawn(self, starts: Integers, length: int, columns: Integers) -> Floats:
        """(replicates, columns) differences in MSE of resampled dates."""
        parts = np.hstack([self.differences[:, columns], self.rows[:, columns]])
        return _ratio(*np.hsplit(bootstrap.resample(parts, starts, length), 2))


def losses(compared: Sequence[tuple[Times, Sums]]) -> Losses:
    """Put the losses of each comparison on common dates.

    Args:
        compared: of each, its dates, ascending, and the sums over each of them.
    """
    dates = np.unique(np.concatenate([own for own, _ in compared]))
    made = Losses(*np.zeros((2, len(dates), len(compared))))
    for column, (own, sums) in enumerate(compared):
        places = np.searchsorted(dates, own)
        made.differences[places, column] = sums.squared_errors - sums.baseline_squared_errors
        made.rows[places, column] = sums.rows
    return made


def draws(settings: Evaluate, comparisons: int) -> int:
    """How many samples of dates are drawn: more for more comparisons, up to MOST_DRAWS.

    Raises:
        BadValue: too few of them would lie beyond a critical value.
    """
    least = math.ceil(LEAST_BEYOND / (1.0 - settings.confidence))
    most = max(MOST_DRAWS, settings.bootstrap_replicates)
    if least > most:
        raise BadValue(
            "confidence",
            f"fewer than {LEAST_BEYOND} of {most:,} draws lie beyond {settings.confidence:g}",
            f"set it to {1 - LEAST_BEYOND / MOST_DRAWS:g} or less",
        )
    return max(least, min(settings.bootstrap_replicates * max(comparisons, 1), most))


def judge(of: Losses, starts: Integers, length: int, confidence: float) -> list[dict[str, Any]]:
    """Say of each comparison what its MSE difference shows.

    Args:
        of: all comparisons.
        starts: (replicates, blocks) of the common dates.
        length: dates in a block.
        confidence: that no verdict is wrong.

    Returns:
        adjusted_p; adjusted_lower and adjusted_upper, the difference less and plus its critical
        value times its spread, which lie on one side of 0 if and only if there is a verdict;
        verdict.
    """
    observed = of.means()
    tested = step_down(
        observed,
        lambda columns: of.drawn(starts, length, columns),
        confidence,
        two_sided=True,
    )
    return [_told(float(value), tested, place) for place, value in enumerate(observed)]


def _told(difference: float, tested: StepDown, place: int) -> dict[str, Any]:
    p_value = float(tested.p_values[place])
    reach = float(tested.critical_values[place] * tested.spread[place])
    lower, upper = difference - reach, difference + reach
    if not math.isnan(p_value):
        verdict = BETTER if upper < 0 else WORSE if lower > 0 else UNDECIDED
    elif difference == 0.0:  # the forecasts are the baseline's
        p_value, lower, upper, verdict = 1.0, 0.0, 0.0, UNDECIDED
    else:
        verdict = UNDEFINED
    return {
        "adjusted_p": p_value,
        "adjusted_lower": lower,
        "adjusted_upper": upper,
        "verdict": verdict,
    }


def _ratio(differences: Floats, rows: Floats) -> Floats:
    """MSE differences; NaN where no row was drawn."""
    ratio: Floats = np.full_like(differences, np.nan)
    np.divide(differences, rows, out=ratio, where=rows > 0)
    return ratio
