"""Pages, courses and shaded tables: how the figures of the strategy assessment are drawn.

Axes are placed by hand, in inches: a layout engine would draw everything twice.
"""

from typing import Any

from tidemark.arrays import Floats
from tidemark.reporting.figures import DATA, INK, MUTED

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
MOST_TICKS = 9  # of an equity axis
LEGEND = (0.6, 0.19, 0.15)  # of an equity axis: share of its width at most; inches a line, and more
LEAST_EQUITY = 1e-4  # a log axis has no 0
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue (ITU-R BT.709)
DARK = 0.45  # below this, numbers are white


def page(width: float, height: float, title: str, subtitle: str) -> Figure:
    """A figure with its title and subtitle; sizes in inches."""
    figure = Figure(figsize=(width, height))
    figure.text(0.1 / width, 1 - 0.1 / height, title, va="top", fontsize=13, fontweight="bold")
    figure.text(0.1 / width, 1 - 0.38 / height, subtitle, va="top", fontsize=9, color=MUTED)
    return figure


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place in inches."""
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, bottom / up, width / across, height / up))


def heading(axes: Axes, words: str) -> None:
    """Write what the axes show above their left end.

    The y is fixed, because without it Matplotlib lays out all tick labels to place the title.
    """
    axes.set_title(words, loc="left", fontsize=9.5, pad=5, y=1.0)


def both_courses(
    figure: Figure,
    equity: pd.DataFrame,
    drawdowns: pd.DataFrame,
    width: float,
    bottom: float,
    heights: tuple[float, float],
) -> None:
    """Draw equity above drawdown, of the same strategies; sizes in inches."""
    lower = axes_at(figure, 0.75, bottom, width, heights[0])
    heading(lower, "Drawdown: how far below the highest value so far (%)")
    _drawdowns(lower, drawdowns)
    upper = axes_at(figure, 0.75, bottom + heights[0] + 0.6, width, heights[1])
    heading(upper, "What 1 grew to (log axis)")
    _equity(upper, equity, heights[1])


def _equity(axes: Axes, equity: pd.DataFrame, height: float) -> None:
    """Draw each column on a log axis, clear of the legend; the last one is the benchmark."""
    shown = equity.clip(lower=LEAST_EQUITY)
    for name, color in zip(shown, _colors(shown.shape[1]), strict=True):
        axes.plot(shown.index, shown[name].to_numpy(), color=color, linewidth=1.2, label=str(name))
    values = shown.to_numpy()
    low, high = min(values.min(), 1.0) * 0.95, max(values.max(), 1.0) * 1.05
    wide, line, more = LEGEND
    below = values[equity.index <= equity.index[0] + wide * (equity.index[-1] - equity.index[0])]
    free = 1.0 - (line * shown.shape[1] + more) / height
    high = max(high, low * (below.max() * 1.02 / low) ** (1.0 / free))
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(_log_ticks(low, high)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(loc="upper left")
    _time_axis(axes, equity.index)


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... within the limits; if too many, powers of 10; if too few, even steps."""
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = [m * 10.0**power for power in powers for m in (1, 2, 5)]
    within = [tick for tick in ticks if low <= tick <= high]
    if len(within) > MOST_TICKS:
        within = [tick for tick in within if tick in 10.0**powers]
    for most in (5, MOST_TICKS):
        if len(within) < 3:
            even = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)
            within = [tick for tick in even if low <= tick <= high]
    return within


def _drawdowns(axes: Axes, drawdowns: pd.DataFrame) -> None:
    for name, color in zip(drawdowns, _colors(drawdowns.shape[1]), strict=True):
        axes.plot(drawdowns.index, 100.0 * drawdowns[name].to_numpy(), color=color, linewidth=1.0)
    axes.set_ylim(top=0.0)
    _time_axis(axes, drawdowns.index)


def _colors(count: int) -> list[str]:
    """A colour for each line; the last one is the benchmark's."""
    return [*([DATA] if count == 2 else LINES[: count - 1]), MUTED]


def _time_axis(axes: Axes, times: pd.Index) -> None:
    locator = AutoDateLocator(minticks=5, maxticks=15)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    concise = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(concise)
    axes.set_xlim(times[0], times[-1])


def shaded(
    axes: Axes, values: Floats, colors: str, limits: tuple[float, float], size: float
) -> Any:
    """Draw a heat map with its numbers; what was not tried is grey."""
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


def color_bar(
    figure: Figure, image: Any, left: float, bottom: float, height: float, label: str
) -> None:
    """Draw the scale of an image, at a place in inches."""
    axes, ticks = axes_at(figure, left, bottom, 0.13, height), MaxNLocator(4, steps=[1, 2, 5, 10])
    bar = figure.colorbar(image, cax=axes, label=label, ticks=ticks)
    bar.outline.set_visible(False)
