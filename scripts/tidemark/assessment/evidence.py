"""What a strategy's place in the ranking is worth: luck among all sets, intervals, out of sample.

Everything follows from daily returns on full history, with a column for each set of parameters:
what equal parts in all tickers would have earned, restored at each close without cost. Figures are
of all dates, where flat bars before a first position count, and of a set's own dates, those since
its first position (`own_dates`); whether luck explains a set is asked on its own dates. Only ranked
strategies are examined; Sharpe ratios are annual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tidemark.arrays import Floats, Integers
from tidemark.assessment import overfitting
from tidemark.assessment.copies import Clusters, clusters
from tidemark.assessment.data_snooping import JointTest, Tell, joint_test, unheard
from tidemark.assessment.overfitting import Bootstrap
from tidemark.assessment.own_dates import NOTHING, OwnDates, fewest_dates
from tidemark.naming import counted
from tidemark.statistics import bootstrap
from tidemark.statistics.returns import annual_return, sharpe_of

import numpy as np
import pandas as pd

ALL = "all strategies"
TESTED = 2e-9  # seconds a set, draw and bar in the joint test: measured on 2 cores
PAIRED = 4e-10  # seconds two sets and a bar, in all four times that near-copies are looked for


@dataclass(frozen=True)
class Evidence:
    """What is known of a winner; Sharpe ratios annual, intervals (lower, upper), NaN if unknown.

    `since` is since the first position, of the benchmark too.
    """

    strategy: str
    parameters: str  # the set, as text
    strategies: int  # that were ranked
    strategies_distinct: int  # of these, by their best sets, near-copies counting once
    tried: int  # sets, over all strategies
    distinct: int  # of these, near-copies counting once
    guardrails: str  # `passed`, or why not
    confidence: float  # of the intervals
    level: float  # of the tests: a p-value that is no higher is more than luck
    draws_beyond: int  # each end of an interval
    least_beyond: int  # from which an end is steady
    block_length: int  # bars, of the bootstrap
    fewest_dates: int  # own ones, from which a set is judged
    p_zero: float  # that luck among all sets tried shows as much
    p_benchmark: float  # the same of the lead over the benchmark
    sharpe: float
    sharpe_interval: tuple[float, float]
    no_skill_sharpe: float  # the best of all sets, had none any skill, on average
    no_skill_share: float  # of draws in which that is as high as the winner's
    flat_years: float  # before the first position; NaN if there never was one
    sharpe_since: float
    benchmark_sharpe_since: float
    difference_since: float
    difference_since_interval: tuple[float, float]
    annual_return: float
    benchmark: str
    benchmark_return: float
    return_since: float  # a year
    benchmark_return_since: float
    chance_hurdle: float  # by the published formula
    deflated_sharpe: float
    overfitting: float  # probability of backtest overfitting, of choosing among all sets
    overfitting_sets: int  # among which that is asked, near-copies counting once
    left_out: str  # of that, and why; empty if nothing was
    winner_left_out: bool  # whether the winner is among these
    walk_forward_sharpe: float  # of choosing among all sets
    walk_forward_benchmark_sharpe: float  # on the same bars
    agreement: float  # Kendall's W over market scenarios


@dataclass(frozen=True)
class Plan:
    """How returns are examined.

    Attributes:
        periods_per_year: bars.
        blocks: of history, for the probability of backtest overfitting.
        first, every: bars before the first choice of a walk-forward, and between choices.
        bootstrap: of the intervals, and of the test of all sets together.
    """

    periods_per_year: float
    blocks: int
    first: int
    every: int
    bootstrap: Bootstrap

    @property
    def fewest_dates(self) -> int:
        """Own dates from which a set is judged."""
        return fewest_dates(self.bootstrap.block_length, self.periods_per_year)


class Examined(NamedTuple):
    """What was found: a row a strategy, and a row a set."""

    strategies: pd.DataFrame
    sets: pd.DataFrame


def seconds(sets: int, bars: int, replicates: int) -> float:
    """How long it takes, about, to test so many sets together and to find near-copies of them."""
    return bars * sets * (TESTED * replicates + PAIRED * sets)


def examine(
    returns: Mapping[str, pd.DataFrame],
    best: Mapping[str, str],
    benchmark: Floats,
    cash: Floats,
    plan: Plan,
    tell: Tell = unheard,
) -> Examined:
    """The figures of each strategy, of each set, and of choosing among all sets.

    Args:
        returns: of each ranked strategy, (bars, sets), a column for each set, by its text.
        best: each strategy's best set.
        benchmark: (bars,) returns of what they are compared with.
        cash: (bars,) returns of no position at all, beyond which Sharpe ratios count.
        plan: how they are examined.
        tell: as for `joint_test`, which takes most of the time.

    Returns:
        `strategies`: a row each, and one for ALL, which has only what concerns a choice among sets.
        strategy_name, sets, distinct (of these, near-copies counting once); of the best set sharpe,
        annual_return, benchmark_sharpe, benchmark_return, difference (of the Sharpe ratio to the
        benchmark's), flat_years (before the first position) and the same five from that bar on,
        with `_since`; of sharpe, annual_return (as `return`), difference, sharpe_since and
        difference_since the interval, with `_lower` and `_upper`; p_zero, p_benchmark,
        no_skill_sharpe, no_skill_share (the joint test); chance_hurdle, deflated_sharpe (all sets
        on its own dates); of a choice among the strategy's sets overfitting, overfitting_sets (that
        differ, among which it is asked), left_out (of that, and why), walk_forward_sharpe,
        walk_forward_return, walk_forward_benchmark_sharpe.

        `sets`: strategy_name, set, flat_years, sharpe, sharpe_since, benchmark_sharpe_since,
        p_zero, p_benchmark.
    """
    names = pd.MultiIndex.from_tuples(
        [(name, text) for name, frame in returns.items() for text in frame],
        names=["strategy_name", "set"],
    )
    excess = np.column_stack([frame.to_numpy() for frame in returns.values()])
    excess -= cash[:, np.newaxis]
    length = plan.bootstrap.block_length
    starts = bootstrap.circular_starts(
        len(excess), length, plan.bootstrap.replicates, plan.bootstrap.seed
    )
    sets = OwnDates(excess, benchmark - cash, starts, length, plan.fewest_dates)
    joint = joint_test(sets, plan.bootstrap.confidence, tell)
    alike = clusters(excess)
    chosen = np.array([names.get_loc((name, best[name])) for name in returns])
    earned = np.column_stack([frame[best[name]] for name, frame in returns.items()])
    measured = pd.DataFrame(
        _of_best(earned, benchmark, cash, plan)
        | _returns_since(earned, benchmark, sets.first[chosen], plan)
        | _on_own_dates(sets, chosen, plan)
        | _of_luck(sets, joint, alike, chosen, plan)
    )
    ends = np.cumsum([frame.shape[1] for frame in returns.values()])[:-1]
    of_each = dict(zip(returns, np.split(excess, ends, axis=1), strict=True))
    choices = _of_choices(of_each, excess, alike, benchmark, cash, plan)
    among = pd.Series([*returns, ALL], name="strategy_name")
    return Examined(
        pd.concat([among, measured, choices], axis=1), _of_sets(names, sets, joint, plan)
    )


def _of_best(
    chosen: Floats, benchmark: Floats, cash: Floats, plan: Plan
) -> dict[str, Floats | float]:
    """Measure the best sets, (bars, strategies), on all dates."""
    yearly = np.sqrt(plan.periods_per_year)
    intervals = overfitting.intervals(
        chosen, benchmark, plan.periods_per_year, plan.bootstrap, cash
    )
    sharpe = yearly * sharpe_of(chosen - cash[:, np.newaxis])
    theirs = yearly * sharpe_of((benchmark - cash)[:, np.newaxis])[0]
    return {
        "sharpe": sharpe,
        **_ends("sharpe", intervals["sharpe_ratio"]),
        "annual_return": _annual(chosen, plan),
        **_ends("return", intervals["annual_return"]),
        "benchmark_sharpe": theirs,
        "benchmark_return": _annual(benchmark[:, np.newaxis], plan)[0],
        "difference": sharpe - theirs,
        **_ends("difference", intervals["sharpe_difference"]),
    }


def _returns_since(
    chosen: Floats, benchmark: Floats, first: Integers, plan: Plan
) -> dict[str, Floats]:
    """What both earned from each set's first position on; NaN if there never was one."""
    since = [
        _annual(np.column_stack([own, benchmark])[min(start, len(own) - 1) :], plan)
        for own, start in zip(chosen.T, first, strict=True)
    ]
    ours, theirs = np.array(since).T
    figures = {
        "flat_years": first / plan.periods_per_year,
        "return_since": ours,
        "benchmark_return_since": theirs,
    }
    began = first < len(chosen)
    return {name: np.where(began, values, np.nan) for name, values in figures.items()}


def _on_own_dates(sets: OwnDates, chosen: Integers, plan: Plan) -> dict[str, Floats]:
    """Sharpe ratios of the chosen sets since their first positions, with intervals."""
    yearly = np.sqrt(plan.periods_per_year)
    observed, drawn = sets.observed(), sets.drawn(chosen)
    own, theirs = observed.own[chosen], observed.benchmark[chosen]
    known = np.isfinite(own)

    def ends(name: str, replicates: Floats) -> dict[str, Floats]:
        level = plan.bootstrap.confidence
        found = np.array([bootstrap.interval(each, level) for each in replicates.T])
        return _ends(name, np.where(known[:, np.newaxis], yearly * found, np.nan))

    return {
        "sharpe_since": yearly * own,
        **ends("sharpe_since", drawn.own),
        "benchmark_sharpe_since": yearly * theirs,
        "difference_since": yearly * (own - theirs),
        **ends("difference_since", drawn.own - drawn.benchmark),
    }


def _of_luck(
    sets: OwnDates, joint: JointTest, alike: Clusters, chosen: Integers, plan: Plan
) -> dict[str, Floats | float]:
    """Whether luck among all sets explains the chosen ones, by the joint test and as published."""
    yearly = np.sqrt(plan.periods_per_year)
    lucky = joint.luckiest[np.isfinite(joint.luckiest)]
    reached = lucky >= sharpe_of(sets.excess[:, chosen])[:, np.newaxis]
    tried = alike.means(sets.excess)
    published = np.array([_as_published(sets, tried, place) for place in chosen])
    return {
        "p_zero": joint.p_zero[chosen],
        "p_benchmark": joint.p_benchmark[chosen],
        "no_skill_sharpe": yearly * lucky.mean() if len(lucky) else np.nan,
        "no_skill_share": reached.mean(axis=1) if len(lucky) else np.nan,
        "chance_hurdle": yearly * published[:, 0],
        "deflated_sharpe": published[:, 1],
    }


def _as_published(sets: OwnDates, tried: Floats, place: int) -> tuple[float, float]:
    """Chance hurdle and deflated Sharpe ratio of a set, all that was tried taken on its own dates.

    Args:
        sets: with their own dates.
        tried: (bars, clusters) returns beyond cash: near-copies are one trial, their mean.
        place: of the set.
    """
    if not sets.enough[place]:
        return np.nan, np.nan
    since = slice(sets.first[place], None)
    observed, ratios = overfitting.moments(sets.excess[since, place]), sharpe_of(tried[since])
    (deflated,) = overfitting.deflated_sharpe_ratio(observed, ratios)
    return overfitting.chance_hurdle(ratios), deflated


def _of_sets(names: pd.MultiIndex, sets: OwnDates, joint: JointTest, plan: Plan) -> pd.DataFrame:
    """A row for each set of parameters."""
    yearly = np.sqrt(plan.periods_per_year)
    observed = sets.observed()
    began = np.where(sets.first < len(sets.excess), sets.first, np.nan)
    return names.to_frame(index=False).assign(
        flat_years=began / plan.periods_per_year,
        sharpe=yearly * sharpe_of(sets.excess),
        sharpe_since=yearly * observed.own,
        benchmark_sharpe_since=yearly * observed.benchmark,
        p_zero=joint.p_zero,
        p_benchmark=joint.p_benchmark,
    )


def _of_choices(
    of_each: Mapping[str, Floats],
    everything: Floats,
    alike: Clusters,
    benchmark: Floats,
    cash: Floats,
    plan: Plan,
) -> pd.DataFrame:
    """Measure a choice among each strategy's sets, and among all: a row each.

    Overfitting asks every block of history for its best set, so strategies that did not trade in
    all of them have none, and are left out of the choice among all.

    Args:
        of_each: (bars, sets) of returns beyond cash.
        everything: (bars, sets) of all of them.
        alike: which of these are near-copies.
        benchmark, cash, plan: as for `examine`.
    """
    lacking = {name: _blocks_lacking(sets, plan.blocks) for name, sets in of_each.items()}
    rows = []
    for name, sets in of_each.items():
        halved = None if lacking[name] else sets
        rows.append(_of_choice(sets, clusters(sets), halved, benchmark, cash, plan))
        rows[-1]["left_out"] = lacking[name]
    kept = [sets for name, sets in of_each.items() if not lacking[name]]
    halved = everything if len(kept) == len(of_each) else np.column_stack(kept) if kept else None
    rows.append(_of_choice(everything, alike, halved, benchmark, cash, plan))
    rows[-1]["left_out"] = "; ".join(f"{name}: {why}" for name, why in lacking.items() if why)
    return pd.DataFrame(rows)


def _blocks_lacking(sets: Floats, blocks: int) -> str:
    """In how many blocks of history no set holds anything, in words; empty if there are none."""
    length = len(sets) // blocks
    held = np.any(np.abs(sets[: length * blocks]) > NOTHING, axis=1)
    traded = int(held.reshape(blocks, length).any(axis=1).sum())
    return "" if traded == blocks else f"a position in {traded} of {counted(blocks, 'block')}"


def _of_choice(
    sets: Floats,
    alike: Clusters,
    halved: Floats | None,
    benchmark: Floats,
    cash: Floats,
    plan: Plan,
) -> dict[str, float | str]:
    """Measure a choice among the sets: how often it misleads, what it earned out of sample.

    A cluster of near-copies is one to choose when it is asked how often the choice misleads.
    """
    misled, asked = np.nan, 0
    if halved is not None:
        apart = (alike if halved is sets else clusters(halved)).means(halved)
        misled = overfitting.probability_of_backtest_overfitting(apart, plan.blocks)
        asked = apart.shape[1]
    walked = overfitting.walk_forward(sets, plan.first, plan.every)
    later = cash[plan.first :]
    both = np.column_stack([walked, benchmark[plan.first :] - later])
    ours, theirs = np.sqrt(plan.periods_per_year) * sharpe_of(both)
    return {
        "sets": sets.shape[1],
        "distinct": alike.count,
        "overfitting": misled,
        "overfitting_sets": asked,
        "walk_forward_sharpe": ours,
        "walk_forward_return": _annual((walked + later)[:, np.newaxis], plan)[0],
        "walk_forward_benchmark_sharpe": theirs,
    }


def _ends(name: str, intervals: Floats) -> dict[str, Floats]:
    """(strategies, 2) ends of intervals as columns."""
    return {f"{name}_lower": intervals[:, 0], f"{name}_upper": intervals[:, 1]}


def _annual(returns: Floats, plan: Plan) -> Floats:
    """Compound return a year of each column."""
    growth = np.prod(1.0 + returns, axis=0)
    return annual_return(growth, len(returns), plan.periods_per_year)


def of_winner(
    rankings: pd.DataFrame,
    examined: pd.DataFrame,
    benchmark: str,
    plan: Plan,
    agreement: float,
) -> Evidence:
    """What is known of the strategy that ranks first; overfitting is of the choice among all sets.

    Args:
        rankings: as returned by `rankings.strategy_rankings`.
        examined: as returned by `examine`: the strategies.
        benchmark: its name.
        plan: how it was examined.
        agreement: Kendall's W over market scenarios.
    """
    first, drawn = rankings.iloc[0], plan.bootstrap
    ranked = rankings["overall_rank"].notna()
    by_name = examined.set_index("strategy_name")
    of_best, of_all = by_name.loc[first["strategy_name"]], by_name.loc[ALL]

    def interval(name: str) -> tuple[float, float]:
        return of_best[f"{name}_lower"], of_best[f"{name}_upper"]

    same = (
        *("p_zero", "p_benchmark", "sharpe", "no_skill_sharpe", "no_skill_share", "flat_years"),
        *("sharpe_since", "benchmark_sharpe_since", "difference_since", "annual_return"),
        *("benchmark_return", "return_since", "benchmark_return_since", "chance_hurdle"),
        "deflated_sharpe",
    )
    among = "overfitting", "left_out", "walk_forward_sharpe", "walk_forward_benchmark_sharpe"
    return Evidence(
        strategy=first["strategy_name"],
        parameters=first["best_set"],
        strategies=int(ranked.sum()),
        strategies_distinct=int((ranked & rankings["same_as"].isna()).sum()),
        tried=int(of_all["sets"]),
        distinct=int(of_all["distinct"]),
        overfitting_sets=int(of_all["overfitting_sets"]),
        guardrails=first["guardrails"],
        confidence=drawn.confidence,
        level=round(1.0 - drawn.confidence, 12),
        draws_beyond=drawn.draws_beyond,
        least_beyond=bootstrap.LEAST_BEYOND,
        block_length=drawn.block_length,
        fewest_dates=plan.fewest_dates,
        sharpe_interval=interval("sharpe"),
        difference_since_interval=interval("difference_since"),
        benchmark=benchmark,
        agreement=agreement,
        winner_left_out=bool(of_best["left_out"]),
        **of_best[list(same)],
        **of_all[list(among)],
    )
