"""Splits and dividends, and the adjustment factor adj_close / close that must reflect them.

Going back over an ex-date, Quandl's WIKI prices scale the factor f of the bar before to

    f[t-1] / f[t] = C[t] / (C[t] + D) / S

with the close C of the ex-date, the cash dividend D per share, and the split ratio S. Most other
vendors follow the CRSP convention, which relates the dividend to the close of the day before:

    f[t-1] / f[t] = (1 - D * S / C[t-1]) / S
"""

from fractions import Fraction

import pandas as pd

NOISE = 1e-9  # relative; floating-point dust of a factor that did not move
LARGEST_SPLIT_TERM = 20  # splits are 2:1, 3:2, 1:10, ...: fractions of small whole numbers


def factor_steps(prices: pd.DataFrame) -> pd.Series:
    """f[t-1] / f[t] on each row, 1 where nothing happened; missing on a ticker's first row.

    Args:
        prices: `ticker`, `close`, `adj_close`; sorted by ticker and time.
    """
    factor = prices["adj_close"] / prices["close"]
    return factor.groupby(prices["ticker"], sort=False).shift() / factor


def implied(prices: pd.DataFrame) -> pd.DataFrame:
    """The events that WIKI's adjustment factors imply: `timestamp`, `ticker`, `kind`, `value`.

    A step whose inverse is a fraction of small whole numbers, exact to floating-point dust, is a
    split and its `value` the ratio of new to old shares; any other step is a dividend and its
    `value` the cash per share, in that day's dollars. A split and a dividend on the same day
    cannot be told apart and come out as one dividend.

    Args:
        prices: `timestamp`, `ticker`, `close`, `adj_close` to 10 digits or more; sorted by ticker
            and time.
    """
    steps = factor_steps(prices)
    moved = (steps - 1).abs() > NOISE
    events = prices.loc[moved, ["timestamp", "ticker"]]
    values = [
        _event(step, close)
        for step, close in zip(steps[moved], prices["close"][moved], strict=True)
    ]
    return events.assign(
        kind=[kind for kind, _ in values], value=[value for _, value in values]
    ).reset_index(drop=True)


def _event(step: float, close: float) -> tuple[str, float]:
    ratio = Fraction(1 / step).limit_denominator(LARGEST_SPLIT_TERM)
    if ratio.numerator <= LARGEST_SPLIT_TERM and abs(ratio * step - 1) < NOISE:
        return "split", float(ratio)
    return "dividend", close * (1 / step - 1)


def days(prices: pd.DataFrame) -> pd.Series:
    """The day of each bar, which ex-dates are compared with: `day` if it is there, else in UTC."""
    return prices["day"] if "day" in prices else prices["timestamp"].dt.normalize()


def mismatches(prices: pd.DataFrame, actions: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """The bars whose factor moved without an event, or not as the events of that day say.

    An event passes if either convention (see the module) explains the step. What cannot be judged
    is left out: see `unjudged` and `without_bar`.

    Args:
        prices: `timestamp`, `ticker`, `close`, `adj_close`, and what `days` takes; sorted by ticker
            and time.
        actions: `timestamp` (ex-date), `ticker`, `kind` (split or dividend), `value`.
        tolerance: largest relative difference that passes.

    Returns:
        The rows of `prices` concerned, under their index, as `timestamp`, `ticker`, `step` (as
        observed, f[t-1] / f[t]) and `expected`.
    """
    events = _events_by_day(actions)
    bars = prices[["timestamp", "ticker", "close"]].assign(
        step=factor_steps(prices),
        before=prices.groupby("ticker", sort=False)["close"].shift(),
        day=days(prices),
    )
    first_bar_of_day = ~bars.duplicated(["ticker", "day"])
    bars = bars.join(events, on=["ticker", "day"])
    split = bars["split"].where(first_bar_of_day).fillna(1.0)
    cash = bars["dividend"].where(first_bar_of_day).fillna(0.0)
    wiki = bars["close"] / (bars["close"] + cash) / split
    crsp = (1 - cash * split / bars["before"]) / split
    wrong = ((bars["step"] / wiki - 1).abs() > tolerance) & (
        (bars["step"] / crsp - 1).abs() > tolerance
    )
    return bars.assign(expected=wiki).loc[wrong, ["timestamp", "ticker", "step", "expected"]]


def _events_by_day(actions: pd.DataFrame) -> pd.DataFrame:
    """Product of the split ratios and sum of the dividends of each ticker and day."""
    keys = [actions["ticker"], actions["timestamp"].dt.normalize().rename("day")]
    value = actions["value"]
    return pd.DataFrame(
        {
            "split": value[actions["kind"] == "split"].groupby(keys).prod(),
            "dividend": value[actions["kind"] == "dividend"].groupby(keys).sum(),
        }
    )


def without_bar(prices: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """The events that fall between a ticker's first and last bar, on a day that has no bar."""
    day = days(prices)
    span = day.groupby(prices["ticker"]).agg(["min", "max"])
    when = actions["timestamp"].dt.normalize()
    first, last = (actions["ticker"].map(span[side]) for side in ("min", "max"))
    bars = pd.MultiIndex.from_arrays([prices["ticker"], day])
    present = pd.MultiIndex.from_arrays([actions["ticker"], when]).isin(bars)
    return actions[(when > first) & (when < last) & ~present]


WITHOUT_PRICES = "of tickers without prices"
OUTSIDE = "on or before a ticker's first bar or after its last"
UNKNOWN = "on bars of which adj_close / close is not known, or on the first after such"


def unjudged(prices: pd.DataFrame, actions: pd.DataFrame) -> pd.Series:
    """The events that `mismatches` has no step for: why, in words, under their index.

    Those of `without_bar` are not among them.
    """
    day = days(prices)
    first = prices.assign(step=factor_steps(prices), day=day).drop_duplicates(["ticker", "day"])
    steps = first.set_index(["ticker", "day"])["step"]
    span = day.groupby(prices["ticker"]).agg(["min", "max"])
    when = actions["timestamp"].dt.normalize()
    begin, end = (actions["ticker"].map(span[side]) for side in ("min", "max"))
    keys = pd.MultiIndex.from_arrays([actions["ticker"], when])
    unknown = pd.Series(keys.isin(steps.index[steps.isna()]), actions.index)
    why = pd.Series(pd.NA, actions.index, dtype="str").mask(unknown, UNKNOWN)
    why = why.mask((when <= begin) | (when > end), OUTSIDE)
    return why.mask(begin.isna(), WITHOUT_PRICES).dropna()
