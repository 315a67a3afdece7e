"""Block lengths against arch, against theory, and of several series."""

from tidemark.statistics import block_length

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length
from hypothesis import given, settings
from hypothesis import strategies as st


def autoregressive(dates: int, coefficients: list[float], seed: int) -> np.ndarray:
    """(dates, k) AR(1) series, each begun long before."""
    noise = np.random.default_rng(seed).normal(size=(dates + 200, len(coefficients)))
    for row in range(1, len(noise)):
        noise[row] += coefficients * noise[row - 1]
    return noise[200:]


@settings(max_examples=40)
@given(st.integers(12, 400), st.integers(0, 2**32 - 1))
def test_lengths_are_those_of_arch(dates, seed):
    series = autoregressive(dates, [-0.6, 0.0, 0.4, 0.95, 0.999], seed)
    theirs = optimal_block_length(series)["circular"]
    assert block_length.optimal_lengths(series) == pytest.approx(theirs.to_numpy())


@pytest.mark.parametrize("phi", [0.3, 0.7, -0.5])
def test_lengths_are_near_those_of_theory(phi):
    """Of an AR(1) it is (1.5 n (2 phi / (1 - phi**2))**2)**(1 / 3), from its autocovariances."""
    found = block_length.optimal_lengths(autoregressive(10_000, [phi] * 10, seed=5))
    theory = np.cbrt(1.5 * 10_000 * (2 * phi / (1 - phi**2)) ** 2)
    assert found.mean() == pytest.approx(theory, rel=0.1)


def test_one_length_for_all_lies_between_their_mean_and_the_largest():
    series = autoregressive(500, [0.1, 0.5, 0.9], seed=1)
    lengths = block_length.optimal_lengths(series)
    found = block_length.chosen("auto", series)
    assert isinstance(found, int)
    assert lengths.mean() < found < lengths.max()
    assert found - 1 < np.cbrt((lengths**3).mean()) <= found
    doubled = np.hstack([series, 1e-6 * series])  # neither copies nor units matter
    assert block_length.chosen("auto", doubled) == found


def test_what_says_nothing_is_left_out():
    series = autoregressive(500, [0.6], seed=2)
    odd = np.column_stack([series, np.full(500, 0.1), np.where(np.arange(500) == 7, np.nan, 1.0)])
    assert np.isnan(block_length.optimal_lengths(odd)[1:]).all()
    assert block_length.chosen("auto", odd) == block_length.chosen("auto", series)
    assert block_length.chosen("auto", odd[:, 1:], least=3) == 3
    assert block_length.chosen("auto", series[:11], least=2) == 2


def test_a_number_is_taken_as_it_is():
    assert block_length.chosen(21, np.empty((3, 1)), least=30) == 21
