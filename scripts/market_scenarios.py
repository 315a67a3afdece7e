"""Make the market scenarios to try strategies on: stretches of history, stresses, simulations."""

import contextlib

from tidemark.bars import below_zero, holes
from tidemark.bars.long_form import require_tidy
from tidemark.harness.step import Run, step
from tidemark.layout.data_gate import PASSED
from tidemark.layout.fetch_data import RAW_PRICES
from tidemark.layout.market_scenarios import BARS_A_YEAR, MARKET_SCENARIOS
from tidemark.layout.validate_schema import SESSIONS
from tidemark.market import bars_a_year
from tidemark.market.bars_a_year import Rates
from tidemark.market.grid import Prices, from_tidy
from tidemark.market.scenarios import configured, files
from tidemark.market.scenarios.settings import MarketScenarios
from tidemark.naming import counted
from tidemark.validation import passed


@step()
def market_scenarios(run: Run) -> None:
    """Write data/scenarios/: all of history, the bars of each simulation, and what each is."""
    prices, rates = _history(run)
    settings = run.settings(MarketScenarios, run.config["market_scenarios"])
    number = len(configured.names(prices, settings))
    records = []
    with contextlib.ExitStack() as stack:
        written = {
            kind: stack.enter_context(run.write.parquet_parts(path, files.REPEATING))
            for kind, path in files.FILES.items()
        }
        for scenario in configured.build(prices, settings, run.seed, rates):
            if scenario.kind in written:
                for frame in files.in_parts(scenario):
                    written[scenario.kind].write(frame)
            records.append(scenario.record())
            run.tell.progress(len(records), number, "market scenarios")
        for parts in written.values():
            if not parts.rows:
                parts.write(files.none_of(prices))
    run.write.json(MARKET_SCENARIOS, records)
    run.write.json(BARS_A_YEAR, rates.record())
    for record in records:
        if not record["bars"]:
            run.tell.note(f"{record['name']}: {record['note']}")
    simulated = sum(record["simulated"] for record in records)
    run.tell.headline(f"{len(records)} market scenarios, {simulated} of them simulated")


def _history(run: Run) -> tuple[Prices, Rates]:
    """The bars of all of history, and how many make a year."""
    raw = require_tidy(run.read.parquet(RAW_PRICES), RAW_PRICES)
    let_pass = run.read.json(PASSED.format(source="prices"))
    passed.require(RAW_PRICES, run.read.inputs[RAW_PRICES], let_pass)
    empty = holes.of_closes(raw, run.config["preprocess"]["longest_hole_days"])
    prices = from_tidy(below_zero.emptied(holes.spliced(raw, empty)))
    of_low = empty["below_zero"] > 0
    if empty["after"][~of_low].notna().any():
        missing = counted(empty["after"][~of_low].count(), "hole")
        run.tell.note(f"{missing} left out: {holes.in_words(empty[~of_low])}")
    if of_low.any():
        left = counted(int(empty["below_zero"].sum()), "price")
        run.tell.note(
            f"{left} at or below 0 left out, with what was gained or lost across: "
            f"{holes.in_words(empty[of_low])}"
        )
    daily = run.config["fetch_data"]["prices"]["bar"] != "intraday"
    sessions = run.read.parquet(SESSIONS)
    return prices, bars_a_year.of_prices(prices, sessions, empty, daily=daily)


if __name__ == "__main__":
    market_scenarios()
