"""How far the best of many backtests can be believed.

Whoever tries many sets of parameters and keeps the best keeps luck as well. The figures here say
how much: what the luckiest of so many would show, how often the best in one part of history was
below the middle in the rest, and what choosing on the past alone would have earned.

`returns` are net decimal fractions, (bars, sets), bars ascending, without NaN: of all sets of
all strategies that were tried, not only those that were kept; where many sets are compared,
near-copies as one (`copies`). **Sharpe ratios are per bar** (mean over standard deviation, ddof 1,
NaN where there is no variance) unless called annual, which is sqrt(periods_per_year) times that.
For skill beyond a benchmark, give returns less its returns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

from tidemark.arrays import Floats, Integers
from tidemark.errors import BadValue, InputError
from tidemark.statistics import bootstrap
from tidemark.statistics.returns import annual_return_of_logs, sharpe_of, sharpe_of_sums

import numpy as np
from scipy import stats

CHUNK = 500_000  # floats of block sums gathered at once, which bounds memory


@dataclass(frozen=True)
class Moments:
    """What the Sharpe ratio's own uncertainty follows from; arrays of (sets,) but for `bars`."""

    bars: int
    sharpe: Floats  # per bar
    skewness: Floats  # corrected for bias, as in pandas
    kurtosis: Floats  # corrected too; 3 for a normal distribution


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are drawn."""

    block_length: int  # bars
    replicates: int
    confidence: float
    seed: int

    @property
    def draws_beyond(self) -> int:
        """How many replicates lie beyond each end of an interval."""
        return int(self.replicates * (1.0 - self.confidence) / 2.0 + 1e-6)


@dataclass(frozen=True)
class RankStability:
    """How far market scenarios agree on the order; 1 is the same order in each."""

    kendalls_w: float  # 0 to 1
    mean_spearman: float  # of all pairs of scenarios; about 0 for no agreement
    scenarios: int  # that tell sets apart


def moments(returns: Floats) -> Moments:
    """The moments of each set's returns; NaN where there is no variance or fewer than 4 bars.

    Raises:
        InputError: returns that are missing or infinite.
    """
    returns = _of_sets(returns)
    ratio = sharpe_of(returns)
    defined = np.isfinite(ratio) & (len(returns) > 3)
    varied = np.where(defined, returns, np.nan)
    return Moments(
        bars=len(returns),
        sharpe=ratio,
        skewness=stats.skew(varied, bias=False),
        kurtosis=stats.kurtosis(varied, fisher=False, bias=False),
    )


def probabilistic_sharpe_ratio(observed: Moments, threshold: float = 0.0) -> Floats:
    """Probability that the true Sharpe ratio exceeds `threshold` (per bar).

    Bailey and Lopez de Prado 2012, The Sharpe Ratio Efficient Frontier, Journal of Risk 15(2):
    Phi((SR - threshold) sqrt(T - 1) / sqrt(1 - skewness SR + (kurtosis - 1) / 4 SR^2)).
    """
    ratio = observed.sharpe
    variance = 1.0 - observed.skewness * ratio + (observed.kurtosis - 1.0) / 4.0 * ratio**2
    deviation = np.sqrt(np.where(variance > 0, variance, np.nan) / (observed.bars - 1))
    probability: Floats = stats.norm.cdf((ratio - threshold) / deviation)
    return probability


def expected_maximum_sharpe(tried: int, deviation: float) -> float:
    """Sharpe ratio that the best of `tried` sets without any skill is expected to show.

    Bailey and Lopez de Prado 2014, The Deflated Sharpe Ratio, Journal of Portfolio Management
    40(5): deviation ((1 - g) z(1 - 1/N) + g z(1 - 1/(N e))), g Euler's constant, z the normal
    quantile. It treats the sets as independent; correlated ones make it too high.

    Args:
        tried: N, how many sets there were.
        deviation: standard deviation of their Sharpe ratios. The result has its unit: per bar if
            it is per bar.
    """
    if tried == 1:
        return 0.0
    best, beyond = stats.norm.isf([1.0 / tried, 1.0 / (tried * np.e)])
    return float(deviation * ((1.0 - np.euler_gamma) * best + np.euler_gamma * beyond))


def chance_hurdle(ratios: Floats) -> float:
    """`expected_maximum_sharpe` of the sets with these Sharpe ratios; in their unit.

    Every set counts, also one whose ratio is undefined. NaN if fewer than two of several are
    defined: their spread is then unknown.
    """
    defined = ratios[np.isfinite(ratios)]
    deviation = float(defined.std(ddof=1)) if len(defined) > 1 else float("nan")
    return expected_maximum_sharpe(len(ratios), deviation)


def deflated_sharpe_ratio(observed: Moments, ratios: Floats) -> Floats:
    """Probability that the true Sharpe ratio exceeds what the luckiest of all sets would show.

    Bailey and Lopez de Prado 2014: the probabilistic Sharpe ratio against `chance_hurdle`. Below
    0.95, luck among the sets is usually held to be a sufficient explanation. The hurdle says
    nothing about a benchmark: in a rising market any long position clears it more easily.

    Args:
        observed: of the set that was chosen.
        ratios: (tried,) Sharpe ratios per bar of all sets tried, over all strategies.
    """
    return probabilistic_sharpe_ratio(observed, chance_hurdle(ratios))


def rank_logits(returns: Floats, blocks: int) -> Floats:
    """Where the best set of one half of history ranks in the other half, for every way to halve it.

    Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu 2015, The
    Probability of Backtest Overfitting, Journal of Computational Finance 20(4)): history is cut
    into `blocks` stretches of equal length (bars left over at the end are not used), and each
    choice of half of them is in-sample once. The best set there (the first, of equals) has among
    K sets out of sample the rank r, 1 being the worst and ties sharing theirs; the logit is
    log(w / (1 - w)), w = r / (K + 1). A set whose Sharpe ratio is undefined in a half ranks last;
    one that has none in all of history is left out, because beating it proves nothing.

    Returns:
        (combinations,) logits, in-sample blocks in lexicographic order; NaN where no set has a
        Sharpe ratio in-sample; empty with fewer than two sets, because then nothing was chosen.

    Raises:
        InputError: returns that are missing or infinite.
        BadValue: an odd number of blocks, or more than the bars allow (two bars each).
    """
    returns = _of_sets(returns)
    _check_blocks(len(returns), blocks)
    returns = returns[:, np.isfinite(sharpe_of(returns))]
    length, sets = len(returns) // blocks, returns.shape[1]
    if sets < 2:
        return np.empty(0)
    parts = returns[: length * blocks].reshape(blocks, length, sets)
    sums = np.stack([parts.sum(axis=1), (parts**2).sum(axis=1)])
    bars = length * blocks // 2
    logits = np.empty(comb(blocks, blocks // 2))
    for first, inside, outside in _halves(blocks, max(1, CHUNK // (sets * blocks))):
        # Add up rows: by a matrix product, or a difference, equal sets would not stay equal.
        ours, theirs = (
            sharpe_of_sums(bars, *sums[:, half].sum(axis=2)) for half in (inside, outside)
        )
        last = first + len(inside)
        logits[first:last] = _logits(ours, theirs)
        logits[::-1][first:last] = _logits(theirs, ours)
    return logits


def probability_of_backtest_overfitting(returns: Floats, blocks: int = 16) -> float:
    """How often the best set of one half of history was no better than the middle in the other.

    Share of `rank_logits` at or below 0: 0 says that the best stays good, 1 that it turns bad.
    Among K sets that differ by luck alone it is 0.5 on average, or (K + 1) / 2 K if K is odd, as
    the one in the middle counts; but it spreads wide: with 10 of them one history in twenty gave
    less than 0.12. NaN where nothing can be chosen.

    Raises:
        InputError, BadValue: as `rank_logits`.
    """
    logits = rank_logits(returns, blocks)
    defined = logits[np.isfinite(logits)]
    return float((defined <= 0.0).mean()) if len(defined) else float("nan")


def walk_forward(returns: Floats, in_sample: int, step: int) -> Floats:
    """Choose the set with the best Sharpe ratio so far, trade it for `step` bars, choose again.

    Of equals the first is chosen; where no set has a Sharpe ratio yet, nothing is traded and the
    returns are 0. The change from one set to the next is made at a close and costs nothing here.

    Args:
        returns: (bars, sets).
        in_sample: bars before the first choice, 2 or more and fewer than there are.
        step: bars between choices; the last stretch may be shorter.

    Returns:
        (bars - in_sample,), the stretches out of sample one after the other.

    Raises:
        InputError: returns that are missing or infinite.
    """
    returns = _of_sets(returns)
    starts = np.arange(in_sample, len(returns), step)
    chosen = np.array([_best(sharpe_of(returns[:start])) for start in starts])
    column = np.repeat(chosen, step)[: len(returns) - in_sample]
    bars = np.arange(in_sample, len(returns))
    return np.where(column >= 0, returns[bars, column], 0.0)


def intervals(
    returns: Floats,
    benchmark: Floats,
    periods_per_year: float,
    settings: Bootstrap,
    cash: Floats | float = 0.0,
) -> dict[str, Floats]:
    """Draw bootstrap intervals of each set's annual figures, and of their distance to a benchmark.

    Percentile intervals of a circular block bootstrap (`tidemark.statistics.bootstrap`), with the
    same bars drawn for every set and the benchmark: differences are paired. They hold one set for
    itself and know nothing of having chosen it; the deflated Sharpe ratio does.

    Args:
        returns: (bars, sets).
        benchmark: (bars,) returns on the same bars.
        periods_per_year: bars a year.
        settings: block length, replicates, confidence, seed.
        cash: return of cash in each bar, (bars,) or one for all, beyond which Sharpe ratios count.

    Returns:
        sharpe_ratio (annual), annual_return (compounded) and sharpe_difference (less the
        benchmark's), each (sets, 2): lower and upper end, NaN where undefined.

    Raises:
        InputError: returns that are missing or infinite.
        BadValue: a block is longer than the bars.
    """
    returns, reference = _of_sets(returns), _of_sets(benchmark)[:, 0]
    bars, length = len(returns), settings.block_length
    starts = bootstrap.circular_starts(bars, length, settings.replicates, settings.seed)

    def drawn(column: Floats) -> Floats:
        sums = bootstrap.resample(_sums(column, cash), starts, length)
        return _annual(bars, sums, periods_per_year)

    benchmark_sharpe, _ = drawn(reference)
    names = ("sharpe_ratio", "annual_return", "sharpe_difference")
    ends = {name: np.empty((returns.shape[1], 2)) for name in names}
    for number, column in enumerate(returns.T):
        sharpe_ratio, annual_return = drawn(column)
        replicates = {
            "sharpe_ratio": sharpe_ratio,
            "annual_return": annual_return,
            "sharpe_difference": sharpe_ratio - benchmark_sharpe,
        }
        for name in names:
            ends[name][number] = bootstrap.interval(replicates[name], settings.confidence)
    return ends


def rank_stability(scores: Floats) -> RankStability:
    """Whether market scenarios agree on which sets are good.

    Kendall's W (Kendall and Babington Smith 1939, The Annals of Mathematical Statistics 10,
    275-287), corrected for ties, and the mean of Spearman's correlation over all scenario pairs.

    Args:
        scores: (scenarios, sets), higher is better, in any unit; undefined ones rank last.
            A scenario that gives all sets the same score orders nothing and is left out.

    Returns:
        NaN figures with fewer than two scenarios.
    """
    ranks = stats.rankdata(np.where(np.isfinite(scores), scores, -np.inf), axis=1)
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    squares = (centred**2).sum(axis=1)
    centred, squares = centred[squares > 0], squares[squares > 0]
    count = len(centred)
    if count < 2:
        return RankStability(float("nan"), float("nan"), count)
    agreement = (centred.sum(axis=0) ** 2).sum() / (count * squares.sum())
    unit = centred / np.sqrt(squares)[:, None]
    spearman = ((unit.sum(axis=0) ** 2).sum() - count) / (count * (count - 1))
    return RankStability(float(agreement), float(spearman), count)


def _of_sets(returns: Floats) -> Floats:
    """(bars, sets) returns; a single series is one set."""
    wrong = np.argwhere(~np.isfinite(returns))
    if len(wrong):
        raise InputError(
            "returns of the backtests",
            f"{len(wrong)} values are missing or infinite, first at bar {wrong[0][0]}",
            "give 0 where nothing can be traded, or leave the bars out for all sets",
        )
    return returns.reshape(len(returns), -1)


def _check_blocks(bars: int, blocks: int) -> None:
    if blocks < 2 or blocks % 2 or bars < 2 * blocks:
        raise BadValue(
            "blocks",
            f"{bars} bars cannot be halved in {blocks} blocks of two bars or more",
            "set it to an even number, at most half the number of bars; 16 is usual",
        )


def _halves(blocks: int, size: int) -> Iterator[tuple[int, Integers, Integers]]:
    """Yield up to `size` ways at a time to halve the blocks, and the number of the first.

    Half of all ways suffice: the other half has the sides exchanged, in reverse order.
    """
    count = comb(blocks, blocks // 2) // 2
    ways = combinations(range(blocks), blocks // 2)
    for first in range(0, count, size):
        inside = np.array(list(islice(ways, min(size, count - first))))
        out = np.ones((len(inside), blocks), dtype=bool)
        np.put_along_axis(out, inside, False, axis=1)
        yield first, inside, np.nonzero(out)[1].reshape(inside.shape)


def _logits(train: Floats, test: Floats) -> Floats:
    """(ways,) logit of the rank in `test` of the best in `train`; both (ways, sets)."""
    train, test = (np.where(np.isnan(side), -np.inf, side) for side in (train, test))
    winner = train.argmax(axis=1)[:, None]
    score = np.take_along_axis(test, winner, axis=1)
    rank = (test < score).sum(axis=1) + ((test == score).sum(axis=1) + 1) / 2
    logit = np.log(rank / (test.shape[1] + 1 - rank))
    return np.where(np.take_along_axis(train, winner, axis=1)[:, 0] > -np.inf, logit, np.nan)


def _best(ratios: Floats) -> int:
    return int(np.nanargmax(ratios)) if np.isfinite(ratios).any() else -1


def _sums(column: Floats, cash: Floats | float) -> Floats:
    """(bars, 3) terms of each bar, from whose sums `_annual` follows; a total loss is log 0."""
    with np.errstate(divide="ignore"):
        growth = np.log1p(np.maximum(column, -1.0))
    excess = column - cash
    return np.column_stack([excess, excess**2, growth])


def _annual(bars: int, sums: Floats, periods_per_year: float) -> Floats:
    """(2, replicates): annual Sharpe ratio, annual return."""
    total, squares, growth = sums.T
    ratio = sharpe_of_sums(bars, total, squares) * np.sqrt(periods_per_year)
    return np.stack([ratio, annual_return_of_logs(growth, bars, periods_per_year)])
