"""What the market was like for each ticker in each market scenario.

There are three families of metrics, each a dictionary from name to (tickers,) values, NaN where
undefined: `statistical` for returns, `technical` for prices, and `around_events`. What models were
worth is in models/within_windows.py. `tidy` makes rows of all of them.

Returns are simple returns from close to close, decimal fractions, per bar; nothing is annualised.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tidemark.arrays import Bools, Floats, Integers
from tidemark.market import indicators
from tidemark.market.grid import Prices
from tidemark.market.scenarios.market import MarketScenario, Outline
from tidemark.market.scenarios.stress import correlations
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

Values = dict[str, Floats]

ALL = "all"  # stands for the ticker of figures that all tickers have together
DRAWN_FROM = "drawn_from"  # stands for the scenario of figures of what paths are drawn from
NO_VARIATION = 1e-12  # a spread below this share of the values' size is rounding


def describe(scenarios: Iterable[MarketScenario]) -> Iterator[pd.DataFrame]:
    """The statistical and technical metrics of each market scenario, as `tidy` rows.

    Indicators look back to the first bar of the scenario's prices; only measured bars count.
    Scenarios that share their prices should follow each other: indicators are computed once.
    """
    prices: Prices | None = None
    for scenario in scenarios:
        if scenario.prices is not prices:
            prices = scenario.prices
            change, levels = returns(prices.close), technical_levels(prices)
            overnight = _overnight(prices)
        rows = scenario.counted
        families = {
            "statistical": statistical(change[rows])
            | within_bars(
                prices.rows(*rows.indices(len(change))[:2]), overnight[rows], change[rows]
            ),
            "technical": technical({name: values[rows] for name, values in levels.items()}),
        }
        yield pd.concat(
            [tidy(name, of, prices.ticker, scenario.name) for name, of in families.items()],
            ignore_index=True,
        )


def drawn_from(history: MarketScenario, path: Outline) -> MarketScenario:
    """What a simulated path should be like: the stretch of history, and tickers, it is drawn from.

    Args:
        history: all of it.
        path: any; all are drawn from the same bars.
    """
    ends = [np.datetime64(path.parameters[f"drawn_from_{end}"]) for end in ("first", "last")]
    first, last = np.searchsorted(history.prices.timestamp, ends)
    chosen = [path.covered[ticker] > 0 for ticker in history.prices.ticker]
    bars: dict[str, Any] = {
        name: np.where(chosen, getattr(history.prices, name), np.nan) for name in OHLCV
    }
    prices = replace(history.prices, **bars)
    return replace(history, name=DRAWN_FROM, prices=prices, counted=slice(first, last + 1))


def tidy(family: str, values: Values, tickers: Iterable[str], scenario_name: str) -> pd.DataFrame:
    """A row for each ticker and metric, by ticker: family, ticker, scenario_name, metric, value."""
    names, measured = list(tickers), list(values)
    return pd.DataFrame(
        {
            "family": family,
            "ticker": np.repeat(names, len(measured)),
            "scenario_name": scenario_name,
            "metric": np.tile(measured, len(names)),
            "value": np.column_stack(list(values.values())).ravel(),
        }
    )


def returns(close: Floats) -> Floats:
    """(bars, tickers) return since the last close known, NaN on the first bar and in gaps."""
    before = pd.DataFrame(close).ffill().shift().to_numpy(np.float64)
    return np.asarray(close / before - 1.0)


# --- Statistical


def statistical(change: Floats) -> Values:
    """Moments, tails and dependence of returns.

    Args:
        change: (bars, tickers) returns, NaN where a ticker has none.

    Returns:
        returns: how many there are.
        total_return, mean_return; volatility: standard deviation (ddof 1).
        skewness, excess_kurtosis: corrected for bias, as in pandas.
        tail_ratio_95, tail_ratio_99: quantile 0.95 over quantile 0.05, and 0.99 over 0.01, without
        their signs; above 1 the gains reach further.
        value_at_risk_95: historical, the quantile 0.05 itself (linear interpolation), so negative
        for a loss. expected_shortfall_95: mean of the returns up to it.
        autocorrelation: of consecutive returns. absolute_autocorrelation: of their sizes, which is
        high where volatility comes in clusters.
        mean_correlation: with each other ticker on common bars, averaged.
    """
    values = {name: np.full(change.shape[1], np.nan) for name in _ALONE}
    for tickers, bars in _alike(np.isfinite(change)):
        found = _of_alike(np.ascontiguousarray(change[np.ix_(bars, tickers)].T))
        for name, of_these in found.items():
            values[name][tickers] = of_these
    pairs = correlations(change)
    np.fill_diagonal(pairs, np.nan)
    return values | {
        "autocorrelation": _autocorrelation(change),
        "absolute_autocorrelation": _autocorrelation(np.abs(change)),
        "mean_correlation": _mean(pairs),
    }


def within_bars(prices: Prices, overnight: Floats, change: Floats) -> Values:
    """How far prices move within bars, and before them.

    Args:
        prices: bars, (bars, tickers).
        overnight: (bars, tickers) log returns from the last close known to the open.
        change: (bars, tickers) returns from close to close.

    Returns:
        mean_range: mean of log(high / low).
        overnight_share: variance of log returns from close to open over that from close to close,
        on bars that have both.
    """
    both = np.isfinite(overnight) & np.isfinite(change)
    whole = np.log1p(np.where(both, change, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = _variance(np.where(both, overnight, 0.0), both) / _variance(whole, both)
    return {"mean_range": _mean(np.log(prices.high / prices.low)), "overnight_share": share}


def _overnight(prices: Prices) -> Floats:
    """(bars, tickers) log return from the last close known to the open, NaN where either is not."""
    before = pd.DataFrame(prices.close).ffill().shift().to_numpy(np.float64)
    return np.asarray(np.log(prices.open / before))


def _variance(values: Floats, known: Bools) -> Floats:
    """Variance (ddof 0) of what is known in each column; NaN where it is rounding."""
    count = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values - values.sum(axis=0) / count, 0.0)
    variance = (centred**2).sum(axis=0) / count
    return np.where(variance > NO_VARIATION * (values**2).sum(axis=0) / count, variance, np.nan)


_ALONE = (
    *("returns", "total_return", "mean_return", "volatility", "skewness", "excess_kurtosis"),
    *("tail_ratio_95", "tail_ratio_99", "value_at_risk_95", "expected_shortfall_95"),
)


def _alike(known: Bools) -> Iterator[tuple[Integers, Integers]]:
    """The columns that are known on the same rows, together with these."""
    distinct, group = np.unique(np.packbits(known, axis=0), axis=1, return_inverse=True)
    for number in range(distinct.shape[1]):
        columns = np.flatnonzero(group == number)
        yield columns, np.flatnonzero(known[:, columns[0]])


def _of_alike(change: Floats) -> Values:
    """Those of `statistical` that look at one ticker, for tickers with returns on the same bars.

    Args:
        change: (tickers, bars) returns. Where they are too few or vary too little, metrics are NaN.
    """
    count, bars = change.shape
    nothing = np.full(count, np.nan)
    values = dict.fromkeys(_ALONE, nothing) | {"returns": np.full(count, float(bars))}
    if not bars:
        return values
    levels = (0.01, 0.05, 0.95, 0.99)
    lowest, lower, upper, uppermost = np.quantile(change, levels, axis=1)
    values |= {
        "total_return": np.prod(1.0 + change, axis=1) - 1.0,
        "mean_return": change.mean(axis=1),
        "tail_ratio_95": _tail_ratio(lower, upper),
        "tail_ratio_99": _tail_ratio(lowest, uppermost),
        "value_at_risk_95": lower,
        "expected_shortfall_95": np.array(
            [one[one <= tail].mean() for one, tail in zip(change, lower, strict=True)]
        ),
    }
    if bars < 2:
        return values
    varied = change.std(axis=1) > NO_VARIATION * np.abs(change).max(axis=1)
    values["volatility"] = change.std(axis=1, ddof=1)
    if bars > 2 and varied.any():
        values["skewness"] = nothing.copy()
        values["skewness"][varied] = _skewness(change[varied])
    if bars > 3 and varied.any():
        values["excess_kurtosis"] = nothing.copy()
        values["excess_kurtosis"][varied] = _excess_kurtosis(change[varied])
    return values


def _skewness(change: Floats) -> Floats:
    """G1 of Joanes and Gill (1998) of each row."""
    bars = change.shape[1]
    centred = change - change.mean(axis=1, keepdims=True)
    square, cube = (centred**2).mean(axis=1), (centred**2 * centred).mean(axis=1)
    bias = ((bars - 1.0) * bars) ** 0.5 / (bars - 2.0)
    return np.asarray(bias * cube / _power(square, 1.5))


def _excess_kurtosis(change: Floats) -> Floats:
    """G2 of Joanes and Gill (1998) of each row; rounded as scipy's, by way of the kurtosis."""
    bars = change.shape[1]
    squares = (change - change.mean(axis=1, keepdims=True)) ** 2
    fourth, power = (squares**2).mean(axis=1), _power(squares.mean(axis=1), 2.0)
    spread = (bars**2 - 1.0) * fourth / power - 3 * (bars - 1) ** 2.0
    return np.asarray((1.0 / (bars - 2) / (bars - 3) * spread + 3.0) - 3.0)


def _power(values: Floats, exponent: float) -> Floats:
    """Powers one by one: the last bit of those of a whole array hangs on the processor."""
    return np.array([value**exponent for value in values.tolist()])


def _tail_ratio(lower: Floats, upper: Floats) -> Floats:
    """Sizes of upper quantiles over those of lower ones, NaN where the latter are 0."""
    return np.abs(upper) / np.where(lower == 0.0, np.nan, np.abs(lower))


def _autocorrelation(values: Floats) -> Floats:
    """Pearson correlation of each column with itself one bar later."""
    later = np.stack([values[:-1].T, values[1:].T], axis=2)
    return correlations(later)[:, 0, 1]


# --- Technical


def technical_levels(prices: Prices) -> Values:
    """(bars, tickers) indicators in units that compare: shares of the close, or 0 to 100.

    sma_50_distance, sma_200_distance, ema_20_distance: close over the average, less 1.
    macd, macd_signal (12, 26, 9), atr_14: over the close. rsi_14. bollinger_width (20, 2): upper
    less lower band, over the middle.
    """
    close = prices.close
    line, signal = indicators.macd(close, 12, 26, 9)
    upper, middle, lower = indicators.bollinger(close, 20, 2.0)
    return {
        "sma_50_distance": close / indicators.sma(close, 50) - 1.0,
        "sma_200_distance": close / indicators.sma(close, 200) - 1.0,
        "ema_20_distance": close / indicators.ema(close, 20) - 1.0,
        "rsi_14": indicators.rsi(close, 14),
        "macd": line / close,
        "macd_signal": signal / close,
        "bollinger_width": (upper - lower) / middle,
        "atr_14": indicators.atr(prices.high, prices.low, close, 14) / close,
    }


def technical(levels: Values) -> Values:
    """Mean and last known value of each indicator, and the share of bars above the averages.

    Args:
        levels: as returned by `technical_levels`, measured rows only.
    """
    summary = {
        f"{name}_{kind}": of(level)
        for name, level in levels.items()
        for kind, of in (("mean", _mean), ("last", _last))
    }
    return summary | {
        f"above_sma_{window}": _mean(_above(levels[f"sma_{window}_distance"]))
        for window in (50, 200)
    }


def _above(distance: Floats) -> Floats:
    return np.where(np.isfinite(distance), distance > 0, np.nan)


def _mean(values: Floats) -> Floats:
    """Mean of what is known in each column."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean: Floats = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return mean


def _last(values: Floats) -> Floats:
    """Last known value of each column."""
    known = [column[np.isfinite(column)] for column in values.T]
    return np.array([column[-1] if len(column) else np.nan for column in known])


# --- Around events


def outside(prices: Prices, events: pd.DataFrame) -> pd.Series:
    """Whether each event is before the first bar, or after the last, or at no known time."""
    return ~events["timestamp"].between(prices.timestamp[0], prices.timestamp[-1])


def event_bars(prices: Prices, events: pd.DataFrame, before: int, after: int) -> Bools:
    """The bars around events, (bars, tickers).

    An event falls on the first bar at or after its `timestamp`; those `outside` are left out.

    Args:
        prices: bars.
        events: `timestamp`, when the market could first act on it: the ex-date of a split or
            dividend, the first bar that knows an economic release; `ticker`, if it concerns one.
        before, after: how many bars on either side belong to the event.
    """
    time = prices.timestamp
    inside = events[~outside(prices, events)]
    bar = np.searchsorted(time, inside["timestamp"].to_numpy())
    around = np.zeros((len(time), len(prices.ticker)), dtype=np.bool_)
    offsets = bar[:, None] + np.arange(-before, after + 1)
    row = np.clip(offsets, 0, len(time) - 1)
    if "ticker" not in inside:
        around[row.ravel()] = True
        return around
    column = pd.Index(prices.ticker).get_indexer(inside["ticker"])
    ours = column >= 0
    around[row[ours], column[ours, None]] = True
    return around


def around_events(change: Floats, around: Bools, name: str) -> Values:
    """Mean return of the bars around events, and of all others.

    Standard errors take returns as independent of each other; for the difference it is Welch's,
    which lets the two variances differ.

    Args:
        change: (bars, tickers) returns.
        around: (bars, tickers), as returned by `event_bars`.
        name: the kind of event, with which the names of the metrics begin.

    Returns:
        {name}_bars, {name}_mean, {name}_error, {name}_other_mean, {name}_other_error,
        {name}_difference (event less other), {name}_difference_error.
    """
    known = np.isfinite(change)
    bars, mean, error = _mean_and_error(np.where(known & around, change, np.nan))
    _, other, other_error = _mean_and_error(np.where(known & ~around, change, np.nan))
    return {
        f"{name}_bars": bars,
        f"{name}_mean": mean,
        f"{name}_error": error,
        f"{name}_other_mean": other,
        f"{name}_other_error": other_error,
        f"{name}_difference": mean - other,
        f"{name}_difference_error": np.hypot(error, other_error),
    }


def _mean_and_error(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Count, mean and standard error of what is known in each column."""
    count = np.isfinite(values).sum(axis=0).astype(np.float64)
    mean = _mean(values)
    squares = np.nansum((values - mean) ** 2, axis=0)
    freedom = np.where(count > 1, (count - 1) * count, np.nan)
    return count, mean, np.sqrt(squares / freedom)
