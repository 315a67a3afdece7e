"""Make the market scenarios to try strategies on: stretches of history, stresses, simulations."""

from tidemark.bars import holes
from tidemark.bars.long_form import require_tidy
from tidemark.harness.step import Run, step
from tidemark.layout.data_gate import PASSED
from tidemark.layout.fetch_data import RAW_PRICES
from tidemark.layout.market_scenarios import BARS_A_YEAR, MARKET_SCENARIOS
from tidemark.layout.validate_schema import SESSIONS
from tidemark.market import bars_a_year
from tidemark.market.grid import from_tidy
from tidemark.market.scenarios import configured, files
from tidemark.market.scenarios.settings import MarketScenarios
from tidemark.naming import counted
from tidemark.validation import passed

import pandas as pd


@step()
def market_scenarios(run: Run) -> None:
    """Write data/scenarios/: all of history, the bars of each simulation, and what each is."""
    raw = require_tidy(run.read.parquet(RAW_PRICES), RAW_PRICES)
    let_pass = run.read.json(PASSED.format(source="prices"))
    passed.require(RAW_PRICES, run.read.inputs[RAW_PRICES], let_pass)
    empty = holes.of_closes(raw, run.config["preprocess"]["longest_hole_days"])
    prices = from_tidy(holes.spliced(raw, empty))
    if empty["after"].notna().any():
        missing = counted(empty["after"].count(), "hole")
        run.tell.note(f"{missing} left out: {holes.in_words(empty)}")
    daily = run.config["fetch_data"]["prices"]["bar"] == "daily"
    sessions = run.read.parquet(SESSIONS)
    rates = bars_a_year.of_prices(prices, sessions, empty, daily=daily)
    settings = run.settings(MarketScenarios, run.config["market_scenarios"])
    built = list(configured.build(prices, settings, run.seed, rates))
    for kind, path in files.FILES.items():
        frames = [files.tidy(scenario) for scenario in built if scenario.kind == kind]
        run.write.parquet(path, pd.concat(frames) if frames else files.tidy(built[0])[:0])
    records = [scenario.record() for scenario in built]
    run.write.json(MARKET_SCENARIOS, records)
    run.write.json(BARS_A_YEAR, rates.record())
    for record in records:
        if not record["bars"]:
            run.tell.note(f"{record['name']}: {record['note']}")
    simulated = sum(record["simulated"] for record in records)
    run.tell.headline(f"{len(records)} market scenarios, {simulated} of them simulated")


if __name__ == "__main__":
    market_scenarios()
