"""Every market scenario that the configuration asks for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidemark.backtest.prices import Prices
from tidemark.backtest.scenarios.market import SECTION, MarketScenario
from tidemark.backtest.scenarios.paths import Simulation, path_names, simulated
from tidemark.backtest.scenarios.stress import stress_of, stressed
from tidemark.backtest.scenarios.windows import Window, calendar_years, full, historical
from tidemark.errors import InputError


def build(prices: Prices, settings: Mapping[str, Any], seed: int) -> Iterator[MarketScenario]:
    """Every market scenario of the section `market_scenarios`, one at a time.

    Raises:
        InputError: two have the same name, or as the functions below.
    """
    windows = {name: Window(**window) for name, window in settings["historical"].items()}
    years = calendar_years(prices) if settings["calendar_years"] else {}
    stresses = {name: stress_of(values) for name, values in settings["stress"].items()}
    simulation = Simulation(**settings["stochastic"])
    _require_distinct(["full", *windows, *years, *stresses, *path_names(simulation)])
    yield full(prices)
    yield from historical(prices, windows | years)
    yield from stressed(prices, stresses)
    yield from simulated(prices, simulation, seed)


def _require_distinct(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problem = f"two market scenarios are called {twice[0]}"
        raise InputError(SECTION, problem, "give one of them another name")
