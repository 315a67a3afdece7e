"""Charts over runs: points within their frame, and what is said of them."""

import re
from xml.etree import ElementTree

from tidemark.showing import charts, history
from tidemark.showing.charts import Point
from tidemark.tables.history import content

import pytest


def record(number, metrics=(), strategies=()):
    rows = {"metrics": list(metrics), "strategies": list(strategies)}
    return content(rows, run=f"run-{number}")


def metric(name, value, model="ridge", **ends):
    return {"scenario": "s", "model": model, "metric": name, "value": value, **ends}


@pytest.mark.parametrize("values", [(0.5,), (1.0, 1.0), (-3.0, 2.0, 1e9), (1e-300, 0.0)])
def test_points_lie_in_the_frame_in_order(values):
    points = [Point(at, value, "x") for at, value in enumerate(values)]
    drawn = charts.chart(points, len(values), "told")
    ElementTree.fromstring(drawn)
    places = [tuple(map(float, pair)) for pair in re.findall(r'cx="([^"]+)" cy="([^"]+)"', drawn)]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert all(0 < x < charts.WIDTH and 0 < y < charts.HEIGHT for x, y in places)


def test_an_interval_is_drawn_where_there_is_one_and_zero_where_it_is_in_sight():
    points = [Point(0, 1.0, "x", -1.0, 2.0), Point(1, 1.5, "x")]
    drawn = charts.chart(points, 2, "told")
    assert drawn.count("run-interval") == 1
    assert drawn.count("run-zero") == 1
    assert "run-zero" not in charts.chart([Point(0, 1.0, "x", 0.5, 2.0)], 1, "told")


def test_a_model_is_shown_by_its_skill_or_else_by_its_error():
    records = [record(0, [metric("rmse", 0.2), metric("skill", None), metric("rmse", 0.3, "base")])]
    records += [record(1, [metric("rmse", 0.1), metric("skill", 0.5), metric("rmse", 0.3, "base")])]
    ridge, base = history.of_models(records)
    assert (ridge.title, ridge.figure, [point.at for point in ridge.points]) == (
        "s ridge",
        "skill",
        [1],
    )
    assert (base.figure, base.values, len(base.points)) == ("rmse", 1, 2)


def test_runs_without_a_figure_leave_their_place_free():
    rows = [metric("brier_skill", 0.1, low=-0.1, high=0.2)]
    (series,) = history.of_models([record(0, rows), record(1), record(2, rows)])
    assert [point.at for point in series.points] == [0, 2]
    assert series.last.label == "+0.100 (−0.100 to +0.200); run run-2"
    assert history.of_models([record(0), record(1)]) == []


def test_strategies_are_shown_in_the_order_of_the_last_ranking():
    older = [{"strategy": "a", "rank": 1, "score": 0.7}]
    sharpe = {"history_sharpe": 0.5, "sharpe_lower": 0.1, "sharpe_upper": 0.9}
    newer = [{"strategy": "b", "rank": 1, "score": 0.8, "verdict": "luck", **sharpe}, older[0]]
    shown = history.of_strategies([record(0, strategies=older), record(1, strategies=newer)])
    assert [series.title for series in shown] == ["b", "a"]
    assert shown[0].last.label == "0.50 (0.10 to 0.90), luck; run run-1"
    assert "Score over runs, first 0.70, last 0.70" in shown[1].drawn(2)


def test_what_a_label_says_stays_text():
    drawn = charts.chart([Point(0, 1.0, "</title><script>")], 1, '"><b>')
    assert "<script>" not in drawn
    assert "<b>" not in drawn
    ElementTree.fromstring(drawn)
