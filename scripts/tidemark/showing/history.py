"""Figures over runs: of each model and each strategy the one that says most, as a small chart."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tidemark.reporting import reports
from tidemark.reporting.page.assembling import typeset
from tidemark.reporting.page.words import TERMS, Term
from tidemark.showing.charts import Point, chart
from tidemark.showing.told import Record, results
from tidemark.targets import METRICS

from markupsafe import Markup

MOST = 24  # charts of a kind
OF_MODELS = (  # the first of these that a model has
    *(names.skill for names in METRICS.values()),
    *(names.chosen_by for names in METRICS.values()),
)
OF_STRATEGIES = ("history_sharpe", "score")
ENDS = {"history_sharpe": ("sharpe_lower", "sharpe_upper")}  # of intervals; else `low` and `high`
TERM = {  # where the page calls it otherwise
    **{"history_sharpe": "sharpe", "sharpe_ratio": "sharpe", "score": "avg_score"},
    **{"rank": "overall_rank", "verdict": "strategy_verdict"},
}
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
    def term(self) -> Term:
        """What the page calls it, and what it is."""
        return term(self.figure)

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
        first, last = (self.said(point.value) for point in (self.points[0], self.last))
        told = f"{self.title}: {self.term.name} over runs, first {first}, last {last}"
        return chart(self.points, runs, told)

    def said(self, value: float | None) -> str:
        """A value of this figure in the page's unit."""
        return said(self.figure, value)


def term(figure: str) -> Term:
    """What the page calls a figure, and what it is."""
    return TERMS[TERM.get(figure, figure)]


def said(figure: str, value: float | None, *, sign: bool = False) -> str:
    """A value in the unit that the page has for its figure; `sign` writes the + of differences."""
    if figure in reports.UNITS:
        return typeset(reports.metric(value, figure, sign=sign))
    words = reports.number(value)
    return typeset(f"+{words}" if sign and value and value > 0 else words)


def of_models(records: Sequence[Record]) -> list[Series]:
    """A series for each scenario and model of the last record that has any."""
    return _series(
        records,
        "metrics",
        key=lambda row: f"{row['scenario']} {row['model']}",
        figures=OF_MODELS,
        figure_of=lambda row, figure: row["value"] if row["metric"] == figure else None,
    )


def of_strategies(records: Sequence[Record]) -> list[Series]:
    """A series for each ranked strategy, the best one first."""
    return _series(
        records,
        "strategies",
        key=lambda row: str(row["strategy"]),
        figures=OF_STRATEGIES,
        figure_of=lambda row, figure: row.get(figure),
    )


def _series(
    records: Sequence[Record],
    part: str,
    key: Callable[[Row], str],
    figures: Iterable[str],
    figure_of: Callable[[Row, str], float | None],
) -> list[Series]:
    rows = [results(record)[part] for record in records]
    latest: Sequence[Row] = next((own for own in reversed(rows) if own), ())
    by_title: dict[str, list[tuple[int, Row]]] = {key(row): [] for row in latest}
    for at, own in enumerate(rows):
        for row in own:
            if (title := key(row)) in by_title:
                by_title[title].append((at, row))
    found = {}
    for title, places in by_title.items():
        for figure in figures:
            points = [
                _point(at, records[at], row, figure, value)
                for at, row in places
                if (value := figure_of(row, figure)) is not None
            ]
            if points:
                found[title] = Series(title, figure, points)
                break
    return list(found.values())


def _point(at: int, record: Record, row: Row, figure: str, value: float) -> Point:
    low, high = (row.get(end) for end in ENDS.get(figure, ("low", "high")))
    between = "" if None in (low, high) else f" ({said(figure, low)} to {said(figure, high)})"
    verdict = f", {row['verdict']}" if row.get("verdict") else ""
    label = f"{said(figure, value)}{between}{verdict}; run {record['run'] or at + 1}"
    return Point(at, value, label, low, high)
