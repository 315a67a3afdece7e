"""The figures of the strategy assessment: a list of all, and those that compare all strategies.

Returns are net decimal fractions, on full history those of an equal part in each ticker; figures
show percent. Strategies that fail the guardrails are drawn hollow, what is simulated is labelled
so, and the benchmark stands beside everything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.naming import counted
from tidemark.reporting.figures import INK, STYLE
from tidemark.reporting.strategy_figures import heat_map, tear_sheet
from tidemark.reporting.strategy_figures.assessed import Assessment
from tidemark.reporting.strategy_figures.pages import (
    LINES,
    axes_at,
    both_courses,
    color_bar,
    page,
    shaded,
)

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

COLORS = {  # Okabe and Ito (2008), which colour-blind readers can tell apart too
    "trend": "#0072b2",
    "momentum": "#e69f00",
    "mean_reversion": "#009e73",
    "breakout": "#cc79a7",
    "volatility": "#56b4e9",
    "model": "#d55e00",
}
KINDS = {
    ScenarioKind.FULL: "all",
    ScenarioKind.HISTORICAL: "historical",
    ScenarioKind.STRESS: "simulated",
    ScenarioKind.STOCHASTIC: "simulated",
}


@dataclass(frozen=True)
class Plot:
    """A figure: its file's name, what it is about, what to look for in it, and how to draw it."""

    name: str
    kind: str
    strategy: str | None
    title: str
    caption: str
    draw: Callable[[], Figure]


def plots(found: Assessment) -> Iterator[Plot]:
    """All figures of the assessment; heat maps only of strategies that varied two parameters."""
    for kind, (title, caption, paint) in OVERVIEWS.items():
        yield Plot(f"strategy_{kind}", kind, None, title, caption, _styled(paint, title, found))
    for strategy in found.top:
        for kind, (title, caption, painter) in SHEETS.items():
            if kind != "heatmap" or len(heat_map.varied(heat_map.tried_of(found, strategy))) > 1:
                named = f"{strategy}: {title}"
                draw = _styled(painter, named, found, strategy)
                yield Plot(f"strategy_{kind}_{strategy}", kind, strategy, named, caption, draw)


def _styled(paint: Callable[..., Figure], *arguments: object) -> Callable[[], Figure]:
    return partial(_with_style, partial(paint, *arguments))


def _with_style(paint: Callable[[], Figure]) -> Figure:
    with mpl.rc_context(STYLE):
        return paint()


def _leaderboard(title: str, found: Assessment) -> Figure:
    ranked = found.different[found.different["overall_rank"].notna()]
    height = 0.3 * len(ranked)
    figure = page(9.0, height + 1.75, title, _extent(found))
    axes = axes_at(figure, 2.15, 0.85, 4.95, height)
    place = np.arange(len(ranked))
    colors = [COLORS[category] for category in ranked["strategy_category"]]
    passed = ranked["passed"].to_numpy()
    faces = [color if fine else "white" for color, fine in zip(colors, passed, strict=True)]
    axes.barh(place, ranked["avg_score"], 0.72, color=faces, edgecolor=colors, linewidth=1.3)
    for at, score, fine in zip(place.tolist(), ranked["avg_score"], passed, strict=True):
        words = f"{score:.2f}" if fine else f"{score:.2f}  fails the guardrails"
        axes.text(1.015, at, words, va="center", fontsize=8.5)
    own = found.ranking(found.benchmark)["avg_score"]
    axes.axvline(own, color=INK, linewidth=1.2, linestyle="--")
    axes.text(own, -0.75, f"{found.benchmark} {own:.2f}", ha="center", va="bottom", fontsize=8.5)
    axes.set(xlim=(0, 1), ylim=(len(ranked) - 0.4, -0.6))
    axes.set_yticks(place, ranked["strategy_name"], color=INK)
    axes.tick_params("y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("mean score: share of other sets beaten, 0.5 is the middle", labelpad=2)
    present = [name for name in COLORS if name in set(ranked["strategy_category"])]
    keys = [Patch(color=COLORS[name], label=name.replace("_", " ")) for name in present]
    figure.legend(
        handles=keys, loc="lower center", ncols=len(keys), columnspacing=1.2, handlelength=1.2
    )
    return figure


def _markets(title: str, found: Assessment) -> Figure:
    scores = by_group(found.scores).loc[found.different["strategy_name"]]
    rows, columns = scores.shape
    high, wide = 0.29 * rows, max(0.43 * columns, 5.6)
    figure = page(wide + 3.1, high + 2.6, title, _extent(found))
    axes = axes_at(figure, 2.15, 1.55, wide, high)
    image = shaded(axes, scores.to_numpy(), "RdBu", (0.0, 1.0), 7.0)
    kinds = [kind for kind, *_ in scores.columns]
    names = [f"{group} ({size})" if size > 1 else group for _, group, size in scores.columns]
    axes.set_xticks(range(columns), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(rows), scores.index)
    axes.tick_params(labelcolor=INK, labelsize=8.5)
    for kind in dict.fromkeys(kinds):
        first, last = kinds.index(kind), columns - 1 - kinds[::-1].index(kind)
        if first:
            axes.axvline(first - 0.5, color=INK, linewidth=1.2)
        middle = (first + last) / 2 if last > first else first
        axes.text(middle, -0.65, _kind(kind, last - first), ha="center", va="bottom", fontsize=8)
    color_bar(figure, image, 2.15 + wide + 0.2, 1.55, high, "mean score")
    return figure


def _kind(kind: str, further: int) -> str:
    """A heading that fits above its columns."""
    word = KINDS[ScenarioKind(kind)]
    if word == "simulated":
        return f"{'paths' if kind == ScenarioKind.STOCHASTIC else kind}\n({word})"
    return word if further or kind == ScenarioKind.FULL else kind


def _course(title: str, found: Assessment) -> Figure:
    figure = page(9.0, 6.6, title, f"{found.held()}; {found.span()}")
    shown = [*found.top[: len(LINES)], found.benchmark]
    labels = {name: f"{name} ({found.ranking(name)['best_set']})" for name in shown[:-1]}
    equity, fall = (
        table[shown].rename(columns=labels) for table in (found.equity, found.drawdowns)
    )
    both_courses(figure, equity, fall, 8.0, 0.5, (1.5, 3.2))
    return figure


def by_group(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores with a row for each strategy and a column for each group of market scenarios.

    Args:
        scores: as returned by `by_market.strategy_scores`.

    Returns:
        Index strategy_name; columns (kind, group, number of market scenarios in it), all of
        history first, then windows, then simulations. NaN where a strategy was not tried.
    """
    heads = ["scenario_kind", "group", "market_scenarios"]
    table = scores.pivot(index="strategy_name", columns=heads, values="score")
    order = list(KINDS)
    return table[sorted(table.columns, key=lambda key: (order.index(key[0]), key[1]))]


def _extent(found: Assessment) -> str:
    tried = found.tried
    return (
        f"{tried['sets']:,} sets of parameters, of which {tried['distinct']:,} differ; "
        f"{counted(tried['tickers'], 'ticker')}, {tried['market_scenarios']} market scenarios; "
        f"{tried['cells']:,} cells"
    )


OVERVIEWS: dict[str, tuple[str, str, Callable[..., Figure]]] = {
    "leaderboard": (
        "Strategies by mean score",
        "Longer bars are better: a score of 0.6 means that a strategy's sets beat 60 % of all "
        "others, on average over all cells. Whoever fails the guardrails is "
        "hollow and stands below those that pass. The dashed line is the benchmark, which anyone "
        "can have without a strategy. Exact copies of another strategy are left out.",
        _leaderboard,
    ),
    "scenarios": (
        "Where each strategy does well",
        "A row is a strategy, a column a group of market scenarios that overlap, under the name "
        "of one of them (how many, in brackets). Blue is better than the middle, red worse, grey "
        "was not tried. A strategy that is blue in one column only found one market that suited "
        "it. Exact copies of another strategy are left out.",
        _markets,
    ),
    "equity": (
        "Equity and drawdown of the best strategies",
        "Above, what 1 grew to; equal distances are equal percentages. Below, how far that was "
        "under its highest value so far: what an owner would have had to bear. Each line is the "
        "best set in hindsight, so it looks better than what could have been known.",
        _course,
    ),
}
SHEETS: dict[str, tuple[str, str, Callable[..., Figure]]] = {
    "heatmap": (
        "score by parameters",
        "Each cell is a set of parameters; the outlined one is the best. If its neighbours score "
        "much the same, the result does not hang on one lucky choice. An empty cell is a "
        "combination that makes no sense.",
        heat_map.draw,
    ),
    "sheet": (
        "tear sheet",
        "Blue is the strategy's best set in hindsight, grey the benchmark. Look for where it lost, "
        "not only at the final value. The first and the last calendar year may be parts of one. "
        "Windows are sorted by the benchmark's return, the worst first; tickers, if there are "
        "several, by the strategy's Sharpe ratio, the highest first.",
        tear_sheet.draw,
    ),
}
