"""SVR beyond its limit of rows: near the exact one, of the same kernel, and said so."""

import warnings
from functools import cache

from tidemark.models import approximate_svr, fitting
from tidemark.models.approximate_svr import ApproximateSVR

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from sklearn.svm import SVR
from test_models import FOLDS, SPECS, TRAIN, fit, settings_of


@cache
def rows(seed=5, count=1500):
    """Features, and a target that they explain in part, not linearly."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(count, 4))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] / 2 + 0.5 * draw.normal(size=count)
    return X, (y - y.mean()) / y.std()


@pytest.fixture
def steps(monkeypatch):
    """Fewer steps than in earnest, for as few rows."""

    def at_least(count):
        monkeypatch.setattr(approximate_svr, "VISITS", count)

    return at_least


@pytest.fixture
def brief(steps):
    steps(9000)


@pytest.mark.parametrize(("kernel", "near"), [("rbf", 0.985), ("poly", 0.98), ("linear", 0.995)])
def test_its_forecasts_are_near_those_of_the_exact_one(steps, kernel, near):
    steps(150_000)
    X, y = rows()
    new, _ = rows(6)
    given = {"kernel": kernel, "epsilon": 0.5}
    exact = SVR(**given).fit(X, y).predict(new)
    ours = ApproximateSVR(components=300, **given).fit(X, y).predict(new)
    assert np.corrcoef(exact, ours)[0, 1] > near
    assert ours.std() == pytest.approx(exact.std(), rel=0.1)


@pytest.mark.parametrize("gamma", ["scale", "auto", 0.3])
def test_the_kernel_is_that_of_the_exact_one(brief, gamma):
    """With a component for each row the approximation is the kernel itself."""
    X, y = rows()[0][:40] * 2, rows()[1][:40]
    number = SVR(gamma=gamma).fit(X, y)._gamma
    for kernel, expected in (
        ("rbf", rbf_kernel(X, gamma=number)),
        ("poly", polynomial_kernel(X, degree=3, gamma=number, coef0=0.0)),
    ):
        fitted = ApproximateSVR(kernel, gamma, components=40).fit(X, y)
        mapped = fitted._mapped(X)
        assert mapped @ mapped.T == pytest.approx(expected, abs=1e-6 * expected.max())


def test_blocks_do_not_matter_to_a_forecast(brief, monkeypatch):
    X, y = rows()
    fitted = ApproximateSVR(components=50).fit(X, y)
    whole = fitted.predict(X)
    monkeypatch.setattr(approximate_svr, "BLOCK", 100)
    assert fitted.predict(X) == pytest.approx(whole, rel=1e-9)


def test_a_descent_that_goes_astray_is_told(brief, monkeypatch):
    monkeypatch.setattr(approximate_svr, "FIRST_STEP", 1e6)
    with pytest.warns(ConvergenceWarning, match="went astray"):
        ApproximateSVR(components=20).fit(*rows())


def test_beyond_its_limit_svr_is_approximated_in_all_folds_and_says_so(brief):
    notes, specs = [], {"svr": SPECS["svr"] | {"max_rows": len(TRAIN) - 1, "components": 40}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline, report = fit("svr", specs, draws=True, note=notes.append)
    words = f"fitted by kernel approximation with 40 components, above max_rows {len(TRAIN) - 1}"
    assert report["approximation"] == words
    assert notes == [f"{len(TRAIN)} rows: {words}"]
    assert pipeline[-1].regressor_.map_.n_components == 40
    other, _ = fit("svr", specs, draws=True, seed=8, note=notes.append)
    forecasts = [one.predict(fitting.inputs(TRAIN)) for one in (pipeline, other)]
    assert (forecasts[0] != forecasts[1]).any(), "the seed draws the rows of the kernel"
    exact, told = fit("svr")
    assert "approximation" not in told
    assert isinstance(exact[-1].regressor_, SVR)
    first, exactly = (one["folds"][0]["rmse"] for one in (report, told))
    assert first != exactly, "a fold below the limit is fitted as the whole is"
    assert first == pytest.approx(exactly, rel=0.05)


def test_what_is_linear_needs_no_kernel(brief):
    model = settings_of(SPECS["svr"] | {"kernel": "linear", "max_rows": 9}).of_rows(10)
    assert model.approximation() == "fitted by gradient descent, above max_rows 9"
    X, y = rows()
    assert model.build(3).fit(X, y).map_ is None


def test_a_grid_may_lie_on_both_sides_of_the_limit(brief):
    grid = {"max_rows": [10, 10_000]}
    notes = []
    _, report = fit("svr", {"svr": SPECS["svr"] | {"grid": grid}}, draws=True, note=notes.append)
    assert len(notes) == 1
    assert [line["parameters"]["max_rows"] for line in report["grid"]] == [10, 10_000]
    assert ("approximation" in report) == (report["parameters"]["max_rows"] == 10)
    assert len(report["folds"]) == len(FOLDS)


@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly", "sigmoid"])
@pytest.mark.parametrize("epsilon", [0.0, 0.5])
def test_constant_features_and_targets_are_fitted_as_the_exact_one_fits_them(
    steps, kernel, epsilon
):
    """By a constant: features then say nothing, and a constant target needs none."""
    steps(100_000)
    X, y = rows(count=60)
    for features, target in ((0 * X, y), (X, 0 * y + 1e-17)):
        given = {"kernel": kernel, "epsilon": epsilon}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ours = ApproximateSVR(components=20, **given).fit(features, target).predict(features)
        exact = SVR(**given).fit(features, target).predict(features)
        assert np.ptp(ours) < 1e-6
        missed, least = (np.maximum(abs(target - one) - epsilon, 0).mean() for one in (ours, exact))
        assert missed <= 1.05 * least


def test_few_rows_take_no_more_calls_than_many_and_no_fewer_steps(monkeypatch, steps):
    """A call costs some hundreds of rows: 12 rows took a minute and a half, a row block a call."""
    steps(100_000)
    calls = []
    descend = approximate_svr.SGDRegressor.partial_fit

    def counted(own, X, y):
        calls.append(len(X))
        return descend(own, X, y)

    monkeypatch.setattr(approximate_svr.SGDRegressor, "partial_fit", counted)
    X, y = rows(count=9000)
    for count in (2, 12, 300, 5000, 9000):
        calls.clear()
        fitted = ApproximateSVR(components=20).fit(X[:count], y[:count])
        assert fitted.map_.n_components == min(count, 20)
        assert len(calls) <= 2 * (100_000 / approximate_svr.BLOCK + 12)
        assert 100_000 <= sum(calls) <= 140_000
        assert fitted.linear_.t_ == 1 + sum(calls)
