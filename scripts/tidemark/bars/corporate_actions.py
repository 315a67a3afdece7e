"""Splits and dividends, and the adjustment factor adj_close / close that must reflect them.

At an ex-date t, the factor f of Quandl's WIKI prices steps by

    f[t-1] / f[t] = C[t] / (C[t] + D) / S

with the close C[t] of the ex-date, the cash dividend D per share, and the split ratio S. Most other
vendors follow the CRSP convention, which relates the dividend to the close of the day before:

    f[t-1] / f[t] = (1 - D * S / C[t-1]) / S
"""

from fractions import Fraction

import pandas as pd

NOISE = 1e-9  # relative; the rounding error of a factor that did not move
LARGEST_SPLIT_TERM = 20  # splits are 2:1, 3:2, 1:10, ...: ratios of small whole numbers


def factor_steps(prices: pd.DataFrame) -> pd.Series:
    """f[t-1] / f[t] on each row, 1 where nothing happened; missing on a ticker's first row.

    Args:
        prices: `ticker`, `close`, `adj_close`; sorted by ticker and time.
    """
    factor = prices["adj_close"] / prices["close"]
    return factor.groupby(prices["ticker"], sort=False).shift() / factor


def implied(prices: pd.DataFrame) -> pd.DataFrame:
    """The events that WIKI's adjustment factors imply: `timestamp`, `ticker`, `kind`, `value`.

    A step whose inverse is a ratio of small whole numbers, up to rounding error, is a split, and
    its `value` is the ratio of new to old shares. Any other step is a dividend, and its `value` is
    the cash per share in that day's money. A split and a dividend on the same day cannot be told
    apart and come out as one dividend.

    Args:
        prices: `timestamp`, `ticker`, `close`, and `adj_close` with 10 significant digits or more;
            sorted by ticker and time.
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
    """The day of each bar, to compare with ex-dates: the column `day` if present, else in UTC."""
    return prices["day"] if "day" in prices else prices["timestamp"].dt.normalize()


def mismatches(prices: pd.DataFrame, actions: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """The bars whose factor moved without an event, or not as the events of that day say.

    A step passes if either convention (see the module) explains it. What cannot be judged is left
    out: see `hidden_steps`, `unjudged` and `without_bar`.

    Args:
        prices: `timestamp`, `ticker`, `close`, `adj_close`, and what `days` needs; sorted by ticker
            and time.
        actions: `timestamp` (ex-date), `ticker`, `kind` (split or dividend), `value`.
        tolerance: largest relative difference that passes.

    Returns:
        `timestamp`, `ticker`, `step` (f[t-1] / f[t] as observed) and `expected` (by the WIKI
        convention) of those rows of `prices`, with their index.
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


def hidden_steps(prices: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """The first bars with a known factor after bars without one, where it is another than before.

    When the factor moved is not known, so that `mismatches` cannot judge it.

    Args:
        prices: `timestamp`, `ticker`, `close`, `adj_close`; sorted by ticker and time, with a
            default index.
        tolerance: largest relative difference that is none.

    Returns:
        `timestamp`, `ticker`, `step` (the last known factor by that of this bar) of those rows,
        with their index.
    """
    known = prices[(prices["adj_close"] / prices["close"]).notna()]
    row = known.index.to_series()
    across = row.groupby(known["ticker"], sort=False).diff() > 1
    step = factor_steps(known)
    moved = across & ((step - 1).abs() > tolerance)
    return known.assign(step=step).loc[moved, ["timestamp", "ticker", "step"]]


def _events_by_day(actions: pd.DataFrame) -> pd.DataFrame:
    """The product of the split ratios and the sum of the dividends of each ticker and day."""
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
    """Why `mismatches` could not judge an event: the reason in words, with the event's index.

    Events that `without_bar` returns are not among them.
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
