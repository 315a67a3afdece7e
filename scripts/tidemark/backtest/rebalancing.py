"""What backtests trade without cost: they put shares of equity right at each close.

Prices move a position away from its share of the equity of its ticker, unless that is all or none
of it, and tickers away from equal parts of the whole. The engine and the portfolio of equal parts
put both right for nothing (see `engine` and `cells.Trial.on_history`). Here is what that trades, so
that a reader can tell what it would have cost.
"""

from tidemark.arrays import Bools, Floats

import numpy as np


def within(drift: Floats, there: Bools) -> float:
    """Shares of the whole equity traded to keep positions at their shares, over all bars.

    Args:
        drift: (tickers, bars) of one set, from `Market.drift`.
        there: (tickers, bars) whether each ticker has a part.
    """
    parts = there / np.maximum(there.sum(axis=0), 1)
    return float((parts * drift).sum())


def between(returns: Floats, position: Floats, there: Bools) -> float:
    """Shares of the whole equity traded to keep equal parts in all tickers, over all bars.

    Moving money into a part, or out of it, trades as much as is held of the part; money that lies
    as cash moves for nothing. A ticker that comes or goes changes the parts of all.

    Args:
        returns: (tickers, bars) net, of one set.
        position: (tickers, bars) share of each part's equity that is held at the close.
        there: (tickers, bars) whether each ticker has a part.
    """
    parts = there / np.maximum(there.sum(axis=0), 1)
    grown = parts * (1.0 + returns)
    whole = grown.sum(axis=0)
    moved = np.abs(parts[:, 1:] - (grown / np.where(whole > 0.0, whole, np.inf))[:, :-1])
    return float((np.abs(position[:, :-1]) * moved)[:, whole[:-1] > 0.0].sum())
