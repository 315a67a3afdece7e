"""Step-down max-t: many statistics tested on the same bootstrap draws, at one error rate for all.

Romano and Wolf 2005, Stepwise Multiple Testing as Formalized Data Snooping, Econometrica 73,
1237-1282; p-values as in Romano and Wolf 2016, Efficient Computation of Adjusted p-Values for
Resampling-Based Stepdown Multiple Testing, Statistics & Probability Letters 113, 38-40. Each
statistic is held against the largest of itself and all smaller ones in each draw (the successive
maxima of Westfall and Young 1993, Resampling-Based Multiple Testing), so dependence costs nothing:
a copy of a statistic changes no p-value. What is too low to matter may stay out of these maxima
(Hansen 2005; step by step: Hsu, Hsu and Kuan 2010, Journal of Empirical Finance 17, 471-484).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tidemark.arrays import Floats, Integers

import numpy as np

BLOCK = 256  # statistics drawn at once, so that memory does not grow with their number
ROUNDING = 1e-10  # of a statistic: draws that vary by less do not vary

# From (columns,) places among the statistics to their (replicates, columns) draws, which are not
# centred; each statistic is asked for twice, and must be drawn of the same dates both times.
Draws = Callable[[Integers], Floats]


@dataclass(frozen=True)
class StepDown:
    """What `step_down` finds; NaN where a statistic is undefined or does not vary.

    One that is left out for being too low has a p-value of 1 and a critical value of infinity.

    Attributes:
        spread: (k,) standard deviation over the draws.
        statistics: (k,) observed ones, divided by their spread.
        p_values: (k,) adjusted: the lowest error rate, for all tests together, at which each is
            rejected. The lowest of them is that of the largest statistic alone: White's reality
            check, studentised (White 2000, Econometrica 68, 1097-1126).
        critical_values: (k,) what each statistic is held against in the step that decides on it,
            and exceeds if and only if it is rejected. `observed - critical_values * spread` is the
            lower end of an interval that agrees with the test (`+` the upper end, if two-sided).
        tail: how many draws lie at or beyond a critical value.
    """

    spread: Floats
    statistics: Floats
    p_values: Floats
    critical_values: Floats
    tail: int


def step_down(
    observed: Floats, draws: Draws, level: float, *, two_sided: bool, least: float = -np.inf
) -> StepDown:
    """Test that each statistic is 0 or less, or, two-sided, that it is 0.

    Memory holds (replicates, BLOCK) numbers, and time grows with replicates x k.

    Args:
        observed: (k,) statistics.
        draws: of the same statistics.
        level: of confidence; the error rate of all tests together is 1 less this.
        two_sided: whether statistics far below 0 are rejected too.
        least: a statistic, divided by its spread, that is no higher costs the others nothing.
    """
    replicates, spread = _spread(observed, draws)
    statistics = observed / spread
    size = np.abs(statistics) if two_sided else statistics
    rising = np.argsort(size, kind="stable")[: np.isfinite(size).sum()]
    hopeless, rising = np.split(rising, [(size[rising] <= least).sum()])
    tail = draws_in_tail(replicates, level)
    p_values, critical_values = np.full((2, len(observed)), np.nan)
    p_values[hopeless], critical_values[hopeless] = 1.0, np.inf
    largest = np.full(replicates, -np.inf)
    for columns in _blocks(rising):
        drawn = (draws(columns) - observed[columns]) / spread[columns]
        if two_sided:
            np.abs(drawn, out=drawn)
        drawn[:, 0] = np.maximum(drawn[:, 0], largest)
        drawn = np.maximum.accumulate(drawn, axis=1)
        largest = drawn[:, -1]
        reached = (drawn >= size[columns]).sum(axis=0)
        p_values[columns] = (1 + reached) / (1 + replicates)
        critical_values[columns] = _largest(drawn, tail)
    accepted = np.flatnonzero(size[rising] <= critical_values[rising])
    if len(accepted):  # the step that rejects nothing more decides on all that are left
        critical_values[rising[: accepted[-1]]] = critical_values[rising[accepted[-1]]]
    falling = rising[::-1]
    p_values[falling] = np.maximum.accumulate(p_values[falling])
    return StepDown(spread, statistics, p_values, critical_values, tail)


def draws_in_tail(replicates: int, level: float) -> int:
    """How many of the draws lie at or beyond the critical value of a level of confidence."""
    return int((1.0 - level) * (1 + replicates) + 1e-6)  # 1 - 0.9 is a little less than 0.1


def _spread(observed: Floats, draws: Draws) -> tuple[int, Floats]:
    """How many draws there are, and their (k,) standard deviations; NaN of what cannot be tested.

    A statistic that is undefined in one draw is so as a whole: its largest draw is not known.
    """
    replicates, spread = 0, np.full(len(observed), np.nan)
    for columns in _blocks(np.arange(len(observed))):
        drawn = draws(columns)
        replicates = len(drawn)
        with np.errstate(invalid="ignore"):
            spread[columns] = drawn.std(axis=0)
    varies = np.isfinite(spread) & (spread > ROUNDING * np.abs(observed))
    return replicates, np.where(varies, spread, np.nan)


def _largest(drawn: Floats, tail: int) -> Floats:
    """The `tail`th largest draw of each column; without a tail, no number is large enough."""
    if tail == 0:
        return np.full(drawn.shape[1], np.inf)
    return np.asarray(np.partition(drawn, -tail, axis=0)[-tail])


def _blocks(columns: Integers) -> Iterator[Integers]:
    for first in range(0, len(columns), BLOCK):
        yield columns[first : first + BLOCK]
