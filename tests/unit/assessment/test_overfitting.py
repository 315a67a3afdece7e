"""Overfitting statistics against their papers' figures, ffn, SciPy, brute force and simulation."""

from dataclasses import replace
from itertools import combinations

from tidemark.assessment import overfitting
from tidemark.errors import BadValue, InputError
from tidemark.statistics import bootstrap

import ffn
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

BOOTSTRAP = overfitting.Bootstrap(block_length=10, replicates=400, confidence=0.9, seed=5)


def draw_returns(bars: int = 400, sets: int = 12, seed: int = 3) -> np.ndarray:
    """(bars, sets) fat-tailed daily returns, correlated between sets, which differ in skill."""
    draw = np.random.default_rng(seed)
    common = draw.standard_t(4, size=(bars, 1))
    own = draw.standard_t(4, size=(bars, sets))
    return 0.005 * (common + own) + np.linspace(-2e-4, 6e-4, sets)


def ffn_logits(returns: np.ndarray, blocks: int) -> np.ndarray:
    found = ffn.core.calc_prob_backtest_overfitting(
        pd.DataFrame(returns), n_blocks=blocks, full_output=True
    )
    return found["logits"].to_numpy()


# --- Sharpe ratios: probabilistic and deflated


def test_the_papers_example():
    """Bailey and Lopez de Prado 2014: 100 trials refute an annual Sharpe ratio of 2.5, 46 don't."""
    observed = overfitting.Moments(
        bars=1250,
        sharpe=np.array(2.5 / np.sqrt(250)),
        skewness=np.array(-3.0),
        kurtosis=np.array(10.0),
    )
    spread = np.sqrt(0.5 / 250)
    hurdle = overfitting.expected_maximum_sharpe(100, spread)
    assert hurdle == pytest.approx(0.11317200186513214, rel=1e-14)
    for tried, expected in ((100, 0.900397), (46, 0.950502)):
        hurdle = overfitting.expected_maximum_sharpe(tried, spread)
        found = overfitting.probabilistic_sharpe_ratio(observed, hurdle)
        assert found == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("tried", [1, 2, 7, 1000, 10**6])
def test_expected_maximum_agrees_with_ffn(tried):
    found = overfitting.expected_maximum_sharpe(tried, 0.03)
    assert found == pytest.approx(ffn.core.calc_expected_max_sharpe(tried, 0.03), rel=1e-9)


def test_expected_maximum_is_that_of_noise():
    best = np.random.default_rng(1).normal(0, 0.5, size=(20_000, 50)).max(axis=1).mean()
    assert overfitting.expected_maximum_sharpe(50, 0.5) == pytest.approx(best, rel=0.02)


def test_deflated_sharpe_agrees_with_ffn():
    returns = draw_returns()
    observed = overfitting.moments(returns)
    found = overfitting.deflated_sharpe_ratio(observed, observed.sharpe)
    expected = [
        ffn.core.calc_deflated_sharpe_ratio(
            pd.Series(column), observed.sharpe, nperiods=252, annualized_trials=False
        )
        for column in returns.T
    ]
    assert found == pytest.approx(expected, rel=1e-9)
    assert found.min() < 0.01 < 0.3 < found.max() < 0.9


def test_moments_agree_with_pandas():
    returns = draw_returns()
    frame = pd.DataFrame(returns)
    found = overfitting.moments(returns)
    assert found.bars == 400
    assert found.sharpe == pytest.approx((frame.mean() / frame.std()).to_numpy(), rel=1e-10)
    assert found.skewness == pytest.approx(frame.skew().to_numpy(), rel=1e-10)
    assert found.kurtosis == pytest.approx(3 + frame.kurt().to_numpy(), rel=1e-10)
    alone = overfitting.moments(returns[:, 4])
    assert alone.sharpe == pytest.approx(found.sharpe[4:5], rel=1e-12)


@pytest.mark.parametrize("bars", [250, 1001, 3270])
@pytest.mark.parametrize("constant", [0.0, 0.001, -0.1, 1 / 3, 1e-4, 0.007])
def test_without_variance_there_is_no_sharpe_ratio(constant, bars):
    returns = draw_returns(bars, 3)
    returns[:, 1] = constant
    observed = overfitting.moments(returns)
    assert np.isnan(observed.sharpe).tolist() == [False, True, False]
    assert np.isnan(overfitting.probabilistic_sharpe_ratio(observed)).tolist() == [
        False,
        True,
        False,
    ]


def test_few_bars():
    assert np.isnan(overfitting.moments(draw_returns(1)).sharpe).all()
    three = overfitting.moments(draw_returns(3))
    assert np.isfinite(three.sharpe).all()
    assert np.isnan(overfitting.probabilistic_sharpe_ratio(three)).all()


def test_every_set_counts():
    """A set without a Sharpe ratio still counts as tried."""
    ratios = np.array([0.05, 0.01, -0.02])
    spread = ratios.std(ddof=1)
    assert overfitting.chance_hurdle(ratios) == overfitting.expected_maximum_sharpe(3, spread)
    tried = np.append(ratios, [np.nan, np.nan])
    assert overfitting.chance_hurdle(tried) == overfitting.expected_maximum_sharpe(5, spread)
    assert overfitting.chance_hurdle(ratios[:1]) == 0
    assert np.isnan(overfitting.chance_hurdle(np.array([0.05, np.nan])))


def test_fat_left_tails_lower_the_confidence():
    normal = overfitting.Moments(1000, np.array(0.08), np.array(0.0), np.array(3.0))
    skewed = replace(normal, skewness=np.array(-3.0), kurtosis=np.array(20.0))
    plain, doubted = map(overfitting.probabilistic_sharpe_ratio, (normal, skewed))
    assert plain == pytest.approx(stats.norm.cdf(0.08 * np.sqrt(999 / (1 + 0.08**2 / 2))))
    assert doubted < plain - 0.002


# --- Combinatorially symmetric cross-validation


@pytest.mark.parametrize(("bars", "sets", "blocks"), [(401, 12, 8), (60, 3, 6), (97, 2, 4)])
def test_logits_agree_with_ffn(bars, sets, blocks):
    returns = draw_returns(bars, sets, seed=1)
    found = overfitting.rank_logits(returns, blocks)
    assert found == pytest.approx(ffn_logits(returns, blocks), abs=1e-12)
    assert len(set(np.round(found, 6))) > 1


def test_overfitting_agrees_with_ffn():
    returns = draw_returns(500, 11, seed=8)
    expected = ffn.core.calc_prob_backtest_overfitting(pd.DataFrame(returns), n_blocks=10)
    assert overfitting.probability_of_backtest_overfitting(returns, 10) == expected
    assert 0.05 < expected < 0.95


def test_ties_and_undefined_ratios_by_brute_force():
    """Sets that are equal, equal for a half, flat or constant for a half, in every half."""
    returns = draw_returns(160, 8, seed=6)
    even = (np.arange(160) // 20 % 2 == 0)[:, None]
    returns[:, 1:2] = np.where(even, returns[:, :1] + 0.01, returns[:, 1:2] - 0.01)
    returns[:, :1] += 0.01 * even
    returns[:, 3:4] *= even
    returns[:, 4:5] = np.where(even, returns[:, 4:5], 1e-7)
    returns[:, 5] = returns[:, 2]
    blocks, expected = returns.reshape(8, 20, 8), []
    for chosen in combinations(range(8), 4):
        rest = [block for block in range(8) if block not in chosen]
        halves = (np.concatenate(blocks[list(half)]) for half in (chosen, rest))
        train, test = (
            np.where(
                np.ptp(half, axis=0) > 0,
                half.mean(axis=0) / np.maximum(half.std(axis=0, ddof=1), 1e-300),
                -np.inf,
            )
            for half in halves
        )
        rank = stats.rankdata(np.round(test, 12))[np.round(train, 12).argmax()]
        expected.append(np.log(rank / (9 - rank)))
    assert overfitting.rank_logits(returns, 8) == pytest.approx(expected, abs=1e-12)


def test_equal_sets_share_their_rank_as_in_ffn():
    returns = draw_returns(160, 3, seed=6)[:, [0, 1, 1, 2, 0, 2, 2, 1, 0]]
    assert overfitting.rank_logits(returns, 8) == pytest.approx(ffn_logits(returns, 8), abs=1e-12)


def test_memory_bound_changes_nothing(monkeypatch):
    returns = draw_returns(160, 5)
    whole = overfitting.rank_logits(returns, 8)
    monkeypatch.setattr(overfitting, "CHUNK", 5 * 8 * 3)
    assert (overfitting.rank_logits(returns, 8) == whole).all()


def test_skill_everywhere_is_no_overfitting_and_alternating_luck_is():
    noise = draw_returns(320, 8)
    skilled = noise + 0.05 * (np.arange(8) == 5)
    assert overfitting.probability_of_backtest_overfitting(skilled, 8) == 0
    block = np.arange(320) // 40
    only_once = noise * 0.01 + 0.05 * (block[:, None] == np.arange(8))
    assert overfitting.probability_of_backtest_overfitting(only_once, 8) == 1


def test_noise_gives_a_half_on_average_and_seldom_a_tenth():
    """The simulation that justifies LOW_OVERFITTING in the assessment."""
    draw = np.random.default_rng(4)
    found = np.array(
        [
            overfitting.probability_of_backtest_overfitting(draw.normal(size=(200, 10)), 8)
            for _ in range(300)
        ]
    )
    assert 0.45 < found.mean() < 0.55
    assert 0.01 < (found <= 0.1).mean() < 0.1


def test_a_set_flat_in_one_half_ranks_last_there():
    returns = draw_returns(80, 3) + np.array([0.0, 0.01, 0.05])
    returns[:40, 2] = 0
    found = overfitting.rank_logits(returns, 4)
    # first in-sample choice is the first half, where the best is set 1; in the other half it is
    # the middle one. Chosen on the second half, set 2 is best, and last in the first half.
    assert found[0] == 0
    assert found[-1] == pytest.approx(np.log((1 / 4) / (3 / 4)))


def test_sets_that_never_traded_flatter_nobody():
    returns = draw_returns(160, 4, seed=2)
    idle = np.zeros((160, 30))
    assert overfitting.probability_of_backtest_overfitting(
        np.hstack([returns, idle]), 8
    ) == overfitting.probability_of_backtest_overfitting(returns, 8)


def test_nothing_to_choose():
    assert np.isnan(overfitting.probability_of_backtest_overfitting(draw_returns(80, 1), 4))
    assert np.isnan(overfitting.probability_of_backtest_overfitting(np.zeros((80, 5)), 4))


@pytest.mark.parametrize(("bars", "blocks"), [(100, 7), (100, 0), (31, 16)])
def test_impossible_blocks(bars, blocks):
    with pytest.raises(BadValue, match=f"{bars} bars cannot be halved in {blocks} blocks"):
        overfitting.probability_of_backtest_overfitting(draw_returns(bars, 3), blocks)


# --- Walk-forward


def test_walk_forward_by_hand():
    returns = np.array(
        [
            [0.01, 0.00, 0.02],
            [0.02, 0.03, -0.02],
            [0.01, 0.09, 0.00],  # in-sample so far: set 0 has the best ratio
            [-0.05, 0.01, 0.04],
            [-0.06, 0.02, 0.05],  # now set 1
            [0.07, 0.03, -0.09],  # set 1 again, for one bar
        ]
    )
    found = overfitting.walk_forward(returns, in_sample=3, step=2)
    assert found.tolist() == [-0.05, -0.06, 0.03]


def test_walk_forward_agrees_with_pandas():
    returns = draw_returns(301, 8)
    expected = []
    for start in range(100, 301, 21):
        past = pd.DataFrame(returns[:start])
        best = int((past.mean() / past.std()).idxmax())
        expected.extend(returns[start : start + 21, best])
    assert overfitting.walk_forward(returns, 100, 21).tolist() == expected
    assert len(expected) == 201


@given(bar=st.integers(60, 199), seed=st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_the_future_chooses_nothing(bar, seed):
    returns = draw_returns(200, 6, seed)
    changed = returns.copy()
    changed[bar:] = -returns[bar:] * 7 + 0.1
    one, other = (overfitting.walk_forward(r, 60, 7) for r in (returns, changed))
    assert (one[: bar - 60] == other[: bar - 60]).all()
    stretch = slice(bar - 60, bar - 60 + 7 - (bar - 60) % 7)  # its set was chosen before `bar`
    assert (other[stretch] == -one[stretch] * 7 + 0.1).all()


def test_nothing_to_choose_is_not_traded():
    returns = draw_returns(40, 2)
    returns[:20] = 0
    found = overfitting.walk_forward(returns, 10, 10)
    assert (found[:20] == 0).all()
    assert (found[20:] != 0).all()


# --- Bootstrap intervals


def test_intervals_by_drawing_the_bars():
    """The intervals equal those computed from the bars that each replicate drew."""
    returns, periods = draw_returns(95, 2), 252
    starts = bootstrap.circular_starts(95, 10, BOOTSTRAP.replicates, BOOTSTRAP.seed)
    bars = (starts[:, :, None] + np.arange(10)).reshape(len(starts), -1)[:, :95]
    drawn = returns[bars % 95]  # (replicates, bars, sets)
    sharpe = np.sqrt(periods) * drawn.mean(axis=1) / drawn.std(axis=1, ddof=1)
    annual = np.prod(1 + drawn, axis=1) ** (periods / 95) - 1
    found = overfitting.intervals(returns, returns[:, 0], periods, BOOTSTRAP)
    ends = [0.05, 0.95]
    for name, replicates in (("sharpe_ratio", sharpe), ("annual_return", annual)):
        expected = np.quantile(replicates, ends, axis=0).T
        assert found[name] == pytest.approx(expected, rel=1e-9)
    difference = sharpe[:, 1] - sharpe[:, 0]
    assert found["sharpe_difference"][1] == pytest.approx(np.quantile(difference, ends), rel=1e-9)
    assert found["sharpe_difference"][0].tolist() == [0, 0]
    assert found.keys() == {"sharpe_ratio", "annual_return", "sharpe_difference"}


def test_interval_has_the_width_that_lo_derived():
    """Lo 2002: for independent normal returns, the ratio's error is sqrt((1 + SR^2 / 2) / T)."""
    returns = np.random.default_rng(2).normal(0.001, 0.01, size=(3000, 1))
    choice = overfitting.Bootstrap(block_length=1, replicates=4000, confidence=0.95, seed=1)
    lower, upper = overfitting.intervals(returns, returns[:, 0], 252, choice)["sharpe_ratio"][0]
    ratio = returns.mean() / returns.std(ddof=1)
    expected = 2 * 1.96 * np.sqrt(252 * (1 + ratio**2 / 2) / 3000)
    assert upper - lower == pytest.approx(expected, rel=0.06)
    assert (lower + upper) / 2 == pytest.approx(ratio * np.sqrt(252), abs=0.05 * expected)


def test_same_seed_same_interval():
    returns = draw_returns(100, 1)
    one, two, other = (
        overfitting.intervals(returns, returns[:, 0], 252, replace(BOOTSTRAP, seed=seed))
        for seed in (1, 1, 2)
    )
    assert (one["sharpe_ratio"] == two["sharpe_ratio"]).all()
    assert (one["sharpe_ratio"] != other["sharpe_ratio"]).all()


def test_ruin_and_flatness():
    returns = draw_returns(50, 2)
    returns[:, 0] = 0
    returns[:, 1] = -1.2
    found = overfitting.intervals(returns, draw_returns(50, 1), 252, BOOTSTRAP)
    assert np.isnan(found["sharpe_ratio"]).all()
    assert found["annual_return"].tolist() == [[0, 0], [-1, -1]]


def test_a_block_longer_than_the_backtest():
    with pytest.raises(BadValue, match="10 dates is longer than the 9 dates") as caught:
        overfitting.intervals(draw_returns(9, 1), draw_returns(9, 1), 252, BOOTSTRAP)
    assert caught.value.parameter == "block_length"


# --- Rank stability


def test_rank_stability_agrees_with_scipy():
    scores = np.round(np.random.default_rng(3).normal(size=(6, 9)), 1)
    scores[:, 7] = scores[:, 2]
    found = overfitting.rank_stability(scores)
    chi2 = stats.friedmanchisquare(*scores.T).statistic
    assert found.kendalls_w == pytest.approx(chi2 / (6 * 8), rel=1e-12)
    matrix = stats.spearmanr(scores.T).statistic
    assert found.mean_spearman == pytest.approx(matrix[np.triu_indices(6, 1)].mean(), rel=1e-12)
    assert found.scenarios == 6


def test_agreement_by_hand():
    order = np.array([1.0, 5.0, 9.0])
    same = overfitting.rank_stability(np.array([order, order**3, order / 100]))
    assert (same.kendalls_w, same.mean_spearman) == pytest.approx((1, 1))
    opposite = overfitting.rank_stability(np.array([order, -order]))
    assert (opposite.kendalls_w, opposite.mean_spearman) == pytest.approx((0, -1))


def test_undefined_scores_rank_last_and_blank_scenarios_say_nothing():
    order = np.array([np.nan, 1.0, 2.0])
    lower = np.where(np.isnan(order), -9.0, order)
    scores = np.array([order, lower, np.full(3, np.nan), np.full(3, 4.0)])
    assert overfitting.rank_stability(scores) == overfitting.RankStability(
        pytest.approx(1), pytest.approx(1), 2
    )
    alone = overfitting.rank_stability(order[None])
    assert np.isnan([alone.kendalls_w, alone.mean_spearman]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    "measure",
    [
        overfitting.moments,
        overfitting.probability_of_backtest_overfitting,
        lambda returns: overfitting.walk_forward(returns, 20, 5),
        lambda returns: overfitting.intervals(returns, returns[:, 0], 252, BOOTSTRAP),
    ],
)
def test_missing_returns(measure, bad):
    returns = draw_returns(100, 3)
    returns[17:19, 2] = bad
    with pytest.raises(InputError, match="2 values are missing or infinite, first at bar 17"):
        measure(returns)
