"""The figures of the strategy assessment.

Returns are net decimal fractions, on full history those of an equal part in each ticker; figures
show percent. Whoever fails the guardrails is drawn hollow, what is simulated is called so, and the
benchmark stands beside everything.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tidemark.backtest.assessment import FULL
from tidemark.figures import DATA, INK, MARK, MUTED, STYLE

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COLORS = {  # Okabe and Ito (2008), told apart by colour-blind readers too
    "trend": "#0072b2",
    "momentum": "#e69f00",
    "mean_reversion": "#009e73",
    "breakout": "#cc79a7",
    "volatility": "#56b4e9",
    "model": "#d55e00",
}
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
KINDS = {FULL: "all", "historical": "historical", "stress": "simulated", "stochastic": "simulated"}
CALENDAR_YEAR = r"year_\d{4}"
MOST_BARS = 12  # of tickers or windows in a tear sheet
MOST_TICKS = 9  # of an equity axis
MOST_PANELS = 4  # of a heat map
LEAST_SPREAD = 0.1  # of scores, that a heat map's colours span
LEAST_EQUITY = 1e-4  # a log axis has no 0
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue (ITU-R BT.709)
DARK = 0.45  # below this, numbers are white


@dataclass(frozen=True)
class Assessment:
    """What is to be drawn.

    Attributes:
        results, sets, rankings, evidence: the tables of metrics/assessment/.
        benchmark: name of the strategy that stands beside.
        confidence: of the intervals.
        returns: index `timestamp`; of the best set of each top strategy, best first, then of the
            benchmark; columns are strategies.
    """

    results: pd.DataFrame
    sets: pd.DataFrame
    rankings: pd.DataFrame
    evidence: pd.DataFrame
    benchmark: str
    confidence: float
    returns: pd.DataFrame

    @property
    def top(self) -> list[str]:
        """The best strategies, of which there are returns."""
        return [name for name in self.returns.columns if name != self.benchmark]

    def ranking(self, strategy: str) -> pd.Series:
        """Its row in `rankings`."""
        return self.rankings.set_index("strategy_name").loc[strategy]

    def cells(self, strategy: str) -> pd.DataFrame:
        """The cells of its best set."""
        table = self.results
        best = self.ranking(strategy)["best_set"]
        return table[(table["strategy_name"] == strategy) & (table["set"] == best)]

    def span(self) -> str:
        """First and last date."""
        return f"{self.returns.index[0]:%Y-%m-%d} to {self.returns.index[-1]:%Y-%m-%d}"


@dataclass(frozen=True)
class Plot:
    """A figure: its file's name, what it is about, what to see in it, and how to draw it."""

    name: str
    kind: str
    strategy: str | None
    title: str
    caption: str
    draw: Callable[[], Figure]


def plots(found: Assessment) -> Iterator[Plot]:
    """All figures of the assessment; heat maps of those that have two parameters to compare."""
    for kind, (title, caption, paint) in OVERVIEWS.items():
        yield Plot(f"strategy_{kind}", kind, None, title, caption, _styled(paint, title, found))
    for strategy in found.top:
        for kind, (title, caption, painter) in SHEETS.items():
            if kind != "heatmap" or len(varied(_tried(found, strategy))) > 1:
                named = f"{strategy}: {title}"
                draw = _styled(painter, named, found, strategy)
                yield Plot(f"strategy_{kind}_{strategy}", kind, strategy, named, caption, draw)


def _styled(paint: Callable[..., Figure], *arguments: object) -> Callable[[], Figure]:
    return partial(_with_style, partial(paint, *arguments))


def _with_style(paint: Callable[[], Figure]) -> Figure:
    with mpl.rc_context(STYLE):
        return paint()


# --- What is computed for a figure


def equity(returns: Floats) -> Floats:
    """(bars,) what 1 has grown to after each bar."""
    return np.asarray(np.cumprod(1.0 + returns))


def drawdown(returns: Floats) -> Floats:
    """(bars,) equity over its highest so far, at least the 1 it starts with, less 1: 0 or less."""
    course = equity(returns)
    return np.asarray(course / np.maximum(np.maximum.accumulate(course), 1.0) - 1.0)


def yearly(returns: pd.DataFrame) -> pd.DataFrame:
    """Compound return of each column in each calendar year; index `year`."""
    by_year = (1.0 + returns).groupby(pd.DatetimeIndex(returns.index).year)
    return by_year.prod().rename_axis("year") - 1.0


def scores_by_group(results: pd.DataFrame) -> pd.DataFrame:
    """Mean score of each strategy in each group of market scenarios; NaN where it was not tried.

    Returns:
        Index strategy_name; columns (kind, group, number of market scenarios in it), all of
        history first, then windows, then simulations.
    """
    scenarios = results[["scenario_kind", "group", "scenario_name"]].drop_duplicates()
    sizes = scenarios.groupby(["scenario_kind", "group"]).size()
    table = results.pivot_table(
        "score", index="strategy_name", columns=["scenario_kind", "group"], aggfunc="mean"
    )
    table.columns = pd.MultiIndex.from_tuples([(*key, sizes[key]) for key in table.columns])
    order = list(KINDS)
    return table[sorted(table.columns, key=lambda key: (order.index(key[0]), key[1]))]


def parameters(text: str) -> dict[str, str]:
    """`fast=5 slow=50` -> {fast: 5, slow: 50}, as text; `no parameters` has none."""
    return dict(pair.split("=", 1) for pair in text.split(" ") if "=" in pair)


def varied(tried: pd.DataFrame) -> list[str]:
    """Parameters with several values, those with most first.

    Args:
        tried: of each set its parameters, as text, a column each.
    """
    counts = tried.nunique()
    return [
        str(name) for name in counts[counts > 1].sort_values(ascending=False, kind="stable").index
    ]


def in_order(values: Sequence[str]) -> list[str]:
    """Distinct values of a parameter, numbers by size."""
    distinct = sorted(set(values))
    try:
        return sorted(distinct, key=float)
    except ValueError:
        return distinct


def _tried(found: Assessment, strategy: str) -> pd.DataFrame:
    """The sets of a strategy: a column a parameter."""
    chosen = found.sets[found.sets["strategy_name"] == strategy]
    return pd.DataFrame([parameters(text) for text in chosen["set"]], index=chosen.index)


# --- Of all strategies


def _leaderboard(title: str, found: Assessment) -> Figure:
    ranked = found.rankings[found.rankings["overall_rank"].notna()]
    height = 0.3 * len(ranked)
    figure = _page(9.0, height + 1.75, title, _extent(found))
    axes = _axes(figure, 2.15, 0.85, 6.6, height)
    place = np.arange(len(ranked))
    colors = [COLORS[category] for category in ranked["strategy_category"]]
    passed = ranked["passed"].to_numpy()
    faces = [color if fine else "white" for color, fine in zip(colors, passed, strict=True)]
    axes.barh(place, ranked["avg_score"], 0.72, color=faces, edgecolor=colors, linewidth=1.3)
    for at, score, fine in zip(place.tolist(), ranked["avg_score"], passed, strict=True):
        words = f"{score:.2f}" if fine else f"{score:.2f}  fails the guardrails"
        axes.text(score + 0.008, at, words, va="center", fontsize=8.5, bbox=BACKED, zorder=3)
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
    scores = scores_by_group(found.results).loc[found.rankings["strategy_name"]]
    rows, columns = scores.shape
    high, wide = 0.29 * rows, max(0.43 * columns, 5.6)
    figure = _page(wide + 3.1, high + 2.6, title, _extent(found))
    axes = _axes(figure, 2.15, 1.55, wide, high)
    image = _cells(axes, scores.to_numpy(), "RdBu", (0.0, 1.0), 7.0)
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
    _color_bar(figure, image, 2.15 + wide + 0.2, 1.55, high, "mean score")
    return figure


def _kind(kind: str, further: int) -> str:
    """A heading that fits over its columns."""
    word = KINDS[kind]
    return f"{kind}\n({word})" if word == "simulated" else word if further or kind == FULL else kind


def _course(title: str, found: Assessment) -> Figure:
    figure = _page(9.0, 6.6, title, f"equal part in each ticker, net of costs; {found.span()}")
    shown = [*found.top[: len(LINES)], found.benchmark]
    labels = {name: f"{name} ({found.ranking(name)['best_set']})" for name in shown[:-1]}
    _both_courses(figure, found.returns[shown].rename(columns=labels), 8.0, 0.5, (1.5, 3.2))
    return figure


def _both_courses(
    figure: Figure, returns: pd.DataFrame, width: float, bottom: float, heights: tuple[float, float]
) -> None:
    """Equity above drawdown; sizes in inches."""
    lower = _axes(figure, 0.75, bottom, width, heights[0])
    _heading(lower, "Drawdown: how far below the highest value so far (%)")
    _drawdowns(lower, returns)
    upper = _axes(figure, 0.75, bottom + heights[0] + 0.6, width, heights[1])
    _heading(upper, "What 1 grew to (log axis)")
    _equity(upper, returns)


def _extent(found: Assessment) -> str:
    results = found.results
    return (
        f"{len(found.sets) - 1:,} sets of parameters, {results['symbol'].nunique()} tickers, "
        f"{results['scenario_name'].nunique()} market scenarios; {len(results):,} cells"
    )


# --- Of one strategy


def _heat_map(title: str, found: Assessment, strategy: str) -> Figure:
    tried = _tried(found, strategy)
    down, across, *rest = varied(tried)
    best = parameters(found.ranking(strategy)["best_set"])
    panel, kept = _panels(tried, rest, best)
    shown = found.sets.loc[tried.index].assign(**tried.to_dict("series"))
    for name in kept:
        shown = shown[shown[name] == best[name]]
    values = in_order(shown[panel]) if panel else [""]
    ys, xs = in_order(shown[down]), in_order(shown[across])
    wide, high = max(0.62 * len(xs), 4.2 / len(values)), 0.42 * len(ys)
    subtitle = f"mean score over {found.results['scenario_name'].nunique()} market scenarios"
    subtitle += "".join(f"; {name}={best[name]} as in the best set" for name in kept)
    full = 0.95 + len(values) * (wide + 0.3) + 0.85
    figure = _page(full, high + 1.7, title, subtitle)
    for number, value in enumerate(values):
        axes = _axes(figure, 0.95 + number * (wide + 0.3), 0.65, wide, high)
        some = shown[shown[panel] == value] if panel else shown
        scores = some.pivot_table("avg_score", index=down, columns=across).reindex(ys, columns=xs)
        image = _cells(axes, scores.to_numpy(), "Blues", _span(shown["avg_score"]), 9.0)
        axes.set_xticks(range(len(xs)), xs)
        axes.set_yticks(range(len(ys)), ys if number == 0 else [])
        axes.set_xlabel(across)
        if number == 0:
            axes.set_ylabel(down)
        if panel:
            axes.set_title(f"{panel} = {value}", fontsize=9.5)
        if not panel or value == best[panel]:
            at = xs.index(best[across]) - 0.5, ys.index(best[down]) - 0.5
            axes.add_patch(
                Rectangle(at, 1, 1, fill=False, color=MARK, linewidth=2.5, clip_on=False)
            )
    _color_bar(figure, image, 0.95 + len(values) * (wide + 0.3) - 0.1, 0.65, high, "mean score")
    return figure


def _panels(
    tried: pd.DataFrame, rest: Sequence[str], best: dict[str, str]
) -> tuple[str | None, list[str]]:
    """The parameter with a panel for each value, if any; those kept as in the best set."""
    fit = [name for name in rest if tried[name].nunique() <= MOST_PANELS]
    panel = fit[0] if fit else None
    return panel, [name for name in rest if name != panel and name in best]


def _span(scores: pd.Series) -> tuple[float, float]:
    """Of the colours: small differences are to look small."""
    low, high = scores.min(), scores.max()
    missing = max(LEAST_SPREAD - (high - low), 0.0) / 2
    return low - missing, high + missing


def _sheet(title: str, found: Assessment, strategy: str) -> Figure:
    ranking = found.ranking(strategy)
    subtitle = (
        f"best set: {ranking['best_set']}; equal part in each ticker, net of costs; {found.span()}"
    )
    figure = _page(10.0, 12.2, title, subtitle)
    pair = found.returns[[strategy, found.benchmark]]
    _both_courses(figure, pair, 9.0, 7.15, (1.2, 2.35))
    years = _axes(figure, 0.75, 4.9, 9.0, 1.65)
    _heading(years, "Return by calendar year (%)")
    _years(years, 100.0 * yearly(pair))
    both = found.cells(strategy), found.cells(found.benchmark)
    _windows(_axes(figure, 1.95, 0.6, 2.15, 3.55), *both)
    _tickers(_axes(figure, 4.85, 0.6, 1.55, 3.55), *both)
    _table(_axes(figure, 6.65, 0.4, 3.2, 3.75), found, strategy)
    return figure


def _years(axes: Axes, percent: pd.DataFrame) -> None:
    place = np.arange(len(percent))
    for number, (name, color) in enumerate(zip(percent, (DATA, MUTED), strict=True)):
        axes.bar(place + 0.38 * number - 0.19, percent[name], 0.36, color=color)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    every = 1 + len(percent) // 20
    axes.set_xticks(place[::every], percent.index[::every])
    axes.set_xlim(-0.6, len(percent) - 0.4)
    axes.grid(visible=False, axis="x")


def _windows(axes: Axes, own: pd.DataFrame, benchmark: pd.DataFrame) -> None:
    table = _beside(own, benchmark, "historical", "scenario_name", "total_return")
    table = 100.0 * table[~table.index.str.fullmatch(CALENDAR_YEAR)]
    shown = table.sort_values("benchmark").head(MOST_BARS)
    words = "Return in historical windows (%)"
    _heading(axes, words + (f", {len(shown)} of {len(table)}" if len(shown) < len(table) else ""))
    _bars(axes, shown)


def _tickers(axes: Axes, own: pd.DataFrame, benchmark: pd.DataFrame) -> None:
    table = _beside(own, benchmark, FULL, "symbol", "sharpe_ratio").sort_values("own")
    shown = table
    if len(table) > MOST_BARS:
        shown = pd.concat([table.head(MOST_BARS // 2), table.tail(MOST_BARS // 2)])
    words = "Sharpe ratio by ticker"
    _heading(axes, words if shown is table else f"{words}: lowest, highest")
    _bars(axes, shown.iloc[::-1])


def _beside(
    own: pd.DataFrame, benchmark: pd.DataFrame, kind: str, by: str, metric: str
) -> pd.DataFrame:
    """Means of a metric over the cells of one kind: columns own and benchmark."""
    means = {
        name: cells[cells["scenario_kind"] == kind].groupby(by)[metric].mean()
        for name, cells in (("own", own), ("benchmark", benchmark))
    }
    return pd.DataFrame(means).loc[means["own"].index]


def _bars(axes: Axes, table: pd.DataFrame) -> None:
    """Two bars a row, the first row on top."""
    if table.empty:
        axes.set_axis_off()
        axes.text(0.5, 0.9, "none", ha="center", transform=axes.transAxes, color=MUTED)
        return
    place = np.arange(len(table))
    for number, (name, color) in enumerate((("own", DATA), ("benchmark", MUTED))):
        axes.barh(place + 0.38 * number - 0.19, table[name], 0.36, color=color)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_yticks(place, table.index)
    axes.set_ylim(max(len(table), 4) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params("y", length=0, labelsize=8, labelcolor=INK)
    axes.tick_params("x", labelsize=8)
    axes.grid(visible=False, axis="y")


def _table(axes: Axes, found: Assessment, strategy: str) -> None:
    axes.set_axis_off()
    rows = key_figures(found, strategy)
    heads = [(0.7, "strategy", DATA), (1.0, "benchmark", MUTED)]
    for at, word, color in heads:
        axes.text(at, 1.0, word, ha="right", va="top", fontsize=8.5, color=color, weight="bold")
    step = 0.93 / len(rows)
    for number, (label, own, theirs) in enumerate(rows):
        height = 0.945 - number * step
        axes.text(0.0, height, label, va="top", fontsize=8.5)
        axes.text(0.7, height, own, ha="right", va="top", fontsize=8.5)
        axes.text(1.0, height, theirs, ha="right", va="top", fontsize=8.5)
    axes.set(xlim=(0, 1), ylim=(0, 1))


def key_figures(found: Assessment, strategy: str) -> list[tuple[str, str, str]]:
    """Label, the strategy's figure and the benchmark's, as text, for the best set."""
    examined = found.evidence.set_index("strategy_name").loc[strategy]
    pair = strategy, found.benchmark
    falls = [drawdown(found.returns[name].to_numpy()).min() for name in pair]
    cells = [found.cells(name) for name in pair]
    means = [table[table["scenario_kind"] == FULL].mean(numeric_only=True) for table in cells]
    level = f"  {100 * found.confidence:g} % interval"
    returns = 100 * examined["return_lower"], 100 * examined["return_upper"]
    sharpes = examined["sharpe_lower"], examined["sharpe_upper"]
    walked = examined["walk_forward_sharpe"], examined["walk_forward_benchmark_sharpe"]
    return [
        _row("Return a year", "{:.1%}", examined["annual_return"], examined["benchmark_return"]),
        _between(level, "{:.1f} to {:.1f} %", *returns),
        _row("Sharpe ratio", "{:.2f}", examined["sharpe"], examined["benchmark_sharpe"]),
        _between(level, "{:.2f} to {:.2f}", *sharpes),
        _row("Deepest drawdown", "{:.0%}", *falls),
        _row("Trades a ticker", "{:.0f}", *(mean["trades"] for mean in means)),
        _row("Trades that gained", "{:.0%}", *(mean["win_rate"] for mean in means)),
        _row("Bars with a position", "{:.0%}", *(mean["exposure"] for mean in means)),
        _row("Turnover a year", "{:.1f}", *(mean["turnover"] for mean in means)),
        _row("Costs, all years", "{:.1%}", *(mean["costs"] for mean in means)),
        _row("Deflated Sharpe", "{:.0%}", examined["deflated_sharpe"]),
        _row("Overfitting", "{:.0%}", examined["overfitting"]),
        _row("Walk-forward Sharpe", "{:.2f}", *walked),
    ]


def _between(label: str, form: str, low: float, high: float) -> tuple[str, str, str]:
    return label, form.format(low, high) if np.isfinite(low) and np.isfinite(high) else "–", ""


def _row(label: str, form: str, *values: float) -> tuple[str, str, str]:
    """One figure or two as text; a dash for what is undefined."""
    own, theirs = (*values, None)[:2]
    words = [
        ""
        if value is None
        else form.format(value).replace("%", " %")
        if np.isfinite(value)
        else "–"
        for value in (own, theirs)
    ]
    return label, words[0], words[1]


# --- What they share


def _page(width: float, height: float, title: str, subtitle: str) -> Figure:
    """A figure with its head; sizes in inches."""
    figure = Figure(figsize=(width, height))
    figure.text(0.1 / width, 1 - 0.1 / height, title, va="top", fontsize=13, fontweight="bold")
    figure.text(0.1 / width, 1 - 0.38 / height, subtitle, va="top", fontsize=9, color=MUTED)
    return figure


def _axes(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place in inches: a layout engine would draw all twice."""
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


def _heading(axes: Axes, words: str) -> None:
    axes.set_title(words, loc="left", fontsize=9.5, pad=5)


def _equity(axes: Axes, returns: pd.DataFrame) -> None:
    """Equity of each column on a log axis; the last is the benchmark."""
    courses = {str(name): equity(returns[name].to_numpy()) for name in returns}
    for (name, course), color in zip(courses.items(), _colors(len(courses)), strict=True):
        shown = np.maximum(course, LEAST_EQUITY)
        axes.plot(returns.index, shown, color=color, linewidth=1.2, label=name)
    values = np.maximum(np.concatenate(list(courses.values())), LEAST_EQUITY)
    low, high = min(values.min(), 1.0) * 0.95, max(values.max(), 1.0) * 1.05
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(_log_ticks(low, high)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(loc="upper left")
    _time_axis(axes, returns.index)


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... within; powers of 10 where that is many, evenly spaced ones where few."""
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = [m * 10.0**power for power in powers for m in (1, 2, 5)]
    within = [tick for tick in ticks if low <= tick <= high]
    if len(within) > MOST_TICKS:
        within = [tick for tick in within if tick in 10.0**powers]
    if len(within) < 3:
        even = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
        within = [tick for tick in even if low <= tick <= high]
    return within


def _drawdowns(axes: Axes, returns: pd.DataFrame) -> None:
    for name, color in zip(returns, _colors(returns.shape[1]), strict=True):
        fall = 100.0 * drawdown(returns[name].to_numpy())
        axes.plot(returns.index, fall, color=color, linewidth=1.0)
    axes.set_ylim(top=0.0)
    _time_axis(axes, returns.index)


def _colors(count: int) -> list[str]:
    """One a line; the last is the benchmark's."""
    return [*([DATA] if count == 2 else LINES[: count - 1]), MUTED]


def _time_axis(axes: Axes, times: pd.Index) -> None:
    locator = AutoDateLocator(minticks=5, maxticks=15)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    concise = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(concise)
    axes.set_xlim(times[0], times[-1])


def _cells(
    axes: Axes, values: Floats, colors: str, limits: tuple[float, float], size: float
) -> Any:
    """A heat map with its numbers; what was not tried is grey."""
    shades = mpl.colormaps[colors].with_extremes(bad="#e4e4e4")
    image = axes.imshow(np.ma.masked_invalid(values), shades, Normalize(*limits), aspect="auto")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    light = np.asarray(shades(image.norm(values)))[..., :3] @ LUMINANCE > DARK
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink, words = INK if light[row, column] else "white", f"{value:.2f}"
            axes.text(column, row, words, ha="center", va="center", fontsize=size, color=ink)
    return image


def _color_bar(
    figure: Figure, image: Any, left: float, bottom: float, height: float, label: str
) -> None:
    axes, ticks = _axes(figure, left, bottom, 0.13, height), MaxNLocator(4, steps=[1, 2, 5, 10])
    bar = figure.colorbar(image, cax=axes, label=label, ticks=ticks)
    bar.outline.set_visible(False)


BACKED: Any = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
OVERVIEWS: dict[str, tuple[str, str, Callable[..., Figure]]] = {
    "leaderboard": (
        "Strategies by mean score",
        "Longer bars are better: a score of 0.6 means that a strategy's sets beat 60 % of all "
        "others, on average over tickers and market scenarios. Whoever fails the guardrails is "
        "hollow and stands below those that pass. The dashed line is the benchmark, which anyone "
        "can have without a strategy.",
        _leaderboard,
    ),
    "scenarios": (
        "Where each strategy does well",
        "A row is a strategy, a column a group of market scenarios that overlap (how many, in "
        "brackets). Blue is better than the middle, red worse, grey was not tried. A strategy that "
        "is blue in one column only found one market that suited it.",
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
        _heat_map,
    ),
    "sheet": (
        "tear sheet",
        "Blue is the strategy's best set in hindsight, grey the benchmark. Look for years, tickers "
        "and crises in which it lost, not only at the final value. The first and the last calendar "
        "year may be parts of one.",
        _sheet,
    ),
}
