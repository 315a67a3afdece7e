"""A kind of a user's own: that of docs/models.md, and what is told of one that is not right."""

import pickle
import re
import sys
import textwrap
from pathlib import Path

from tidemark.config import estimators_page
from tidemark.config.schema import section
from tidemark.config.sections import filled
from tidemark.errors import InputError
from tidemark.models import estimators, fitting, splits

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/models.md").read_text("utf-8")
NEAREST = textwrap.dedent(re.search(r'^    """The nearest .*?(?=^\S)', GUIDE, re.M | re.S)[0])
FILE = "scripts/tidemark/models/estimators/nearest.py"
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write the kind's file, with edits."""

    def write(*edits):
        text = NEAREST
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        (tmp_path / "nearest.py").write_text(text, "utf-8")
        return text

    monkeypatch.setattr(estimators, "__path__", [*estimators.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield write
    sys.modules.pop("tidemark.models.estimators.nearest", None)
    vars(estimators).pop("nearest", None)
    estimators.kind.cache_clear()


def fitted():
    draw = np.random.default_rng(1)
    dates = pd.date_range("2010-01-01", periods=300).astype("datetime64[us]")
    train = pd.DataFrame(draw.normal(size=(300, 2)), columns=["a", "b"])
    train = train.assign(timestamp=dates, ticker="A", target=0.01 * train["a"])
    train["target_time"] = train["timestamp"] + pd.Timedelta(days=1)
    spec = filled(estimators.kind("nearest"), {"estimator": "nearest", "neighbours": 20})
    folds = splits.folds(train, count=3, embargo=2)
    pickled, report = fitting.fit("near", lambda _: spec, train, folds, lambda: 3)
    return pickle.loads(pickled).predict(train[["a", "b"]]), train["target"], report


def test_the_kind_that_the_guide_shows_is_fitted_and_documented(written):
    written()
    forecasts, target, report = fitted()
    assert report["fitted"] == "near"
    assert np.corrcoef(forecasts, target)[0, 1] > 0.5
    assert "## nearest\n" in estimators_page.text()
    assert section(estimators.kind("nearest")).model_validate({"estimator": "nearest"})


@pytest.mark.parametrize(
    ("old", "new", "where", "told"),
    [
        ("def build", "def bulid", FILE, "its class Nearest has no method `build`"),
        ("@dataclass(frozen=True, kw_only=True)\n", "", FILE, "has no line `@dataclass"),
        ('["nearest"]', '["naerest"]', FILE, 'no class of models with `estimator: Literal["near'),
        (
            "from dataclasses",
            "from datacalsses",
            f"{FILE}:3",
            "it raises ModuleNotFoundError: No module named 'datacalsses'",
        ),
    ],
)
def test_a_file_that_is_no_kind_is_told_with_what_it_lacks(written, old, new, where, told):
    written((old, new))
    with pytest.raises(InputError) as caught:
        estimators.kind("nearest")
    assert caught.value.where == where
    assert told in caught.value.problem


@pytest.mark.parametrize("words", ["", "neigbours: rows that the mean is of."])
def test_a_parameter_that_the_docstring_does_not_name_is_told(written, words):
    written(("neighbours: rows that the mean is of.", words))
    with pytest.raises(InputError, match=f"{FILE}: nothing under .* parameter neighbours is"):
        estimators_page.text()


def test_parameters_of_all_types_are_documented(written):
    more = "    often: bool = True\n    most: int | None = None\n    word: str\n"
    lines = "        often: a.\n        most: b.\n        word: c.\n"
    written(
        ("    def build", f"{more}\n    def build"),
        ("rows that the mean is of.\n", f"rows that the mean is of.\n{lines}"),
    )
    page = estimators_page.text()
    assert "| `often` | true, false | true | no | a. |" in page
    assert "| `most` | whole number, or null | null | no | b. |" in page
    assert "| `word` | text | none | no | c. |" in page


BUILT = "        return KNeighborsRegressor(self.neighbours)"
OWN = """class Own({bases}):
    def fit(self, X, y):
        {fit}
        return self

    def predict(self, X):
        {predict}


@dataclass(frozen"""


@pytest.mark.parametrize(
    ("bases", "fit", "predict", "told"),
    [
        (
            "RegressorMixin, BaseEstimator",
            "raise ValueError('my bug')",
            "return X[:, 0]",
            ":{line}: near: fit raises ValueError: my bug. Cure: mend it; the traceback is in",
        ),
        (
            "RegressorMixin, BaseEstimator",
            "self.done_ = True",
            "raise KeyError('c')",
            ":{line}: near: predict raises KeyError: 'c'",
        ),
        (
            "RegressorMixin, BaseEstimator",
            "self.done = True",
            "return X[:, 0]",
            ": near: its estimator counts as not fitted after `fit`. Cure: set what it learns",
        ),
        (
            "object",
            "self.done_ = True",
            "return X[:, 0]",
            ": build gives a Own, which is no estimator of scikit-learn: it has no get_params",
        ),
    ],
)
def test_an_estimator_of_ones_own_that_is_not_right_is_told(written, bases, fit, predict, told):
    text = written(
        ("@dataclass(frozen", OWN.format(bases=bases, fit=fit, predict=predict)),
        ("from typing", "from sklearn.base import BaseEstimator, RegressorMixin\nfrom typing"),
        (BUILT, "        return Own()"),
    )
    raising = [number for number, line in enumerate(text.split("\n"), 1) if " raise " in line]
    with pytest.raises(InputError) as caught:
        fitted()
    assert FILE + told.format(line=raising[0] if raising else "") in str(caught.value)


def test_what_build_raises_is_told_with_its_line(written):
    text = written((BUILT, "        return KNeighborsRegressor(neighbors=self.neighbours)"))
    line = 1 + text[: text.index("return KNei")].count("\n")
    with pytest.raises(InputError) as caught:
        fitted()
    assert str(caught.value).startswith(f"{FILE}:{line}: near: build raises TypeError: ")


def test_an_estimator_that_cannot_be_kept_is_told(written):
    written((BUILT, "        return KNeighborsRegressor(weights=lambda distance: distance)"))
    with pytest.raises(InputError, match=rf"{FILE}: near: keeping it raises "):
        fitted()
