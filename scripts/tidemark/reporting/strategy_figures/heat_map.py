"""Heat map of a strategy's score by its parameters: does the best set stand alone?"""

from collections.abc import Sequence

from tidemark.backtest.strategies import described
from tidemark.reporting.figures import MARK
from tidemark.reporting.strategy_figures.assessed import Assessment
from tidemark.reporting.strategy_figures.pages import axes_at, color_bar, page, shaded

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

MOST_PANELS = 4
LEAST_SPREAD = 0.1  # range of scores that the colours span at least


def draw(title: str, found: Assessment, strategy: str) -> Figure:
    """Draw the scores by two parameters, with a panel for each value of a third that has few.

    All other parameters are kept as in the best set.
    """
    tried = tried_of(found, strategy)
    down, across, *rest = varied(tried)
    best = described(found.ranking(strategy)["best_set"])
    panel, kept = _panels(tried, rest, best)
    shown = found.sets.loc[tried.index].assign(**tried.to_dict("series"))
    for name in kept:
        shown = shown[shown[name] == best[name]]
    values = in_order(shown[panel]) if panel else [""]
    ys, xs = in_order(shown[down]), in_order(shown[across])
    wide, high = max(0.62 * len(xs), 4.2 / len(values)), 0.42 * len(ys)
    subtitle = f"mean score over {found.tried['market_scenarios']} market scenarios"
    subtitle += "".join(f"; {name}={best[name]} as in the best set" for name in kept)
    full = 0.95 + len(values) * (wide + 0.3) + 0.85
    figure = page(full, high + 1.7, title, subtitle)
    for number, value in enumerate(values):
        axes = axes_at(figure, 0.95 + number * (wide + 0.3), 0.65, wide, high)
        some = shown[shown[panel] == value] if panel else shown
        scores = some.pivot(index=down, columns=across, values="avg_score").reindex(ys, columns=xs)
        image = shaded(axes, scores.to_numpy(), "Blues", _span(shown["avg_score"]), 9.0)
        axes.set_xticks(range(len(xs)), xs)
        axes.set_yticks(range(len(ys)), ys if number == 0 else [])
        axes.set_xlabel(across)
        if number == 0:
            axes.set_ylabel(down)
        if panel:
            axes.set_title(f"{panel} = {value}", fontsize=9.5, y=1.0)
        if not panel or value == best[panel]:
            at = xs.index(best[across]) - 0.5, ys.index(best[down]) - 0.5
            axes.add_patch(
                Rectangle(at, 1, 1, fill=False, color=MARK, linewidth=2.5, clip_on=False)
            )
    color_bar(figure, image, 0.95 + len(values) * (wide + 0.3) - 0.1, 0.65, high, "mean score")
    return figure


def varied(tried: pd.DataFrame) -> list[str]:
    """Parameters with several values, those with most first.

    Args:
        tried: as returned by `tried_of`.
    """
    counts = tried.nunique()
    return [
        str(name) for name in counts[counts > 1].sort_values(ascending=False, kind="stable").index
    ]


def in_order(values: Sequence[str]) -> list[str]:
    """The distinct values of a parameter, in order; numbers by size."""
    distinct = sorted(set(values))
    try:
        return sorted(distinct, key=float)
    except ValueError:
        return distinct


def tried_of(found: Assessment, strategy: str) -> pd.DataFrame:
    """The sets of a strategy: a row for each set, a column of text for each parameter."""
    chosen = found.sets[found.sets["strategy_name"] == strategy]
    return pd.DataFrame([described(text) for text in chosen["set"]], index=chosen.index)


def _panels(
    tried: pd.DataFrame, rest: Sequence[str], best: dict[str, str]
) -> tuple[str | None, list[str]]:
    """The parameter that gets a panel for each value, if any, and those kept as in the best set."""
    fit = [name for name in rest if tried[name].nunique() <= MOST_PANELS]
    panel = fit[0] if fit else None
    return panel, [name for name in rest if name != panel and name in best]


def _span(scores: pd.Series) -> tuple[float, float]:
    """The scores at which the colours begin and end, so that small differences look small."""
    low, high = scores.min(), scores.max()
    missing = max(LEAST_SPREAD - (high - low), 0.0) / 2
    return low - missing, high + missing
