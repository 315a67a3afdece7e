"""Which of many sets did better than luck, and than the benchmark, tested all at once.

All sets of all strategies are tested together, on bars drawn at once for all of them and for the
benchmark, so the test knows how alike they are (White 2000, A Reality Check for Data Snooping,
Econometrica 68, 1097-1126; Hansen 2005, A Test for Superior Predictive Ability, Journal of Business
and Economic Statistics 23, 365-380, whose studentised statistic and threshold these are; Romano and
Wolf 2005 for every set but the best). A copy of a set changes nothing, however often it is listed,
a set that is beyond doubt leaves the test before the next is judged, and one that is hopeless never
enters it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tidemark.arrays import Floats, Integers
from tidemark.assessment.own_dates import OwnDates, Ratios
from tidemark.statistics.step_down import Draws, step_down

import numpy as np

DIGITS = (
    12  # to which ratios differ; closer ones are the same, such as those of the benchmark itself
)
BLOCK = 256  # sets drawn at once
PASSES = 5  # times that each set is drawn: for two spreads, two tests, and without skill

Tell = Callable[[int, int], object]


@dataclass(frozen=True)
class JointTest:
    """What the sets show together; NaN where a set's own dates do not suffice, or nothing varies.

    Attributes:
        p_zero: (sets,) adjusted p-values of a Sharpe ratio beyond cash of 0 or less.
        p_benchmark: (sets,) of one no higher than the benchmark's.
        luckiest: (replicates,) the highest ratio per bar, on all dates, of all sets without skill;
            NaN of a draw in which no set held anything.
    """

    p_zero: Floats
    p_benchmark: Floats
    luckiest: Floats


def unheard(*_: int) -> None:
    """Tell nobody."""


def joint_test(sets: OwnDates, level: float, tell: Tell = unheard) -> JointTest:
    """Test every set against zero and against the benchmark, on its own dates.

    The statistics are the Sharpe ratio and its difference to the benchmark's, centred at what was
    observed and divided by their standard deviation over the draws; a p-value is adjusted for all
    sets tried that are not hopeless, whose own is 1. It takes time in proportion to sets x
    replicates, and memory for BLOCK sets.

    Args:
        sets: with the bars that were drawn.
        level: of confidence.
        tell: hears how many draws of a set are done, of how many at most.
    """
    observed = sets.observed()
    done = 0

    def drawn(places: Integers) -> Ratios:
        nonlocal done
        ratios = sets.drawn(places)
        done += len(places)
        tell(done, PASSES * len(sets.first))
        return ratios

    def own(places: Integers) -> Floats:
        return drawn(places).own

    def difference(places: Integers) -> Floats:
        ratios = drawn(places)
        return np.round(ratios.own - ratios.benchmark, DIGITS)

    def p_values(statistics: Floats, draws: Draws) -> Floats:
        least = _hopeless(len(sets.excess))
        return step_down(statistics, draws, level, two_sided=False, least=least).p_values

    lead = np.round(observed.own - observed.benchmark, DIGITS)
    return JointTest(
        p_zero=p_values(observed.own, own),
        p_benchmark=p_values(lead, difference),
        luckiest=_luckiest(sets, drawn),
    )


def _hopeless(bars: int) -> float:
    """The studentised statistic up to which a set is taken for worse than nothing (Hansen 2005).

    One that is as good as nothing seldom falls so low, and in the limit never: this is how far the
    law of the iterated logarithm lets it go.
    """
    return -float(np.sqrt(2.0 * np.log(np.log(max(bars, 3)))))


def _luckiest(sets: OwnDates, drawn: Callable[[Integers], Ratios]) -> Floats:
    """(replicates,) highest ratio of each draw; sets that never held anything have none."""
    highest = np.full(len(sets.starts), -np.inf)
    for first in range(0, len(sets.first), BLOCK):
        places = np.arange(first, min(first + BLOCK, len(sets.first)))
        ratios = drawn(places).without_skill
        np.fmax(highest, np.fmax.reduce(ratios, axis=1), out=highest)
    return np.where(np.isfinite(highest), highest, np.nan)
