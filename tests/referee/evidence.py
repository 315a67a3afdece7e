"""What speaks for and against sets of parameters, from the returns of portfolios alone.

Ratios are those of returns beyond cash. A set's own dates are those from its first position on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import ceil, e

from referee.alike import clusters
from referee.drawing import (
    Tested,
    block_length,
    circular_starts,
    drawn_sums,
    interval,
    step_down,
)
from referee.ratios import ratio, ratio_of_sums
from referee.results import Floats, Results
from referee.verdict import Comparison

import ffn.core
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

EVIDENCE = "metrics/assessment/evidence.parquet"
OF_SETS = "metrics/assessment/set_evidence.parquet"
SUMMARY = "metrics/assessment/summary.json"
ALL = "all strategies"
NOTHING = 1e-12  # a return beyond cash that is smaller is none
FEWEST_BLOCKS, FEWEST_YEARS = 10, 0.25  # of own dates
LEAD_DIGITS = 12


def look(results: Results, cells: int, seed: int) -> str:
    """Work out every figure of every strategy and every set."""
    table = results.table(EVIDENCE).set_index("strategy_name")
    rankings = results.table("metrics/assessment/strategy_rankings.parquet")
    best = rankings.set_index("strategy_name")["best_set"]
    case = Case.of(results, [name for name in table.index if name != ALL])
    held = Comparison(EVIDENCE)
    for name in table.index:
        own = [place for place, (owner, _) in enumerate(case.names) if name in (owner, ALL)]
        figures = case.of_choice(own, everything=name == ALL)
        if name != ALL:
            figures |= case.of_best(case.names.index((name, best[name])))
        for column, expected in figures.items():
            held.number(name, column, table.loc[name, column], expected)
        traded = all(case.trades_everywhere(owner) for owner in {case.names[i][0] for i in own})
        held.same(name, "left_out is empty", table.loc[name, "left_out"] == "", traded)
    sets = Comparison(OF_SETS)
    found = results.table(OF_SETS)
    sets.same(
        "all", "sets", list(zip(found["strategy_name"], found["set"], strict=True)), case.names
    )
    for column, expected in case.of_sets().items():
        sets.numbers(lambda place: " ".join(case.names[place]), column, found[column], expected)
    _hold_winner(results, table, best, case)
    return (
        f"{held.count + sets.count:,} figures of {len(table) - 1} strategies and {len(found)} sets"
        f" agree (worst relative difference {max(held.worst, sets.worst):.1e})"
    )


def _hold_winner(results: Results, table: pd.DataFrame, best: pd.Series, case: "Case") -> None:
    """The summary speaks of the first strategy, in the figures of the table."""
    held, told = Comparison(SUMMARY), results.json(SUMMARY)["winner"]
    name = told["strategy"]
    held.same("winner", "strategy", name, best.index[0])
    held.same("winner", "parameters", told["parameters"], best.iloc[0])
    held.same("winner", "fewest_dates", told["fewest_dates"], case.fewest)
    for column, value in table.loc[name].items():
        among_all = column in ("overfitting", "left_out", *table.columns[table.loc[name].isna()])
        if column in told and not among_all and isinstance(value, float):
            where = ALL if column.startswith("walk_forward") else name
            held.number("winner", str(column), told[column], table.loc[where, column])
    held.number("winner", "overfitting", told["overfitting"], table.loc[ALL, "overfitting"])


@dataclass(frozen=True, eq=False)
class Case:
    """Returns of all sets of ranked strategies beside those of the benchmark and of cash."""

    names: list[tuple[str, str]]
    returns: Floats  # (bars, sets)
    benchmark: Floats
    cash: Floats
    yearly: float
    plan: dict
    seed: int

    @classmethod
    def of(cls, results: Results, strategies: list[str]) -> "Case":
        plan = results.config["assess"]
        if plan["block_length"] == "auto":
            plan = plan | {"block_length": results.json(SUMMARY)["winner"]["block_length"]}
        frames = {
            name: results.table(f"data/backtests/{name}.parquet").drop(columns="timestamp")
            for name in [*strategies, plan["benchmark"]]
        }
        held = frames[plan["benchmark"]]
        sets = {name: frames[name].drop(columns="cash") for name in strategies}
        return cls(
            names=[(name, told) for name, frame in sets.items() for told in frame],
            returns=np.column_stack([frame.to_numpy() for frame in sets.values()]),
            benchmark=held.drop(columns="cash").iloc[:, 0].to_numpy(),
            cash=held["cash"].to_numpy(),
            yearly=results.json("data/scenarios/bars_a_year.json")["together"]["bars_a_year"],
            plan=plan,
            seed=results.seed("assess"),
        )

    @cached_property
    def excess(self) -> Floats:
        return self.returns - self.cash[:, None]

    @cached_property
    def base(self) -> Floats:
        return self.benchmark - self.cash

    @cached_property
    def length(self) -> int:
        """Bars in a block of the bootstrap."""
        return block_length(self.plan["block_length"], [self.base])

    @property
    def annual(self) -> float:
        """What turns a ratio of a bar into one of a year."""
        return float(np.sqrt(self.yearly))

    def first(self, place: int) -> int:
        """The bar of a set's first position."""
        held = np.flatnonzero(np.abs(self.excess[:, place]) > NOTHING)
        return int(held[0]) if len(held) else len(self.excess)

    def enough(self, place: int) -> bool:
        own = len(self.excess) - self.first(place)
        return own >= self.fewest

    @property
    def fewest(self) -> int:
        """Own dates from which a set is judged."""
        return max(FEWEST_BLOCKS * self.length, ceil(FEWEST_YEARS * self.yearly))

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        replicates = self.plan["bootstrap_replicates"]
        return circular_starts(len(self.excess), self.length, replicates, self.seed)

    # --- The best set of a strategy

    def of_best(self, place: int) -> dict[str, float]:
        """All figures of a set."""
        first, own, base = self.first(place), self.excess[:, place], self.base
        began, enough = first < len(own), self.enough(place)
        drawn = self._drawn(place)
        whole = self._drawn_whole(place)
        theirs = self._drawn_whole(None)
        point = {
            "sharpe": self.annual * ratio(own),
            "benchmark_sharpe": self.annual * ratio(base),
            "difference": self.annual * (ratio(own) - ratio(base)),
            "annual_return": self._year(self.returns[:, place]),
            "benchmark_return": self._year(self.benchmark),
            "flat_years": first / self.yearly if began else np.nan,
            "return_since": self._year(self.returns[first:, place]) if began else np.nan,
            "benchmark_return_since": self._year(self.benchmark[first:]) if began else np.nan,
            **self._since(place),
            "p_zero": self.joint[0].p_values[place],
            "p_benchmark": self.joint[1].p_values[place],
            "no_skill_sharpe": self.annual * self._mean(self.luckiest),
            "no_skill_share": self._mean(self.luckiest >= ratio(own)),
        }
        ends = {
            "sharpe": self.annual * whole[0],
            "return": whole[1],
            "difference": self.annual * (whole[0] - theirs[0]),
            "sharpe_since": self.annual * drawn[0] if enough else np.array([]),
            "difference_since": self.annual * (drawn[0] - drawn[1]) if enough else np.array([]),
        }
        for name, values in ends.items():
            lower, upper = interval(values, self.plan["confidence"])
            point |= {f"{name}_lower": lower, f"{name}_upper": upper}
        return point | self._deflated(place)

    @staticmethod
    def _mean(values: Floats) -> float:
        return float(np.mean(values)) if len(values) else np.nan

    def _year(self, returns: Floats) -> float:
        """Compound return a year."""
        return float(np.prod(1 + returns) ** (self.yearly / len(returns)) - 1)

    def _since(self, place: int) -> dict[str, float]:
        first = self.first(place)
        if not self.enough(place):
            names = ("sharpe_since", "benchmark_sharpe_since", "difference_since")
            return dict.fromkeys(names, np.nan)
        ours, theirs = ratio(self.excess[first:, place]), ratio(self.base[first:])
        return {
            "sharpe_since": self.annual * ours,
            "benchmark_sharpe_since": self.annual * theirs,
            "difference_since": self.annual * (ours - theirs),
        }

    def _deflated(self, place: int) -> dict[str, float]:
        """Hurdle and deflated Sharpe ratio (Bailey and Lopez de Prado 2014), by ffn too."""
        if not self.enough(place):
            return {"chance_hurdle": np.nan, "deflated_sharpe": np.nan}
        since = self.excess[self.first(place) :]
        tried = pd.Series([ratio(column) for column in self.once(range(len(self.names)), since).T])
        own, count = pd.Series(since[:, place]), len(tried)
        far, further = stats.norm.ppf([1 - 1 / count, 1 - 1 / (count * e)]) if count > 1 else (0, 0)
        luck = (1 - np.euler_gamma) * far + np.euler_gamma * further
        hurdle = tried.std() * luck if count > 1 else 0.0
        sharpe, skew, kurtosis = ratio(since[:, place]), own.skew(), own.kurt() + 3
        error = np.sqrt((1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2) / (len(own) - 1))
        deflated = float(stats.norm.cdf((sharpe - hurdle) / error))
        if count > 1 and np.isfinite(tried).all():
            by_ffn = ffn.core.calc_deflated_sharpe_ratio(
                own, tried, nperiods=1, annualized_trials=False
            )
            assert np.isclose(deflated, by_ffn, rtol=1e-9, atol=1e-12), (deflated, by_ffn)
        return {"chance_hurdle": self.annual * hurdle, "deflated_sharpe": deflated}

    # --- Draws

    def _drawn(self, place: int) -> tuple[Floats, Floats, Floats]:
        """(replicates,) ratios on own dates, the benchmark's; and on all, had it no skill."""
        own, first = self.excess[:, place], self.first(place)
        since = (np.arange(len(own)) >= first) * 1.0
        terms = [own, own**2, since, self.base * since, self.base**2 * since]
        sums = drawn_sums(np.column_stack(terms), self.starts, self.length).T
        total, squares, bars, base, base_squares = sums
        everything = np.full_like(total, len(own))
        skill = own.mean()
        ours = ratio_of_sums(np.round(bars), total, squares)
        theirs = ratio_of_sums(np.round(bars), base, base_squares)
        return ours, theirs, ratio_of_sums(everything, total, squares, less=skill)

    def _drawn_whole(self, place: int | None) -> tuple[Floats, Floats]:
        """(replicates,) ratio and return a year of a set, or of the benchmark, on all dates."""
        returns = self.benchmark if place is None else self.returns[:, place]
        beyond, bars = returns - self.cash, len(returns)
        ruin = returns <= -1.0  # nothing is left of what draws one
        growth = np.log1p(np.where(ruin, 0.0, returns))
        terms = np.column_stack([beyond, beyond**2, growth, ruin * 1.0])
        total, squares, grown, ruins = drawn_sums(terms, self.starts, self.length).T
        ratios = ratio_of_sums(np.full_like(total, bars), total, squares)
        left = np.where(np.round(ruins) > 0, 0.0, np.exp(grown * self.yearly / bars))
        return ratios, left - 1

    @cached_property
    def _all_drawn(self) -> tuple[Floats, Floats, Floats]:
        every = [self._drawn(place) for place in range(len(self.names))]
        ours, theirs, unskilled = (np.column_stack(side) for side in zip(*every, strict=True))
        return ours, np.round(ours - theirs, LEAD_DIGITS), unskilled

    @cached_property
    def joint(self) -> tuple[Tested, Tested]:
        """All sets tested together: against zero, and against the benchmark."""
        since = pd.DataFrame([self._since(place) for place in range(len(self.names))])
        ratios = since["sharpe_since"].to_numpy() / self.annual
        leads = ratios - since["benchmark_sharpe_since"].to_numpy() / self.annual
        ours, ahead, _ = self._all_drawn
        level, least = self.plan["confidence"], -np.sqrt(2 * np.log(np.log(len(self.excess))))
        return (
            step_down(ratios, ours, level, two_sided=False, least=least),
            step_down(np.round(leads, LEAD_DIGITS), ahead, level, two_sided=False, least=least),
        )

    @cached_property
    def luckiest(self) -> Floats:
        """The best ratio of all sets, had none any skill, in draws in which one held something."""
        held = np.isfinite(self._all_drawn[2]).any(axis=1)
        return np.nanmax(self._all_drawn[2][held], axis=1, initial=-np.inf)

    def of_sets(self) -> dict[str, list[float]]:
        places = range(len(self.names))
        first = [self.first(place) for place in places]
        bars = len(self.excess)
        since = [self._since(place) for place in places]
        return {
            "flat_years": [f / self.yearly if f < bars else np.nan for f in first],
            "sharpe": [self.annual * ratio(column) for column in self.excess.T],
            "sharpe_since": [s["sharpe_since"] for s in since],
            "benchmark_sharpe_since": [s["benchmark_sharpe_since"] for s in since],
            "p_zero": list(self.joint[0].p_values),
            "p_benchmark": list(self.joint[1].p_values),
        }

    # --- Choosing

    def trades_everywhere(self, strategy: str) -> bool:
        """Whether a strategy has a position in every block of history."""
        own = [place for place, (name, _) in enumerate(self.names) if name == strategy]
        blocks = self.plan["blocks"]
        length = len(self.excess) // blocks
        return all(
            (np.abs(self.excess[block * length : (block + 1) * length, own]) > NOTHING).any()
            for block in range(blocks)
        )

    def once(self, places: Sequence[int], returns: Floats | None = None) -> Floats:
        """(bars, clusters) mean returns of near-copies among these sets, exact copies once."""
        values = self.excess if returns is None else returns
        if not len(places):
            return values[:, :0]
        twin, cluster = clusters({place: self.excess[:, place] for place in places})
        first = {number: place for place, number in reversed(twin.items())}
        members: dict[int, list[int]] = {}
        for place in sorted(first.values()):
            members.setdefault(cluster[place], []).append(place)
        return np.column_stack([values[:, some].mean(axis=1) for some in members.values()])

    def of_choice(self, places: list[int], *, everything: bool) -> dict[str, float]:
        """Figures of choosing among sets."""
        asked = [place for place in places if self.trades_everywhere(self.names[place][0])]
        walked = self._walked(places)
        begun = len(self.excess) - len(walked)
        return {
            "sets": len(places),
            "distinct": self.once(places).shape[1],
            "overfitting_sets": self.once(asked).shape[1],
            "overfitting": overfitting(self.once(asked), self.plan["blocks"]),
            "walk_forward_sharpe": self.annual * ratio(walked),
            "walk_forward_return": self._year(walked + self.cash[begun:]),
            "walk_forward_benchmark_sharpe": self.annual * ratio(self.base[begun:]),
        }

    def _walked(self, places: list[int]) -> Floats:
        """Returns beyond cash of the set that was best so far, chosen anew at intervals."""
        walk, sets = self.plan["walk_forward"], self.excess[:, places]
        years = len(self.returns) / self.yearly
        first = round((walk["first_years"] or min(3, years / 4)) * self.yearly)
        every = max(1, round(walk["every_years"] * self.yearly))
        parts = []
        for start in range(first, len(sets), every):
            so_far = [ratio(column) for column in sets[:start].T]
            part = sets[start : start + every]
            known = np.isfinite(so_far).any()
            parts.append(part[:, int(np.nanargmax(so_far))] if known else np.zeros(len(part)))
        return np.concatenate(parts)


def overfitting(sets: Floats, blocks: int) -> float:
    """Of all ways to halve history: how often the best half was no better than the middle later."""
    sets = sets[:, [np.isfinite(ratio(column)) for column in sets.T]]
    if sets.shape[1] < 2:
        return np.nan
    length = len(sets) // blocks
    parts = sets[: length * blocks].reshape(blocks, length, -1)
    sums, squares = parts.sum(axis=1), (parts**2).sum(axis=1)
    bars = np.float64(length * blocks / 2)
    below = counted = 0
    for inside in combinations(range(blocks), blocks // 2):
        outside = [block for block in range(blocks) if block not in inside]
        before, after = (
            ratio_of_sums(bars, sums[half].sum(axis=0), squares[half].sum(axis=0))
            for half in (list(inside), outside)
        )
        if np.isnan(before).all():
            continue
        best = int(np.nanargmax(before))
        after = np.where(np.isnan(after), -np.inf, after)
        rank = np.sum(after < after[best]) + (np.sum(after == after[best]) + 1) / 2
        below += rank <= (len(after) + 1) / 2
        counted += 1
    return below / counted if counted else np.nan
