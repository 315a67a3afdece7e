"""The step-down max-t by hand, against arch, and what copies and others may not change."""

from functools import partial

from tidemark.statistics.step_down import StepDown, draws_in_tail, step_down

import numpy as np
import pytest
from arch.bootstrap import SPA, StepM
from hypothesis import given
from hypothesis import strategies as st


def adjusted(observed, drawn, level=0.95, two_sided=False, **least) -> StepDown:
    drawn = np.asarray(drawn, dtype=float)
    return step_down(
        np.asarray(observed), lambda k: drawn[:, k], level, two_sided=two_sided, **least
    )


class SameDates:
    """A bootstrap as arch's SPA asks for it, of given dates."""

    def __init__(self, losses: np.ndarray, dates: np.ndarray) -> None:
        self.losses, self.dates = losses, dates

    def bootstrap(self, reps: int):
        assert reps == len(self.dates)
        return (((self.losses[drawn],), {}) for drawn in self.dates)


def of_arch(cls, gains: np.ndarray, dates: np.ndarray, centred="upper"):
    """Their test of (dates, k) gains; they scale nothing, so the gains come scaled.

    With `upper` all are centred, with `consistent` those above Hansen's threshold. Theirs rests on
    a variance of their own, which is set to that of the draws: 1.
    """
    made = cls(np.zeros(len(gains)), -gains, block_size=5, reps=len(dates))
    spa = made.spa if cls is StepM else made
    spa.bootstrap = SameDates(gains, dates)
    spa.better_models = partial(spa.better_models, pvalue_type=centred)
    spa._compute_variance = lambda: setattr(spa, "_loss_diff_var", np.full(spa.k, spa.t))
    made.compute()
    return made


def gains_of(seed: int, k: int = 12, dates: int = 200, replicates: int = 400):
    """Dependent (dates, k) gains of which some differ from 0, and dates drawn in blocks of 5."""
    draw = np.random.default_rng(seed)
    common = draw.normal(size=(dates, 1))
    gains = common + draw.normal(size=(dates, k)) * draw.uniform(0.1, 3.0, k)
    gains += draw.choice([0.0, 0.0, 0.4, -0.4], k)
    starts = draw.integers(0, dates - 4, size=(replicates, dates // 5))
    return gains, (starts[:, :, None] + np.arange(5)).reshape(replicates, dates)


# Eight draws of three statistics, each about 0 with a spread of 1.
DEVIATIONS = np.array(
    [
        [2, -2, 0, 0, 0, 0, 0, 0],
        [0, 0, 2, -2, 0, 0, 0, 0],
        [1, 1, -1, -1, 1, -1, 1, -1],
    ]
).T
OBSERVED = np.array([1.8, 1.5, 0.5])


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_p_values_by_hand(scale):
    """Maxima of all reach 1.8 in two draws, of the smaller two 1.5 in one, the last 0.5 in four.

    So the second is rejected at 2 / 9 by itself, but not before the first, at 3 / 9.
    """
    found = adjusted(OBSERVED * scale, (OBSERVED + DEVIATIONS) * scale, level=6 / 9)
    assert found.spread == pytest.approx([scale] * 3)
    assert found.p_values == pytest.approx([3 / 9, 3 / 9, 5 / 9])
    assert found.tail == 3
    assert found.critical_values == pytest.approx([1, 1, 1])
    stricter = adjusted(OBSERVED, OBSERVED + DEVIATIONS, level=7 / 9)
    assert stricter.critical_values == pytest.approx([2, 2, 2])  # the first is not rejected


def test_two_sided_p_values_by_hand():
    """Either end counts: four, two and eight draws reach what was observed."""
    signs = np.array([1, -1, 1])
    found = adjusted(OBSERVED * signs, OBSERVED * signs + DEVIATIONS, two_sided=True)
    assert found.p_values == pytest.approx([5 / 9, 5 / 9, 9 / 9])
    assert found.statistics == pytest.approx(OBSERVED * signs)


def test_no_draw_in_the_tail_rejects_nothing():
    found = adjusted(OBSERVED, OBSERVED + DEVIATIONS, level=0.95)
    assert (found.tail, list(found.critical_values)) == (0, [np.inf] * 3)


def test_what_is_undefined_or_does_not_vary_has_no_p_value_and_changes_no_other():
    draws = OBSERVED + DEVIATIONS
    broken, still = draws[:, :1].copy(), np.full((8, 1), 0.7)
    broken[3] = np.nan
    found = adjusted(
        [1.8, *OBSERVED, 0.7, np.nan], np.hstack([broken, draws, still, draws[:, :1]]), level=6 / 9
    )
    assert np.isnan(found.p_values[[0, 4, 5]]).all()
    assert np.isnan(found.critical_values[[0, 4, 5]]).all()
    assert found.p_values[1:4] == pytest.approx([3 / 9, 3 / 9, 5 / 9])


numbers = st.integers(0, 2**32 - 1)


def dependent(seed: int, k: int, replicates: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Observed (k,) and (replicates, k) draws that share a part and differ in scale."""
    draw = np.random.default_rng(seed)
    deviations = draw.normal(size=(replicates, 1)) + draw.normal(size=(replicates, k))
    observed = draw.normal(size=k) * draw.choice([0.5, 3.0], k)
    return observed, observed + deviations * draw.uniform(0.1, 10, k)


@given(numbers, st.lists(st.integers(0, 4), max_size=30), st.booleans(), st.randoms())
def test_copies_change_no_p_value(seed, copied, two_sided, shuffle):
    observed, drawn = dependent(seed, 5)
    order = [*range(5), *copied]
    shuffle.shuffle(order)
    alone = adjusted(observed, drawn, two_sided=two_sided)
    among = adjusted(observed[order], drawn[:, order], two_sided=two_sided)
    assert (among.p_values == alone.p_values[order]).all()
    assert (among.critical_values == alone.critical_values[order]).all()


@given(numbers, st.booleans())
def test_what_is_rejected_first_leaves_the_others_alone(seed, two_sided):
    observed, drawn = dependent(seed, 5)
    draw = np.random.default_rng(seed + 1)
    sure = 100.0 + draw.uniform(-1, 1, (60, 1))
    alone = adjusted(observed, drawn, two_sided=two_sided).p_values
    among = adjusted([*observed, 100.0], np.hstack([drawn, sure]), two_sided=two_sided).p_values
    assert among[5] == 1 / 61
    assert (among[:5] == alone).all()


@given(numbers, st.booleans())
def test_p_values_lie_between_those_of_one_test_and_of_a_single_step(seed, two_sided):
    observed, drawn = dependent(seed, 6)
    found = adjusted(observed, drawn, two_sided=two_sided)
    deviations = (drawn - observed) / drawn.std(axis=0)
    size = found.statistics
    if two_sided:
        deviations, size = np.abs(deviations), np.abs(size)
    own = (1 + (deviations >= size).sum(axis=0)) / 61
    single_step = (1 + (deviations.max(axis=1)[:, None] >= size).sum(axis=0)) / 61
    assert (own <= found.p_values).all()
    assert (found.p_values <= single_step).all()
    largest = np.argmax(size)
    assert found.p_values[largest] == single_step[largest]
    assert (np.diff(found.p_values[np.argsort(-size)]) >= 0).all()
    one = adjusted(observed[:1], drawn[:, :1], two_sided=two_sided)
    assert one.p_values == own[:1]


@given(numbers, st.floats(0.5, 0.99), st.booleans())
def test_what_exceeds_its_critical_value_is_rejected(seed, level, two_sided):
    observed, drawn = dependent(seed, 6)
    found = adjusted(observed, drawn, level, two_sided)
    size = np.abs(found.statistics) if two_sided else found.statistics
    assert ((size > found.critical_values) == (found.p_values * 61 < found.tail + 0.5)).all()


@pytest.mark.parametrize("shared", [0.0, 3.0])
def test_the_chance_of_any_error_is_that_asked_for(shared):
    """Of eight statistics, alike or not, two are not 0; the others are rejected in 5 % of tries."""
    draw = np.random.default_rng(3)
    real = np.array([6.0, -6.0, 0, 0, 0, 0, 0, 0])
    scale = np.hypot(shared, 1.0)
    wrong = powerful = 0
    for _ in range(600):
        noise = shared * draw.normal(size=(400, 1)) + draw.normal(size=(400, 8))
        found = adjusted(real * scale + noise[0], real * scale + noise[0] + noise[1:], 0.95, True)
        rejected = found.p_values <= 0.05
        wrong += rejected[2:].any()
        powerful += rejected[:2].all()
    assert 0.03 < wrong / 600 < 0.07
    assert powerful / 600 > 0.95


def test_blocks_of_statistics_change_nothing(monkeypatch):
    observed, drawn = dependent(7, 23)
    whole = adjusted(observed, drawn)
    monkeypatch.setattr("tidemark.statistics.step_down.BLOCK", 4)
    parts = adjusted(observed, drawn)
    for name in ("spread", "statistics", "p_values", "critical_values"):
        assert (getattr(whole, name) == getattr(parts, name)).all()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seed", range(6))
def test_rejections_are_those_of_arch(seed, sign):
    gains, dates = gains_of(seed)
    means = gains[dates].mean(axis=1)
    gains = sign * gains / means.std(axis=0)
    found = adjusted(gains.mean(axis=0), sign * means / means.std(axis=0))
    rejected = np.flatnonzero(found.p_values <= 0.05)
    assert list(rejected) == of_arch(StepM, gains, dates).superior_models
    assert list(rejected) == list(np.flatnonzero(found.statistics > found.critical_values))


def test_the_lowest_p_value_is_the_reality_check_of_arch():
    gains, dates = gains_of(3)
    gains -= gains.mean(axis=0) - np.linspace(0, 0.15, gains.shape[1])
    means = gains[dates].mean(axis=1)
    found = adjusted(gains.mean(axis=0), means)
    theirs = of_arch(SPA, gains / means.std(axis=0), dates).pvalues["upper"]
    assert 0.01 < theirs < 0.5
    assert np.nanmin(found.p_values) == pytest.approx((1 + theirs * 400) / 401)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_hopeless_costs_others_as_little_as_in_arch(seed):
    """They keep its draws about its low mean, where hardly one is the largest; here it is out."""
    gains, dates = gains_of(seed)
    gains -= gains.mean(axis=0) - np.linspace(-0.6, 0.2, gains.shape[1])
    gains /= gains[dates].mean(axis=1).std(axis=0)
    least = -np.sqrt(2 * np.log(np.log(len(gains))))
    observed, drawn = gains.mean(axis=0), gains[dates].mean(axis=1)
    found = adjusted(observed, drawn, least=least)
    hopeless = observed <= least
    assert 2 < hopeless.sum() < 10
    assert (found.p_values[hopeless] == 1).all()
    theirs = of_arch(SPA, gains, dates).pvalues
    ours = (found.p_values.min() * 401 - 1) / 400
    assert ours == pytest.approx(theirs["consistent"])
    assert ours < theirs["upper"]
    rejected = np.flatnonzero(found.p_values <= 0.05)
    assert list(rejected) == of_arch(StepM, gains, dates, "consistent").superior_models


@given(numbers, st.integers(1, 30))
def test_what_is_hopeless_changes_nothing(seed, many):
    observed, drawn = dependent(seed, 5)
    draw = np.random.default_rng(seed + 1)
    low = -draw.uniform(20, 90, many)
    deviations = draw.normal(size=(60, many))
    among = adjusted([*observed, *low], np.hstack([drawn, low + deviations]), least=-8.0)
    alone = adjusted(observed, drawn, least=-8.0)
    for name in ("p_values", "critical_values"):
        assert (getattr(among, name)[:5] == getattr(alone, name)).all()
    assert (among.p_values[5:] == 1).all()
    assert (among.critical_values[5:] == np.inf).all()


def test_rounding_does_not_cost_a_draw_of_the_tail():
    assert [draws_in_tail(*of) for of in [(999, 0.9), (1999, 0.95), (99, 0.999)]] == [100, 100, 0]
