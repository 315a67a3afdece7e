"""Trade one strategy: every set of parameters on every ticker in every market scenario."""

import warnings
from collections.abc import Iterator
from typing import Any

from tidemark.arrays import Floats
from tidemark.backtest import causality, strategies
from tidemark.backtest.cells import Trial
from tidemark.backtest.engine import Rules
from tidemark.harness.step import Run, step
from tidemark.market.grid import Prices, TradingHours, forecasts_on
from tidemark.market.scenarios import files
from tidemark.market.scenarios.market import MarketScenario
from tidemark.naming import counted

import pandas as pd

BASIS_POINT = 1e-4


@step(per=("strategy",))
def backtest(run: Run) -> None:
    """Write metrics/backtests/{strategy}.parquet, and the daily returns to data/backtests/."""
    _warn_once()
    markets = files.stored(run.read_json(files.RECORDS), run.read_parquet)
    trial = _trial(run, markets[0])
    causality.require_causal(trial.strategy, markets[0].prices, trial.sets, trial.inputs)
    tested = trial.markets(markets)
    rows = run.write_parquet_parts(
        f"metrics/backtests/{run.strategy}.parquet", _cells(run, trial, tested)
    )
    run.write_parquet(f"data/backtests/{run.strategy}.parquet", trial.returns(markets[0]))
    sets, scenarios = counted(len(trial.sets), "set"), counted(len(tested), "market scenario")
    run.headline(f"{counted(rows, 'cell')}: {sets}, {scenarios}")


def _warn_once() -> None:
    """A warning of a strategy's line shows once, not again for each set and market scenario.

    Python's own filter "once" forgets, whenever a library changes the filters for a while.
    """
    show, shown = warnings.showwarning, set()

    def first(message: Any, category: Any, file: str, line: int, *rest: Any) -> None:
        if (file, line) not in shown:
            shown.add((file, line))
            show(message, category, file, line, *rest)

    warnings.showwarning = first


def _trial(run: Run, full: MarketScenario) -> Trial:
    entry = run.config["strategies"][run.strategy]
    strategy = strategies.load(entry["strategy"])
    where = f"config.yaml strategies.{run.strategy}.parameters"
    sets = strategies.grid(strategy, run.plain(entry["parameters"]), where)
    inputs = {name: _forecasts(run, strategy, full.prices) for name in strategy.inputs}
    trading = run.config["backtest"]
    hours = trading["trading_hours"]
    rules = Rules(
        fill=trading["fill"],
        cost=BASIS_POINT * trading["cost_basis_points"],
        slippage=BASIS_POINT * trading["slippage_basis_points"],
        direction=trading["direction"],
        cash_rate=trading["cash_rate"],
        periods_per_year=tuple(full.bars_a_year.values()),
    )
    within = None if hours is None else TradingHours(**run.plain(hours))
    return Trial(run.strategy, strategy, sets, inputs, rules, within)


def _forecasts(run: Run, strategy: strategies.Strategy, history: Prices) -> Floats:
    wanted = run.config["strategies"][run.strategy]["forecasts"]
    if wanted is None:
        raise strategies.lacking(strategy, "forecasts", f"config.yaml strategies.{run.strategy}")
    path = f"data/predictions/{wanted['scenario']}_{wanted['model']}.parquet"
    horizon = run.config["feature_engineering"]["horizon"]
    return forecasts_on(history, run.read_parquet(path), horizon)


def _cells(run: Run, trial: Trial, tested: list[MarketScenario]) -> Iterator[pd.DataFrame]:
    for done, frame in trial.cells(tested):
        run.progress(f"{done} of {len(tested)} market scenarios")
        yield frame


if __name__ == "__main__":
    backtest()
