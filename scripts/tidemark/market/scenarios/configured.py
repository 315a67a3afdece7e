"""Every market scenario that the configuration asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tidemark.errors import InputError
from tidemark.market.bars_a_year import Rates
from tidemark.market.grid import Prices
from tidemark.market.scenarios.market import SECTION, MarketScenario
from tidemark.market.scenarios.paths import Simulation, path_names, simulated
from tidemark.market.scenarios.stress import Stress, stress_of, stressed
from tidemark.market.scenarios.windows import Window, calendar_years, full, historical


def build(
    prices: Prices, settings: Mapping[str, Any], seed: int, rates: Rates
) -> Iterator[MarketScenario]:
    """Every market scenario of the section `market_scenarios`, one at a time.

    A year has as many bars as in history, of each ticker; on a path, as the bars drawn from show.

    Args:
        prices: of all of history.
        settings: of the section.
        seed: of the paths.
        rates: of `bars_a_year.of_prices`.

    Raises:
        InputError: two have the same name, or as the functions below.
    """
    windows = {name: Window(**window) for name, window in settings["historical"].items()}
    years = calendar_years(prices) if settings["calendar_years"] else {}
    stresses = {name: stress_of(values) for name, values in settings["stress"].items()}
    simulation = Simulation(**settings["stochastic"])
    _require_distinct(["full", *windows, *years, *stresses, *path_names(simulation)])
    own = {ticker: rates.tickers[ticker].bars_a_year for ticker in prices.ticker}
    for one in _of_history(prices, windows | years, stresses):
        yield replace(one, bars_a_year=own)
    yield from simulated(prices, simulation, seed)


def _of_history(
    prices: Prices, windows: Mapping[str, Window], stresses: Mapping[str, Stress]
) -> Iterator[MarketScenario]:
    yield full(prices)
    yield from historical(prices, windows)
    yield from stressed(prices, stresses)


def _require_distinct(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problem = f"two market scenarios are called {twice[0]}"
        raise InputError(SECTION, problem, "give one of them another name")
