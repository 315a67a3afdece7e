"""Models beside the baseline: differences, their intervals, and the verdicts on all of them."""

import math
from itertools import combinations
from typing import Any

from referee.drawing import HALF, block_length, block_starts, drawn_sums, interval, step_down
from referee.forecasts import KEYS, summed
from referee.results import Floats, Results
from referee.verdict import Comparison

import numpy as np
import pandas as pd

FILE = "metrics/scenario_compare.json"
BASE_RATE = "base rate"  # what models of direction are held against
TINY = 1e-9  # differences in squared errors are small, and still have digits
FEWEST_IN_TAIL, MOST_DRAWS = 50, 50_000
Pair = tuple[str, str]


def look(results: Results, cells: int, seed: int) -> str:
    """Draw every difference again, and test all of them together."""
    plan, told = results.config["evaluate"], results.json(FILE)
    held = Comparison(FILE, tolerance=1e-7, small=TINY)
    pairs = [(s, m) for s in results.config["scenarios"] for m in results.config["models"]]
    compared = [
        (pair, (pair[0], BASE_RATE if of_direction(results, pair) else plan["baseline"]))
        for pair in pairs
        if pair[1] != plan["baseline"]
    ]
    across = [(b, a) for a, b in combinations(pairs, 2) if a[1] == b[1]]
    least = math.ceil(FEWEST_IN_TAIL / (1 - plan["confidence"]))
    most = max(MOST_DRAWS, plan["bootstrap_replicates"])
    draws = max(least, min(plan["bootstrap_replicates"] * max(len(compared), 1), most))
    held.same("all", "draws", told["draws"], draws)
    held.same("all", "comparisons", told["comparisons"], len(compared))
    if compared:
        beyond = [values.to_numpy() for _, values in _losses(results, compared)[2].items()]
        least = results.config["feature_engineering"]["horizon"]
        length = block_length(plan["block_length"], beyond, least)
        held.same("all", "block_length", told["block_length"], length)
    desk = Desk(results, told["block_length"])
    records = {
        (r["scenario"], r["model"], r["less_scenario"], r["less_model"], r["metric"]): r
        for r in told["paired_differences"]
    }
    metrics_of = {pair: 4 if of_direction(results, pair) else 7 for pair in pairs}
    expected = sum(metrics_of[pair] for pair, _ in compared + across)
    held.same("all", "differences", len(records), expected)
    judged = _judged(desk, compared, draws) if compared else {}
    for replicates, chosen in ((draws, compared), (plan["bootstrap_replicates"], across)):
        for pair, other in chosen:
            ours, theirs = (desk.drawn(side, (pair, other), replicates) for side in (pair, other))
            for name in ours[0]:
                less = ours[0][name] - theirs[0][name]
                record = records[*pair, *other, name]
                row = f"{' '.join(pair)} less {' '.join(other)}, {name}"
                held.number(row, "difference", record["difference"], less)
                ends = interval(ours[1][name] - theirs[1][name], plan["confidence"], HALF)
                held.number(row, "lower", record["lower"], ends[0])
                held.number(row, "upper", record["upper"], ends[1])
                for column, expected in judged.get(pair, {}).items():
                    if name in ("mse", "brier_score") and (pair, other) in compared:
                        _hold(held, row, column, record[column], expected)
    return (
        f"{len(records):,} differences and {len(judged)} verdicts on {draws:,} draws agree ({held})"
    )


def _hold(held: Comparison, row: str, column: str, found: Any, expected: Any) -> None:
    if isinstance(expected, str):
        held.same(row, column, found, expected)
    else:
        held.number(row, column, found, expected)


class Desk:
    """Forecasts reduced to sums of dates, and drawn."""

    def __init__(self, results: Results, length: int) -> None:
        self.results, self.length = results, length
        self.seed = results.seed("scenario_compare")
        self._known: dict[Any, tuple[dict[str, float], dict[str, Floats]]] = {}

    def drawn(
        self, side: Pair, pairs: tuple[Pair, Pair], replicates: int
    ) -> tuple[dict[str, float], dict[str, Floats]]:
        """The metrics of one of two forecasts, on the rows of both: of all dates, of each draw."""
        if BASE_RATE in (pairs[1][1], side[1]):
            return self._of(pairs[0], replicates, None, of_base_rate=side[1] == BASE_RATE)
        rows, others = (
            self.results.table(f"data/predictions/{s}_{m}.parquet")[KEYS] for s, m in pairs
        )
        return self._of(side, replicates, None if rows.equals(others) else pairs)

    def _of(
        self,
        side: Pair,
        replicates: int,
        pairs: tuple[Pair, Pair] | None,
        *,
        of_base_rate: bool = False,
    ) -> tuple[dict[str, float], dict[str, Floats]]:
        key = side, replicates, pairs and frozenset(pairs), of_base_rate
        if key not in self._known:
            both = None
            if pairs:
                rows, others = (
                    self.results.table(f"data/predictions/{s}_{m}.parquet")[KEYS] for s, m in pairs
                )
                both = rows.merge(others, on=KEYS)
            _, table, metrics_of = summed(self.results, *side, both, of_base_rate=of_base_rate)
            starts = block_starts(len(table), self.length, replicates, self.seed)
            whole = metrics_of(table.sum(axis=0, keepdims=True))
            drawn = metrics_of(drawn_sums(table, starts, self.length))
            self._known[key] = {name: float(v[0]) for name, v in whole.items()}, drawn
        return self._known[key]


def of_direction(results: Results, pair: Pair) -> bool:
    """Whether a model forecasts probabilities, which have their base rate beside them."""
    return "y_base" in results.table("data/predictions/{}_{}.parquet".format(*pair))


def _losses(
    results: Results, compared: list[tuple[Pair, Pair]]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(dates, pairs) squared errors less the baseline's, rows, and the errors about their mean."""
    of = {pair: summed(results, *pair)[0] for pair, _ in compared}
    more = pd.DataFrame({pair: s["squared"] - s["base"] for pair, s in of.items()}).fillna(0.0)
    rows = pd.DataFrame({pair: s["rows"] for pair, s in of.items()}).fillna(0.0)
    return more, rows, more - more.sum() / rows.sum() * rows


def _judged(
    desk: Desk, compared: list[tuple[Pair, Pair]], draws: int
) -> dict[Pair, dict[str, Any]]:
    """The verdict on each pair, all tested together on the dates of all scenarios."""
    more, rows, _ = _losses(desk.results, compared)
    starts = block_starts(len(more), desk.length, draws, desk.seed)
    with np.errstate(invalid="ignore"):
        observed = (more.sum() / rows.sum()).to_numpy()
        above, below = (drawn_sums(side.to_numpy(), starts, desk.length) for side in (more, rows))
        drawn = above / np.where(below > 0, below, np.nan)
    confidence = desk.results.config["evaluate"]["confidence"]
    tested = step_down(observed, drawn, confidence, two_sided=True)
    told = {}
    for place, pair in enumerate(pair for pair, _ in compared):
        p_value, reach = tested.p_values[place], tested.critical[place] * tested.spread[place]
        lower, upper = observed[place] - reach, observed[place] + reach
        if np.isnan(p_value) and observed[place] == 0:
            p_value, lower, upper = 1.0, 0.0, 0.0
        verdict = "better" if upper < 0 else "worse" if lower > 0 else "no difference shown"
        told[pair] = {
            "adjusted_p": p_value,
            "adjusted_lower": lower,
            "adjusted_upper": upper,
            "verdict": "undefined" if np.isnan(p_value) else verdict,
        }
    return told
