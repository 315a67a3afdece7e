"""Scores of best sets on all of history, and since their first position: both, for both sides.

A set that has no position in the first years, since it has no forecasts or too few bars yet, earned
nothing and lost nothing in them. On all of history that flatters its drawdown and lowers its return
beside sets that traded all along. So it is scored once more on the bars since its first position,
and every other set on the same bars. Returns are those of an equal part in each ticker, bar by bar;
of the weights of a score count those of FIGURES, which such returns have.

Each return is read once: first positions cut history into spans, and what a span did is put before
what came after it. Scores cost as much as those of one further market scenario with one ticker for
each first position, of which there are at most as many as strategies.
"""

from collections.abc import Callable, Mapping, Sequence

from tidemark.arrays import Floats
from tidemark.assessment.own_dates import NOTHING
from tidemark.assessment.scoring import scored
from tidemark.statistics.returns import drawdown, equity_of, sharpe_of_sums

import numpy as np
import pandas as pd

FIGURES = ("total_return", "sharpe_ratio", "max_drawdown")
TOGETHER = 256  # sets that are measured at once
CELLS = 250_000  # scored at a time


def scores(
    daily: Mapping[str, pd.DataFrame],
    best: Mapping[str, str],
    cash: Floats,
    weights: Mapping[str, float],
    alike: pd.DataFrame | None = None,
    tell: Callable[[int, int], object] = lambda done, of: None,
) -> pd.DataFrame:
    """Both scores of the best set of each strategy.

    Args:
        daily: (bars, sets) returns by strategy, the benchmark among them.
        best: the best set by strategy.
        cash: (bars,) returns of no position.
        weights: of figures; those of FIGURES count.
        alike: as for `scoring.scored`.
        tell: told how many cells are scored, and of how many: each set since each first position.

    Returns:
        strategy_name, set, flat_bars (before the first position, seen as the first bar whose return
        is not that of cash), score_history and score_since,
        in the order of `best`; NaN where there never was a position, or no figure has a weight.
    """
    counted = {name: weights[name] for name in FIGURES if weights.get(name, 0.0) > 0.0}
    bars = len(cash)
    firsts = {
        (name, chosen): _first(daily[name][chosen].to_numpy(), cash)
        for name, chosen in best.items()
    }
    since = sorted({0, *firsts.values()} - {bars})
    found = _scores(daily, cash, since, counted, alike, tell) if counted else {}
    rows = []
    for (name, chosen), first in firsts.items():
        starts = (0, first) if first < bars else (bars, bars)  # since then there is no score
        both = [found.get((name, chosen, start), np.nan) for start in starts]
        rows.append((name, chosen, first, *both))
    columns = ["strategy_name", "set", "flat_bars", "score_history", "score_since"]
    return pd.DataFrame(rows, columns=columns)


def _first(returns: Floats, cash: Floats) -> int:
    """The bar of the first position; as many as there are bars if there never was one."""
    held = np.abs(returns - cash) > NOTHING
    return int(held.argmax()) if held.any() else len(cash)


def _scores(
    daily: Mapping[str, pd.DataFrame],
    cash: Floats,
    since: Sequence[int],
    weights: Mapping[str, float],
    alike: pd.DataFrame | None,
    tell: Callable[[int, int], object],
) -> dict[tuple[str, str, int], float]:
    """The score of each set from each of these bars on, by strategy, set and bar."""
    names = [(name, column) for name, frame in daily.items() for column in frame]
    parts = [names[at : at + TOGETHER] for at in range(0, len(names), TOGETHER)]
    measured = np.concatenate(
        [
            _figures(np.stack([daily[name][column] for name, column in part]), cash, since)
            for part in parts
        ],
        axis=-1,
    )  # (figures, since, sets)
    sets = pd.DataFrame(names, columns=["strategy_name", "set"])
    labels = {"strategy_category": "any", "symbol": "all", "scenario_kind": "full", "group": "full"}
    found: dict[tuple[str, str, int], float] = {}
    together = max(1, CELLS // len(names))
    for at in range(0, len(since), together):
        cells = pd.concat(
            [
                sets.assign(**labels, **dict(zip(FIGURES, measured[:, nth], strict=True))).assign(
                    scenario_name=f"{bar:09}"
                )
                for nth, bar in enumerate(since[at : at + together], at)
            ]
        )
        of = scored(cells, weights, alike)
        keys = zip(of["strategy_name"], of["set"], of["scenario_name"].astype(int), strict=True)
        found |= dict(zip(keys, of["score"].tolist(), strict=True))
        tell(min(at + together, len(since)) * len(names), len(since) * len(names))
    return found


def _figures(returns: Floats, cash: Floats, since: Sequence[int]) -> Floats:
    """FIGURES of (sets, bars) returns from each of these ascending bars on, (figures, since, sets).

    Of equity after a bar, relative to that before it, `lowest` is the least from that bar on, and
    `deepest` the least of all that begin there or later.
    """
    found = np.empty((len(FIGURES), len(since), len(returns)))
    growth = lowest = deepest = np.ones(len(returns))
    total = squares = np.zeros(len(returns))
    for nth, (start, stop) in reversed(
        [*enumerate(zip(since, [*since[1:], len(cash)], strict=True))]
    ):
        equity, excess = (
            equity_of(returns[:, start:stop]),
            returns[:, start:stop] - cash[start:stop],
        )
        grown, highest = equity[:, -1], equity[:, :-1].max(axis=1, initial=1.0)
        deepest = np.minimum(deepest, grown / highest * lowest)
        deepest = np.minimum(deepest, 1.0 + drawdown(equity, 1.0).min(axis=1))
        lowest = np.minimum(equity.min(axis=1), grown * lowest)
        growth = grown * growth
        total, squares = total + excess.sum(axis=1), squares + np.vecdot(excess, excess)
        found[:, nth] = (
            growth - 1.0,
            sharpe_of_sums(len(cash) - start, total, squares),
            deepest - 1.0,
        )
    return found
