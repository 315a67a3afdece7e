"""A schema that prices can meet: the shipped one, loosened where they are other and may be right.

What they then still break, a step would stop at; it is told beforehand, by the same checks.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from tidemark.adopting.conclusions import Conclusion, Sureness
from tidemark.adopting.proposal.calendars import Calendar
from tidemark.adopting.proposal.history import History
from tidemark.bars import holes
from tidemark.market import bars_a_year
from tidemark.naming import counted
from tidemark.ohlcv import FIELDS, OHLC
from tidemark.validation import checks, completeness, sessions, steps
from tidemark.validation.finding import Finding, iso
from tidemark.validation.schema import Schema

import numpy as np
import pandas as pd

AGES = {"weekly": 14, "monthly": 45}  # days after which the newest bar is old
OLD = 1.5  # steps from bar to bar, where these are longer than a month
LARGEST_ODDITY = 0.01  # by which a high may be too low, or a low too high, relative to it
PRICES = (*OHLC, "adj_close")
UNADJUSTED = "returns have them as they are; if splits, adopt closes that are adjusted for them"


def fitting(
    shipped: Mapping[str, Any], records: pd.DataFrame, history: History, calendar: Calendar
) -> tuple[dict[str, Any], list[Conclusion]]:
    """A schema for these records, as JSON has it, and what it lets pass.

    Args:
        shipped: the schema of prices.
        records: as `sources.prices.read` returns them.
        history: of the records.
        calendar: of the same.
    """
    fields = {name: dict(rule) for name, rule in shipped["fields"].items()}
    conclusions = [
        *_missing(fields, records),
        *_below_zero(fields, records),
    ]
    described = [
        line.replace("volume in shares", "volume as files have it")
        for line in shipped["description"]
    ]
    rules = {
        **shipped,
        "description": described,
        "fields": fields,
        "min_rows": min(shipped["min_rows"], len(records) // 2),
    }
    rules["max_age_days"] = _oldest(history) or shipped.get("max_age_days")
    tolerance, oddities = _tolerance(shipped.get("ohlc_tolerance"), records)
    rules["ohlc_tolerance"] = tolerance
    if calendar.held is None:
        rules["gaps"] = "ignore"
    elif _gaps(records, history, calendar):
        rules["gaps"] = "warning"
    return rules, [*conclusions, *oddities]


def broken(
    rules: Schema,
    records: pd.DataFrame,
    history: History,
    calendar: Calendar,
    longest_hole_days: int,
) -> list[Finding]:
    """The errors at which the pipeline would stop."""
    counts = completeness.fillable(records, longest_hole_days)
    found = checks.check(records, rules, history.last, counts=counts)
    found += completeness.check(records, rules, longest_hole_days, counts)
    if rules.gaps == "error":
        found += _gaps(records, history, calendar)
    return [finding for finding in found if finding.severity == "error"]


def like_splits(
    records: pd.DataFrame, longest_hole_days: int, *, can_split: bool
) -> list[Conclusion]:
    """What the gate will warn of: steps of prices that look like no trade, with its own words."""
    bars = records.sort_values(["ticker", "timestamp"], ignore_index=True)
    broken = holes.beyond_reach(bars, bars["adj_close"] > 0, longest_hole_days)
    found = steps.suspicious(bars, None, broken, can_split=can_split)
    as_they_are = can_split and bars["adj_close"].equals(bars["close"])
    return [
        Conclusion("steps", one.message, UNADJUSTED if as_they_are else one.cure, Sureness.LIKELY)
        for one in found
    ]


def _missing(fields: dict[str, Any], records: pd.DataFrame) -> Iterator[Conclusion]:
    for name in FIELDS:
        gone = records[name].isna()
        worst = gone.groupby(records["ticker"]).mean().max()
        if worst <= fields[name].get("max_null_rate", 0.0):
            continue
        fields[name]["max_null_rate"] = min(math.ceil(100 * worst + 1) / 100, 1.0)
        told = name == "adj_close" and records[name].equals(records["close"])
        if not gone.all() and not told:
            first = gone.idxmax()
            at = f"{records['ticker'][first]} {iso(records['timestamp'][first])}"
            words = f"{counted(int(gone.sum()), 'value')} of {name}, {100 * gone.mean():.1f} %"
            yield Conclusion("missing", words, f"the first: {at}")


def _below_zero(fields: dict[str, Any], records: pd.DataFrame) -> Iterator[Conclusion]:
    for name in PRICES:
        low = records[name] <= 0
        if low.any():
            fields[name].pop("exclusive_minimum", None)
        if low.any() and name == "adj_close":
            first = low.idxmax()
            at = f"{records['ticker'][first]} {iso(records['timestamp'][first])}"
            yield Conclusion(
                "below zero",
                f"{counted(int(low.sum()), 'price')} at or below zero: no return reaches across",
                f"{at} is {records[name][first]:g}",
                Sureness.LIKELY,
            )


def _tolerance(
    shipped: float | None, records: pd.DataFrame
) -> tuple[float | None, list[Conclusion]]:
    """The tolerance with which highs are highest and lows lowest, if it is a slight one."""
    if shipped is None or records[list(OHLC)].isna().all().any():
        return shipped, []
    high, low = records["high"], records["low"]
    prices = records[list(OHLC)]
    off = np.fmax(prices.max(axis=1) / high - 1, 1 - prices.min(axis=1) / low).where(low > 0, 0.0)
    odd = off > shipped
    worst = float(off.max())
    if not odd.any() or worst > LARGEST_ODDITY:
        return shipped, []
    first = odd.idxmax()
    at = f"{records['ticker'][first]} {iso(records['timestamp'][first])}"
    words = f"{counted(int(odd.sum()), 'bar')} with a high or low within open and close"
    because = f"the first: {at}; at most by {100 * worst:.2f} %, which may be rounding"
    tolerance = float(f"{worst * 1.1:.1e}")
    return tolerance, [Conclusion("odd bars", words, because, Sureness.ASSUMED)]


def _gaps(records: pd.DataFrame, history: History, calendar: Calendar) -> list[Finding]:
    daily = history.bar == "daily"
    found = sessions.gaps(records, calendar.held, daily=daily, severity="error")
    return [finding for finding in found if finding.severity == "error"]


def _oldest(history: History) -> int | None:
    """The days after which the newest bar is old; None where the shipped schema knows it."""
    if history.bar not in AGES:
        return None
    return max(AGES[history.bar], int(OLD * bars_a_year.DAYS / history.a_year))
