"""Technical indicators: what the bars so far say, in the usual numbers.

Arrays are (bars, tickers), float64. Windows are lengths in bars, at least 1; results are NaN until
the window is full. Rows never depend on later rows, nor columns on other columns.

A ticker's missing bars (NaN in any input) are no bars: before its listing, after its delisting and
in gaps results are NaN, and windows and lags count only the bars that there are.

Figures equal TA-Lib's: exponential averages start from the plain mean of their first window.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tidemark.arrays import Bools, Floats, Integers
from tidemark.market import recall

import numpy as np

Runs = tuple[Floats, ...]
Merge = Callable[[Runs, Runs, int, int], Runs]
P = ParamSpec("P")
R = TypeVar("R")


def _on_own_bars(kernel: Callable[P, R]) -> Callable[P, R]:
    """Let `kernel` see each ticker's own bars from row 0 on, and NaN below them."""

    def computed(*args: P.args, **kwargs: P.kwargs) -> R:
        missing = _missing([arg for arg in args if isinstance(arg, np.ndarray)])
        gaps = np.flatnonzero(missing.any(axis=0)).tolist()
        if not gaps:
            return kernel(*args, **kwargs)
        own = {column: np.flatnonzero(~missing[:, column]) for column in gaps}
        packed: list[Any] = [_packed(arg, own) for arg in args]
        result: R = _unpacked(kernel(*packed, **kwargs), own)
        return result

    @wraps(kernel)
    def indicator(*args: P.args, **kwargs: P.kwargs) -> R:
        result: R = recall.result(computed, args, kwargs)
        return result

    return indicator


def _missing(arrays: list[Floats]) -> Bools:
    """Where any of them is NaN."""
    missing = np.isnan(arrays[0])
    for array in arrays[1:]:
        missing |= np.isnan(array)
    return missing


def _packed(argument: Any, own: Mapping[int, Integers]) -> Any:
    """Move the rows `own` of some columns to the top."""
    if not isinstance(argument, np.ndarray):
        return argument
    result = argument.copy(order="K")
    for column, rows in own.items():
        result[: len(rows), column] = argument[rows, column]
        result[len(rows) :, column] = np.nan
    return result


def _unpacked(values: Any, own: Mapping[int, Integers]) -> Any:
    """Undo `_packed`, in place."""
    if isinstance(values, tuple):
        return tuple(_unpacked(result, own) for result in values)
    for column, rows in own.items():
        top = values[: len(rows), column].copy()
        values[:, column] = np.nan
        values[rows, column] = top
    return values


@_on_own_bars
def lag(x: Floats, /, bars: int) -> Floats:
    """The value `bars` bars ago; 0 is now. Raises ValueError for the future."""
    if bars < 0:
        raise ValueError(f"lag of {bars} bars would look ahead")
    return _below(x[: max(len(x) - bars, 0)], len(x))


@_on_own_bars
def sma(x: Floats, /, window: int) -> Floats:
    """Simple moving average."""
    (total,) = _rolling((x,), window, _sum)
    return total / window


@_on_own_bars
def rolling_max(x: Floats, /, window: int) -> Floats:
    """Highest value of the last `window` bars."""
    return _rolling((x,), window, _highest)[0]


@_on_own_bars
def rolling_min(x: Floats, /, window: int) -> Floats:
    """Lowest value of the last `window` bars."""
    return -_rolling((-x,), window, _highest)[0]


@_on_own_bars
def ema(x: Floats, /, window: int) -> Floats:
    """Exponential moving average with the weight 2 / (window + 1) on the newest bar."""
    return _ema(x, window)


@_on_own_bars
def macd(close: Floats, /, fast: int, slow: int, signal: int) -> tuple[Floats, Floats]:
    """MACD line, the fast less the slow exponential average, and its own average, the signal.

    `fast` is less than `slow`. Both averages start on the bar where the slow one is first known.
    """
    start = slow - fast
    line = (_ema(close[start:], fast) - _ema(close, slow)[start:])[fast - 1 :]
    return _below(line, len(close)), _below(_ema(line, signal), len(close))


@_on_own_bars
def rsi(close: Floats, /, window: int) -> Floats:
    """Relative strength index by Wilder, 0 to 100; NaN as long as the price has not moved."""
    change = np.diff(close, axis=0)
    gain = _wilder(np.maximum(change, 0.0), window)
    moved = gain + _wilder(np.maximum(-change, 0.0), window)
    share = np.divide(gain, moved, out=np.full_like(gain, np.nan), where=moved > 0.0)
    return _below(100.0 * share, len(close))


@_on_own_bars
def bollinger(close: Floats, /, window: int, width: float) -> tuple[Floats, Floats, Floats]:
    """Upper band, mean and lower band: `width` standard deviations (ddof 0) about the mean."""
    mean, squares = _moments(close, window)
    reach = width * np.sqrt(squares / window)
    return mean + reach, mean, mean - reach


@_on_own_bars
def atr(high: Floats, low: Floats, close: Floats, /, window: int) -> Floats:
    """Average true range by Wilder, in units of price; the first bar has no true range."""
    before = close[:-1]
    reach = np.maximum(high[1:], before) - np.minimum(low[1:], before)
    return _below(_wilder(reach, window), len(close))


@_on_own_bars
def volatility(close: Floats, /, window: int) -> Floats:
    """Standard deviation (ddof 1) of the last `window` returns, at least 2, per bar."""
    _, squares = _moments(close[1:] / close[:-1] - 1.0, window)
    return _below(np.sqrt(squares / (window - 1)), len(close))


def _ema(x: Floats, window: int) -> Floats:
    return _smoothed(x, window, 2.0 / (window + 1))


def _wilder(x: Floats, window: int) -> Floats:
    return _smoothed(x, window, 1.0 / window)


def _smoothed(x: Floats, window: int, weight: float) -> Floats:
    """y[t] = y[t-1] + weight (x[t] - y[t-1]), from the plain mean of the first `window` rows."""
    from scipy.signal import lfilter  # here, because it takes longer to import than all else

    if len(x) < window:
        return np.full_like(x, np.nan)
    first = np.cumsum(x[:window], axis=0)[-1:] / window  # mean() would round one column otherwise
    rest, _ = lfilter([weight], [1.0, weight - 1.0], x[window:], axis=0, zi=(1.0 - weight) * first)
    return _below(np.concatenate([first, rest]), len(x))


def _moments(x: Floats, window: int) -> tuple[Floats, Floats]:
    """Mean of the last `window` rows, and the sum of squared deviations from it."""
    mean, squares = _rolling((x, np.zeros_like(x)), window, _pooled)
    return mean, squares


def _rolling(rows: Runs, window: int, merge: Merge) -> Runs:
    """What `merge` makes of the last `window` rows, from what it makes of 1, 2, 4, 8, ... rows.

    A window costs log2(window) passes, and only its own values go into it: there is no running sum
    in which an old, large value costs a new, small value its digits.

    Args:
        rows: arrays that together describe single rows.
        window: how many rows.
        merge: takes descriptions of earlier and of later runs, and the lengths of both.
    """
    if window < 1:
        raise ValueError(f"a window has at least 1 bar, not {window}")
    count = len(rows[0])
    if window > count:
        return tuple(np.full_like(row, np.nan) for row in rows)
    part, length = rows, 1  # of the `length` rows from each row on; a power of two
    whole, done = rows, 0  # of the `done` rows from each row on
    while True:
        if window & length:
            whole = merge(_upto(whole, length), _from(part, done), done, length) if done else part
            done += length
        if done == window:
            return tuple(_below(values, count) for values in whole)
        part = merge(_upto(part, length), _from(part, length), length, length)
        length *= 2


def _upto(runs: Runs, last: int) -> Runs:
    return tuple(values[:-last] for values in runs)


def _from(runs: Runs, first: int) -> Runs:
    return tuple(values[first:] for values in runs)


def _sum(older: Runs, newer: Runs, *_: int) -> Runs:
    return (older[0] + newer[0],)


def _highest(older: Runs, newer: Runs, *_: int) -> Runs:
    return (np.maximum(older[0], newer[0]),)


def _pooled(older: Runs, newer: Runs, n: int, m: int) -> Runs:
    """Mean and squared deviations of two samples taken together (Chan, Golub, LeVeque 1983)."""
    gap = newer[0] - older[0]
    mean = older[0] + gap * (m / (n + m))
    return mean, older[1] + newer[1] + gap * gap * (n * m / (n + m))


def _below(values: Floats, count: int) -> Floats:
    """`values` as the last of `count` rows, NaN above them, in the same order in memory."""
    result = np.full_like(values, np.nan, shape=(count, *values.shape[1:]))
    result[count - len(values) :] = values
    return result
