"""Small projects at random: other tickers, holes, clocks and rules of trading than the sample's."""

import json
import random
from pathlib import Path

from conftest import ROOT, Tree, _copy
from tidemark.validation import schema

import numpy as np
import pandas as pd
import yaml

GRIDS = {
    "sma_cross": {"fast": [2, 5], "slow": [10, 30]},
    "ema_cross": {"fast": [3], "slow": [9, 20]},
    "macd_cross": {"fast": [4], "slow": [9], "signal": [3, 5]},
    "time_series_momentum": {"lookback": [10, 40], "skip": [0, 3]},
    "momentum_turning_points": {"fast": [3], "slow": [20, 40]},
    "high_proximity": {"window": [20], "nearness": [0.9, 0.97]},
    "rsi_reversal": {"window": [2, 7], "oversold": [25.0]},
    "bollinger_reversal": {"window": [10], "width": [1.0, 2.0]},
    "return_reversal": {"lookback": [1, 4], "threshold": [1.0], "window": [20]},
    "donchian_breakout": {"entry": [10, 20], "exit": [5]},
    "keltner_breakout": {"window": [10], "width": [0.5, 1.5]},
    "volatility_breakout": {"window": [5], "width": [0.5, 1.0]},
    "volatility_managed": {"fast": [5], "slow": [20, 40]},
    "volatility_regime": {"fast": [5], "slow": [40], "limit": [1.0, 1.25]},
}


def generate(folder: Path, chance: random.Random, strategies: int = 4) -> Tree:
    """Write a project without economic series; its code is that of this repository."""
    _copy(("config.yaml", "schemas", "reports/templates", "reports/narrative"), folder)
    intraday, opens = chance.random() < 0.4, chance.random() < 0.8
    frame = _prices(chance, intraday, opens)
    (folder / "mine").mkdir()
    frame.to_csv(folder / "mine/prices.csv", index=False)
    _loosen(folder / "schemas/prices.json")
    _without_economy(folder / "schemas/feature_contract.yaml")
    config = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
    _configure(config, chance, frame, intraday=intraday, opens=opens)
    if not intraday and chance.random() < 0.3:
        _closes_alone(config, folder / "mine/prices.csv", frame)
    chosen = sorted(chance.sample(sorted(GRIDS), strategies))
    _ask_further(config, folder / "schemas/feature_contract.yaml", chance, opens=opens)
    config["strategies"] = {"buy_and_hold": {"strategy": "buy_and_hold"}} | {
        name: {"strategy": name, "parameters": GRIDS[name]} for name in chosen
    }
    acknowledged = schema.fingerprint((folder / "schemas/prices.json").read_bytes())
    config["validate_schema"]["acknowledged_schemas"] = {"prices": acknowledged}
    (folder / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    return Tree(folder, str(ROOT))


def _prices(chance: random.Random, intraday: bool, opens: bool) -> pd.DataFrame:
    draw = np.random.default_rng(chance.randrange(2**32))
    if intraday:
        days = pd.bdate_range("2021-03-01", periods=40)
        times = [day + pd.Timedelta(minutes=m) for day in days for m in range(570, 961, 30)]
    else:
        times = list(pd.bdate_range("2015-01-05", periods=chance.randrange(550, 750)))
    tables = []
    for number in range(chance.randrange(1, 5)):
        first = chance.randrange(len(times) // 3) if number else 0
        last = len(times) - (chance.randrange(len(times) // 4) if number > 1 else 0)
        kept = np.arange(first, last)
        kept = kept[draw.random(len(kept)) > (0.02 if number else 0.0)]
        if number == 2:  # a hole
            kept = kept[(kept < len(times) // 2) | (kept > len(times) // 2 + 30)]
        move = draw.normal(0.0003, draw.uniform(0.005, 0.04), len(kept))
        move[draw.random(len(kept)) < 0.005] += 0.8  # ruins who is short
        close = 50 * np.exp(np.cumsum(move))
        gap = close * np.exp(draw.normal(0, 0.005, len(kept)))
        factor = np.where(np.arange(len(kept)) < len(kept) // 2, 0.5, 1.0)
        table = {
            "when": [times[place] for place in kept],
            "what": f"T{number}",
            "open": gap if opens else np.nan,
            "high": np.maximum(gap, close) * (1 + np.abs(draw.normal(0, 0.004, len(kept)))),
            "low": np.minimum(gap, close) * (1 - np.abs(draw.normal(0, 0.004, len(kept)))),
            "close": close,
            "volume": draw.integers(1, 10**6, len(kept)),
            "adjusted": close * factor,
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _closes_alone(config: dict, path: Path, frame: pd.DataFrame) -> None:
    """Write the adjusted closes alone, a column a ticker."""
    frame.pivot(index="when", columns="what", values="adjusted").to_csv(path)
    config["backtest"]["fill"] = "next_close"
    prices = config["fetch_data"]["prices"]
    prices |= {"layout": "wide", "columns": {"timestamp": "when", "adj_close": "*"}}


def _loosen(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    for field in told["fields"].values():
        if "max_null_rate" in field:
            field["max_null_rate"] = 1.0
    told |= {"min_rows": 50, "max_age_days": None, "gaps": "ignore", "adjustment_tolerance": None}
    path.write_text(json.dumps(told), "utf-8")


def _without_economy(contract: Path) -> None:
    lines = contract.read_text("utf-8").splitlines()
    economic = ("yield_", "unemployment", "term_spread")
    kept = [line for line in lines if not line.strip().startswith(economic)]
    contract.write_text("\n".join([*kept, ""]), "utf-8")


def _ask_further(config: dict, contract: Path, chance: random.Random, *, opens: bool) -> None:
    """Ask for two features of prices and volumes, if there are any beside closes."""
    if config["fetch_data"]["prices"]["layout"] == "wide":
        return
    kinds = ["relative_volume", "signed_volume", "parkinson", "true_range"]
    kinds += ["garman_klass", "overnight_gap"] if opens else []
    asked = {
        kind: {"window": [chance.choice([2, 5, 14])]} for kind in sorted(chance.sample(kinds, 2))
    }
    if "overnight_gap" in asked:
        asked["overnight_gap"] = {}
    config["feature_engineering"]["features"] = asked
    names = ["_".join([kind, *map(str, of.get("window", []))]) for kind, of in asked.items()]
    lines = "".join(f"  {name}: float64\n" for name in names)
    text = contract.read_text("utf-8")
    contract.write_text(text.replace("  target: float64\n", f"{lines}  target: float64\n"), "utf-8")


def _configure(
    config: dict, chance: random.Random, frame: pd.DataFrame, *, intraday: bool, opens: bool
) -> None:
    zone = "America/New_York" if intraday else "UTC"
    config["fetch_data"] |= {"corporate_actions": None, "economic": {}}
    config["fetch_data"]["prices"] = {
        "path": "mine/prices.csv",
        "layout": "long",
        "bar": "intraday" if intraday else "daily",
        "date_format": "%Y-%m-%d %H:%M:%S" if intraday else "%Y-%m-%d",
        "time_zone": zone,
        "columns": {
            "timestamp": "when",
            "ticker": "what",
            "adj_close": "adjusted",
            **{name: name for name in ("open", "high", "low", "close", "volume")},
        },
    }
    config["validate_schema"] |= {"as_of": None, "calendar": None}
    config["feature_engineering"] |= {"economic": [], "term_spread": None}
    for model in ("svr", "poly2"):
        del config["models"][model]
    config["evaluate"] |= {"bootstrap_replicates": 200, "block_length": chance.choice([9, "auto"])}
    config["seed"] = chance.randrange(10**6)
    first, last = frame["when"].min(), frame["when"].max()
    middle = first + (last - first) / 3
    config["split_data"] |= {"test_start": f"{first + (last - first) * 0.6:%Y-%m-%d}", "folds": 3}
    hours = {"start": "10:00", "end": "15:00", "time_zone": zone}
    config["backtest"] = {
        "fill": chance.choice(["next_open", "next_close"]) if opens else "next_close",
        "cost_basis_points": chance.choice([0, 5, 80]),
        "slippage_basis_points": chance.choice([0, 3, 40]),
        "direction": chance.choice(["long_short", "long_short", "long_only"]),
        "cash_rate": chance.choice([0.0, 0.04, -0.01]),
        "trading_hours": hours if intraday and chance.random() < 0.7 else None,
    }
    window = {"start": f"{middle:%Y-%m-%d}", "end": f"{last:%Y-%m-%d}", "source": "chance"}
    config["market_scenarios"] |= {"historical": {"later": window}}
    config["market_scenarios"]["stochastic"] = {
        "paths": {"stationary_bootstrap": 1, "moving_block_bootstrap": 1, "gbm": 1},
        "horizon": chance.randrange(60, 200),
        "warm_up": chance.choice([0, 50]),
        "block_length": chance.choice([1, 10]),
        "min_history": 100,
    }
    config["market_scenarios"]["stress"] = {
        "dear": {"cost_multiplier": 3.0, "slippage_multiplier": 2.0, "cash_rate_change": 0.02},
        "wild": {"volatility_multiplier": 1.5},
        "fall": {"shock": {"size": -0.3, "at": [0.3, 0.7], "fall": 4, "recovery": 20}},
    }
    config["assess"]["walk_forward"] = {"first_years": 0.1, "every_years": 0.05}
    config["assess"] |= {"blocks": 4, "bootstrap_replicates": 100}
    config["assess"]["block_length"] = chance.choice([5, "auto"])
