"""Which sets earn nearly the same: clusters in which any two correlate by 0.95 or more."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from referee.ratios import ratio
from referee.results import Floats, Results
from referee.verdict import NotLookedError

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage

ALIKE = 0.95
MOST = 5000  # different sets; of more, the pipeline compares each with leaders alone
Name = tuple[str, str]
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Alike:
    """Sets by what they earn; both numbers are arbitrary.

    Attributes:
        twin: of the returns that a set has; exact copies share them.
        cluster: of the sets that earn nearly the same.
        share: of a set in the averages of its strategy, where near-copies count once.
    """

    twin: dict[Name, int]
    cluster: dict[Name, int]
    share: dict[Name, float]

    @classmethod
    def of(cls, results: Results) -> "Alike":
        sets = {}
        for name, _ in results.strategies():
            frame = results.table(f"data/backtests/{name}.parquet")
            for told in frame.columns.drop(["timestamp", "cash"]):
                sets[name, told] = (frame[told] - frame["cash"]).to_numpy()
        twin, cluster = clusters(sets)
        share: dict[Name, float] = {}
        for name, _ in results.strategies():
            own = {key: values for key, values in sets.items() if key[0] == name}
            share |= weights(list(own), *clusters(own))
        return cls(twin, cluster, share)


def weights(
    names: list[Name], twin: dict[Name, int], cluster: dict[Name, int]
) -> dict[Name, float]:
    """What each of these sets counts: different returns of a cluster share 1, and copies theirs."""
    counted = {}
    for name in names:
        different = {twin[other] for other in names if cluster[other] == cluster[name]}
        copies = sum(twin[other] == twin[name] for other in names)
        counted[name] = 1 / (len(different) * copies)
    return counted


def clusters(sets: Mapping[K, Floats]) -> tuple[dict[K, int], dict[K, int]]:
    """The twin and the cluster of each set, from its returns beyond cash; see `Alike`."""
    numbers: dict[bytes, int] = {}
    twin = {key: numbers.setdefault((v + 0.0).tobytes(), len(numbers)) for key, v in sets.items()}
    first = {number: sets[key] for key, number in reversed(twin.items())}
    varied = [number for number, values in sorted(first.items()) if np.isfinite(ratio(values))]
    if len(varied) > MOST:
        raise NotLookedError(f"{len(varied):,} different sets are too many to compare in pairs")
    of_twin = dict.fromkeys(first, 0)  # what never varies is one cluster
    if len(varied) > 1:
        away = 1 - np.corrcoef([first[number] for number in varied])
        tree = linkage(np.maximum(away[np.triu_indices(len(varied), 1)], 0.0), "complete")
        of_twin |= zip(varied, fcluster(tree, 1 - ALIKE, "distance").tolist(), strict=True)
    elif varied:
        of_twin[varied[0]] = 1
    return twin, {key: of_twin[number] for key, number in twin.items()}


def same_partition(a: pd.Series, b: pd.Series) -> bool:
    """Whether two numberings put the same things together."""
    pairs = len(set(zip(a, b, strict=True)))
    return pairs == a.nunique() == b.nunique()
