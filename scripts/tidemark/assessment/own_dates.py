"""Sharpe ratios of sets on their own dates: from the first position on, observed and drawn.

A rule that needs a year of bars, or forecasts, has no position until it has them, and what it
missed meanwhile is luck, good or bad. So a set is judged from the bar on which it first held
something, and the benchmark beside it on the same bars. What is drawn are bars of all of history,
the same ones for every set and the benchmark; of these each set counts its own, so their number
differs from draw to draw. Blocks go round, since own dates often end with history: what came in its
last weeks would hardly be drawn otherwise, and pass for skill. Ratios are per bar.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from tidemark.arrays import Bools, Floats, Integers
from tidemark.statistics import bootstrap
from tidemark.statistics.returns import deviation, sharpe_of_sums, sharpe_ratio

import numpy as np

NOTHING = 1e-12  # returns beyond cash that are smaller are rounding
FEWEST_BLOCKS = 10  # that own dates must fill: of fewer, draws say little
FEWEST_YEARS = 0.25  # that they must last: ten blocks of a bar are ten bars
KEPT = 256  # sets whose drawn ratios are kept, rather than drawn anew whenever they are asked for
CHUNK = 4_000_000  # numbers of how often bars are drawn, held at once


def fewest_dates(block_length: int, periods_per_year: float) -> int:
    """How many own dates a set must have before anything is said of it."""
    return max(FEWEST_BLOCKS * block_length, math.ceil(FEWEST_YEARS * periods_per_year))


@dataclass(frozen=True)
class Ratios:
    """Sharpe ratios per bar, (sets,), or (replicates, sets) if drawn; NaN where undefined."""

    own: Floats  # on a set's own dates
    benchmark: Floats  # of the benchmark, on the same dates
    without_skill: Floats  # on all dates, of returns less their observed mean

    def of(self, sets: Integers) -> "Ratios":
        """Those of some sets alone."""
        return Ratios(self.own[..., sets], self.benchmark[..., sets], self.without_skill[..., sets])


@dataclass(frozen=True, eq=False)
class OwnDates:
    """Sets beside a benchmark, with the bars that were drawn.

    Attributes:
        excess: (bars, sets) returns beyond cash.
        benchmark: (bars,) its returns beyond cash.
        starts: (replicates, blocks) from `bootstrap.circular_starts`, of all bars.
        block_length: bars.
        fewest: own dates from which anything is said of a set, as by `fewest_dates`.
    """

    excess: Floats
    benchmark: Floats
    starts: Integers
    block_length: int
    fewest: int

    @cached_property
    def first(self) -> Integers:
        """(sets,) the bar of the first position; the number of bars if there never was one."""
        held = (self.excess > NOTHING) | (self.excess < -NOTHING)
        return np.where(held.any(axis=0), np.argmax(held, axis=0), len(held))

    @property
    def enough(self) -> Bools:
        """(sets,) whether the own dates suffice to say anything."""
        return np.asarray(len(self.excess) - self.first >= self.fewest)

    def observed(self) -> Ratios:
        """The ratios of history itself; NaN for sets whose own dates do not suffice."""
        once = np.ones((1, len(self.excess)))
        found = self._ratios(self._sums(once, np.arange(self.excess.shape[1])), slice(None))
        return Ratios(
            *(
                np.where(self.enough, ratio[0], np.nan)
                for ratio in (found.own, found.benchmark, found.without_skill)
            )
        )

    def drawn(self, sets: Integers) -> Ratios:
        """The ratios of each replicate, for the sets at these places.

        Memory grows with replicates times the number of places, not with all sets.
        """
        if self.excess.shape[1] <= KEPT:
            return self._kept.of(sets)
        return self._ratios(self._drawn_sums(sets), sets)

    @cached_property
    def _means(self) -> Floats:
        return np.asarray(self.excess.mean(axis=0))

    @cached_property
    def _kept(self) -> Ratios:
        everything = np.arange(self.excess.shape[1])
        return self._ratios(self._drawn_sums(everything), everything)

    def _drawn_sums(self, sets: Integers) -> Floats:
        size = max(1, CHUNK // len(self.excess))
        chunks = [
            self._sums(bootstrap.times_drawn(some, len(self.excess), self.block_length), sets)
            for some in np.array_split(self.starts, -(-len(self.starts) // size))
        ]
        return np.concatenate(chunks, axis=1)

    def _sums(self, times: Floats, sets: Integers) -> Floats:
        """(5, replicates, sets) sums over bars counted (replicates, bars) times.

        Of the sets' returns and squares, for which bars without a position are 0; and, over their
        own dates, of bars, the benchmark's returns and squares.
        """
        excess = self.excess[:, sets]
        first, place = np.unique(self.first[sets], return_inverse=True)
        since = np.arange(len(excess))[:, np.newaxis] >= first
        theirs = self.benchmark[:, np.newaxis]
        beside = (times @ (since * term) for term in (1.0, theirs, theirs**2))
        return np.stack([times @ excess, times @ excess**2, *(sums[:, place] for sums in beside)])

    def _ratios(self, sums: Floats, sets: Integers | slice) -> Ratios:
        total, squares, bars, benchmark_total, benchmark_squares = sums
        count, mean = len(self.excess), self._means[sets]
        variance = (squares - total**2 / count) / (count - 1)
        return Ratios(
            own=sharpe_of_sums(bars, total, squares),
            benchmark=sharpe_of_sums(bars, benchmark_total, benchmark_squares),
            without_skill=sharpe_ratio(total / count - mean, deviation(variance, squares / count)),
        )
