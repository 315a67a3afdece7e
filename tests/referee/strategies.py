"""Sets of parameters as they were written down, and what the strategies want with them."""

import importlib
import shlex
from functools import cache
from typing import Any

from referee.results import Bars, Floats, Results
from referee.verdict import NotLookedError
from tidemark.market.grid import Prices

import numpy as np

PACKAGE = "tidemark.backtest.strategies"


@cache
def module(strategy: str) -> Any:
    """The file of a strategy."""
    return importlib.import_module(f"{PACKAGE}.{strategy}")


def parameters(entry: dict[str, Any], told: str) -> dict[str, Any]:
    """The values in the text of a set, such as `fast=5 slow=50`, as the configuration has them."""
    defaults = module(entry["strategy"]).DEFAULTS
    texts = dict(part.split("=", 1) for part in shlex.split(told) if "=" in part)
    values = {}
    for name, default in defaults.items():
        listed = entry["parameters"].get(name, [default])
        known = {str(type(default)(value)): type(default)(value) for value in listed}
        if texts.get(name) not in known:
            raise NotLookedError(f"{told!r} is no set of {entry['strategy']} in the configuration")
        values[name] = known[texts[name]]
    return values


def as_prices(bars: Bars) -> Prices:
    """Bars as strategies take them."""
    times = bars.times.to_numpy("datetime64[us]")
    return Prices(times, tuple(bars.tickers), **{k: v.copy() for k, v in bars.fields.items()})


def targets(results: Results, name: str, told: str, bars: Bars) -> Floats:
    """(bars, tickers) what a strategy wants at each close with the set of that text."""
    entry = results.config["strategies"][name]
    values = parameters(entry, told)
    if entry["forecasts"] is not None:
        values["forecasts"] = forecasts(results, entry["forecasts"], bars)
    wanted = module(entry["strategy"]).targets(as_prices(bars), **values)
    return np.asarray(wanted, dtype=np.float64)


def forecasts(results: Results, source: dict[str, str], bars: Bars) -> Floats:
    """(bars, tickers) the mean return a bar that a model expects at each close."""
    made = results.table(f"data/predictions/{source['scenario']}_{source['model']}.parquet")
    wide = made.pivot(index="timestamp", columns="ticker", values="y_pred")
    horizon = results.config["feature_engineering"]["horizon"]
    return np.array(wide.reindex(index=bars.times, columns=bars.tickers) / horizon, np.float64)
