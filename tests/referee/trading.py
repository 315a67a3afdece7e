"""One ticker, one series of targets, bar by bar: what a patient person would do with a pencil.

Rules, as README and the docstrings of `tidemark.backtest` state them: a target is decided at a
close and filled at the open of the next bar, or at its close; a fill waits for a bar that may be
traded and has the price, and takes the newest target. Between fills the position keeps its share of
equity, without cost. A buyer pays (1 + slippage) (1 + cost) of the price, a seller gets
(1 - slippage) (1 - cost) of it. The share that is in no position earns the cash rate, on each bar
that the ticker has. Without a bar nothing happens. A loss of all ends it, and the position with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan

Series = Sequence[float]


@dataclass(frozen=True)
class Terms:
    """How it is traded; rates are fractions."""

    at_open: bool
    cost: float
    slippage: float
    long_only: bool
    cash: float  # earned in a bar

    def beyond_price(self, change: float) -> float:
        """What a buyer pays beyond the price, or a seller gets beyond it: a negative number."""
        if change > 0:
            return (1 + self.slippage) * (1 + self.cost) - 1
        return (1 - self.slippage) * (1 - self.cost) - 1


@dataclass
class Spell:
    """A stretch of positions of one sign; `left` is None while it lasts."""

    entered: int
    worth_before: float
    left: int | None = None
    worth_after: float | None = None


@dataclass
class Course:
    """What came of it: an item for each bar, and in `worth` a 1 before the first."""

    earned: list[float] = field(default_factory=list)
    worth: list[float] = field(default_factory=lambda: [1.0])
    held: list[float] = field(default_factory=list)
    drift: list[float] = field(default_factory=list)  # from its share, until a close puts it right
    fills: list[tuple[int, float, float]] = field(default_factory=list)  # bar, traded, lost
    spells: list[Spell] = field(default_factory=list)

    def fill(self, bar: int, worth: float, before: float, after: float, beyond: float) -> float:
        """Change the position; returns what is left of the worth."""
        flat = worth * (1 + beyond * before)
        left = flat / (1 + beyond * after)
        lost = 1 - (1 + beyond * before) / (1 + beyond * after)
        self.fills.append((bar, abs(after - before), lost))
        if (before > 0) != (after > 0) or (before < 0) != (after < 0):
            if before:
                self.spells[-1].left, self.spells[-1].worth_after = bar, flat
            if after:
                self.spells.append(Spell(bar, flat))
        return left


def trade(
    opens: Series, closes: Series, targets: Series, may_fill: Sequence[bool], terms: Terms
) -> Course:
    """Trade the targets of one ticker; NaN stands where it has no bar, no open or no target."""
    course = Course()
    worth, share, wanted, before = 1.0, 0.0, 0.0, float("nan")
    for bar, close in enumerate(closes):
        if isnan(close):
            course.earned.append(0.0)
            course.worth.append(worth)
            course.held.append(share)
            course.drift.append(0.0)
            continue
        held = share
        due = wanted != share and may_fill[bar]
        if terms.at_open and due and not isnan(opens[bar]):
            night = max(1 + share * (opens[bar] / before - 1), 0.0)
            beyond = terms.beyond_price(wanted - share)
            kept = course.fill(bar, worth * night, share, wanted, beyond)
            share = held = wanted
            change = close / opens[bar] - 1
            day = 1 + share * change + (1 - abs(share)) * terms.cash
            earned = (kept / worth) * day - 1 if worth else -1.0
        else:
            change = 0.0 if isnan(before) else close / before - 1
            earned = share * change + (1 - abs(share)) * terms.cash
            if not terms.at_open and due and earned > -1:
                beyond = terms.beyond_price(wanted - share)
                kept = course.fill(bar, worth * (1 + earned), share, wanted, beyond)
                share, earned = wanted, kept / worth - 1
        course.held.append(held)
        course.drift.append(_drift(held, change, terms.cash))
        if earned <= -1:
            return _ruined(course, bar, held, len(closes), terms)
        worth *= 1 + earned
        course.earned.append(earned)
        course.worth.append(worth)
        before = close
        wanted = 0.0 if isnan(targets[bar]) else targets[bar]
        wanted = max(wanted, 0.0) if terms.long_only else wanted
    return course


def _drift(held: float, change: float, cash: float) -> float:
    """How far a share of the worth is from what it was after such a change of the price."""
    grown = 1 + held * change + (1 - abs(held)) * cash
    return abs(held - held * (1 + change) / grown) if grown > 0 else 0.0


def _ruined(course: Course, bar: int, share: float, bars: int, terms: Terms) -> Course:
    """Nothing is left: the position is given up at the next fill, and nothing follows."""
    course.earned += [-1.0] + [0.0] * (bars - bar - 1)
    course.worth += [0.0] * (bars - bar)
    course.held += [0.0] * (bars - bar - 1)
    course.drift += [0.0] * (bars - bar - 1)
    given_up = bar + terms.at_open
    if given_up < bars and share:
        course.fill(given_up, 0.0, share, 0.0, terms.beyond_price(-share))
    return course
