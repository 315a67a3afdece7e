"""Fits that may not end: what the clock ends, what stands in, and that results are the same."""

import pickle
import time

from tidemark.errors import BadValue
from tidemark.isolated import timed
from tidemark.models import estimators, fitting
from tidemark.models.time_limit import NotInTimeError, TimeLimit

import pytest
from sklearn.linear_model import Ridge
from test_models import FOLDS, SPECS, TRAIN, settings_of, unasked

LONG, SHORT = 10.0, 0.005  # minutes


class Slow(Ridge):
    """Takes too long if there are many rows, and its coefficients are to be small."""

    def fit(self, X, y):
        if self.alpha > 1 and len(y) > self.tol:  # which is the fewest rows that take long
            time.sleep(60)
        return super().fit(X, y)


def silent(done, of):
    pass


@pytest.fixture
def slow(monkeypatch):
    """The kind ridge takes long from so many rows on."""

    def from_rows(count):
        monkeypatch.setattr(
            estimators.kind("ridge"), "build", lambda own, _: Slow(own.alpha, tol=count)
        )

    return from_rows


def fit(name, specs, alone):
    return fitting.fit(name, lambda one: settings_of(specs[one]), TRAIN, FOLDS, unasked, alone)


@pytest.mark.parametrize("name", ["baseline", "linear", "ridge", "svr", "poly2"])
def test_a_fit_in_a_process_of_its_own_gives_the_same_bytes(name):
    told = []
    alone = TimeLimit(LONG, lambda *count: told.append(count))
    assert fit(name, SPECS, alone) == fitting.fit(
        name, lambda one: settings_of(SPECS[one]), TRAIN, FOLDS, unasked
    )
    assert told == [(1, 4), (2, 4), (3, 4)]


@pytest.mark.parametrize("rows", [0, len(TRAIN) - 1], ids=["in its folds", "on all rows"])
def test_a_model_that_takes_too_long_is_replaced(slow, rows):
    slow(rows)
    specs = SPECS | {"ridge": SPECS["ridge"] | {"alpha": 2.0}}
    pipeline, report = fit("ridge", specs, TimeLimit(SHORT, silent))
    assert report["fitted"] == "linear"
    assert report["fallback"]["reason"] == "ridge did not end within 0.005 minutes"
    assert report["time_limit"] == [{"model": "ridge", "parameters": {"alpha": 2.0}}]
    assert pipeline == fit("linear", SPECS, TimeLimit(LONG, silent))[0]


def test_a_candidate_that_takes_too_long_is_left_out_and_named(slow):
    slow(0)
    specs = {"ridge": SPECS["ridge"] | {"grid": {"alpha": [5.0, 1.0, 0.5]}}}
    told = []
    alone = TimeLimit(SHORT, lambda *count: told.append(count))
    pipeline, report = fit("ridge", specs, alone)
    assert report["fallback"] is None
    assert report["time_limit"] == [{"model": "ridge", "parameters": {"alpha": 5.0}}]
    assert [line["failure"] for line in report["grid"]] == [
        "did not end within 0.005 minutes", None, None
    ]  # fmt: skip
    assert pickle.loads(pipeline)[-1].alpha == report["parameters"]["alpha"] <= 1.0
    assert told == [(number, 10) for number in range(4, 10)]


def test_nothing_ends_in_time(slow):
    slow(0)
    specs = {
        "ridge": SPECS["ridge"] | {"alpha": 2.0, "fallback": "other"},
        "other": SPECS["ridge"] | {"alpha": 3.0, "fallback": None},
    }
    with pytest.raises(BadValue, match=r"ridge did not end .*; other did not end") as caught:
        fit("ridge", specs, TimeLimit(SHORT, silent))
    assert "raise train_models.time_limit_minutes, or use fewer rows" in str(caught.value)


def test_a_fit_whose_process_is_killed_is_told():
    def killed(work):
        raise timed.EndedError("was ended by SIGKILL")

    with pytest.raises(BadValue, match=r"its fit was ended by SIGKILL.*memory may have run out"):
        fit("linear", SPECS, killed)


def test_one_minute_is_one_minute():
    def never(seconds, *_):
        assert seconds == 60.0
        raise timed.TooLongError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timed, "within", never)
        with pytest.raises(NotInTimeError, match=r"^did not end within 1 minute$"):
            TimeLimit(1.0, silent)(lambda tell: None)
