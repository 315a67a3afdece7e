"""What strategies want at each close, for those whose rule is written down here again."""

from referee import strategies
from referee.cells import FILE
from referee.results import FIELDS, Results
from referee.rules import RULES
from referee.verdict import Comparison, NotLookedError

import numpy as np

STRATEGY = "scripts/tidemark/backtest/strategies/{}.py"


def look(results: Results, cells: int, seed: int) -> str:
    """Hold some sets of each strategy against its rule, on all bars of a market scenario."""
    entries = dict(results.strategies())
    known = [name for name, entry in entries.items() if entry["strategy"] in RULES]
    others = [name for name in entries if name not in known]
    if not known:
        raise NotLookedError(f"there is no rule here for {', '.join(others)}")
    each = max(1, cells // (10 * len(known)))
    looked, bars, worst = 0, 0, 0.0
    for name in known:
        held = Comparison(STRATEGY.format(entries[name]["strategy"]))
        for cell in results.sample(FILE.format(name), each, seed).itertuples():
            _hold(held, results, name, cell.set, cell.scenario_name)
            looked += 1
        bars, worst = bars + held.count, max(worst, held.worst)
    alone = f"; {len(others)} of yours, not worked out by a rule of its own" if others else ""
    return (
        f"{bars:,} of {looked:,} sets in {len(known)} strategies agree"
        f" (worst relative difference {worst:.1e}){alone}"
    )


def _hold(held: Comparison, results: Results, name: str, told: str, scenario: str) -> None:
    entry, bars = results.config["strategies"][name], results.bars(scenario)
    values = strategies.parameters(entry, told)
    expected = {}
    if entry["forecasts"] is not None:
        expected = strategies.forecasts(results, entry["forecasts"], bars)
    wanted = strategies.targets(results, name, told, bars)
    for column, ticker in enumerate(bars.tickers):
        own = {field: bars.fields[field][:, column] for field in FIELDS}
        more = {"forecasts": expected[:, column]} if entry["forecasts"] is not None else {}
        ours = RULES[entry["strategy"]](own, **more, **values)
        there = np.flatnonzero(np.isfinite(own["close"]))
        held.numbers(
            lambda place, t=ticker, rows=there: (
                f"{told}, {scenario}, {t}, {bars.times[rows[place]]}"
            ),
            "target",
            _flat_if_unknown(wanted[there, column]),
            _flat_if_unknown(ours[there]),
        )


def _flat_if_unknown(targets: np.ndarray) -> np.ndarray:
    """NaN is traded as 0."""
    return np.where(np.isnan(targets), 0.0, targets)
