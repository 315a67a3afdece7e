"""Rank the strategies over all tickers and market scenarios, and say what the ranking is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial, reduce
from operator import add
from typing import Any

from tidemark.arrays import Floats
from tidemark.assessment import (
    best_sets,
    by_market,
    copies,
    evidence,
    overfitting,
    rankings,
    scoring,
    since_first,
    verdict,
)
from tidemark.assessment.averages import Averages
from tidemark.assessment.settings import FIRST_YEARS, Guardrails
from tidemark.errors import BadValue, InputError
from tidemark.harness.step import Run, step
from tidemark.layout.assess import ASSESSED, ASSESSMENT, STRATEGY_EVIDENCE
from tidemark.layout.backtest import CASH, REBALANCING, RETURNS
from tidemark.layout.backtest import CELLS as TESTED
from tidemark.layout.market_scenarios import BARS_A_YEAR, MARKET_SCENARIOS
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.settings import Window
from tidemark.market.scenarios.windows import is_calendar_year
from tidemark.statistics import block_length

import numpy as np
import pandas as pd

LONG = 10.0  # seconds from which the wait is said
CELLS = 250_000  # scored at a time, which takes some 0.3 GB


@step()
def assess(run: Run) -> None:
    """Write metrics/assessment/: scores, rankings, evidence, and a summary in words."""
    settings = run.config["assess"]
    benchmark, weights = settings["benchmark"], run.plain(settings["weights"])
    guardrails = run.settings(Guardrails, settings["guardrails"])

    tested = [TESTED.format(strategy=name) for name in run.config["strategies"]]
    daily, cash = _returns(
        {
            name: run.read.parquet(RETURNS.format(strategy=name))
            for name in run.config["strategies"]
        },
        benchmark,
    )
    sets_listed = sum(sets.shape[1] for sets in daily.values())
    seconds = evidence.seconds(sets_listed, len(cash), settings["bootstrap_replicates"])
    if seconds > LONG:
        run.tell.note(
            f"{sets_listed:,} sets are held against each other and tested together: about"
            f" {seconds:.0f} s on 2 cores, less with a lower assess.bootstrap_replicates"
        )
    alike = copies.table({name: sets.sub(cash, axis=0) for name, sets in daily.items()})
    if alike["twin"].nunique() > copies.MOST:
        run.tell.note(f"of more than {copies.MOST:,} sets, near-copies are told by their leaders")
    averages, done = [], 0
    with (
        run.read.rows_by_text(tested, "scenario_name", scoring.LABELS) as cells,
        run.write.parquet_parts(ASSESSED.format(table="backtest_results")) as results,
    ):
        for names in scoring.in_parts(cells.counts, CELLS):
            scored = scoring.scored(cells.of(names), weights, alike)
            results.write(scoring.with_names(scored))
            averages.append(Averages.of(scored, benchmark, alike))
            done += len(scored)
            run.tell.progress(done, cells.counts.total(), "cells scored")
    whole = reduce(add, averages)

    sets = rankings.set_rankings(whole, guardrails)
    strategies = rankings.strategy_rankings(sets)
    best = strategies[strategies["overall_rank"].notna()].set_index("strategy_name")["best_set"]
    if best.empty:
        raise InputError(
            TESTED.rpartition("/")[0],
            "none of the strategies to rank could be tried: the data lack what they need",
            "name open, high, low and volume under fetch_data.prices.columns, or add a strategy"
            " that needs closes alone",
        )
    names = [*best.index, benchmark]
    traded = {name: run.read.parquet(REBALANCING.format(strategy=name)) for name in names}
    held = daily[benchmark].iloc[:, 0]
    rivals = {name: daily[name] for name in best.index}
    yearly = run.read.json(BARS_A_YEAR)["together"]["bars_a_year"]
    plan = _plan(settings, held.to_numpy() - cash, yearly, run.seed)
    examined = evidence.examine(
        rivals,
        best.to_dict(),
        held.to_numpy(),
        cash,
        plan,
        partial(run.tell.progress, what="draws of sets"),
    )
    chosen = pd.DataFrame({name: returns[best[name]] for name, returns in rivals.items()})
    chosen[benchmark] = held
    shown = {**best, benchmark: str(held.name)}
    courses = best_sets.courses(chosen)

    stability = overfitting.rank_stability(whole.group_scores().to_numpy())
    winner = evidence.of_winner(
        strategies, examined.strategies, benchmark, plan, stability.kendalls_w
    )
    years = _calendar_years(run.read.json(MARKET_SCENARIOS))
    performance = by_market.scenario_performance(whole, benchmark)
    scores = by_market.strategy_scores(whole)
    for name, table in {
        "set_rankings": sets,
        "strategy_rankings": strategies,
        "scenario_performance": performance,
        "strategy_scores": scores,
        "leaders": by_market.leaders(scores),
        "paths": by_market.paths(performance),
        "evidence": verdict.beside(examined.strategies, benchmark, winner.level),
        "set_evidence": examined.sets,
        "scores_since": since_first.scores(
            daily,
            best.to_dict(),
            cash,
            weights,
            alike,
            partial(run.tell.progress, what="scores since a first position"),
        ),
        "window_returns": by_market.window_returns(whole, years),
        "courses": courses,
        "calendar_years": best_sets.calendar_years(chosen),
        "best_sets": best_sets.trading(
            shown,
            whole,
            courses,
            _yearly(traded, len(held) / plan.periods_per_year),
        ),
    }.items():
        run.write.parquet(ASSESSED.format(table=name), table)
    run.write.parquet(STRATEGY_EVIDENCE, best_sets.by_date(chosen, shown, cash, yearly))
    run.write.json(
        ASSESSMENT,
        {
            "conclusion": verdict.in_words(winner, passed=bool(strategies["passed"].iloc[0])),
            "winner": asdict(winner),
            "rank_stability": asdict(stability),
            "tested": {
                "cells": whole.cells(),
                "alike": copies.ALIKE,
                "tickers": len(whole.tickers),
                "market_scenarios": whole.returns["scenario_name"].nunique(),
            },
        },
    )
    passed = int(strategies["passed"].sum())
    run.tell.headline(f"{whole.cells():,} cells; {winner.strategy} first, {passed} strategies pass")


def _returns(
    frames: Mapping[str, pd.DataFrame], benchmark: str
) -> tuple[dict[str, pd.DataFrame], Floats]:
    """(bars, sets) daily returns of each strategy, all of the same bars; and (bars,) of cash."""
    for name, frame in frames.items():
        if not frame["timestamp"].equals(frames[benchmark]["timestamp"]):
            where = RETURNS.format(strategy=name)
            raise InputError(where, "has other bars than the benchmark", "run make again")
    cash = frames[benchmark][CASH].to_numpy()
    sets = {name: frame.drop(columns=CASH).set_index("timestamp") for name, frame in frames.items()}
    return sets, cash


def _yearly(traded: Mapping[str, pd.DataFrame], years: float) -> pd.DataFrame:
    """What each set of each strategy trades without cost, a year, from sums over so many years."""
    rows = pd.concat([frame.assign(strategy_name=name) for name, frame in traded.items()])
    return rows.assign(**{name: rows[name] / years for name in best_sets.WITHOUT})


def _calendar_years(markets: Sequence[Mapping[str, Any]]) -> list[str]:
    """The historical windows that are one."""
    windows = {m["name"]: m["parameters"] for m in markets if m["kind"] == ScenarioKind.HISTORICAL}
    return [name for name, window in windows.items() if is_calendar_year(Window(**window))]


def _plan(settings: Mapping[str, Any], excess: Floats, yearly: float, seed: int) -> evidence.Plan:
    """How returns are examined, of as many bars as (bars,) those of the benchmark beyond cash.

    These alone choose a block length, so what else is listed does not.
    """
    walk, bars = settings["walk_forward"], len(excess)
    years = walk["first_years"] or min(FIRST_YEARS, bars / yearly / 4)
    first = round(years * yearly)
    if not 2 <= first < bars:
        raise BadValue(
            "walk_forward.first_years",
            f"that is {first} bars, and the data hold {bars}, or {bars / yearly:.1f} years",
            "choose so that there are bars to choose on, and some are left to trade",
        )
    return evidence.Plan(
        periods_per_year=yearly,
        blocks=settings["blocks"],
        first=first,
        every=max(1, round(walk["every_years"] * yearly)),
        bootstrap=overfitting.Bootstrap(
            block_length=block_length.chosen(settings["block_length"], excess[:, np.newaxis]),
            replicates=settings["bootstrap_replicates"],
            confidence=settings["confidence"],
            seed=seed,
        ),
    )


if __name__ == "__main__":
    assess()
