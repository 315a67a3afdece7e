"""Polynomial ridge in parts, held against scikit-learn's three estimators in a row."""

from tidemark.models import polynomial_ridge
from tidemark.models.polynomial_ridge import PolynomialRidge

import numpy as np
import pytest
from scipy.linalg import LinAlgWarning
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler


def rows(count, seed=3):
    draw = np.random.default_rng(seed)
    features = draw.standard_t(5, (count, 4)) + np.array([0.0, 3.0, 0.0, -1.0])
    target = features[:, 0] * features[:, 1] - features[:, 2] ** 2 + draw.normal(size=count)
    return features, target


def in_a_row(degree, alpha):
    powers = PolynomialFeatures(degree, include_bias=False)
    return make_pipeline(powers, StandardScaler(), Ridge(alpha=alpha))


@pytest.mark.parametrize(("degree", "alpha"), [(2, 1.0), (2, 1000.0), (3, 10.0)])
def test_it_is_what_scikit_learn_does_to_the_bit(degree, alpha):
    features, target = rows(700)
    ours = PolynomialRidge(degree, alpha).fit(features, target)
    theirs = in_a_row(degree, alpha).fit(features, target)
    later, _ = rows(50, seed=4)
    assert np.array_equal(ours.predict(later), theirs.predict(later))


@pytest.mark.parametrize("at_a_time", [64, 699])
def test_parts_change_rounding_alone(monkeypatch, at_a_time):
    features, target = rows(700)
    theirs = in_a_row(2, 1.0).fit(features, target).predict(features)
    monkeypatch.setattr(polynomial_ridge, "PRODUCTS", at_a_time * 14)
    ours = PolynomialRidge(2, 1.0).fit(features, target).predict(features)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_products_that_have_no_solution_are_told():
    features, target = rows(50)
    with pytest.raises((np.linalg.LinAlgError, LinAlgWarning)):
        PolynomialRidge(2, 0.0).fit(np.column_stack([features, features[:, 0]]), target)
