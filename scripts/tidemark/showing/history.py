"""Figures over runs: of each model and each strategy the one that says most, as a small chart."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tidemark.showing.charts import Point, chart
from tidemark.showing.told import Record, results
from tidemark.targets import METRICS

from markupsafe import Markup

MOST = 24  # charts of a kind
OF_MODELS = (  # the first of these that a model has
    *(names.skill for names in METRICS.values()),
    *(names.chosen_by for names in METRICS.values()),
)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Series:
    """A figure over runs.

    Attributes:
        title: what it is of, such as `mean_impute ridge`.
        figure: its name.
        points: where it is known, oldest first; at least one.
    """

    title: str
    figure: str
    points: Sequence[Point]

    @property
    def last(self) -> Point:
        """The latest of its points."""
        return self.points[-1]

    @property
    def values(self) -> int:
        """How many values it had, each as often as it changed."""
        return 1 + sum(one.value != other.value for one, other in pairwise(self.points))

    def drawn(self, runs: int) -> Markup:
        """Its chart, with so many runs on the axis."""
        first, last = self.points[0].value, self.last.value
        told = f"{self.title}: {self.figure} over runs, first {first:.4g}, last {last:.4g}"
        return chart(self.points, runs, told)


def of_models(records: Sequence[Record]) -> list[Series]:
    """A series for each scenario and model of the last record that has any."""
    return _series(
        records,
        "metrics",
        key=lambda row: f"{row['scenario']} {row['model']}",
        figures=OF_MODELS,
        figure_of=lambda row, figure: row["value"] if row["metric"] == figure else None,
        ends=("low", "high"),
    )


def of_strategies(records: Sequence[Record]) -> list[Series]:
    """A series for each ranked strategy, the best one first: its score."""
    return _series(
        records,
        "strategies",
        key=lambda row: str(row["strategy"]),
        figures=("score",),
        figure_of=lambda row, figure: row.get(figure),
        ends=("score_low", "score_high"),
    )


def _series(
    records: Sequence[Record],
    part: str,
    key: Callable[[Row], str],
    figures: Iterable[str],
    figure_of: Callable[[Row, str], float | None],
    ends: tuple[str, str],
) -> list[Series]:
    rows = [results(record).get(part) or [] for record in records]
    latest: Sequence[Row] = next((own for own in reversed(rows) if own), ())
    found: dict[str, Series] = {}
    for figure in figures:
        for title in dict.fromkeys(map(key, latest)):
            points = [
                _point(at, record, row, value, ends)
                for at, (record, own) in enumerate(zip(records, rows, strict=True))
                for row in own
                if key(row) == title and (value := figure_of(row, figure)) is not None
            ]
            if points and title not in found:
                found[title] = Series(title, figure, points)
    return [found[title] for title in dict.fromkeys(map(key, latest)) if title in found]


def _point(at: int, record: Record, row: Row, value: float, ends: tuple[str, str]) -> Point:
    low, high = (row.get(end) for end in ends)
    between = "" if low is None or high is None else f" ({low:.4g} to {high:.4g})"
    verdict = f", {row['verdict']}" if row.get("verdict") else ""
    label = f"{value:.6g}{between}{verdict}; run {record.get('run', at + 1)}"
    return Point(at, value, label, low, high)
