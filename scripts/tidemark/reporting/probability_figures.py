"""The figures of one model's test forecasts of direction, which are probabilities.

Shares and their intervals are those of the table `reliability`. Forecasts of the next bar stay near
the base rate, so axes reach as far as the model's own forecasts and shares, and say how far.
"""

from typing import Any

from tidemark.reporting.figures import DATA, INK, MARK, MUTED, Forecasts, Kind

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

BARS = 40  # of a histogram
ROOM = 0.02  # beyond what the axes must hold
LEAST = 0.1  # that an axis of probabilities holds around the base rate, on each side


def _reliability(axes: Axes, forecasts: Forecasts) -> str:
    groups = forecasts.spread["reliability"]
    place, share, lower, upper = (
        np.array([group[name] for group in groups], dtype=np.float64)
        for name in ("forecast", "observed", "lower", "upper")
    )
    base = float(forecasts.frame["y_base"].iloc[0])
    _limit(axes, base, [*place, *share, *lower, *upper])
    axes.plot((0, 1), (0, 1), color=MARK, linewidth=1.2, label="perfect forecasts")
    axes.axhline(base, color=MUTED, linewidth=1.0, linestyle="--", label="base rate")
    reach = np.array([share - lower, upper - share]).clip(min=0.0)
    axes.errorbar(
        place,
        share,
        yerr=np.nan_to_num(reach),
        color=DATA,
        marker="o",
        markersize=5,
        linewidth=1.4,
        elinewidth=1.0,
        capsize=2.5,
        label="share that rose,\nwith interval",
    )
    axes.set_aspect("equal")
    axes.set_xlabel(f"forecast probability that the {_what(forecasts)} is above 0")
    axes.set_ylabel("share that rose")
    axes.set_anchor("W")
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))  # beside the points, hiding none
    return "Intervals are from dates drawn again in blocks."


def _probabilities(axes: Axes, forecasts: Forecasts) -> str:
    predicted, rose = (forecasts.frame[name].to_numpy() for name in ("y_pred", "y_true"))
    base = float(forecasts.frame["y_base"].iloc[0])
    low, high = _reach(base, predicted)
    edges = np.linspace(low, high, BARS + 1)
    for label, own, color in (("rose", rose > 0, DATA), ("did not", rose <= 0, MARK)):
        counts, _ = np.histogram(predicted[own], edges)
        axes.stairs(
            counts,
            edges,
            fill=color == DATA,
            alpha=0.6 if color == DATA else 1,
            color=color,
            linewidth=1.4,
            label=label,
        )
    axes.axvline(base, color=INK, linewidth=0.9, linestyle="--", label="base rate")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel(f"forecast probability that the {_what(forecasts)} is above 0")
    axes.set_ylabel("test rows")
    axes.legend(loc="upper right")
    groups = forecasts.spread["reliability"]
    least, most = groups[0]["lowest"], groups[-1]["highest"]
    return f"Forecasts from {100 * least:.1f} to {100 * most:.1f} %."


def _what(forecasts: Forecasts) -> str:
    """The return, without its unit."""
    return forecasts.unit().removesuffix(" (%)")


def _reach(base: float, values: Any) -> tuple[float, float]:
    """The ends of an axis that holds these probabilities, and LEAST around the base rate."""
    held = [v for v in values if np.isfinite(v)]
    low, high = min([base - LEAST, *held]) - ROOM, max([base + LEAST, *held]) + ROOM
    return max(low, 0.0), min(high, 1.0)


def _limit(axes: Axes, base: float, values: Any) -> None:
    low, high = _reach(base, values)
    axes.set(xlim=(low, high), ylim=(low, high))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))


KINDS = {
    "reliability": Kind(
        "What was forecast, and how often it came",
        "Each point is a tenth of the test rows, by size of the forecast: what was forecast on "
        "average, and what share rose. On the line, a probability of 55 % comes 55 times in a "
        "hundred; points as flat as the base rate mean that forecasts tell nothing apart.",
        _reliability,
    ),
    "probabilities": Kind(
        "Forecast probabilities",
        "How forecasts are spread among the rows that rose and those that did not. The more the "
        "two part, the more the forecasts tell; a narrow heap around the base rate claims little.",
        _probabilities,
    ),
}
