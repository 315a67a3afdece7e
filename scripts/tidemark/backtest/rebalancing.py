"""What backtests trade without cost: they put shares of equity right at each close.

Prices move a position away from its share of the equity of its ticker, unless that is all or none
of it, and tickers away from equal parts of the whole. The engine and the portfolio of equal parts
put both right for nothing (see `engine` and `cells.Trial.on_history`). Here is what that trades, so
that a reader can tell what it would have cost.
"""

from dataclasses import dataclass
from functools import cached_property

from tidemark.arrays import Bools, Floats

import numpy as np


@dataclass(frozen=True, eq=False)
class EqualParts:
    """What sets did with an equal part in each ticker, added up some tickers at a time.

    Attributes:
        there: (tickers, bars) whether each ticker has a part.
        cash: (bars,) sum over tickers of what cash earned.
        net: (sets, bars) sum over tickers of net returns.
        whole: (sets, bars) the whole equity after each bar, the one before being 1.
        within: (sets,) shares of the whole equity traded to keep positions at their shares.
    """

    there: Bools
    cash: Floats
    net: Floats
    whole: Floats
    within: Floats

    @classmethod
    def of(cls, there: Bools, sets: int) -> "EqualParts":
        """Nothing added yet."""
        net, whole = np.zeros((2, sets, there.shape[1]))
        return cls(there, np.zeros(there.shape[1]), net, whole, np.zeros(sets))

    @cached_property
    def listed(self) -> Floats:
        """(bars,) how many tickers have a part, 1 if none has."""
        return np.asarray(np.maximum(self.there.sum(axis=0), 1), dtype=np.float64)

    def parts(self, tickers: slice) -> Floats:
        """(tickers, bars) the part of each in the whole at each close."""
        return np.asarray(self.there[tickers] / self.listed)

    def add(self, number: int, tickers: slice, returns: Floats, drift: Floats) -> None:
        """Add what a set did with some tickers.

        Args:
            number: of the set.
            tickers: which.
            returns: (tickers, bars) net.
            drift: (tickers, bars) from `Market.drift`.
        """
        parts = self.parts(tickers)
        self.net[number] += returns.sum(axis=0)
        self.whole[number] += (parts * (1.0 + returns)).sum(axis=0)
        self.within[number] += (parts * drift).sum()

    def between(self, number: int, tickers: slice, returns: Floats, position: Floats) -> float:
        """Shares of the whole equity that a set traded in some tickers to keep equal parts.

        Moving money into a part, or out of it, trades as much as is held of the part; money that
        lies as cash moves for nothing. A ticker that comes or goes changes the parts of all. All
        tickers must have been added.

        Args:
            number: of the set.
            tickers: which.
            returns: (tickers, bars) net.
            position: (tickers, bars) share of each part's equity that is held at the close.
        """
        parts, whole = self.parts(tickers), self.whole[number]
        grown = parts * (1.0 + returns)
        moved = np.abs(parts[:, 1:] - (grown / np.where(whole > 0.0, whole, np.inf))[:, :-1])
        return float((np.abs(position[:, :-1]) * moved)[:, whole[:-1] > 0.0].sum())
