"""Tear sheet of one strategy, beside the benchmark: years, windows, tickers and key figures."""

from collections.abc import Callable

from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.reporting.figures import DATA, INK, MUTED
from tidemark.reporting.strategy_figures.assessed import Assessment
from tidemark.reporting.strategy_figures.pages import axes_at, both_courses, heading, page

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

MOST_BARS = 12  # of tickers or windows; of years, with labels that lie
SPARED = 1.9  # inches of the page where neither tickers nor windows have bars
FAINT = 0.01  # of the longest bar: what is no longer than that cannot be seen


def draw(title: str, found: Assessment, strategy: str) -> Figure:
    """Draw all there is to show about the strategy's best set, on one page."""
    ranking = found.ranking(strategy)
    subtitle = f"best set: {ranking['best_set']}; {found.held()}; {found.span()}"
    windows = _beside(found, strategy, _window_returns)
    no_bars = found.alone and windows.empty
    spared = SPARED if no_bars else 0.0
    figure = page(10.0, 12.2 - spared, title, subtitle)
    pair = [strategy, found.benchmark]
    bottom = 7.15 - spared
    both_courses(figure, found.equity[pair], found.drawdowns[pair], 9.0, bottom, (1.2, 2.35))
    years = axes_at(figure, 0.75, 4.9 - spared, 9.0, 1.65)
    heading(years, "Return by calendar year (%)")
    earned = found.years.pivot(index="year", columns="strategy_name", values="total_return")
    _years(years, 100.0 * earned[pair])
    rows = key_figures(found, strategy)
    if no_bars:
        half = (len(rows) + 1) // 2
        _table(axes_at(figure, 0.75, 0.3, 4.1, 2.1), rows[:half], half)
        _table(axes_at(figure, 5.65, 0.3, 4.1, 2.1), rows[half:], half)
    else:
        _bars_beside(figure, found, strategy, windows)
        _table(axes_at(figure, 6.65, 0.4, 3.2, 3.75), rows, len(rows))
    return figure


def _bars_beside(figure: Figure, found: Assessment, strategy: str, windows: pd.DataFrame) -> None:
    """Draw returns by window and ratios by ticker, where there are several of them."""
    if not windows.empty:
        wide = 4.45 if found.alone else 2.15
        _windows(axes_at(figure, 1.95, 0.6, wide, 3.55), windows)
    if not found.alone:
        left, wide = (1.95, 4.45) if windows.empty else (4.85, 1.55)
        _tickers(axes_at(figure, left, 0.6, wide, 3.55), _beside(found, strategy, _sharpe_ratios))


def _years(axes: Axes, percent: pd.DataFrame) -> None:
    place = np.arange(len(percent))
    turned = 90 if len(percent) > MOST_BARS else 0
    for number, (name, color) in enumerate(zip(percent, (DATA, MUTED), strict=True)):
        at = place + 0.38 * number - 0.19
        axes.bar(at, percent[name], 0.36, color=color)
        for where, told in _faint(percent, name):
            label = axes.text(at[where], 0.0, f" {told}", ha="center", fontsize=7, color=color)
            label.set(va="bottom", rotation=turned)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    every = 1 + len(percent) // 20
    axes.set_xticks(place[::every], percent.index[::every])
    axes.set_xlim(-0.6, len(percent) - 0.4)
    axes.grid(visible=False, axis="x")


def _windows(axes: Axes, table: pd.DataFrame) -> None:
    table = 100.0 * table
    shown = table.sort_values("benchmark").head(MOST_BARS)
    words = "Return in historical windows (%)"
    heading(axes, f"{words}, {MOST_BARS} worst" if len(shown) < len(table) else words)
    _bars(axes, shown)


def _tickers(axes: Axes, table: pd.DataFrame) -> None:
    table = table.sort_values("own")
    shown = table
    if len(table) > MOST_BARS:
        shown = pd.concat([table.head(MOST_BARS // 2), table.tail(MOST_BARS // 2)])
    words = "Sharpe ratio by ticker"
    heading(axes, words if shown is table else f"{words}: lowest, highest")
    _bars(axes, shown.iloc[::-1])


def _beside(
    found: Assessment, strategy: str, values: Callable[[Assessment, str], pd.Series]
) -> pd.DataFrame:
    """Columns own and benchmark, with a row for each of the strategy's own values."""
    own = values(found, strategy).sort_index()
    return pd.DataFrame({"own": own, "benchmark": values(found, found.benchmark)}).loc[own.index]


def _window_returns(found: Assessment, strategy: str) -> pd.Series:
    """Of the best set, by market scenario; calendar years are drawn by themselves."""
    windows = found.windows[~found.windows["calendar_year"]]
    own = windows["strategy_name"] == strategy
    best = windows["set"] == found.ranking(strategy)["best_set"]
    return windows[own & best].set_index("scenario_name")["total_return"]


def _sharpe_ratios(found: Assessment, strategy: str) -> pd.Series:
    """Of the best set on all of history, by ticker."""
    cells = found.cells_of(strategy)
    return cells[cells["scenario_kind"] == ScenarioKind.FULL].set_index("symbol")["sharpe_ratio"]


def _bars(axes: Axes, table: pd.DataFrame) -> None:
    """Draw two bars for each row, with the first row on top."""
    place = np.arange(len(table))
    for number, (name, color) in enumerate((("own", DATA), ("benchmark", MUTED))):
        at = place + 0.38 * number - 0.19
        axes.barh(at, table[name], 0.36, color=color)
        for where, told in _faint(table, name):
            axes.text(0.0, at[where], f" {told}", va="center", fontsize=7, color=color)
    for where in np.flatnonzero(table["own"].isna()).tolist():
        axes.text(0.0, where, " undefined", va="center", fontsize=8, color=MUTED)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_yticks(place, table.index)
    axes.set_ylim(max(len(table), 4) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params("y", length=0, labelsize=8, labelcolor=INK)
    axes.tick_params("x", labelsize=8)
    axes.grid(visible=False, axis="y")


def _faint(table: pd.DataFrame, name: str) -> list[tuple[int, str]]:
    """Rows whose bar is too short to be seen, with the number to write there."""
    values = table[name]
    short = values.abs() <= FAINT * table.abs().max(axis=None)
    return [(row, f"{values.iloc[row] + 0.0:.1g}") for row in np.flatnonzero(short).tolist()]


def _table(axes: Axes, rows: list[tuple[str, str, str]], room: int) -> None:
    """Write key figures, in lines as close as those of a table with room for so many."""
    axes.set_axis_off()
    heads = [(0.7, "strategy", DATA), (1.0, "benchmark", MUTED)]
    for at, word, color in heads:
        axes.text(at, 1.0, word, ha="right", va="top", fontsize=8.5, color=color, weight="bold")
    step = 0.93 / room
    for number, (label, own, theirs) in enumerate(rows):
        height = 1.0 - (number + 1) * step
        axes.text(0.0, height, label, va="top", fontsize=8.5)
        axes.text(0.7, height, own, ha="right", va="top", fontsize=8.5)
        axes.text(1.0, height, theirs, ha="right", va="top", fontsize=8.5)
    axes.set(xlim=(0, 1), ylim=(0, 1))


def key_figures(found: Assessment, strategy: str) -> list[tuple[str, str, str]]:
    """Label, the strategy's figure and the benchmark's, as text, for the best set."""
    examined = found.evidence.set_index("strategy_name").loc[strategy]
    traded = found.trading.set_index("strategy_name").loc[[strategy, found.benchmark]]
    level = f"  {100 * found.confidence:g} % interval"
    returns = 100 * examined["return_lower"], 100 * examined["return_upper"]
    sharpes = examined["sharpe_lower"], examined["sharpe_upper"]
    since = examined["return_since"], examined["benchmark_return_since"]
    sharpe_since = examined["sharpe_since"], examined["benchmark_sharpe_since"]
    walked = examined["walk_forward_sharpe"], examined["walk_forward_benchmark_sharpe"]
    return [
        _row("Return a year", "{:z.1%}", examined["annual_return"], examined["benchmark_return"]),
        _between(level, "{:z.1f} to {:z.1f} %", *returns),
        _row("  since the first position", "{:z.1%}", *since),
        _row("Sharpe ratio", "{:z.2f}", examined["sharpe"], examined["benchmark_sharpe"]),
        _between(level, "{:z.2f} to {:z.2f}", *sharpes),
        _row("  since the first position", "{:z.2f}", *sharpe_since),
        _row("Deepest drawdown", "{:z.0%}", *traded["deepest_drawdown"]),
        _row("Trades" if found.alone else "Trades a ticker", "{:.0f}", *traded["trades"]),
        _row("Trades that gained", "{:.0%}", *traded["win_rate"]),
        _row("Bars with a position", "{:.0%}", *traded["exposure"]),
        _row("Turnover a year", "{:.1f}", *traded["turnover"]),
        _row("Costs, all years", "{:.1%}", *traded["costs"]),
        _row("p: more than cash", "{:.3f}", examined["p_zero"]),
        _row("p: more than benchmark", "{:.3f}", examined["p_benchmark"]),
        _row("Deflated Sharpe", "{:.0%}", examined["deflated_sharpe"]),
        _row("Overfitting, own sets", "{:.0%}", examined["overfitting"]),
        _row("Walk-forward Sharpe", "{:z.2f}", *walked),
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
