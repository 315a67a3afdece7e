"""The block bootstrap against brute force, against arch, and for coverage."""

from tidemark.errors import BadValue
from tidemark.models import forecast_metrics
from tidemark.models.forecast_metrics import DateSums
from tidemark.statistics import bootstrap

import numpy as np
import pytest
from arch.bootstrap import MovingBlockBootstrap


def autoregressive(n: int, series: int, phi: float, seed: int) -> np.ndarray:
    """(series, n) stationary AR(1) paths of mean 0."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(size=(series, n))
    paths = np.empty_like(noise)
    paths[:, 0] = noise[:, 0] / np.sqrt(1 - phi**2)
    for t in range(1, n):
        paths[:, t] = phi * paths[:, t - 1] + noise[:, t]
    return paths


@pytest.mark.parametrize(("dates", "length"), [(10, 3), (12, 4), (7, 7), (5, 1)])
def test_sums_are_those_of_the_dates_drawn(dates, length):
    statistics = np.random.default_rng(1).normal(size=(dates, 3))
    starts = bootstrap.block_starts(dates, length, 700, seed=2)
    found = bootstrap.resample(statistics, starts, length)
    for row, replicate in zip(starts, found, strict=True):
        drawn = np.concatenate([np.arange(s, s + length) for s in row])[:dates]
        assert replicate == pytest.approx(statistics[drawn].sum(axis=0))


@pytest.mark.parametrize(("dates", "length"), [(10, 3), (12, 4), (7, 7), (9, 1)])
def test_dates_are_counted_as_often_as_they_are_added_up(dates, length):
    terms = np.random.default_rng(0).normal(size=(dates, 2))
    starts = bootstrap.block_starts(dates, length, 30, seed=2)
    times = bootstrap.times_drawn(starts, dates, length)
    assert (times.sum(axis=1) == dates).all()
    assert times @ terms == pytest.approx(bootstrap.resample(terms, starts, length))


@pytest.mark.parametrize(("dates", "length"), [(10, 3), (12, 4), (7, 7), (9, 1)])
def test_blocks_that_go_round_are_counted(dates, length):
    starts = bootstrap.circular_starts(dates, length, 3000, seed=2)
    times = bootstrap.times_drawn(starts, dates, length)
    for row, counted in zip(starts, times, strict=True):
        drawn = np.concatenate([np.arange(s, s + length) for s in row])[:dates] % dates
        assert counted.tolist() == np.bincount(drawn, minlength=dates).tolist()
    assert times.mean(axis=0) == pytest.approx(np.ones(dates), abs=0.1)
    terms = np.random.default_rng(0).normal(size=(dates, 2))
    assert times @ terms == pytest.approx(bootstrap.resample(terms, starts, length))


def test_every_block_can_be_drawn():
    starts = bootstrap.block_starts(10, 4, 2000, seed=1)
    assert starts.shape == (2000, 3)
    assert sorted(set(starts.ravel())) == list(range(7))


def test_same_seed_same_dates():
    one, two, other = (bootstrap.block_starts(50, 5, 20, seed) for seed in (7, 7, 8))
    assert (one == two).all()
    assert (one != other).any()


def test_agrees_with_arch():
    """Replicates of a mean and of an RMSE have arch's distribution, within 6 % of its spread."""
    values = autoregressive(300, 1, 0.4, seed=11)[0] + 0.5
    theirs = MovingBlockBootstrap(12, values, seed=3).apply(
        lambda x: np.array([x.mean(), np.sqrt((x**2).mean())]), 4000
    )
    starts = bootstrap.block_starts(300, 12, 4000, seed=4)
    sums = bootstrap.resample(np.column_stack([values, values**2]), starts, 12) / 300
    ours = np.column_stack([sums[:, 0], np.sqrt(sums[:, 1])])
    for mine, reference in zip(ours.T, theirs.T, strict=True):
        spread = reference.std()
        assert mine.mean() == pytest.approx(reference.mean(), abs=0.06 * spread)
        assert mine.std() == pytest.approx(spread, rel=0.06)
        ends = [0.025, 0.25, 0.5, 0.75, 0.975]
        tolerance = 0.15 * spread
        assert np.quantile(mine, ends) == pytest.approx(np.quantile(reference, ends), abs=tolerance)


def test_coverage_of_an_autoregressive_mean():
    """Nominal 90 % intervals cover about 85 %, as is known; those of single dates far less."""
    paths = autoregressive(500, 300, 0.5, seed=21)

    def coverage(length: int) -> float:
        starts = bootstrap.block_starts(500, length, 400, seed=5)
        means = bootstrap.resample(paths.T, starts, length) / 500
        lower, upper = np.quantile(means, [0.05, 0.95], axis=0)
        return float(((lower < 0) & (upper > 0)).mean())

    assert 0.80 < coverage(20) < 0.95
    assert coverage(1) < 0.75


def test_paired_differences_are_tighter_than_their_parts():
    draw = np.random.default_rng(9)
    true = draw.normal(0, 0.02, 600)
    first, second = 0.1 * true, 0.1 * true + draw.normal(0, 1e-4, 600)
    starts = bootstrap.block_starts(600, 10, 500, seed=1)

    def drawn(forecast):
        sums = forecast_metrics.per_date(np.arange(600), true, forecast, first)
        table = bootstrap.resample(sums.as_table(), starts, 10)
        return forecast_metrics.combine(DateSums.of_table(table))["mse"]

    mse = [drawn(forecast) for forecast in (first, second)]
    assert (mse[1] - mse[0]).std() < 0.02 * mse[0].std()


def test_intervals():
    values = np.arange(1001.0)
    assert bootstrap.interval(values, 0.9) == pytest.approx((50.0, 950.0))
    assert bootstrap.interval(np.append(values, np.nan), 0.9) == pytest.approx((50.0, 950.0))
    assert np.isnan(bootstrap.interval(np.full(5, np.nan), 0.9)).all()


@pytest.mark.parametrize(("undefined", "there"), [(10, True), (11, False)])
def test_an_interval_of_too_few_draws_is_none(undefined, there):
    """Of 40 rows with one rise, 35 of 200 draws had an AUC, and the interval was theirs."""
    values = np.append(np.arange(10.0), np.full(undefined, np.nan))
    found = bootstrap.interval(values, 0.9, bootstrap.DEFINED)
    assert np.isfinite(found).tolist() == [there, there]
    assert bootstrap.interval(values, 0.9) == pytest.approx((0.45, 8.55))


@pytest.mark.parametrize("draw", [bootstrap.block_starts, bootstrap.circular_starts])
def test_a_block_longer_than_the_dates(draw):
    with pytest.raises(BadValue, match="21 dates is longer than the 20 dates") as caught:
        draw(20, 21, 100, seed=1)
    assert caught.value.parameter == "block_length"


def test_a_block_beyond_the_dates_is_no_sum():
    starts = np.array([[50, 0, 0, 0, 0, 0, 0, 0]])
    with pytest.raises(ValueError, match="within the dates"):
        bootstrap.resample(np.ones((50, 3)), starts, 7)
