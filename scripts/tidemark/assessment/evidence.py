"""What a strategy's place in the ranking is worth: luck among trials, intervals, out of sample.

Everything follows from daily returns on full history, with a column for each set of parameters:
what equal parts in all tickers would have earned, restored at each close without cost. Flat bars
before a first forecast count. Only ranked strategies are examined; Sharpe ratios are annual.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tidemark.arrays import Floats
from tidemark.assessment import overfitting
from tidemark.assessment.overfitting import Bootstrap
from tidemark.statistics.returns import annual_return, sharpe_of

import numpy as np
import pandas as pd

ALL = "all strategies"
NOTHING = 1e-12  # returns beyond cash that are smaller are rounding


@dataclass(frozen=True)
class Evidence:
    """What is known of a winner; Sharpe ratios annual, intervals (lower, upper), NaN if unknown."""

    strategy: str
    parameters: str  # the set, as text
    strategies: int  # that were ranked
    trials: int  # sets tried, over all strategies
    guardrails: str  # `passed`, or why not
    confidence: float  # of the intervals
    sharpe: float
    sharpe_interval: tuple[float, float]
    chance_hurdle: float  # expected of the luckiest trial
    deflated_sharpe: float
    overfitting: float  # probability of backtest overfitting, of choosing among all sets
    walk_forward_sharpe: float  # of choosing among all sets
    walk_forward_benchmark_sharpe: float  # on the same bars
    annual_return: float
    benchmark: str
    benchmark_return: float
    flat_years: float  # before the first position; NaN if there never was one
    return_since: float  # a year, from then on
    benchmark_return_since: float
    difference_interval: tuple[float, float]  # Sharpe ratio less the benchmark's
    agreement: float  # Kendall's W over market scenarios


@dataclass(frozen=True)
class Plan:
    """How returns are examined.

    Attributes:
        periods_per_year: bars.
        cash: its return a bar, beyond which Sharpe ratios count.
        blocks: of history, for the probability of backtest overfitting.
        first, every: bars before the first choice of a walk-forward, and between choices.
        bootstrap: of the intervals.
    """

    periods_per_year: float
    cash: float
    blocks: int
    first: int
    every: int
    bootstrap: Bootstrap


def examine(
    returns: Mapping[str, Floats], best: Mapping[str, int], benchmark: Floats, plan: Plan
) -> pd.DataFrame:
    """The figures of each strategy, and of choosing among all sets of all of them.

    Args:
        returns: of each ranked strategy, (bars, sets).
        best: the column of each strategy's best set.
        benchmark: (bars,) returns of what they are compared with.
        plan: how they are examined.

    Returns:
        One row a strategy, and one for ALL, which has only what concerns a choice among sets:
        strategy_name, sets, sharpe, sharpe_lower, sharpe_upper, annual_return, return_lower,
        return_upper, benchmark_sharpe, benchmark_return, flat_years (before the first position),
        return_since and benchmark_return_since (a year, from that bar on), difference_lower and
        difference_upper (of the Sharpe ratio less the benchmark's), chance_hurdle, deflated_sharpe,
        overfitting, walk_forward_sharpe, walk_forward_return, walk_forward_benchmark_sharpe.
    """
    everything = np.column_stack(list(returns.values()))
    chosen = np.column_stack([sets[:, best[name]] for name, sets in returns.items()])
    trials = sharpe_of(everything - plan.cash)
    measured = pd.DataFrame(_of_best(chosen, trials, benchmark, plan))
    among = {**returns, ALL: everything}
    choices = pd.DataFrame([_of_choice(sets, benchmark, plan) for sets in among.values()])
    return pd.concat([pd.Series(list(among), name="strategy_name"), measured, choices], axis=1)


def _of_best(
    chosen: Floats, trials: Floats, benchmark: Floats, plan: Plan
) -> dict[str, Floats | float]:
    """Measure the best sets, (bars, strategies): figures, intervals, whether luck explains them."""
    yearly = np.sqrt(plan.periods_per_year)
    intervals = overfitting.intervals(
        chosen, benchmark, plan.periods_per_year, plan.bootstrap, plan.cash
    )
    lower, upper = ({name: ends[:, side] for name, ends in intervals.items()} for side in (0, 1))
    observed = overfitting.moments(chosen - plan.cash)
    return {
        "sharpe": yearly * observed.sharpe,
        "sharpe_lower": lower["sharpe_ratio"],
        "sharpe_upper": upper["sharpe_ratio"],
        "annual_return": _annual(chosen, plan),
        "return_lower": lower["annual_return"],
        "return_upper": upper["annual_return"],
        "benchmark_sharpe": yearly * sharpe_of(benchmark[:, None] - plan.cash)[0],
        "benchmark_return": _annual(benchmark[:, None], plan)[0],
        **_since_first_position(chosen, benchmark, plan),
        "difference_lower": lower["sharpe_difference"],
        "difference_upper": upper["sharpe_difference"],
        "chance_hurdle": yearly * overfitting.chance_hurdle(trials),
        "deflated_sharpe": overfitting.deflated_sharpe_ratio(observed, trials),
    }


def _since_first_position(chosen: Floats, benchmark: Floats, plan: Plan) -> dict[str, Floats]:
    """What both earned from the bar on which each set first held something.

    A rule that needs a year of bars sits that year out, which is luck, good or bad. Of a set that
    never held anything, nothing of this is defined.
    """
    held = np.abs(chosen - plan.cash) > NOTHING
    first = np.argmax(held, axis=0)
    since = [
        _annual(np.column_stack([own, benchmark])[start:], plan)
        for own, start in zip(chosen.T, first, strict=True)
    ]
    ours, theirs = np.array(since).T
    figures = {
        "flat_years": first / plan.periods_per_year,
        "return_since": ours,
        "benchmark_return_since": theirs,
    }
    return {name: np.where(held.any(axis=0), values, np.nan) for name, values in figures.items()}


def _of_choice(sets: Floats, benchmark: Floats, plan: Plan) -> dict[str, float]:
    """Measure a choice among the sets: how often it misleads, what it earned out of sample."""
    excess = sets - plan.cash
    walked = overfitting.walk_forward(excess, plan.first, plan.every)
    both = np.column_stack([walked, benchmark[plan.first :] - plan.cash])
    ours, theirs = np.sqrt(plan.periods_per_year) * sharpe_of(both)
    return {
        "sets": sets.shape[1],
        "overfitting": overfitting.probability_of_backtest_overfitting(excess, plan.blocks),
        "walk_forward_sharpe": ours,
        "walk_forward_return": _annual(walked[:, None] + plan.cash, plan)[0],
        "walk_forward_benchmark_sharpe": theirs,
    }


def _annual(returns: Floats, plan: Plan) -> Floats:
    """Compound return a year of each column."""
    growth = np.prod(1.0 + returns, axis=0)
    return annual_return(growth, len(returns), plan.periods_per_year)


def of_winner(
    rankings: pd.DataFrame,
    examined: pd.DataFrame,
    benchmark: str,
    confidence: float,
    agreement: float,
) -> Evidence:
    """What is known of the strategy that ranks first; overfitting is of the choice among all sets.

    Args:
        rankings: as returned by `rankings.strategy_rankings`.
        examined: as returned by `examine`.
        benchmark: its name.
        confidence: of the intervals.
        agreement: Kendall's W over market scenarios.
    """
    first = rankings.iloc[0]
    by_name = examined.set_index("strategy_name")
    of_best, of_all = by_name.loc[first["strategy_name"]], by_name.loc[ALL]
    return Evidence(
        strategy=first["strategy_name"],
        parameters=first["best_set"],
        strategies=int(rankings["overall_rank"].notna().sum()),
        trials=int(of_all["sets"]),
        guardrails=first["guardrails"],
        confidence=confidence,
        sharpe=of_best["sharpe"],
        sharpe_interval=(of_best["sharpe_lower"], of_best["sharpe_upper"]),
        chance_hurdle=of_best["chance_hurdle"],
        deflated_sharpe=of_best["deflated_sharpe"],
        overfitting=of_all["overfitting"],
        walk_forward_sharpe=of_all["walk_forward_sharpe"],
        walk_forward_benchmark_sharpe=of_all["walk_forward_benchmark_sharpe"],
        annual_return=of_best["annual_return"],
        benchmark=benchmark,
        benchmark_return=of_best["benchmark_return"],
        flat_years=of_best["flat_years"],
        return_since=of_best["return_since"],
        benchmark_return_since=of_best["benchmark_return_since"],
        difference_interval=(of_best["difference_lower"], of_best["difference_upper"]),
        agreement=agreement,
    )
