"""Small charts of a figure over runs, as SVG without words: these stand beside it, in HTML.

A run is as far from the next as any other. Colours and strokes are those of the page's styles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT, MARGIN = 240, 72, 6


@dataclass(frozen=True)
class Point:
    """A figure after a run.

    Attributes:
        at: the run's place on the axis, from 0.
        value: the figure.
        label: shown by pointing at it.
        low: lower end of its interval, if it has one.
        high: upper end.
    """

    at: int
    value: float
    label: str
    low: float | None = None
    high: float | None = None


def chart(points: Sequence[Point], runs: int, told: str) -> Markup:
    """A line through points, each with its interval.

    Args:
        points: at least one, in order.
        runs: how many places the axis has.
        told: what the chart shows, for who does not see it.
    """
    ends = [end for point in points for end in (point.value, point.low, point.high)]
    known = [end for end in ends if end is not None]
    lowest, highest = min(known), max(known)

    def x(point: Point) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * (point.at / (runs - 1) if runs > 1 else 0.5)

    def y(value: float) -> float:
        share = (value - lowest) / (highest - lowest) if highest > lowest else 0.5
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share

    shapes = [_zero(y(0))] if lowest < 0 < highest else []
    shapes += [
        _interval(x(point), y(point.low), y(point.high))
        for point in points
        if point.low is not None and point.high is not None
    ]
    line = " ".join(f"{x(point):.1f},{y(point.value):.1f}" for point in points)
    shapes.append(Markup('<polyline class="run-line" points="{}"/>').format(line))
    shapes += [
        Markup('<circle class="run-point" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}</title></circle>')
        .format(x(point), y(point.value), point.label)
        for point in points
    ]  # fmt: skip
    return Markup(
        '<svg class="run-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, told, Markup().join(shapes))


def _zero(y: float) -> Markup:
    return Markup('<path class="run-zero" d="M0 {:.1f}H{}"/>').format(y, WIDTH)


def _interval(x: float, low: float, high: float) -> Markup:
    return Markup('<path class="run-interval" d="M{:.1f} {:.1f}V{:.1f}"/>').format(x, low, high)
