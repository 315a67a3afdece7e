"""Ranks of tickers among those of the same bar."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidemark.arrays import Floats

FEWEST = 3  # tickers; of two, a rank says no more than which is the larger


def centred(values: "Floats") -> "Floats":
    """Ranks from -1/2 to 1/2, 0 in the middle: rank / (number of tickers + 1) - 1/2.

    Equal values share the mean of their ranks, so ranks of a bar always add up to 0. A ticker
    without a value has no rank and does not count; with fewer than FEWEST left, there is none at
    all. Kozak, Nagel and Santosh (2020), Shrinking the cross-section, Journal of Financial
    Economics 135.

    Args:
        values: (bars, tickers), NaN where undefined.
    """
    import numpy as np
    import pandas as pd

    ranks = pd.DataFrame(values).rank(axis=1).to_numpy()
    count = np.isfinite(ranks).sum(axis=1, keepdims=True)
    return np.asarray(np.where(count >= FEWEST, ranks / (count + 1.0) - 0.5, np.nan))
