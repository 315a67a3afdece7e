"""What the strategies that ship want, by TA-Lib and by windows laid out in plain sight.

Each rule takes a ticker's bars, arrays of (bars,) by field, and the parameters, and returns what is
wanted at each close. `own` hands a formula the bars that have what it needs; elsewhere NaN stands.
Two values are a tie unless they differ by more than 1e-10 of the larger one.
"""

from collections.abc import Callable, Mapping

from referee.results import Floats

import numpy as np
import talib
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Bars = Mapping[str, Floats]
Flags = NDArray[np.bool_]
TIE = 1e-10


def own(formula: Callable[..., Floats], *fields: Floats) -> Floats:
    """A formula on the bars on which all fields are known."""
    known = np.isfinite(fields).all(axis=0)
    values = np.full(len(known), np.nan)
    values[known] = formula(*(side[known] for side in fields)) if known.any() else np.nan
    return values


def windows(values: Floats, length: int, figure: Callable[[Floats], Floats]) -> Floats:
    """A figure of the last `length` values, each window for itself."""
    result = np.full(len(values), np.nan)
    if len(values) >= length:
        result[length - 1 :] = figure(sliding_window_view(values, length))
    return result


def before(values: Floats, bars: int) -> Floats:
    """The value so many bars ago."""
    return own(lambda x: np.concatenate([np.full(bars, np.nan), x])[: len(x)], values)


def above(a: Floats, b: Floats | float) -> Flags:
    """Where `a` is above `b`, and not tied with it."""
    return a - b > TIE * np.maximum(np.abs(a), np.abs(b))


def side(a: Floats, b: Floats) -> Floats:
    """1 above, -1 below, 0 tied, NaN unknown."""
    return np.where(np.isnan(a) | np.isnan(b), np.nan, above(a, b) * 1.0 - above(b, a))


def hold(enter: Flags, leave: Flags) -> Floats:
    """1 from an entry until an exit; an exit wins."""
    state, states = 0.0, []
    for go, stop in zip(enter, leave, strict=True):
        state = 0.0 if stop else 1.0 if go else state
        states.append(state)
    return np.array(states)


def mean(x: Floats, n: int) -> Floats:
    return own(lambda v: windows(v, n, lambda w: w.mean(axis=1)), x)


def top(x: Floats, n: int) -> Floats:
    return own(lambda v: windows(v, n, lambda w: w.max(axis=1)), x)


def bottom(x: Floats, n: int) -> Floats:
    return own(lambda v: windows(v, n, lambda w: w.min(axis=1)), x)


def volatility(close: Floats, n: int) -> Floats:
    """Standard deviation of the last `n` returns."""

    def of(v: Floats) -> Floats:
        returns = v[1:] / v[:-1] - 1
        return np.append(np.nan, windows(returns, n, lambda w: w.std(axis=1, ddof=1)))

    return own(of, close)


def exponential(close: Floats, n: int) -> Floats:
    return close if n == 1 else own(lambda v: talib.EMA(v, n), close)


def true_range(bars: Bars, n: int) -> Floats:
    """Average true range by Wilder; TA-Lib's over one bar is the true range itself."""
    return own(lambda h, lo, c: talib.ATR(h, lo, c, n), bars["high"], bars["low"], bars["close"])


def strength(close: Floats, n: int) -> Floats:
    """Relative strength; unknown until the price has moved, where TA-Lib says 0."""

    def of(v: Floats) -> Floats:
        moved = np.maximum.accumulate(np.append(False, np.diff(v) != 0))
        return np.where(moved, talib.RSI(v, n), np.nan)

    return own(of, close)


def buy_and_hold(bars: Bars) -> Floats:
    return np.ones(len(bars["close"]))


def sma_cross(bars: Bars, fast: int, slow: int) -> Floats:
    return side(mean(bars["close"], fast), mean(bars["close"], slow))


def ema_cross(bars: Bars, fast: int, slow: int) -> Floats:
    return side(exponential(bars["close"], fast), exponential(bars["close"], slow))


def macd_cross(bars: Bars, fast: int, slow: int, signal: int) -> Floats:
    close = bars["close"]
    line = own(lambda v: talib.MACD(v, fast, slow, signal)[0], close)
    average = own(lambda v: talib.MACD(v, fast, slow, signal)[1], close)
    return side(close + line, close + average)


def time_series_momentum(bars: Bars, lookback: int, skip: int) -> Floats:
    return side(before(bars["close"], skip), before(bars["close"], lookback))


def momentum_turning_points(bars: Bars, fast: int, slow: int) -> Floats:
    close = bars["close"]
    return (side(close, before(close, fast)) + side(close, before(close, slow))) / 2


def high_proximity(bars: Bars, window: int, nearness: float) -> Floats:
    return above(bars["close"], nearness * top(bars["high"], window)) * 1.0


def rsi_reversal(bars: Bars, window: int, oversold: float) -> Floats:
    index = strength(bars["close"], window)
    middle = np.full_like(index, 50.0)
    up, down = above(index, middle), above(middle, index)
    return hold(above(middle - 50 + oversold, index), up) - hold(above(index, 100 - oversold), down)


def bollinger_reversal(bars: Bars, window: int, width: float) -> Floats:
    close = bars["close"]
    middle = mean(close, window)
    reach = width * own(lambda v: windows(v, window, lambda w: w.std(axis=1)), close)
    up, down = above(close, middle), above(middle, close)
    return hold(above(middle - reach, close), up) - hold(above(close, middle + reach), down)


def return_reversal(bars: Bars, lookback: int, threshold: float, window: int) -> Floats:
    past = before(bars["close"], lookback)
    large = threshold * volatility(bars["close"], window) * np.sqrt(lookback)
    fell, rose = (
        above(past * (1 - large), bars["close"]),
        above(bars["close"], past * (1 + large)),
    )
    return fell * 1.0 - rose


def donchian_breakout(bars: Bars, entry: int, exit: int) -> Floats:
    high, low, close = before(bars["high"], 1), before(bars["low"], 1), bars["close"]
    long = hold(above(close, top(high, entry)), above(bottom(low, exit), close))
    return long - hold(above(bottom(low, entry), close), above(close, top(high, exit)))


def keltner_breakout(bars: Bars, window: int, width: float) -> Floats:
    close, middle = bars["close"], exponential(bars["close"], window)
    reach = width * true_range(bars, window)
    long = hold(above(close, middle + reach), above(middle, close))
    return long - hold(above(middle - reach, close), above(close, middle))


def volatility_breakout(bars: Bars, window: int, width: float) -> Floats:
    last = before(bars["close"], 1)
    reach = width * before(true_range(bars, window), 1)
    up, down = above(bars["close"], last + reach), above(last - reach, bars["close"])
    return hold(up, down) - hold(down, up)


def volatility_managed(bars: Bars, fast: int, slow: int) -> Floats:
    now, usual = volatility(bars["close"], fast), volatility(bars["close"], slow)
    usual = np.where(usual > TIE, usual, np.nan)
    return usual / np.fmax(usual, now)


def volatility_regime(bars: Bars, fast: int, slow: int, limit: float) -> Floats:
    now, usual = volatility(bars["close"], fast), volatility(bars["close"], slow)
    known = np.isfinite(now) & np.isfinite(usual)
    return (known & ~above(1 + now, 1 + limit * usual)) * 1.0


def model_forecast(bars: Bars, forecasts: Floats, threshold: float) -> Floats:
    return np.sign(forecasts) * ~(np.abs(forecasts) <= threshold)


def model_kelly(bars: Bars, forecasts: Floats, fraction: float, window: int) -> Floats:
    risk = volatility(bars["close"], window)
    variance = np.where(risk > TIE, risk**2, np.nan)
    return np.minimum(np.maximum(fraction * forecasts / variance, -1), 1)


RULES: dict[str, Callable[..., Floats]] = {
    rule.__name__: rule
    for rule in (
        *(buy_and_hold, sma_cross, ema_cross, macd_cross),
        *(time_series_momentum, momentum_turning_points, high_proximity),
        *(rsi_reversal, bollinger_reversal, return_reversal),
        *(donchian_breakout, keltner_breakout),
        *(volatility_breakout, volatility_managed, volatility_regime),
        *(model_forecast, model_kelly),
    )
}
