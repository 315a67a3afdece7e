"""One run in a clause each."""

from tidemark.runs import in_brief
from tidemark.tables import history

import pytest


def row(word, before, after, name="ridge", scenario="mean_impute"):
    return {"word": word, "scenario": scenario, "name": name, "metric": "rmse", "before": before,
            "after": after, "difference": after - before}  # fmt: skip


def record(**found):
    return history.content({}, moved=history.moved("a run", **found))


def test_the_largest_change_each_way_is_told_beside_what_was_there():
    rows = [row("better", 100.0, 99.0), row("better", 0.02, 0.01, "lasso"),
            row("worse", 0.01, 0.0123456, "momentum", None)]  # fmt: skip
    told = in_brief.changes(record(counts={"model": {"better": 2}}, rows=rows, ranked=[{}]))
    assert told == [
        "best change: mean_impute lasso rmse 0.02 -> 0.01",
        "worst change: momentum rmse 0.01 -> 0.01235",
        "the ranking changed in 1 place",
    ]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, []),
        (history.content({}), []),
        (record(), ["no figure changed"]),
        (record(counts={"model": {"same": 3}}), ["no figure is better or worse beyond chance"]),
        (record(why="a file is gone"), ["results were not compared: a file is gone"]),
    ],
)
def test_what_did_not_change_or_cannot_be_told_is_said(found, told):
    assert in_brief.changes(found) == told


def test_the_first_failure_is_told_with_how_many_more():
    assert in_brief.failures(None) == in_brief.failures(history.content({})) == ""
    failed = history.content({}, failures={"evaluate_x": "line 1\nline 2", "plots_x": "b"})
    assert in_brief.failures(failed) == "evaluate_x: line 1 line 2 (and 1 more step)"
