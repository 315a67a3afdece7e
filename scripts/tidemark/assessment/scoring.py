"""Score cells: how a set of parameters did beside all others, in the same market.

The score of a cell (one set of parameters x ticker x market scenario) compares it with all other
sets on the same ticker in the same market scenario: for each metric the share of them that it
beats, a tie counting half; then the mean over metrics, weighted. 1 is the best
in everything, 0 the worst, 0.5 the middle. So

- only order counts: units, outliers and the length of a window have no weight of their own;
- a better metric never lowers a score; an undefined one (NaN, infinite) ranks last;
- where no set has a metric, such as an annual figure of a short window, all tie: it is neutral;
- a further set that is worse than all others in every metric of every cell moves their scores
  alike and keeps their order. One that is good in some cells may change it, as in any ranking by
  ranks;
- a market scenario can be scored by itself, so all of them never need be in memory at once.

Fractions are decimal, returns net, drawdowns negative, Sharpe ratios annual.
"""

from collections.abc import Mapping

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


def scored(cells: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """The cells with their score, sorted by ORDER; labels are alphabetical categories.

    Args:
        cells: LABELS and the metrics, one row a cell in any order: all cells of one market
            scenario or of several.
        weights: metric to weight, of DIRECTIONS; only their proportions matter.

    Raises:
        BadValue: an unknown metric, weights that are negative or all 0.
        InputError: a cell twice, or one that does not say what it is of.
    """
    _check_weights(weights)
    ordered = cells.assign(**{name: _categories(cells[name]) for name in LABELS})
    ordered = ordered.sort_values(ORDER, ignore_index=True)
    _check_cells(ordered)
    market = market_of(ordered)
    parts = (weight * _share_beaten(ordered[m], m, market) for m, weight in weights.items())
    return ordered.assign(score=(sum(parts) / sum(weights.values())).round(DIGITS))


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


def _share_beaten(values: pd.Series, metric: str, market: pd.Series) -> pd.Series:
    """Share of the other cells of the same market that each beats; half for being alone."""
    directed = DIRECTIONS[metric] * values.astype(np.float64)
    comparable = directed.where(np.isfinite(directed), -np.inf).groupby(market)
    others = comparable.transform("size") - 1
    return ((comparable.rank() - 1) / others.where(others > 0)).fillna(0.5)
