"""Steps of a price from one bar to the next that are unlikely to come from trading.

Units that change (pence and pounds), and splits that older prices do not show, multiply a price by
a whole number or divide it by one, apart from what the market did on that day. No bound on prices
finds them, and no step is mended here, because a fall by half may be real.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tidemark.bars import below_zero
from tidemark.bars.corporate_actions import days
from tidemark.naming import counted, several
from tidemark.validation.finding import Finding, iso, offender, offenders

import numpy as np
import pandas as pd

ANY = np.log(5.0)  # a larger step is reported whatever its ratio
SCALED = 1.4826  # standard deviation of normally distributed moves over their median size
ORDINARY = 5.0  # standard deviations within which a ratio is near a whole one; moves have fat tails
LEAST, MOST = 0.03, 0.10  # the least and the most that this distance may be, in logs
LARGE = np.log(2.0) - MOST
OFTEN = 0.02  # share of a ticker's bars; if more have large steps, these are its ordinary moves
BACK = 0.2  # difference, in logs, that a price which came back may have
NEAREST = 20  # number of later steps among which the way back is sought
UNITS = {
    100: "units, such as pence and pounds",
    1000: "units, such as thousands",
    1_000_000: "units, such as millions",
}
SHOWN = 5
NO_EVENTS = pd.DataFrame({"kind": [], "day": pd.Series([], dtype="datetime64[us]")})


@dataclass(frozen=True)
class Step:
    """A step that trading hardly explains; `row` is that of the bar after it."""

    row: int
    ticker: str
    time: pd.Timestamp
    log: float  # logarithm of the price after the step over the one before
    whole: int | None  # the ratio, if it is close to a whole number
    listed: bool  # whether a split is listed between the two bars
    covered: bool  # whether the ticker's listed events reach from before this bar to after it


def check(
    prices: pd.DataFrame,
    actions: pd.DataFrame | None,
    broken: pd.Series,
    *,
    can_split: bool = True,
) -> Iterator[Finding]:
    """Report steps of `adj_close` near whole ratios, or by more than a factor of five.

    Between a ticker's listed events, a step by a factor of five or less on a day without a split is
    probably a real move, so it is a note and not a warning.

    Args:
        prices: `timestamp`, `ticker`, `adj_close`, and what `corporate_actions.days` takes; sorted
            by ticker and time, with a default index.
        actions: corporate actions as in data/raw/; None if there are none.
        broken: whether a bar is the first after a hole.
        can_split: whether prices are of what can be split, as stocks can and currencies cannot.
    """
    value, low = prices["adj_close"], below_zero.undefined(prices)
    unfit = int(low.sum())
    if unfit:
        named = several(list(below_zero.in_words(prices)), SHOWN)
        yield Finding(
            "step",
            "adj_close",
            f"not above 0: {counted(unfit, 'value')}: {named}; no return leads to or from them, so"
            " these bars are left out and figures lack what was gained or lost across",
            "mend them if they are wrong",
            "warning",
            unfit,
            offenders(prices, low, value),
        )
    yield from suspicious(prices, actions, broken, can_split=can_split)


def suspicious(
    prices: pd.DataFrame,
    actions: pd.DataFrame | None,
    broken: pd.Series,
    *,
    can_split: bool = True,
) -> Iterator[Finding]:
    """Report the steps alone, of prices above 0; as `check` does, with the same arguments."""
    suspects = _found(prices, actions, broken)
    real = [step for step in suspects if step.covered and not step.listed and abs(step.log) <= ANY]
    odd = [step for step in suspects if step not in real]
    split = ", or show the split in older prices" if can_split else ""
    for steps, severity, what in (
        (odd, "warning", f"that {'looks' if len(odd) == 1 else 'look'} like no trade"),
        (real, "note", "that may be real"),
    ):
        if steps:
            told = list(_told(steps, can_split=can_split))
            yield Finding(
                "step",
                "adj_close",
                f"{counted(len(steps), 'step')} from bar to bar {what}:"
                f" {several([words for _, words in told], SHOWN)}",
                f"mend the values{split}; what is real may stand",
                severity,
                len(steps),
                [offender(prices, step.row, words) for step, words in told],
            )


def _found(prices: pd.DataFrame, actions: pd.DataFrame | None, broken: pd.Series) -> list[Step]:
    value = prices["adj_close"]
    fit = value.gt(0) & np.isfinite(value)
    bars = prices[fit]
    by_ticker = np.log(value[fit]).groupby(bars["ticker"], sort=False)
    steps = by_ticker.diff().mask(broken[fit])
    day = days(bars)
    before = day.groupby(bars["ticker"], sort=False).shift()
    concerned = bars["ticker"].isin(bars["ticker"][steps.abs() > LARGE])
    events = _events(actions)
    suspects = []
    for ticker, own in steps[concerned].groupby(bars["ticker"][concerned], sort=False):
        candidates, spread = own[own.abs() > LARGE], _spread(own)
        wild = len(candidates) > max(OFTEN * len(own), 3)
        listed = events.get(str(ticker), NO_EVENTS)
        splits = listed["day"][listed["kind"] == "split"]
        for row, log in candidates.items():
            size, whole = abs(log), round(np.exp(abs(log)))
            off = abs(size - np.log(whole))
            near = off <= np.clip(ORDINARY * spread, LEAST, MOST)
            if not (size > ANY or (near and not wild)):
                continue
            here = bool((splits.gt(before[row]) & splits.le(day[row])).any())
            amid = bool(listed["day"].lt(day[row]).any() and listed["day"].gt(day[row]).any())
            ratio = int(whole) if near else None
            time = prices["timestamp"][row]
            suspects.append(Step(int(row), str(ticker), time, float(log), ratio, here, amid))
    return suspects


def _spread(steps: pd.Series) -> float:
    """The standard deviation of a ticker's ordinary moves, by the median of those not large."""
    size = steps.abs()
    moved = size[(size > 0) & (size < LARGE)]
    return SCALED * float(moved.median()) if len(moved) else 0.0


def _events(actions: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Each ticker's listed events: `day` (the ex-date), `kind`."""
    if actions is None:
        return {}
    events = actions[["kind"]].assign(day=actions["timestamp"].dt.normalize())
    return {str(name): own for name, own in events.groupby(actions["ticker"], sort=False)}


def _told(suspects: list[Step], *, can_split: bool) -> Iterator[tuple[Step, str]]:
    """Each step in words; a step that a later one takes back is told together with it."""
    taken: set[int] = set()
    for number, step in enumerate(suspects):
        if step.row in taken:
            continue
        back = next(
            (
                later
                for later in suspects[number + 1 : number + 1 + NEAREST]
                if later.ticker == step.ticker
                and later.row not in taken
                and abs(later.log + step.log) < BACK
            ),
            None,
        )
        words = f"{step.ticker} {iso(step.time)} ({_percent(step)})"
        if back is not None:
            taken.add(back.row)
            words += f" and back {iso(back.time)} ({_percent(back)})"
        yield step, f"{words}: like {_cause(step, is_split=can_split and back is None)}"


def _percent(step: Step) -> str:
    change = 100 * np.expm1(step.log)
    return f"{change:+,.1f} %" if abs(change) < 1000 else f"{change:+,.0f} %"


def _cause(step: Step, *, is_split: bool) -> str:
    size = abs(step.log)
    for ratio, words in UNITS.items():
        if abs(size - np.log(ratio)) <= MOST:
            return words
    if not is_split or step.whole is None:
        return "a wrong value"
    if step.listed:
        return "a split that is listed but that older prices do not show"
    if step.covered:
        return f"a {_split(step)} that is not listed"
    return f"a {_split(step)} that older prices do not show"


def _split(step: Step) -> str:
    return f"{step.whole}:1 split" if step.log < 0 else f"reverse split of 1:{step.whole}"
