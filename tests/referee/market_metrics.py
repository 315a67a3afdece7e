"""What markets were like: returns by pandas, indicators by TA-Lib."""

from typing import Any

from referee.results import FIELDS, Bars, Floats, Results
from referee.rules import mean, own, strength, true_range, windows
from referee.verdict import Comparison

import numpy as np
import pandas as pd
import talib

FILE = "metrics/market/market_metrics.parquet"
CONSTANT = 1e-12  # of the largest: returns that vary by less do not vary


def look(results: Results, cells: int, seed: int) -> str:
    """Measure some tickers in some market scenarios again."""
    table = results.table(FILE)
    places = table[["scenario_name", "ticker"]].drop_duplicates()
    places = places[places["ticker"] != "all"]
    some = places.sample(min(len(places), max(10, cells // 25)), random_state=seed)
    by_place = table.set_index(["scenario_name", "ticker", "family", "metric"])[
        "value"
    ].sort_index()
    held = Comparison(FILE, tolerance=1e-9)
    for scenario, ticker in some.sort_values(["scenario_name", "ticker"]).to_numpy():
        told = by_place[scenario, ticker]
        bars, rows = _measured(results, scenario)
        for family, expected in (
            ("statistical", _statistical(bars, ticker, rows)),
            ("technical", _technical(bars, ticker, rows)),
        ):
            for metric, value in expected.items():
                where = f"{ticker}, {scenario}, {family}"
                held.number(where, metric, told[family, metric], value)
    return f"{len(some):,} of {len(places):,} tickers in market scenarios agree ({held})"


def _measured(results: Results, scenario: str) -> tuple[Bars, slice]:
    """The bars of a market scenario, or those that paths are drawn from, and which are measured."""
    if scenario != "drawn_from":
        return results.bars(scenario), results.counted(scenario)
    path = next(one for one in results.scenarios.values() if one["kind"] == "stochastic")
    real = results.history
    apart = [path["covered"][ticker] == 0 for ticker in real.tickers]
    fields = {name: np.where(apart, np.nan, values) for name, values in real.fields.items()}
    first, last = (path["parameters"][f"drawn_from_{end}"] for end in ("first", "last"))
    rows = real.times.slice_indexer(first, last)
    return Bars(real.times, real.tickers, fields), rows


def _statistical(bars: Bars, ticker: str, rows: slice) -> dict[str, float]:
    close = pd.DataFrame(bars.close, columns=bars.tickers)
    returns = (close / close.ffill().shift() - 1)[rows].reset_index(drop=True)
    own_returns = returns[ticker]
    x = own_returns.dropna()
    varied = len(x) > 1 and x.std(ddof=0) > CONSTANT * x.abs().max()
    others = [returns[ticker].corr(returns[name]) for name in bars.tickers if name != ticker]
    known = [value for value in others if np.isfinite(value)]
    low, high = (x.quantile(q) if len(x) else np.nan for q in (0.05, 0.95))
    frames = {name: pd.Series(bars.fields[name][:, bars.tickers.index(ticker)]) for name in FIELDS}
    before = frames["close"].ffill().shift()
    night, day = (np.log(frames[name] / before)[rows] for name in ("open", "close"))
    night, day = night[day.notna()], day[night.notna()]
    still = not len(day) or min(len(set(night)), len(set(day))) < 2
    lowest, highest = (x.quantile(q) if len(x) else np.nan for q in (0.01, 0.99))
    return {
        "returns": len(x),
        "total_return": (1 + x).prod() - 1 if len(x) else np.nan,
        "mean_return": x.mean(),
        "volatility": x.std(),
        "skewness": x.skew() if varied else np.nan,
        "excess_kurtosis": x.kurt() if varied else np.nan,
        "tail_ratio_95": abs(high) / abs(low) if low else np.nan,
        "tail_ratio_99": abs(highest) / abs(lowest) if lowest else np.nan,
        "value_at_risk_95": low,
        "expected_shortfall_95": x[x <= low].mean(),
        "autocorrelation": own_returns.corr(own_returns.shift()),
        "absolute_autocorrelation": own_returns.abs().corr(own_returns.abs().shift()),
        "mean_correlation": float(np.mean(known)) if known else np.nan,
        "mean_range": np.log(frames["high"] / frames["low"])[rows].mean(),
        "overnight_share": np.nan if still else night.var(ddof=0) / day.var(ddof=0),
    }


def _technical(bars: Bars, ticker: str, rows: slice) -> dict[str, float]:
    fields = {f: bars.fields[f][:, bars.tickers.index(ticker)] for f in FIELDS}
    close = fields["close"]
    middle = mean(close, 20)
    spread = own(lambda v: windows(v, 20, lambda w: w.std(axis=1)), close)
    levels: dict[str, Any] = {
        "sma_50_distance": close / mean(close, 50) - 1,
        "sma_200_distance": close / mean(close, 200) - 1,
        "ema_20_distance": close / own(lambda v: talib.EMA(v, 20), close) - 1,
        "rsi_14": strength(close, 14),
        "macd_signal": own(lambda v: talib.MACD(v, 12, 26, 9)[1], close) / close,
        "bollinger_width": 4 * spread / middle,
        "atr_14": true_range(fields, 14) / close,
    }
    measured: dict[str, float] = {}
    for name, values in levels.items():
        known = _known(values[rows])
        measured[f"{name}_mean"] = known.mean() if len(known) else np.nan
        measured[f"{name}_last"] = known[-1] if len(known) else np.nan
    for window in (50, 200):
        known = _known(levels[f"sma_{window}_distance"][rows])
        measured[f"above_sma_{window}"] = float((known > 0).mean()) if len(known) else np.nan
    return measured


def _known(values: Floats) -> Floats:
    return values[np.isfinite(values)]
