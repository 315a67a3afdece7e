"""Which sets are copies of each other, or nearly: a cluster of them counts once.

A list of strategies may hold one set many times: under several names, or as a long grid whose
neighbours hardly differ. What others are worth must not hang on that, so sets are clustered by
what they earned, and the number of clusters is the effective number of sets tried (Lopez de Prado
and Lewis 2019, Detection of False Investment Strategies Using Unsupervised Learning Methods,
Quantitative Finance 19(9), 1555-1565). Names and parameters play no part: one grid can be listed
as many strategies, but its returns stay what they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from tidemark.arrays import Floats, Integers
from tidemark.statistics.returns import sharpe_of

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage

ALIKE = 0.95  # correlation from which two sets are near-copies: they share 90 % of their variance
MOST = 5000  # different sets that are compared in pairs, which takes seconds and 0.6 GB
AT_ONCE = 500  # of more, how many are held against the leaders at once
NAMES = ["strategy_name", "set"]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Sets that earn nearly the same, together.

    Attributes:
        twin: (sets,) number of the returns that the set has; exact copies share it.
        cluster: (returns,) number of the cluster of each of these returns.
    """

    twin: Integers
    cluster: Integers

    @property
    def of_sets(self) -> Integers:
        """(sets,) the cluster of each."""
        return self.cluster[self.twin]

    @property
    def count(self) -> int:
        """How many clusters there are: the effective number of sets."""
        return len(np.unique(self.cluster))

    @cached_property
    def weights(self) -> Floats:
        """(sets,) share of each set in its cluster.

        Different returns of a cluster share it equally, and copies share what is theirs; so a
        further copy takes nothing from any other set.
        """
        different, copies = np.bincount(self.cluster), np.bincount(self.twin)
        return 1.0 / (different[self.of_sets] * copies[self.twin])

    def means(self, values: Floats) -> Floats:
        """Mean over each cluster's different members, (..., clusters), of (..., sets)."""
        first = np.unique(self.twin, return_index=True)[1]
        members = [first[self.cluster == number] for number in np.unique(self.cluster)]
        return np.stack([values[..., some].mean(axis=-1) for some in members], axis=-1)


def clusters(returns: Floats) -> Clusters:
    """Cluster sets by the correlation of their returns, bar by bar.

    Complete linkage (`scipy.cluster.hierarchy`) on 1 - correlation, cut so that any two sets of a
    cluster have ALIKE or more; time and memory grow with the square of the different sets. Of more
    than MOST, each set joins the leader that it is most alike, or leads a cluster of its own
    (Hartigan 1975, Clustering Algorithms): there, members are ALIKE to their leader. Sets whose
    returns do not vary are one cluster. Days without a position count as they are; what is flat for
    years is alike only to what is flat with it, since the rest varies on those days.

    Copies change nothing: each return series is looked at once, in an order that depends on its
    contents alone.

    Args:
        returns: (bars, sets) beyond cash, without NaN.
    """
    series = np.ascontiguousarray(returns.T) + 0.0  # no -0.0, which is another byte
    contents = [sha256(one).digest() for one in series]
    _, first, twin = np.unique(contents, return_index=True, return_inverse=True)
    different = series[first]
    varied = np.isfinite(sharpe_of(different.T))
    cluster = np.zeros(len(different), dtype=np.intp)
    unit = different[varied] - different[varied].mean(axis=1, keepdims=True)
    unit /= np.sqrt((unit**2).sum(axis=1, keepdims=True))
    if len(unit) > 1:
        cluster[varied] = (_by_linkage if len(unit) <= MOST else _by_leader)(unit)
    elif len(unit):
        cluster[varied] = 1
    return Clusters(twin=twin.astype(np.intp), cluster=cluster)


def table(returns: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The clusters of all sets of several strategies.

    Args:
        returns: of each strategy, (bars, sets) beyond cash; all of the same bars.

    Returns:
        Index NAMES; `twin` and `cluster` among all sets, and `share`, of the set in the averages
        of its own strategy, in which near-copies count once whatever else is listed.
    """
    everything = clusters(np.column_stack([own.to_numpy() for own in returns.values()]))
    names = [(name, column) for name, own in returns.items() for column in own]
    shares = [clusters(own.to_numpy()).weights for own in returns.values()]
    return pd.DataFrame(
        {
            "twin": everything.twin,
            "cluster": everything.of_sets,
            "share": np.concatenate(shares),
        },
        index=pd.MultiIndex.from_tuples(names, names=NAMES),
    )


def _by_linkage(unit: Floats) -> Integers:
    """(sets,) numbers from 1, of (sets, bars) returns of mean 0 and length 1."""
    pairs = []
    for start in range(0, len(unit), AT_ONCE):
        correlations = unit[start : start + AT_ONCE] @ unit[start:].T
        pairs += [row[place + 1 :] for place, row in enumerate(correlations)]
    distances = np.maximum(1.0 - np.concatenate(pairs), 0.0)
    tree = linkage(distances, "complete")
    return np.asarray(fcluster(tree, 1.0 - ALIKE, "distance"), dtype=np.intp)


def _by_leader(unit: Floats) -> Integers:
    """(sets,) numbers from 1, of (sets, bars) returns of mean 0 and length 1."""
    leaders: list[int] = []
    number = np.empty(len(unit), dtype=np.intp)
    for start in range(0, len(unit), AT_ONCE):
        some = unit[start : start + AT_ONCE]
        inside = some @ some.T
        alike = np.hstack([some @ unit[leaders].T, np.full(inside.shape, -1.0)])
        for place, correlations in enumerate(alike):
            best = int(np.argmax(correlations))
            if correlations[best] < ALIKE:
                best = len(leaders)
                leaders.append(start + place)
                alike[:, best] = inside[place]
            number[start + place] = best + 1
    return number
