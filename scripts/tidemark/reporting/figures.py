"""The figures of one model's test forecasts of returns, and what all figures of models share.

Axis limits follow from the true returns alone, so figures of different models compare at a glance;
what lies outside is counted in the figure's corner. Forecasts of returns vary far less than returns
do: a figure that magnifies their axis says so, and its line of perfect forecasts is steeper.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidemark.arrays import Floats
from tidemark.models.spread import MAGNIFICATION, bins, ceiling

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PLACE = (0.135, 0.135, 0.835, 0.735)  # fixed: a layout engine draws everything twice
INK, MUTED, DATA, MARK = "#222222", "#6b6b6b", "#2b6ca3", "#d1495b"
MANY = 10_000  # dots of full strength
STYLE: Any = {
    "text.parse_math": False,  # a name may hold a $
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#bbbbbb",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#ececec",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "legend.fontsize": 9,
}


@dataclass(frozen=True)
class Forecasts:
    """Test forecasts of one model in one scenario, with what the figures call them.

    Attributes:
        scenario, model: their names.
        scores: what evaluate measured: `fitted` (the name of the model that was really fitted,
            which after a fallback is not `model`), `rows`, `first` and `last` (ISO times).
        spread: as returned by `spread.of_returns`; of direction, `reliability` as returned by
            `reliability.groups`.
        horizon: how many bars ahead the returns look.
        frame: timestamp, ticker, y_true, y_pred (decimal fractions); of direction also y_base.
    """

    scenario: str
    model: str
    scores: Mapping[str, Any]
    spread: Mapping[str, Any]
    horizon: int
    frame: pd.DataFrame

    @property
    def true(self) -> Floats:
        """True returns in percent."""
        return np.asarray(100.0 * self.frame["y_true"], dtype=np.float64)

    @property
    def predicted(self) -> Floats:
        """Forecast returns in percent."""
        return np.asarray(100.0 * self.frame["y_pred"], dtype=np.float64)

    @property
    def reach(self) -> float:
        """The limit of axes of true returns, in percent."""
        return float(self.spread["reach"])

    def subtitle(self) -> str:
        """Model, scenario, rows and span."""
        fitted, rows, first, last = (self.scores[k] for k in ("fitted", "rows", "first", "last"))
        model = self.model if self.model == fitted else f"{self.model} (fitted: {fitted})"
        return f"{model}, {self.scenario}; {rows:,} test rows, {first[:10]} to {last[:10]}"

    def unit(self) -> str:
        """The name of the returns with their unit, for axis labels."""
        return "next-bar return (%)" if self.horizon == 1 else f"{self.horizon}-bar return (%)"


@dataclass(frozen=True)
class Kind:
    """One kind of figure: its title, what a reader should see in it, and how to draw it."""

    title: str
    caption: str
    paint: Callable[[Axes, Forecasts], str]


def draw(kind: Kind, forecasts: Forecasts) -> Figure:
    """Draw the figure of that kind."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 5.0))
        note = kind.paint(figure.add_axes(PLACE), forecasts)
        figure.text(0.015, 0.98, kind.title, va="top", fontsize=13, fontweight="bold")
        figure.text(0.015, 0.925, forecasts.subtitle(), va="top", fontsize=9, color=MUTED)
        figure.text(0.985, 0.012, note, ha="right", fontsize=8, color=MUTED)
    return figure


def _predicted_vs_true(axes: Axes, forecasts: Forecasts) -> str:
    reach = forecasts.reach
    _dots(axes, forecasts.predicted, forecasts.true, 0.35)
    _perfect_line(axes, reach)
    _limit(axes, forecasts, reach, reach)
    axes.set_aspect("equal")
    axes.set_ylabel(f"true {forecasts.unit()}")
    return f"Both axes have one scale. {_outside(forecasts, 'outside')}"


def _dots(axes: Axes, across: Floats, up: Floats, alpha: float) -> None:
    """A dot a row, the paler the more there are beyond MANY, so that they show where most are."""
    paler = min(1.0, (MANY / max(len(across), 1)) ** 0.5)
    axes.scatter(across, up, s=7, color=DATA, alpha=alpha * paler, linewidths=0)


def _hexbin(axes: Axes, forecasts: Forecasts) -> str:
    reach, narrow = forecasts.reach, forecasts.reach / MAGNIFICATION
    cells = axes.hexbin(
        forecasts.predicted,
        forecasts.true,
        gridsize=(44, 26),
        extent=(-narrow, narrow, -reach, reach),
        bins="log",
        mincnt=1,
        cmap="Blues",
        vmin=0.7,
        vmax=len(forecasts.frame) / 20,
        linewidths=0.2,
    )
    _color_bar(axes, cells)
    _perfect_line(axes, reach)
    _limit(axes, forecasts, narrow, reach)
    axes.set_ylabel(f"true {forecasts.unit()}")
    return _magnified(forecasts, "outside_magnified")


def _residual_histogram(axes: Axes, forecasts: Forecasts) -> str:
    reach = forecasts.reach
    edges = bins(reach)
    residuals = forecasts.true - forecasts.predicted
    reference, _ = np.histogram(forecasts.true, edges)
    axes.hist(residuals, edges.tolist(), color=DATA, alpha=0.75, label="residuals")
    axes.stairs(reference, edges, color=MARK, linewidth=1.2, label="true returns themselves")
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set(xlim=(-reach, reach), ylim=(0, ceiling(reference)))
    axes.set_xlabel(f"residual: true minus predicted {forecasts.unit()}")
    axes.set_ylabel("test rows")
    axes.legend(loc="upper right")
    beyond, cut = (forecasts.spread[counted] for counted in ("errors_beyond", "bars_cut"))
    return f"{beyond:,} residuals lie outside." + (f" {cut} bars are cut." if cut else "")


def _residuals_vs_predicted(axes: Axes, forecasts: Forecasts) -> str:
    reach = forecasts.reach
    residuals = forecasts.true - forecasts.predicted
    _dots(axes, forecasts.predicted, residuals, 0.3)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    _middle_of_tenths(axes, forecasts.spread["tenths"])
    _limit(axes, forecasts, reach / MAGNIFICATION, reach)
    axes.set_ylabel("residual: true minus predicted (%)")
    return _magnified(forecasts, "errors_outside")


def _middle_of_tenths(axes: Axes, tenths: Sequence[Mapping[str, float]]) -> None:
    """Draw the median and middle 80 % of the residuals in each tenth of the forecasts, if any."""
    if not tenths:
        return
    place, low, middle, high = (
        [tenth[name] for tenth in tenths] for name in ("forecast", "low", "middle", "high")
    )
    axes.plot(place, middle, color=MARK, linewidth=1.6, label="median of each tenth of forecasts")
    axes.plot(place, low, color=MARK, linewidth=1.1, linestyle="--", label="its middle 80 %")
    axes.plot(place, high, color=MARK, linewidth=1.1, linestyle="--")
    axes.legend(loc="upper right")


def _perfect_line(axes: Axes, reach: float) -> None:
    ends = (-reach, reach)
    axes.plot(ends, ends, color=MARK, linewidth=1.2, label="perfect forecasts")
    axes.legend(loc="upper left")


def _limit(axes: Axes, forecasts: Forecasts, across: float, up: float) -> None:
    axes.set(xlim=(-across, across), ylim=(-up, up))
    axes.set_xlabel(f"predicted {forecasts.unit()}")


def _color_bar(axes: Axes, cells: Any) -> None:
    bar = axes.figure.colorbar(
        cells,
        ax=axes,
        pad=0.02,
        fraction=0.14,
        extend="max",
        format="{x:g}",
        label="test rows in a cell",
    )
    bar.outline.set_visible(False)


def _magnified(forecasts: Forecasts, counted: str) -> str:
    beyond = _outside(forecasts, counted)
    return f"The forecast axis is magnified {MAGNIFICATION} times. {beyond}"


def _outside(forecasts: Forecasts, counted: str) -> str:
    """How many rows the axes leave out; `counted` is a key of `spread`."""
    return f"{forecasts.spread[counted]:,} of {forecasts.scores['rows']:,} rows lie outside."


KINDS = {
    "predicted_vs_true": Kind(
        "True returns against forecasts",
        "Each point is one test row. Forecasts that were right would lie on the line; "
        "forecasts that say little stand in a narrow upright band around zero.",
        _predicted_vs_true,
    ),
    "hexbin": Kind(
        "True returns against forecasts, as density",
        "Darker cells hold more test rows. A cloud that rises from left to right would mean that "
        "higher forecasts went with higher returns.",
        _hexbin,
    ),
    "residual_histogram": Kind(
        "Distribution of the residuals",
        "What the forecasts left unexplained, with the outline of the returns themselves. "
        "The closer the two, the less the forecasts explain.",
        _residual_histogram,
    ),
    "residuals_vs_predicted": Kind(
        "Residuals against forecasts",
        "A median line off zero means that forecasts of that size are biased; a spread that "
        "changes from left to right means that errors depend on the forecast.",
        _residuals_vs_predicted,
    ),
}
