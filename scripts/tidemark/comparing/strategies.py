"""Strategies of two runs: Sharpe ratios paired by the bars of both, and what the rankings say."""

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from tidemark.arrays import Floats
from tidemark.assessment.best_sets import BY_DATE, STRATEGY
from tidemark.assessment.settings import DIRECTIONS, Assess
from tidemark.comparing.comparison import Row, Word
from tidemark.comparing.plan import FEWEST_BLOCKS, RETURNS_SEED, Plan
from tidemark.comparing.side import Side, same_evidence
from tidemark.comparing.testing import Group, Paired, moved, same
from tidemark.layout.assess import STRATEGY_EVIDENCE
from tidemark.naming import counted
from tidemark.statistics import block_length, bootstrap
from tidemark.statistics.returns import sharpe_of, sharpe_of_sums
from tidemark.targets import Better

import numpy as np
import pandas as pd

Told = Mapping[str, Any]  # what a record says of a strategy
Ranks = Mapping[str, int]

SHARPE, VERDICT, GUARDRAILS = "sharpe_ratio", "verdict", "guardrails"
BETTER: Mapping[str, Better] = {
    SHARPE: "higher" if DIRECTIONS[SHARPE] > 0 else "lower",
    "rank": "lower",
    "score": "higher",
    GUARDRAILS: "higher",
    VERDICT: "higher",
}
P_VALUES = ("p_zero", "p_benchmark")  # of the tests that a verdict rests on


@dataclass(frozen=True)
class _Bars:
    """Best sets bar by bar.

    Attributes:
        excess: (bars, strategies) returns beyond cash, bars ascending.
        sets: the best set of each strategy.
        bars_a_year: by which ratios become annual.
    """

    excess: pd.DataFrame
    sets: Mapping[str, str]
    bars_a_year: float

    @classmethod
    def of(cls, table: pd.DataFrame) -> "_Bars | None":
        """What `best_sets.by_date` made; None if it was another version's."""
        if table.empty or list(table) != BY_DATE:
            return None
        excess = table.pivot(index="timestamp", columns=STRATEGY, values="excess_return")
        sets = table.groupby(STRATEGY)["set"].first().to_dict()
        return cls(excess, sets, float(table["bars_a_year"].iloc[0]))

    def at(self, bars: pd.Index, names: Sequence[str]) -> Floats:
        """(bars, strategies) of some of them."""
        chosen: Floats = self.excess.loc[bars, list(names)].to_numpy(np.float64)
        return chosen

    def annual(self, ratios: Floats) -> Floats:
        """Ratios per bar as annual ones."""
        return np.asarray(math.sqrt(self.bars_a_year) * ratios)


def compared(before: Side, after: Side, plan: Plan) -> Group:
    """A row for each figure of each strategy of either run."""
    was, now = _told(before), _told(after)
    both = [name for name in now if name in was]
    ratios = _ratios(both, before, after, plan)
    others = list(ratios.others)
    ranks = _among_shared(was, now)
    for name in dict.fromkeys([*now, *was]):
        if name in both:
            others += _ranked(name, was[name], now[name], ranks, (_level(before), _level(after)))
        else:
            why = "the strategy is new" if name in now else "the strategy is gone"
            others += _lone(name, was.get(name, {}), now.get(name, {}), why)
    return replace(ratios, others=others)


def _told(side: Side) -> dict[str, Told]:
    return {told["strategy"]: told for told in side.results.get("strategies") or ()}


def _level(side: Side) -> float:
    """At which a p-value is more than luck to that run."""
    confidence = side.part("config").get("assess.confidence", Assess.confidence)
    return round(1.0 - float(confidence), 12)


def _row(name: str, metric: str, **fields: Any) -> Row:
    values = {"before": None, "after": None} | fields
    return Row(
        kind="strategy", scenario=None, name=name, metric=metric, better=BETTER[metric], **values
    )


def _recorded(row: Row, before: Side, after: Side) -> Row:
    """The row with the Sharpe ratios that the records say, if both do."""
    a, b = (_told(side)[row.name].get("sharpe") for side in (before, after))
    if a is None and b is None:
        return row
    by = None if a is None or b is None else b - a
    return replace(row, before=a, after=b, difference=by)


def _among_shared(was: Mapping[str, Told], now: Mapping[str, Told]) -> tuple[Ranks, Ranks] | None:
    """Ranks among the strategies that both rank; None if both rank the same ones.

    A strategy that comes or goes moves all ranks below it, which says nothing of the others.
    """
    before, after = (
        {name: told["rank"] for name, told in side.items() if told.get("rank") is not None}
        for side in (was, now)
    )
    if before.keys() == after.keys():
        return None
    return _ranks(before, before.keys() & after.keys()), _ranks(after, before.keys() & after.keys())


def _ranks(of: Ranks, among: Set[str]) -> Ranks:
    return {name: 1 + sum(of[other] < of[name] for other in among) for name in among}


def _ratios(names: Sequence[str], before: Side, after: Side, plan: Plan) -> Group:
    """The rows of Sharpe ratios."""
    sides = []
    for side in (before, after):
        table = side.evidence(STRATEGY_EVIDENCE)
        bars = table if isinstance(table, str) else _Bars.of(table)
        if isinstance(bars, str) and same_evidence(STRATEGY_EVIDENCE, before, after):
            return Group([], [same(_recorded(_row(name, SHARPE), before, after)) for name in names])
        if not isinstance(bars, _Bars):
            return _unpaired(
                names, bars or f"the figures by date of {side.name} are of another version"
            )
        sides.append(bars)
    old, new = sides
    ranked = {name: (name in old.sets, name in new.sets) for name in names}
    lone = [
        _row(name, SHARPE, why=f"no set of it was ranked {_which(*where)}")
        for name, where in ranked.items()
        if sum(where) == 1
    ]
    names = [name for name, where in ranked.items() if all(where)]
    shared = old.excess.index.intersection(new.excess.index).sort_values()
    excess = old.at(shared, names), new.at(shared, names)
    rows = [
        _row(name, SHARPE, before=_number(a), after=_number(b), difference=_number(b - a),
             why=_note(name, old, new, shared), fewer=len(shared) < len(old.excess))
        for name, a, b in zip(names, *_sharpe_ratios(sides, excess), strict=True)
    ]  # fmt: skip
    if same_evidence(STRATEGY_EVIDENCE, before, after):
        recorded = [_recorded(row, before, after) for row in rows]
        return Group([], [*map(same, recorded), *lone])
    length = block_length.chosen(plan.returns_block, excess[1] - excess[0])
    blocks = len(shared) / length
    if blocks < FEWEST_BLOCKS:
        few = f"only {counted(len(shared), 'bar')}, fewer than {FEWEST_BLOCKS} blocks of {length:,}"
        return _unpaired(
            names, f"both runs have {few}" if len(shared) else "no bar is in both runs"
        )
    starts = bootstrap.circular_starts(len(shared), length, plan.draws, RETURNS_SEED)
    drawn = []
    for bars, own in zip(sides, excess, strict=True):
        sums = bootstrap.resample(np.hstack([own, own**2]), starts, length)
        drawn.append(bars.annual(sharpe_of_sums(len(shared), *np.hsplit(sums, 2))))
    paired = [Paired(*each) for each in zip(rows, (drawn[1] - drawn[0]).T, strict=True)]
    return Group(paired, lone, length, blocks)


def _sharpe_ratios(sides: Sequence[_Bars], excess: Sequence[Floats]) -> list[Floats]:
    """(strategies,) annual ones of each run, of its (bars, strategies)."""
    return [bars.annual(sharpe_of(own)) for bars, own in zip(sides, excess, strict=True)]


def _unpaired(names: Sequence[str], why: str) -> Group:
    return Group([], [_row(name, SHARPE, why=why) for name in names])


def _note(name: str, old: _Bars, new: _Bars, shared: pd.Index) -> str:
    notes = []
    if old.sets[name] != new.sets[name]:
        notes.append(f"its best set is now {new.sets[name]}, and was {old.sets[name]}")
    if not len(shared) == len(old.excess) == len(new.excess):
        notes.append(
            f"on the {counted(len(shared), 'bar')} of both, of {len(old.excess):,} and"
            f" {len(new.excess):,}"
        )
    return "; ".join(notes)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _ranked(
    name: str,
    was: Told,
    now: Told,
    shared: tuple[Ranks, Ranks] | None,
    levels: tuple[float, float],
) -> Iterator[Row]:
    """What the ranking says of a strategy in both runs, unless it says nothing in either."""
    for metric in ("rank", "score"):
        a, b = was.get(metric), now.get(metric)
        if a is not None and b is not None:
            note = ""
            if metric == "rank" and shared:
                a, b = (ranks[name] for ranks in shared)
                note = f"among the {len(shared[0]):,} that both rank"
            row = _row(name, metric, before=a, after=b, difference=b - a, why=note)
            yield replace(row, word=moved(row))
        elif a is not None or b is not None:
            why = f"it has none {_which(a is not None, b is not None)}"
            yield _row(name, metric, before=a, after=b, why=why)
    strengths = [_strength(told, level) for told, level in zip((was, now), levels, strict=True)]
    kept = [told.get("passed") for told in (was, now)]
    for metric, (a, b) in {GUARDRAILS: kept, VERDICT: strengths}.items():
        words = was.get(metric), now.get(metric)
        if words != (None, None):
            word = _by_strength(words, a, b)
            why = "the records do not say what it rests on" if word is Word.NOT_COMPARABLE else ""
            yield _row(name, metric, before=words[0], after=words[1], word=word, why=why)


def _which(before: bool, after: bool) -> str:
    """In which of two runs something is not."""
    return " or ".join(name for name, there in (("before", before), ("after", after)) if not there)


def _strength(told: Told, level: float) -> int | None:
    """How many of the tests behind a verdict show more than luck; None if they are not known."""
    if not all(name in told for name in P_VALUES):
        return None
    return len([p for p in P_VALUES if told[p] is not None and told[p] <= level])


def _by_strength(words: tuple[Any, Any], before: int | None, after: int | None) -> Word:
    """Of what is said in words: better or worse if it stands for more or less."""
    if words[0] == words[1]:
        return Word.SAME
    if before is None or after is None:
        return Word.NOT_COMPARABLE
    if before == after:
        return Word.CHANCE
    return Word.BETTER if after > before else Word.WORSE


def _lone(name: str, was: Told, now: Told, why: str) -> Iterator[Row]:
    """What the records say of a strategy that one of the runs lacks."""
    for metric in BETTER:
        key = "sharpe" if metric == SHARPE else metric
        a, b = was.get(key), now.get(key)
        if a is not None or b is not None:
            yield _row(name, metric, before=a, after=b, why=why)
