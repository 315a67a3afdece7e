"""Whether what is computed from bars looks ahead, or at other tickers.

The checks change what must not be seen and compute again: targets of a strategy, features, or
anything else that has a value for each bar and ticker.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tidemark.arrays import Bools, Floats, Times
from tidemark.errors import InputError

import numpy as np

CUTS = 8
AHEAD = 64  # bars after a cut
JUMP = 2.0  # of later prices, and the sign of later inputs
ROUNDING = 1e-9  # of values about 1


@dataclass(frozen=True, eq=False)
class Bars:
    """What is computed from; arrays of (bars, tickers).

    Attributes:
        timestamp: (bars,) ascending.
        ticker: names of the columns.
        prices: by name, and volumes; what is positive.
        inputs: by name, what has a sign that may matter.
    """

    timestamp: Times
    ticker: tuple[str, ...]
    prices: Mapping[str, Floats]
    inputs: Mapping[str, Floats]

    def upto(self, bars: int) -> "Bars":
        """The first `bars` bars."""
        return self._part(slice(bars), slice(None))

    def alone(self, column: int) -> "Bars":
        """One ticker of them."""
        return self._part(slice(None), slice(column, column + 1))

    def _part(self, rows: slice, columns: slice) -> "Bars":
        prices, inputs = (
            {name: values[rows, columns] for name, values in named.items()}
            for named in (self.prices, self.inputs)
        )
        return Bars(self.timestamp[rows], self.ticker[columns], prices, inputs)

    def altered(self, later: Bools, factor: float) -> "Bars":
        """The same with prices times `factor` where `later`, and inputs of the sign of that move.

        Args:
            later: (bars, 1).
            factor: above 1 for a rise.
        """
        scale, sign = np.where(later, factor, 1.0), np.where(later, np.sign(factor - 1.0), 1.0)
        prices = {name: values * scale for name, values in self.prices.items()}
        inputs = {
            name: np.where(later, np.abs(values), values) * sign
            for name, values in self.inputs.items()
        }
        return Bars(self.timestamp, self.ticker, prices, inputs)


class Subject(NamedTuple):
    """What is checked, for messages."""

    where: str  # it is computed, such as a file
    noun: str  # such as `target`


Compute = Callable[[Bars], Iterable[Floats]]
Known = Sequence[tuple[Subject, Floats]]  # what was computed from all bars


def require_causal(
    compute: Compute, bars: Bars, subjects: Sequence[Subject], cure_across: str | None
) -> None:
    """Refuse what looks ahead, or at other tickers unless it may.

    The bars are cut at 8 dates, spread evenly. Without the later bars, with all of them at half
    their price and the next 64 at twice theirs, or the other way round, no value before may change.
    Nor may one change without all other tickers. The checks find uses of what must not be used;
    they prove nothing.

    Args:
        compute: (bars, tickers) of one subject after the other, from any bars.
        bars: to try it on.
        subjects: what is computed, in order.
        cure_across: what to do where a value depends on other tickers; None if it may.

    Raises:
        InputError: a value changed; names the first by ticker and bar.
    """
    known = list(zip(subjects, compute(bars), strict=True))
    _require_past(compute, bars, known)
    if cure_across is not None:
        _require_own_ticker(compute, bars, known, cure_across)


def _require_past(compute: Compute, bars: Bars, known: Known) -> None:
    count = len(bars.timestamp)
    cuts = np.unique(np.linspace(0, count, CUTS + 2).astype(int)[1:-1])
    for number, cut in enumerate(cuts[cuts > 0]):
        for future in _futures(bars, cut, JUMP if number % 2 else 1.0 / JUMP):
            for (subject, whole), seen in zip(known, compute(future), strict=True):
                for bar, ticker in _changed(seen[:cut], whole[:cut]):
                    last = _date(bars, cut - 1)
                    with_them, without = whole[bar, ticker], seen[bar, ticker]
                    raise InputError(
                        subject.where,
                        f"it looks ahead: its {subject.noun} for {bars.ticker[ticker]} at "
                        f"{_date(bars, bar)} depends on bars after {last}: "
                        f"{with_them:g} with them, {without:g} with others or none",
                        f"compute each {subject.noun} from the bars up to it",
                    )


def _require_own_ticker(compute: Compute, bars: Bars, known: Known, cure: str) -> None:
    for column, ticker in enumerate(bars.ticker):
        for (subject, whole), seen in zip(known, compute(bars.alone(column)), strict=True):
            for bar, _ in _changed(seen, whole[:, [column]]):
                raise InputError(
                    subject.where,
                    f"its {subject.noun} for {ticker} at {_date(bars, bar)} depends on other "
                    "tickers",
                    cure,
                )


def _futures(bars: Bars, cut: int, factor: float) -> Iterator[Bars]:
    """The same first `cut` bars, and after them none, or all or some at other prices."""
    later = np.arange(len(bars.timestamp))[:, np.newaxis] >= cut
    yield bars.upto(cut)
    yield bars.altered(later, factor)
    near = cut + AHEAD
    yield bars.upto(near).altered(later[:near], 1.0 / factor)


def _changed(seen: Floats, whole: Floats) -> Iterator[tuple[int, int]]:
    """Row and column of the first value that differs, if any does."""
    differs = ~(np.abs(seen - whole) <= ROUNDING)
    differs &= ~(np.isnan(seen) & np.isnan(whole))
    for row, column in np.argwhere(differs)[:1]:
        yield int(row), int(column)


def _date(bars: Bars, bar: int) -> str:
    """When the bar is; at midnight, as daily bars are, its date alone."""
    return str(bars.timestamp[bar].astype("datetime64[s]")).removesuffix("T00:00:00")
