"""What each kind of model declares, and the kinds against their definition and scikit-learn."""

import pickle
import re
from functools import partial
from pathlib import Path

from referee.forecasts import regression
from tidemark.config import load
from tidemark.config.schema import section
from tidemark.config.sections import filled
from tidemark.models import direction, estimators, fitting, splits
from tidemark.models.settings import Search
from tidemark.project import Tree

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import ElasticNet

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = (ROOT / "config.yaml").read_text("utf-8")
COMMENTED = r"^  # (\w+: \{estimator: .*)$"
UNCOMMENTED = re.sub(COMMENTED, r"  \1", SHIPPED, flags=re.M)
OTHERS = yaml.safe_load("\n".join(re.findall(COMMENTED, SHIPPED, re.M)))
pytestmark = pytest.mark.usefixtures("one_thread")
LIMITS = {
    "max_iter",
    "max_rows",
    "components",
}  # of a solver: how long it may take, not what it finds

DRAW = np.random.default_rng(5)
FEATURES = pd.DataFrame(DRAW.normal(size=(1500, 4)), columns=list("abcd"))
TARGET = 0.01 * (
    0.3 * FEATURES["a"] + 0.3 * FEATURES["b"].abs() * FEATURES["c"] + DRAW.normal(size=1500)
)


def built(kind, seed=3, **parameters):
    spec = filled(estimators.kind(kind), {"estimator": kind, **parameters})
    return fitting.unfitted(spec, seed)[-1]


def shapes(kind):
    """The JSON Schema of each parameter."""
    keys = section(estimators.kind(kind)).model_json_schema()["properties"]
    return {name: keys[name] for name in estimators.kind(kind).parameter_names()}


@pytest.mark.parametrize("kind", estimators.names())
def test_a_search_stays_within_the_bounds_and_tells_integers(kind):
    checked = section(estimators.kind(kind))
    for name, values in estimators.search_space(kind).items():
        ends = (values.low, values.high) if isinstance(values, Search) else values
        for value in ends:
            checked.model_validate({"estimator": kind, name: value})
        shape = shapes(kind)[name]
        if isinstance(values, Search):
            assert 0 < values.low < values.high if values.log else values.low < values.high
            whole = shape.get("type") == "integer"
            assert {isinstance(end, int) for end in ends} == {whole}
            if isinstance(shape["default"], float | int):
                assert values.low <= shape["default"] <= values.high, name
                if shape["default"] in ends:  # only where there is nothing beyond
                    assert shape["default"] in (shape.get("minimum"), shape.get("maximum")), name
        else:
            assert shape["default"] in values


@pytest.mark.parametrize("kind", estimators.names())
def test_every_parameter_but_limits_of_solvers_is_searched(kind):
    assert shapes(kind).keys() - estimators.search_space(kind).keys() <= LIMITS


def test_every_kind_stands_in_the_shipped_configuration():
    live = {entry["estimator"] for entry in yaml.safe_load(SHIPPED)["models"].values()}
    commented = {entry["estimator"] for entry in OTHERS.values()}
    assert live | commented == {*estimators.names()}
    assert not live & commented


def test_the_kinds_that_stand_there_commented_are_valid_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(UNCOMMENTED, "utf-8")
    models = load.load(Tree(tmp_path, ROOT), "config.yaml").models
    assert models.keys() == {*yaml.safe_load(SHIPPED)["models"], *OTHERS}


def test_an_elastic_net_solves_what_it_says():
    """The conditions of optimality, on a target and features in standard deviations."""
    alpha, share = 0.05, 0.4
    model = built("elastic_net", alpha=alpha, l1_ratio=share).fit(FEATURES, TARGET)
    plain = ElasticNet(alpha=alpha, l1_ratio=share).fit(
        FEATURES, (TARGET - TARGET.mean()) / TARGET.std(ddof=0)
    )
    assert model.regressor_.coef_ == pytest.approx(plain.coef_, abs=1e-4)
    weights = model.regressor_.coef_
    left = (TARGET - model.predict(FEATURES)) / TARGET.std(ddof=0)
    pull = (FEATURES - FEATURES.mean()).T @ left / len(left) - alpha * (1 - share) * weights
    kept = weights != 0
    assert set(kept) == {True, False}
    assert pull[kept].to_numpy() == pytest.approx(alpha * share * np.sign(weights[kept]), abs=1e-3)
    assert (pull[~kept].abs() <= alpha * share).all()


def test_the_penalty_of_an_elastic_net_does_not_depend_on_the_unit_of_returns():
    daily = built("elastic_net").fit(FEATURES, TARGET).predict(FEATURES)
    by_minute = built("elastic_net").fit(FEATURES, TARGET / 1000).predict(FEATURES)
    assert daily.std() > 0.1 * TARGET.std()
    assert 1000 * by_minute == pytest.approx(daily)


def test_a_forest_is_that_of_scikit_learn_whatever_the_unit_of_its_features():
    """Its trees take values within 1e-7 for equal, so the pipeline standardises them."""
    given = {"n_estimators": 5, "max_depth": 2, "min_samples_leaf": 20, "max_samples": 0.5}
    scaled = (FEATURES - FEATURES.mean()) / FEATURES.std(ddof=0)
    plain = RandomForestRegressor(random_state=3, max_features=0.3, **given).fit(scaled, TARGET)
    for unit in (1.0, 1e-8):
        spec = filled(estimators.kind("random_forest"), {"estimator": "random_forest", **given})
        made = fitting.unfitted(spec, 3).fit(unit * FEATURES, TARGET)
        assert made.predict(unit * FEATURES) == pytest.approx(plain.predict(scaled))
    assert plain.predict(scaled).std() > 0.1 * TARGET.std()


def test_boosting_is_that_of_scikit_learn_and_depends_on_no_unit():
    given = {"max_iter": 20, "learning_rate": 0.1, "max_depth": 2, "min_samples_leaf": 30}
    plain = HistGradientBoostingRegressor(l2_regularization=100.0, **given).fit(FEATURES, TARGET)
    made = built("gradient_boosting", **given).fit(1e-8 * FEATURES, 1e-3 * TARGET)
    forecasts = 1000 * made.predict(1e-8 * FEATURES)
    assert forecasts == pytest.approx(plain.predict(FEATURES))
    assert forecasts.std() > 0.1 * TARGET.std()


def test_an_answer_of_boosting_counts_rows_without_a_return_beside_its_own():
    """One question, by hand: the mean, and a share of each side's sum over more rows."""
    side = np.repeat([0.0, 1.0], [300, 500])
    target = np.where(side, 0.02, -0.01) + 0.001 * DRAW.normal(size=800)
    made = built(
        "gradient_boosting", max_iter=1, learning_rate=0.5, max_depth=1, l2_regularization=40.0
    ).fit(side[:, None], target)
    for value, rows in ((0.0, 300), (1.0, 500)):
        beyond = (target - target.mean())[side == value].sum() / (rows + 40)
        expected = target.mean() + 0.5 * beyond
        assert made.predict([[value]]) == pytest.approx([expected], rel=1e-6)


def test_boosting_never_stops_by_rows_drawn_at_random():
    """Above 10,000 rows scikit-learn would by itself."""
    noise = np.random.default_rng(1).normal(size=(2, 10_001))
    given = {"max_iter": 30, "learning_rate": 1.0, "min_samples_leaf": 1000}
    made = built("gradient_boosting", **given).fit(noise[:1].T, noise[1])
    left = HistGradientBoostingRegressor(random_state=3, **given).fit(noise[:1].T, noise[1])
    assert left.n_iter_ < made.n_iter_ == 30
    assert made.validation_score_.size == 0


def test_rows_that_bins_are_made_of_are_drawn_by_the_seed():
    """Beyond 200,000 rows."""
    draw = np.random.default_rng(2)
    rows, target = draw.normal(size=(200_001, 1)), draw.normal(size=200_001)
    one, same, other = (
        built("gradient_boosting", seed, max_iter=1).fit(rows, target)._bin_mapper
        for seed in (3, 3, 4)
    )
    assert (one.bin_thresholds_[0] == same.bin_thresholds_[0]).all()
    assert (one.bin_thresholds_[0] != other.bin_thresholds_[0]).any()


@pytest.mark.parametrize("name", OTHERS)
def test_a_kind_that_stands_there_commented_is_fitted_and_forecasts(name):
    dates = pd.date_range("2010-01-01", periods=750).astype("datetime64[us]")
    train = FEATURES.assign(timestamp=dates.repeat(2), ticker=["A", "B"] * 750, target=TARGET)
    train["target_time"] = train["timestamp"] + pd.Timedelta(days=1)
    folds = splits.folds(train, count=3, embargo=2)
    spec = filled(estimators.kind(OTHERS[name]["estimator"]), OTHERS[name])
    later = partial(splits.last_fold, count=3, embargo=2)
    pickled, report = fitting.fit(
        name, lambda _: spec, train, folds, lambda: 3, later=lambda: later
    )
    made = pickle.loads(pickled)
    features = train[list(made.feature_names_in_)]
    of_direction = spec.target == "direction"
    forecasts = direction.probabilities(made, features) if of_direction else made.predict(features)
    assert report["fitted"] == name
    assert np.isfinite(forecasts).all()
    assert np.corrcoef(forecasts, train["target"])[0, 1] > 0.1


@pytest.mark.parametrize("kind", estimators.names())
def test_the_referee_fits_every_kind_by_its_own_words(kind):
    spec = filled(estimators.kind(kind), {"estimator": kind})
    target = direction.rises(TARGET) if spec.target == "direction" else TARGET
    ours = fitting.unfitted(spec, 3).fit(FEATURES, target)
    theirs = regression(kind, spec.parameters(), 3).fit(FEATURES, target)
    said = "predict_proba" if spec.target == "direction" else "predict"
    one, other = (getattr(made, said)(FEATURES) for made in (ours, theirs))
    assert one == pytest.approx(other, rel=1e-7)
