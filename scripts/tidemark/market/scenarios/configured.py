"""Every market scenario that the configuration asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tidemark.errors import BadValue
from tidemark.market.bars_a_year import Rates
from tidemark.market.grid import Prices
from tidemark.market.scenarios.lengths import plan
from tidemark.market.scenarios.market import MarketScenario
from tidemark.market.scenarios.paths import path_names, simulated
from tidemark.market.scenarios.settings import MarketScenarios, Stress, Window
from tidemark.market.scenarios.stress import stressed
from tidemark.market.scenarios.windows import calendar_years, full, historical


def build(
    prices: Prices, settings: MarketScenarios, seed: int, rates: Rates
) -> Iterator[MarketScenario]:
    """Yield the market scenarios that are asked for, one at a time.

    A ticker's year has as many bars as in history; on a path, as many as the bars drawn from show.

    Args:
        prices: all of history.
        settings: what is asked for.
        seed: for the paths.
        rates: as returned by `bars_a_year.of_prices`.

    Raises:
        BadValue: two have the same name, or a window, stress or simulation cannot be made.
    """
    years = _years(prices, settings)
    _require_distinct(names(prices, settings))
    own = {ticker: rates.tickers[ticker].bars_a_year for ticker in prices.ticker}
    for scenario in _of_history(prices, {**settings.historical, **years}, settings.stress):
        yield replace(scenario, bars_a_year=own)
    yearly = rates.together.bars_a_year
    yield from simulated(prices, plan(settings.stochastic, len(prices.close), yearly), seed)


def names(prices: Prices, settings: MarketScenarios) -> list[str]:
    """Those of all that `build` yields, in its order."""
    of_history = ["full", *settings.historical, *_years(prices, settings), *settings.stress]
    return [*of_history, *path_names(settings.stochastic)]


def _years(prices: Prices, settings: MarketScenarios) -> Mapping[str, Window]:
    return calendar_years(prices) if settings.calendar_years else {}


def _of_history(
    prices: Prices, windows: Mapping[str, Window], stresses: Mapping[str, Stress]
) -> Iterator[MarketScenario]:
    yield full(prices)
    yield from historical(prices, windows)
    yield from stressed(prices, stresses)


def _require_distinct(listed: Sequence[str]) -> None:
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if twice:
        problem = f"two market scenarios are called {twice[0]}"
        raise BadValue("", problem, "give one of them another name")
