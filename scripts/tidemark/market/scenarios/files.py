"""Market scenarios as records and tidy bars, and back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tidemark.arrays import Integers
from tidemark.errors import InputError
from tidemark.layout.market_scenarios import HISTORY, MARKET_SCENARIOS, STOCHASTIC, STRESS
from tidemark.market.grid import Prices
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.market import MarketScenario
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

FILES = {  # by the kind of market scenario whose bars they hold; windows share those of `full`
    ScenarioKind.FULL: HISTORY,
    ScenarioKind.STRESS: STRESS,
    ScenarioKind.STOCHASTIC: STOCHASTIC,
}


def tidy(scenario: MarketScenario) -> pd.DataFrame:
    """The bars as a frame to store: timestamp, ticker, open, ..., volume, scenario.

    Each bar that has a close is a row, sorted by ticker and time. `stored` is the inverse.
    """
    prices = scenario.prices
    column, row = np.nonzero(np.isfinite(prices.close.T))
    bars = {field: getattr(prices, field)[row, column] for field in OHLCV}
    keys = {"timestamp": prices.timestamp[row], "ticker": np.array(prices.ticker)[column]}
    return pd.DataFrame(keys | bars | {"scenario": scenario.name})


def stored(
    records: Sequence[Mapping[str, Any]], read: Callable[[str], pd.DataFrame]
) -> list[MarketScenario]:
    """The market scenarios that were written as records and bars; `full` comes first.

    Args:
        records: as returned by `MarketScenario.record`, from the file of market scenarios.
        read: returns the frame in a file.

    Raises:
        InputError: a simulated market scenario has no bars, or bars have no record.
    """
    tickers = tuple(records[0]["covered"])
    history = _wide(read(FILES[ScenarioKind.FULL]), tickers)
    own: dict[str, Prices] = {}
    for kind in (ScenarioKind.STRESS, ScenarioKind.STOCHASTIC):
        apart = dict(_apart(read(FILES[kind]), tickers))
        _require_same(FILES[kind], apart, [r for r in records if r["kind"] == kind])
        own |= apart
    return [_restored(record, own.get(record["name"], history)) for record in records]


def _require_same(
    file: str, bars: Mapping[str, Prices], records: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse a record without its bars, which would be traded on those of history, and bars alone.

    A stress that was not made has a record with 0 bars.
    """
    cure = "run make market_scenarios"
    recorded = {record["name"] for record in records if record["bars"]}
    for name in sorted(recorded - bars.keys()):
        raise InputError(file, f"has no bars of {name}", cure)
    for name in sorted(bars.keys() - recorded):
        raise InputError(file, f"has bars of {name}, which is not in {MARKET_SCENARIOS}", cure)


def _apart(frame: pd.DataFrame, tickers: tuple[str, ...]) -> Iterator[tuple[str, Prices]]:
    """The prices of each scenario in the rows of `tidy`; all share one time axis."""
    scenario, names = pd.factorize(frame["scenario"])
    column = scenario * len(tickers) + _places(frame["ticker"], tickers)
    prices = _spread(frame, column, tickers * len(names))
    for number, name in enumerate(names):
        yield name, prices.columns(number * len(tickers), (number + 1) * len(tickers))


def _restored(record: Mapping[str, Any], prices: Prices) -> MarketScenario:
    names = ("name", "group", "covered", "note", "parameters", "bars_a_year")
    rules = ("cost_multiplier", "slippage_multiplier", "cash_rate_change")
    first = record["warm_up"]
    return MarketScenario(
        kind=ScenarioKind(record["kind"]),
        prices=prices,
        counted=slice(first, first + record["bars"]),
        **{key: record[key] for key in (*names, *rules)},
    )


def _wide(frame: pd.DataFrame, tickers: tuple[str, ...]) -> Prices:
    return _spread(frame, _places(frame["ticker"], tickers), tickers)


def _places(names: pd.Series, tickers: tuple[str, ...]) -> Integers:
    """The column of each row's ticker."""
    code, distinct = pd.factorize(names)
    place = pd.Index(tickers).get_indexer(distinct)
    if (place < 0).any():
        unknown = distinct[place < 0][0]
        raise InputError(
            MARKET_SCENARIOS, f"has no ticker {unknown}, of which there are bars", "run make"
        )
    return np.asarray(place[code])


def _spread(frame: pd.DataFrame, column: Integers, tickers: tuple[str, ...]) -> Prices:
    """The rows of `tidy` as bars, by time and `column`."""
    row, times = pd.factorize(frame["timestamp"].to_numpy(), sort=True)
    bars = np.full((len(OHLCV), len(tickers), len(times)), np.nan)
    for table, field in zip(bars, OHLCV, strict=True):
        table[column, row] = frame[field].to_numpy(np.float64)
    return Prices(times, tickers, *bars.swapaxes(1, 2))
