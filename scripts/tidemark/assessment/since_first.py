"""Scores of best sets on all of history, and since their first position: both, for both sides.

A set that has no position in the first years, since it has no forecasts or too few bars yet, earned
nothing and lost nothing in them. On all of history that flatters its drawdown and lowers its return
beside sets that traded all along. So it is scored once more on the bars since its first position,
and every other set on the same bars. Returns are those of an equal part in each ticker, bar by bar;
of the weights of a score count those of FIGURES, which such returns have.
"""

from collections.abc import Mapping

from tidemark.arrays import Floats
from tidemark.assessment.own_dates import NOTHING
from tidemark.assessment.scoring import scored
from tidemark.statistics.returns import drawdown, equity_of, sharpe_of

import numpy as np
import pandas as pd

FIGURES = ("total_return", "sharpe_ratio", "max_drawdown")
TOGETHER = 256  # sets that are measured at once


def scores(
    daily: Mapping[str, pd.DataFrame],
    best: Mapping[str, str],
    cash: Floats,
    weights: Mapping[str, float],
    alike: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Both scores of the best set of each strategy.

    Args:
        daily: (bars, sets) returns by strategy, the benchmark among them.
        best: the best set by strategy.
        cash: (bars,) returns of no position.
        weights: of figures; those of FIGURES count.
        alike: as for `scoring.scored`.

    Returns:
        strategy_name, set, flat_bars (before the first position, seen as the first bar whose return
        is not that of cash), score_history and score_since,
        in the order of `best`; NaN where there never was a position, or no figure has a weight.
    """
    counted = {name: weights[name] for name in FIGURES if weights.get(name, 0.0) > 0.0}
    returns = np.concatenate([frame.to_numpy() for frame in daily.values()], axis=1)
    names = [(name, column) for name, frame in daily.items() for column in frame]
    place = {name: number for number, name in enumerate(names)}
    held = np.abs(returns - cash[:, np.newaxis]) > NOTHING
    rows = []
    of_first: dict[int, pd.Series] = {}
    for name, chosen in best.items():
        mine = held[:, place[name, chosen]]
        first = int(mine.argmax()) if mine.any() else len(returns)
        both = []
        for since in (0, first):
            if not counted or first == len(returns):
                both.append(np.nan)
                continue
            if since not in of_first:
                of_first[since] = _scores(returns[since:], cash[since:], names, counted, alike)
            both.append(float(of_first[since][name, chosen]))
        rows.append((name, chosen, first, *both))
    columns = ["strategy_name", "set", "flat_bars", "score_history", "score_since"]
    return pd.DataFrame(rows, columns=columns)


def _scores(
    returns: Floats,
    cash: Floats,
    names: list[tuple[str, str]],
    weights: Mapping[str, float],
    alike: pd.DataFrame | None,
) -> pd.Series:
    """The score of each set on these bars, by strategy and set."""
    parts = np.array_split(np.arange(len(names)), -(-len(names) // TOGETHER))
    figures = [_figures(returns[:, part], cash) for part in parts]
    labels = {"strategy_category": "any", "scenario_name": "history", "symbol": "all"}
    labels |= {"scenario_kind": "full", "group": "full"}
    measured = {name: np.concatenate([each[name] for each in figures]) for name in FIGURES}
    cells = pd.DataFrame(names, columns=["strategy_name", "set"]).assign(**labels, **measured)
    found = scored(cells, weights, alike).astype({"strategy_name": "str", "set": "str"})
    return found.set_index(["strategy_name", "set"])["score"]


def _figures(returns: Floats, cash: Floats) -> dict[str, Floats]:
    equity = equity_of(returns.T)
    return {
        "total_return": equity[:, -1] - 1.0,
        "sharpe_ratio": sharpe_of(returns - cash[:, np.newaxis]),
        "max_drawdown": drawdown(equity, 1.0).min(axis=1),
    }
