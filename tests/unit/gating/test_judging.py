"""Rows held against tolerances: what fails, what is shown, and what could not be looked at."""

from tidemark.comparing import strategies
from tidemark.comparing.comparison import Row, Word
from tidemark.gating import settings
from tidemark.gating.judging import Level, judge
from tidemark.gating.settings import Limit, Tolerance

import pytest


def model(metric="rmse", before=1.0, after=1.1, word=Word.WORSE, **fields) -> Row:
    numbers = all(isinstance(value, int | float) for value in (before, after))
    difference = after - before if numbers else None
    whose = {"scenario": "mean_impute", "name": "ridge", "better": "lower"}
    return Row(
        **{"kind": "model", "metric": metric, "before": before, "after": after, "word": word,
           "difference": difference, "paired": True, **whose, **fields}
    )  # fmt: skip


def strategy(metric, before, after, word, **fields) -> Row:
    whose = {"kind": "strategy", "scenario": None, "name": "sma_cross", "paired": False}
    return model(metric, before, after, word, **whose, **fields)


def level(row, **tolerance) -> Level:
    """What one tolerance of the row's metric makes of one row."""
    found = judge([row], {"mine": Tolerance(metrics=[row.metric], **tolerance)})
    levels = [finding.level for finding in found.offending] + list(found.counts)
    assert len(levels) == 1
    assert found.passed == (levels[0] is not Level.FAIL)
    return levels[0]


@pytest.mark.parametrize(
    ("limit", "row", "exceeded"),
    [
        (Limit(absolute=0.05), model(), True),
        (Limit(absolute=0.2), model(), False),
        (Limit(absolute=0.05), model(before=1.1, after=1.0, word=Word.BETTER), False),
        (Limit(absolute=0.05), model("skill", better="higher"), False),
        (Limit(absolute=0.05), model("skill", 1.1, 1.0, better="higher"), True),
        (Limit(relative=0.05), model(before=-1.0, after=-0.9), True),
        (Limit(relative=0.2), model(), False),
        (Limit(relative=0.2), model(before=0.0, after=1e-9), True),
        (Limit(beyond_chance=True), model(), True),
        (Limit(beyond_chance=True), model(after=9.0, word=Word.CHANCE), False),
        (Limit(beyond_chance=True, absolute=0.2), model(), False),
        (Limit(beyond_chance=True, absolute=0.05), model(), True),
        (Limit(beyond_chance=True, absolute=0.05), model(word=Word.CHANCE), False),
        (Limit(absolute=0), model(after=1.0, word=Word.SAME), False),
        (Limit(absolute=1), strategy("rank", 2, 4, Word.WORSE), True),
        (Limit(absolute=1), strategy("rank", 2, 3, Word.WORSE), False),
        (Limit(absolute=0), strategy("verdict", "good", "luck", Word.WORSE), True),
        (Limit(absolute=0), strategy("verdict", "a", "b", Word.CHANCE), False),
    ],
)
def test_a_row_is_beyond_a_limit_if_it_is_worse_by_more_than_all_of_it(limit, row, exceeded):
    assert level(row, fail=limit) is (Level.FAIL if exceeded else Level.WITHIN)
    assert level(row, warn=limit) is (Level.WARN if exceeded else Level.WITHIN)


def test_what_is_beyond_both_limits_fails_and_what_is_beyond_one_is_shown():
    limits = {"warn": Limit(absolute=0.05), "fail": Limit(absolute=0.2)}
    assert level(model(after=1.3), **limits) is Level.FAIL
    assert level(model(after=1.1), **limits) is Level.WARN
    assert level(model(after=1.01), **limits) is Level.WITHIN


GONE = {"after": None, "word": Word.NOT_COMPARABLE, "why": "the model is gone", "paired": False}
BLIND = {"word": Word.NOT_COMPARABLE, "why": "no test date is in both runs", "paired": False}


@pytest.mark.parametrize(
    "row",
    [model(**GONE), model(**BLIND), model(before=None, **GONE), model(after=0.1, **BLIND)],
)
def test_what_cannot_be_looked_at_fails_unless_the_tolerance_says_otherwise(row):
    far = Limit(absolute=99.0)
    assert level(row, fail=far) is Level.FAIL
    assert level(row, warn=far) is Level.WARN
    assert level(row, warn=far, not_comparable="fail") is Level.FAIL
    assert level(row, fail=far, not_comparable="warn") is Level.WARN
    assert level(row, fail=far, not_comparable="allow") is Level.ALLOWED


def test_what_was_not_there_before_has_nothing_to_be_worse_than():
    row = model(before=None, word=Word.NOT_COMPARABLE, why="the model is new", paired=False)
    assert level(row, fail=Limit(absolute=0)) is Level.NEW


def test_every_tolerance_that_names_a_row_holds_for_it():
    rows = [model(), model("mae"), model(name="svr"), model(scenario="median_impute")]
    limit, loose = Limit(absolute=0.05), Limit(absolute=9)
    tolerances = {
        "all": Tolerance(metrics=["rmse"], warn=limit),
        "one": Tolerance(metrics=["rmse"], of=["svr"], fail=limit),
        "some": Tolerance(metrics=["rmse", "mse"], scenarios=["median_impute"], fail=loose),
    }
    found = judge(rows, tolerances)
    told = [(one.level, one.tolerance, one.row.name) for one in found.offending]
    assert told == [("fail", "one", "svr"), ("warn", "all", "ridge"), ("warn", "all", "svr"),
                    ("warn", "all", "ridge")]  # fmt: skip
    assert (dict(found.counts), found.unnamed, found.passed) == ({}, 1, False)


def test_what_a_tolerance_names_and_no_row_is_of_was_not_looked_at():
    limit = Limit(absolute=9)
    named = {"mine": Tolerance(metrics=["rmse"], of=["ridge", "svr"], fail=limit)}
    found = judge([model()], named)
    assert [(one.level, one.row, one.why) for one in found.offending] == [
        ("fail", None, "svr has no rmse")
    ]
    assert found.counts == {Level.WITHIN: 1}
    assert not found.passed
    elsewhere = {"mine": Tolerance(metrics=["rmse"], scenarios=["other"], warn=limit)}
    assert [one.why for one in judge([model()], elsewhere).offending] == ["other has no rmse"]


def test_a_model_and_a_scenario_that_are_there_but_never_together_were_not_looked_at():
    rows = [model(scenario="s"), model(scenario="t", name="lasso")]
    both = Tolerance(metrics=["rmse"], of=["ridge", "lasso"], scenarios=["s", "t"],
                     fail=Limit(absolute=9))  # fmt: skip
    found = judge(rows, {"mine": both})
    assert [one.why for one in found.offending] == ["s lasso has no rmse", "t ridge has no rmse"]


@pytest.mark.parametrize("metrics", [["log_loss", "brier_score"], ["verdict", "rank"]])
def test_a_tolerance_without_any_row_fails_beside_others_that_have_some(metrics):
    limit = {"fail": Limit(absolute=9)}
    tolerances = {
        "one": Tolerance(metrics=["rmse"], **limit),
        "mine": Tolerance(metrics=metrics, **limit),
    }
    found = judge([model()], tolerances)
    assert [(one.level, one.tolerance, one.row) for one in found.offending] == [
        ("fail", "mine", None)
    ]
    assert found.looked
    assert not found.passed


def test_a_default_tolerance_without_any_row_is_noted():
    found = judge([model("mse", after=1.0, word=Word.SAME)], settings.shipped())
    assert (found.passed, found.idle, found.offending) == (True, ["verdicts"], [])


def test_what_only_could_not_look_and_warns_has_not_passed():
    found = judge([model()], {"mine": Tolerance(metrics=["mae"], warn=Limit(absolute=9))})
    assert not found.passed


def test_rounding_is_not_worse():
    row = model(after=1.0 + 1e-15, word=Word.SAME)
    assert level(row, fail=Limit(absolute=0)) is Level.WITHIN


@pytest.mark.parametrize("rows", [[], [model("mae")]])
def test_a_gate_that_looked_at_nothing_has_not_passed(rows):
    found = judge(rows, {"mine": Tolerance(metrics=["rmse"], fail=Limit(absolute=0))})
    assert not found.looked
    assert not found.passed


def test_the_figures_that_can_be_named_are_those_that_are_compared():
    assert {*settings.OF_STRATEGIES} == {*strategies.BETTER}
    assert {*settings.PAIRED} - {*settings.OF_MODELS} == {strategies.SHARPE}
