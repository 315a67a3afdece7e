"""The joint test: what arch says of the same draws, and what others in the list cannot turn."""

from functools import partial

from tidemark.assessment import data_snooping
from tidemark.assessment.data_snooping import joint_test
from tidemark.assessment.own_dates import OwnDates
from tidemark.statistics import bootstrap

import numpy as np
import pytest
from arch.bootstrap import SPA, StepM
from hypothesis import given, settings
from hypothesis import strategies as st

BARS, LENGTH, REPLICATES = 400, 8, 199
FEWEST = 80  # own dates


def market(seed, sets=12, bars=BARS):
    """(bars, sets) returns that share a part, of which one has skill, and the benchmark's."""
    draw = np.random.default_rng(seed)
    common = draw.normal(0.0004, 0.008, bars)
    returns = common[:, None] * draw.uniform(0, 1, sets) + draw.normal(0, 0.008, (bars, sets))
    returns[:, 0] += 0.0015
    for column, first in enumerate(draw.integers(0, bars // 2, sets // 3)):
        returns[:first, -1 - column] = 0.0
    return returns, common + draw.normal(0, 0.001, bars)


def judged(returns, benchmark, replicates=REPLICATES, length=LENGTH):
    starts = bootstrap.circular_starts(len(returns), length, replicates, seed=3)
    return joint_test(OwnDates(returns, benchmark, starts, length, FEWEST), 0.95)


def cheats(seed, bars=BARS):
    """Four that know tomorrow: Sharpe ratios of 12 a year and more."""
    draw = np.random.default_rng(seed)
    return np.abs(draw.normal(0, 0.01, (bars, 4))) + 0.001


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=6, deadline=None)
@given(seeds, st.integers(0, 11))
def test_copies_of_any_set_turn_no_verdict(seed, copied):
    returns, benchmark = market(seed)
    alone = judged(returns, benchmark)
    among = judged(np.hstack([np.repeat(returns[:, [copied]], 50, axis=1), returns]), benchmark)
    for name in ("p_zero", "p_benchmark"):
        np.testing.assert_array_equal(getattr(among, name)[50:], getattr(alone, name))
    assert among.luckiest == pytest.approx(alone.luckiest)


@settings(max_examples=6, deadline=None)
@given(seeds)
def test_cheats_in_the_list_turn_no_verdict_on_another(seed):
    returns, benchmark = market(seed)
    alone = judged(returns, benchmark)
    among = judged(np.hstack([cheats(seed), returns]), benchmark)
    for name in ("p_zero", "p_benchmark"):
        assert (getattr(among, name)[:4] == 1 / (REPLICATES + 1)).all()
        np.testing.assert_array_equal(getattr(among, name)[4:], getattr(alone, name))


@settings(max_examples=6, deadline=None)
@given(seeds)
def test_losing_sets_in_the_list_cost_the_others_nothing(seed):
    """Long or short by a coin, less 0.4 % a day: 400 of them took a p of 0.08 to 0.39."""
    returns, benchmark = market(seed)
    alone = judged(returns, benchmark)
    sides = np.random.default_rng(seed).choice([-1.0, 1.0], (BARS, 100))
    among = judged(np.hstack([sides * benchmark[:, None] - 0.004, returns]), benchmark)
    for name in ("p_zero", "p_benchmark"):
        assert (getattr(among, name)[:100] == 1).all()
        np.testing.assert_array_equal(getattr(among, name)[100:], getattr(alone, name))


class SameDates:
    """A bootstrap as arch asks for it, of given dates."""

    def __init__(self, gains, dates):
        self.gains, self.dates = gains, dates

    def bootstrap(self, reps):
        return (((self.gains[drawn],), {}) for drawn in self.dates)


def of_arch(cls, gains, dates):
    made = cls(np.zeros(len(gains)), -gains, block_size=LENGTH, reps=len(dates))
    spa = made.spa if cls is StepM else made
    spa.bootstrap = SameDates(gains, dates)
    spa.better_models = partial(spa.better_models, pvalue_type="consistent")
    spa._compute_variance = lambda: setattr(spa, "_loss_diff_var", np.full(spa.k, spa.t))
    made.compute()
    return made


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("against", ["p_zero", "p_benchmark"])
def test_agrees_with_arch_on_the_same_draws(seed, against):
    """Of many bars, a Sharpe ratio is the mean of what is scaled to a deviation of 1."""
    draw = np.random.default_rng(seed)
    bars = 1500
    common = draw.normal(0.0003, 0.01, bars)
    returns = common[:, None] + draw.normal(0, 0.01, (bars, 8))
    returns += draw.choice([0.0, 0.0, 0.0006, 0.0013], 8)
    starts = bootstrap.block_starts(bars, LENGTH, 300, seed=3)
    dates = (starts[:, :, None] + np.arange(LENGTH)).reshape(300, -1)[:, :bars]
    found = getattr(joint_test(OwnDates(returns, common, starts, LENGTH, FEWEST), 0.95), against)
    gains = returns / returns.std(axis=0, ddof=1)
    if against == "p_benchmark":
        gains -= (common / common.std(ddof=1))[:, None]
    gains /= gains[dates].mean(axis=1).std(axis=0)
    highest = of_arch(SPA, gains, dates).pvalues["consistent"]
    assert found.min() == pytest.approx(highest, abs=0.02)
    rejected = np.flatnonzero(found <= 0.05).tolist()
    assert rejected == of_arch(StepM, gains, dates).superior_models


def test_luck_among_many_is_no_skill():
    """Of 60 histories of 20 sets without skill that move together, three are rejected by luck."""
    rejected = 0
    for seed in range(60):
        draw = np.random.default_rng(seed)
        common = draw.normal(0, 0.01, (300, 1))
        returns = common + draw.normal(0, 0.005, (300, 20))
        rejected += judged(returns, common[:, 0], replicates=99, length=1).p_zero.min() <= 0.05
    assert 1 <= rejected <= 7


@pytest.mark.parametrize("first", [0, 250, 492])
def test_a_good_week_is_worth_as_much_whenever_it_came(first):
    """At either end, p was 0.03 with blocks that end there: hardly a draw held that week."""
    draw = np.random.default_rng(3)
    returns = draw.normal(0, 0.01, (500, 1))
    returns -= returns.mean()
    returns[first : first + 8] += 0.05
    p_zero = judged(returns, draw.normal(0, 0.01, 500), 1999, 8).p_zero
    assert p_zero == pytest.approx(0.13, abs=0.02)


def test_the_luckiest_knows_correlation():
    """Of 50 that are as good as one, luck is that of one; of 50 apart, that of the best of 50."""
    draw = np.random.default_rng(1)
    common, own = draw.normal(0, 0.01, (1000, 1)), draw.normal(0, 0.01, (1000, 50))
    alike = judged(common + own * 0.01, own[:, 0], 999, 1).luckiest * np.sqrt(1000)
    apart = judged(own, own[:, 0], 999, 1).luckiest * np.sqrt(1000)
    assert alike.mean() == pytest.approx(0.0, abs=0.15)
    assert apart.mean() == pytest.approx(2.25, abs=0.1)  # the mean of the largest of 50 normals


def test_the_benchmark_itself_is_not_tested_against_itself():
    returns, benchmark = market(0)
    found = judged(np.column_stack([returns, benchmark, 0.5 * benchmark]), benchmark)
    assert np.isnan(found.p_benchmark[-2:]).all()
    assert np.isfinite(found.p_zero[-2:]).all()
    assert np.array_equal(found.p_benchmark[:-2], judged(returns, benchmark).p_benchmark)


def test_sets_in_blocks_are_the_same(monkeypatch):
    returns, benchmark = market(4)
    whole = judged(returns, benchmark)
    monkeypatch.setattr(data_snooping, "BLOCK", 5)
    monkeypatch.setattr("tidemark.assessment.own_dates.KEPT", 0)
    parts = judged(returns, benchmark)
    np.testing.assert_array_equal(parts.p_zero, whole.p_zero)
    np.testing.assert_array_equal(parts.p_benchmark, whole.p_benchmark)
    assert parts.luckiest == pytest.approx(whole.luckiest)


def test_nothing_to_test():
    flat = np.zeros((BARS, 2))
    found = judged(flat, market(0)[1])
    assert np.isnan([*found.p_zero, *found.p_benchmark]).all()
    assert np.isnan(found.luckiest).all()


def test_it_tells_how_far_it_is(monkeypatch):
    monkeypatch.setattr(data_snooping, "BLOCK", 5)
    returns, benchmark = market(1)
    starts = bootstrap.circular_starts(BARS, LENGTH, 100, seed=3)
    told = []
    joint_test(
        OwnDates(returns, benchmark, starts, LENGTH, FEWEST),
        0.95,
        lambda *count: told.append(count),
    )
    done, of = zip(*told, strict=True)
    assert set(of) == {5 * returns.shape[1]}
    assert [*done] == sorted(set(done)), "it only rises"
    assert 0.8 * of[-1] < done[-1] <= of[-1], "hopeless sets are drawn less often"
