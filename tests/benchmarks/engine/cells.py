"""Cells as the pipeline makes them: SMA crosses on the sample in every market scenario.

It prints rows, seconds and peak memory for a quarter, half and all of the sets.
"""

import json
import sys
from functools import partial
from pathlib import Path
from statistics import median

from tidemark.backtest import strategies
from tidemark.backtest.cells import Trial
from tidemark.backtest.engine import Rules
from tidemark.config.sections import filled
from tidemark.market.bars_a_year import of_prices
from tidemark.market.grid import from_tidy
from tidemark.market.scenarios import configured
from tidemark.market.scenarios.settings import MarketScenarios

import pandas as pd
import yaml
from measuring import memory, seconds

ROOT = Path(__file__).resolve().parents[3]
GRID = {"fast": list(range(2, 52, 2)), "slow": list(range(60, 240, 20))}  # 225 sets
SHARES = (0.25, 0.5, 1.0)

imported = memory()
config = yaml.safe_load((ROOT / "config.yaml").read_bytes())
frame = pd.read_csv(ROOT / "data/sample/prices.csv", parse_dates=["Date"])
frame = frame.rename(columns=lambda name: name.lower().replace(" ", "_"))
prices = from_tidy(frame.rename(columns={"date": "timestamp"}))
rates = of_prices(prices, None, None, daily=True)
scenarios = filled(MarketScenarios, config["market_scenarios"])
built = list(configured.build(prices, scenarios, 42, rates))
rules = Rules("next_open", 5e-4, 5e-4, "long_short", 0.0, rates.together.bars_a_year)
strategy = strategies.load("sma_cross")
sets = strategies.grid(strategy, GRID)


def rows(share: float) -> int:
    """The number of cells of the first sets; each part is dropped once it is counted."""
    trial = Trial("sma_cross", strategy, sets[: round(share * len(sets))], {}, rules)
    return sum(len(part) for _, part in trial.cells(trial.markets(built)))


counts, peaks = {}, {}
for share in SHARES:
    counts[share], peaks[share] = rows(share), memory() - imported
rounds = [[seconds(partial(rows, share)) for share in SHARES] for _ in range(int(sys.argv[1]))]
times = dict(zip(SHARES, map(median, zip(*rounds, strict=True)), strict=True))
print(
    json.dumps(
        [{"rows": counts[s], "seconds": times[s], "memory": peaks[s]} for s in SHARES],
    )
)
