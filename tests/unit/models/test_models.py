"""The models against scikit-learn by hand, the grid, the fallbacks, and identical pickles."""

import hashlib
import importlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

from tidemark.config.sections import filled
from tidemark.errors import BadValue, InputError
from tidemark.models import estimators, fitting, splits

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parents[3]
SPECS = {
    "baseline": {"estimator": "mean", "fallback": None, "grid": None},
    "linear": {"estimator": "linear"},
    "ridge": {"estimator": "ridge", "alpha": 1.0, "fallback": "linear"},
    "svr": {
        "estimator": "svr",
        "C": 1.0,
        "epsilon": 1.0,
        "gamma": "scale",
        "kernel": "rbf",
        "max_iter": 100_000,
        "fallback": "ridge",
    },
    "poly2": {"estimator": "polynomial", "degree": 2, "alpha": 10.0, "fallback": "ridge"},
    "net": {"estimator": "elastic_net", "fallback": "ridge"},
    "forest": {
        "estimator": "random_forest",
        "n_estimators": 10,
        "min_samples_leaf": 5,
        "max_samples": 0.5,
    },
    "boosted": {"estimator": "gradient_boosting", "min_samples_leaf": 5, "max_features": 0.5},
}
DRAWING = ("boosted", "forest")
pytestmark = pytest.mark.usefixtures("one_thread")
STUBBORN = SPECS["svr"] | {"epsilon": 0.0, "max_iter": 1}


def training_rows(dates: int = 120, seed: int = 3) -> pd.DataFrame:
    """Two tickers, three features, and a target that the first feature explains in part."""
    draw = np.random.default_rng(seed)
    times = np.repeat(pd.date_range("2010-01-01", periods=dates).astype("datetime64[us]"), 2)
    frame = pd.DataFrame({"timestamp": times, "ticker": ["A", "B"] * dates})
    frame[["a", "b", "c"]] = draw.normal(size=(2 * dates, 3))
    frame["target"] = 0.01 * (0.5 * frame["a"] + draw.normal(size=2 * dates))
    frame["target_time"] = frame["timestamp"] + pd.Timedelta(days=1)
    return frame


TRAIN = training_rows()
FOLDS = splits.folds(TRAIN, count=3, embargo=2)


def settings_of(spec):
    return filled(estimators.kind(spec["estimator"]), spec)


def unasked():
    """The seed of a model that draws nothing."""
    raise AssertionError


def fit(name, specs=SPECS, train=TRAIN, seed=7, draws=False, **others):
    asked = (lambda: seed) if draws or name in DRAWING else unasked
    given = train, FOLDS, asked
    pipeline, report = fitting.fit(name, lambda one: settings_of(specs[one]), *given, **others)
    return pickle.loads(pipeline), report


@pytest.mark.parametrize("name", SPECS)
def test_every_model_fits_and_reports(name):
    pipeline, report = fit(name)
    assert np.isfinite(pipeline.predict(fitting.inputs(TRAIN))).all()
    assert list(pipeline.feature_names_in_) == ["a", "b", "c"]
    assert (report["model"], report["fitted"], report["fallback"]) == (name, name, None)
    assert [fold["fold"] for fold in report["folds"]] == [1, 2, 3]
    rmse = [fold["rmse"] for fold in report["folds"]]
    assert report["mean"]["rmse"] == pytest.approx(np.mean(rmse))


def test_a_fold_without_a_metric_is_left_out_of_its_mean():
    nan = float("nan")
    r2 = [0.25, nan, -0.75]
    found = fitting.over_folds([{"mae": nan, "rmse": 1.0, "r2": value} for value in r2])
    assert [found[name]["r2"] for name in ("mean", "lowest", "highest")] == [-0.25, -0.75, 0.25]
    assert all(np.isnan(found[name]["mae"]) for name in found)


def test_baseline_is_the_training_mean():
    pipeline, _ = fit("baseline")
    assert pipeline.predict(fitting.inputs(TRAIN)) == pytest.approx(TRAIN["target"].mean())


def test_ridge_and_its_folds_by_hand():
    pipeline, report = fit("ridge")
    scaler = StandardScaler().fit(TRAIN[["a", "b", "c"]])
    by_hand = Ridge(1.0).fit(scaler.transform(TRAIN[["a", "b", "c"]]), TRAIN["target"])
    assert pipeline.steps[-1][1].coef_ == pytest.approx(by_hand.coef_)
    fitted, scored = splits.fold_rows(TRAIN, FOLDS[0])
    early, late = TRAIN[fitted], TRAIN[scored]
    scaler = StandardScaler().fit(early[["a", "b", "c"]])
    model = Ridge(1.0).fit(scaler.transform(early[["a", "b", "c"]]), early["target"])
    error = late["target"] - model.predict(scaler.transform(late[["a", "b", "c"]]))
    assert report["folds"][0]["rmse"] == pytest.approx(np.sqrt((error**2).mean()))
    assert report["folds"][0]["mae"] == pytest.approx(error.abs().mean())


def test_svr_scales_the_target():
    """For unscaled returns, epsilon is wider than any of them and every forecast is the same."""
    pipeline, _ = fit("svr")
    assert pipeline.predict(fitting.inputs(TRAIN)).std() > 0.1 * TRAIN["target"].std()


def test_collinear_features_are_no_trouble():
    train = TRAIN.assign(d=TRAIN["a"] - TRAIN["b"])
    pipeline, report = fit("linear", train=train)
    assert report["fallback"] is None
    assert np.abs(pipeline.steps[-1][1].coef_).max() < 1


@pytest.mark.parametrize("name", SPECS)
def test_later_rows_leave_earlier_folds_alone(name):
    changed = TRAIN.copy()
    late = changed["timestamp"] > pd.Timestamp(FOLDS[0]["test_end"])
    changed.loc[late, ["a", "b", "c", "target"]] = 7.0
    assert fit(name)[1]["folds"][0] == fit(name, train=changed)[1]["folds"][0]


def test_grid_takes_the_lowest_rmse_over_the_folds():
    specs = {"ridge": SPECS["ridge"] | {"grid": {"alpha": [0.1, 1e6, 10.0]}}}
    pipeline, report = fit("ridge", specs)
    assert [line["parameters"]["alpha"] for line in report["grid"]] == [0.1, 1e6, 10.0]
    best = min(report["grid"], key=lambda line: line["rmse"])
    assert report["parameters"] == best["parameters"] != {"alpha": 1e6}
    assert pipeline.steps[-1][1].alpha == best["parameters"]["alpha"]
    assert report["mean"]["rmse"] == best["rmse"]


def test_grid_passes_over_candidates_that_do_not_converge():
    specs = {"svr": STUBBORN | {"grid": {"max_iter": [1, 100_000]}}}
    _, report = fit("svr", specs)
    assert report["parameters"]["max_iter"] == 100_000
    assert report["fallback"] is None
    assert "terminated early" in report["grid"][0]["failure"]


def test_a_fit_that_does_not_converge_falls_back_and_says_so():
    pipeline, report = fit("svr", SPECS | {"svr": STUBBORN})
    assert (report["fitted"], report["estimator"]) == ("ridge", "ridge")
    assert (report["fallback"]["from"], report["fallback"]["to"]) == ("svr", "ridge")
    assert "svr did not converge: Solver terminated early" in report["fallback"]["reason"]
    assert pickle.dumps(pipeline) == pickle.dumps(fit("ridge")[0])


def test_a_fallback_is_read_only_when_needed():
    asked = []

    def specification(name):
        asked.append(name)
        return settings_of(SPECS[name])

    fitting.fit("svr", specification, TRAIN, FOLDS, unasked)
    assert asked == ["svr"]


def test_a_fallback_falls_back_in_turn():
    specs = SPECS | {"svr": STUBBORN, "poly2": STUBBORN | {"fallback": "svr"}}
    _, report = fit("poly2", specs)
    assert report["fitted"] == "ridge"
    assert report["fallback"]["reason"].startswith("poly2 did not converge")
    assert "; svr did not converge" in report["fallback"]["reason"]


@pytest.mark.parametrize("fallback", [None, "svr", "poly2"])
def test_nothing_converges(fallback):
    specs = {"svr": STUBBORN | {"fallback": fallback}, "poly2": STUBBORN | {"fallback": "svr"}}
    with pytest.raises(BadValue, match="svr did not converge") as caught:
        fit("svr", specs)
    assert caught.value.parameter == "svr"
    assert "\n" not in str(caught.value)


def test_forecasts_that_are_not_finite_fall_back(monkeypatch):
    class Broken(Ridge):
        def predict(self, X):
            return np.full(len(X), np.nan)

    monkeypatch.setattr(estimators.kind("ridge"), "build", lambda *_: Broken(1.0))
    _, report = fit("ridge")
    assert report["fitted"] == "linear"
    assert "not finite" in report["fallback"]["reason"]


def test_a_singular_system_falls_back(monkeypatch):
    class Singular(Ridge):
        def fit(self, X, y):
            raise np.linalg.LinAlgError("singular matrix")

    monkeypatch.setattr(estimators.kind("ridge"), "build", lambda *_: Singular())
    assert fit("ridge")[1]["fallback"]["reason"] == "ridge did not converge: singular matrix"


@pytest.mark.parametrize("name", DRAWING)
def test_a_kind_that_draws_draws_by_the_seed_it_is_given(name):
    one, other = (fit(name, seed=seed) for seed in (7, 8))
    assert pickle.dumps(one[0]) == pickle.dumps(fit(name, seed=7)[0]) != pickle.dumps(other[0])
    assert one[1]["folds"] != other[1]["folds"]


def test_two_processes_write_the_same_bytes():
    program = (
        "import hashlib, json, pickle, sys; sys.path[:0] = ['scripts', 'tests/unit/models'];"
        "import test_models as t;"
        "t.SPECS = json.loads(json.dumps(t.SPECS));"
        "print(*[hashlib.sha256(pickle.dumps(t.fit(n)[0], 5)).hexdigest() for n in t.SPECS])"
    )
    environment = os.environ | {
        "PYTHONHASHSEED": "123",
        "TZ": "Asia/Tokyo",
        "OMP_NUM_THREADS": "1",
    }
    other = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    mine = [hashlib.sha256(pickle.dumps(fit(name)[0], 5)).hexdigest() for name in SPECS]
    assert other.stdout.split() == mine


def test_a_kind_of_model_that_is_not_there_or_has_another_name_is_refused(monkeypatch):
    with pytest.raises(BadValue, match=r"no estimator rigde \(did you mean ridge\?\)"):
        estimators.kind("rigde")
    monkeypatch.setattr(estimators, "names", lambda: ["new"])
    ridge = importlib.import_module(f"{estimators.__name__}.ridge")
    monkeypatch.setitem(sys.modules, f"{estimators.__name__}.new", ridge)
    with pytest.raises(InputError, match=r"new\.py: it has no class .* `estimator: Literal"):
        estimators.kind("new")
