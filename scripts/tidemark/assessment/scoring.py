"""Score cells: how a set of parameters did beside all others, in the same market.

The score of a cell (one set of parameters x ticker x market scenario) compares it with all other
sets on the same ticker in the same market scenario: for each metric the share of them that it
beats, a tie counting half; then the mean over metrics, weighted. 1 is the best
in everything, 0 the worst, 0.5 the middle. Copies and near-copies (`copies`) count once: each
cluster of them is one opponent, of which a set may beat a part, and a set's own cluster is none.
So

- only order counts: units, outliers and the length of a window have no weight of their own;
- a better metric never lowers a score; an undefined one (NaN, infinite) ranks last;
- where no set has a metric, such as an annual figure of a short window, all tie: it is neutral;
- copies of a set move no score of any other;
- a further set that is worse than all others in every metric of every cell moves their scores
  alike and keeps their order. One that is good in some cells may change it, as in any ranking by
  ranks;
- a market scenario can be scored by itself, so all of them never need be in memory at once.

Fractions are decimal, returns net, drawdowns negative, Sharpe ratios annual.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tidemark.arrays import Floats, Integers
from tidemark.assessment import copies
from tidemark.assessment.settings import DIRECTIONS
from tidemark.errors import BadValue, InputError
from tidemark.layout.backtest import CELLS

import numpy as np
import pandas as pd

SET = ["strategy_name", "strategy_category", "set"]
GROUP = ["scenario_kind", "group"]  # of market scenarios that overlap
MARKET = ["scenario_name", "symbol"]
KEYS = [*SET, *MARKET]
LABELS = [*KEYS, *GROUP]
ORDER = ["scenario_name", *SET, "symbol"]
WHERE = CELLS.rpartition("/")[0]

DIGITS = 12  # scores and averages that agree so far are ties, whatever the size of parts


def in_parts(cells: Mapping[str, int], most: int) -> list[list[str]]:
    """Group market scenarios into parts, by name, of as many as have at most `most` cells.

    Args:
        cells: of each market scenario, their number.
        most: of a part; a market scenario that has more is a part of its own.
    """
    parts: list[list[str]] = []
    room = 0
    for name in sorted(cells):
        if cells[name] > room:
            parts.append([])
            room = most
        parts[-1].append(name)
        room -= cells[name]
    return parts


def scored(
    cells: pd.DataFrame, weights: Mapping[str, float], alike: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The cells with their score, sorted by ORDER; labels are alphabetical categories.

    Args:
        cells: LABELS and the metrics, one row a cell in any order: all cells of one market
            scenario or of several.
        weights: metric to weight, of DIRECTIONS; only their proportions matter.
        alike: which sets are copies, as returned by `copies.table`; none are if it is left out.

    Raises:
        BadValue: an unknown metric, weights that are negative or all 0.
        InputError: a cell twice, or one that does not say what it is of.
    """
    _check_weights(weights)
    ordered = cells.assign(**{name: _categories(cells[name]) for name in LABELS})
    ordered = ordered.sort_values(ORDER, ignore_index=True)
    _check_cells(ordered)
    contest = _Contest.of(ordered, alike)
    shares = np.stack([contest.share_beaten(ordered[metric], metric) for metric in weights])
    score = np.average(shares, axis=0, weights=list(weights.values()))
    return ordered.assign(score=np.round(score, DIGITS))


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """Replace categories, which differ from part to part, by names."""
    labels = table.select_dtypes("category")
    names = {
        label: column.cat.categories.take(column.cat.codes) for label, column in labels.items()
    }
    return table.assign(**names)


def market_of(cells: pd.DataFrame) -> pd.Series:
    """Number each ticker in each market scenario, (cells,)."""
    return cells.groupby(MARKET, observed=True, sort=False).ngroup()


def _categories(labels: pd.Series) -> pd.Series:
    categories = labels.astype("category")
    return categories.cat.reorder_categories(sorted(categories.cat.categories))


def _check_weights(weights: Mapping[str, float]) -> None:
    for metric, weight in weights.items():
        if metric not in DIRECTIONS:
            raise BadValue(
                f"weights.{metric}",
                "is no metric that can be scored",
                f"choose from {', '.join(DIRECTIONS)}",
            )
        if not 0 <= weight < np.inf:
            raise BadValue(
                f"weights.{metric}",
                f"{weight} is no weight",
                "give a number that is 0 or more",
            )
    if sum(weights.values()) == 0:
        raise BadValue("weights", "are all 0", "give one metric a weight")


def _check_cells(cells: pd.DataFrame) -> None:
    named = cells[LABELS]
    for wrong, problem in (
        (named.isna().any(axis=1), "has a cell without a name, kind or group"),
        (named.duplicated(KEYS), "has a cell twice"),
    ):
        if wrong.any():
            cell = ", ".join(map(str, named.loc[wrong.idxmax()]))
            cure = "name every strategy, set, ticker and market scenario, each once"
            raise InputError(WHERE, f"{problem}: {cell}", cure)


@dataclass(frozen=True, eq=False)
class _Contest:
    """Which cells stand against each other; (cells,) each.

    Attributes:
        market: number of the ticker in its market scenario.
        cluster: number of the set's cluster in that market.
        weight: of the cell as an opponent; 1 for each cluster in each market.
        opponents: how many other clusters there are in the market.
    """

    market: Integers
    cluster: Integers
    weight: Floats
    opponents: Integers

    @classmethod
    def of(cls, cells: pd.DataFrame, alike: pd.DataFrame | None) -> "_Contest":
        market = market_of(cells).to_numpy()
        whose = cells.groupby(copies.NAMES, observed=True, sort=False).ngroup().to_numpy()
        if alike is None:
            twins = clusters = np.arange(whose.max() + 1)
        else:
            sets = cells[copies.NAMES].drop_duplicates()
            found = alike.reindex(pd.MultiIndex.from_frame(sets.astype(str)))
            lacking = found.index[found["cluster"].isna()]
            if len(lacking):
                problem = f"has a set without returns of each bar: {', '.join(lacking[0])}"
                raise InputError(WHERE, problem, "run make again")
            twins, clusters = (found[name].to_numpy(dtype=np.intp) for name in ("twin", "cluster"))
        _, cluster = np.unique(market * (clusters.max() + 1) + clusters[whose], return_inverse=True)
        _, first, twin = np.unique(
            market * (twins.max() + 1) + twins[whose], return_index=True, return_inverse=True
        )
        different = np.bincount(cluster[first])
        weight = 1.0 / (different[cluster] * np.bincount(twin)[twin])
        in_market = np.bincount(market[np.unique(cluster, return_index=True)[1]])
        return cls(market, cluster, weight, in_market[market] - 1)

    def share_beaten(self, values: pd.Series, metric: str) -> Floats:
        """Share of the other clusters of the market that each beats; half for being alone."""
        directed = DIRECTIONS[metric] * values.to_numpy(dtype=np.float64)
        comparable = np.where(np.isfinite(directed), directed, -np.inf)
        beaten = self._beaten(comparable, self.market) - self._beaten(comparable, self.cluster)
        return np.where(self.opponents > 0, beaten / np.maximum(self.opponents, 1), 0.5)

    def _beaten(self, values: Floats, groups: Integers) -> Floats:
        """Weight of those in its group that each beats, of equals and itself half."""
        order = np.lexsort((values, groups))
        value, group, weight = values[order], groups[order], self.weight[order]
        new = np.r_[True, (group[1:] != group[:-1]) | (value[1:] != value[:-1])]
        tie = np.cumsum(new) - 1
        tied = pd.Series(np.bincount(tie, weight))
        upto = tied.groupby(group[new]).cumsum()
        beaten = np.empty(len(values))
        beaten[order] = (upto - tied / 2.0).to_numpy()[tie]
        return beaten
