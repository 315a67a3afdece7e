"""Bars against the exchange's sessions: which are missing, and which the exchange never held."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tidemark.naming import counted
from tidemark.validation.finding import SHOWN_ROWS, Finding, iso, offenders

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from tidemark.bars.trading_calendar import Held

MISSING = "gaps"  # the check for sessions without a bar
LISTED = 20  # days that a cure lists at most
MANY = 0.1  # share of the days; a calendar that is wrong on more must be another exchange's
LOOSEN = "set `gaps` to warning in its schema"
DAY = pd.Timedelta(days=1)


def _unchecked(severity: str) -> Finding:
    """The note that nobody looks for missing sessions, although a schema asks for it."""
    return Finding(
        "gaps",
        None,
        f"sessions without a bar are not looked for, although the schema has gaps: {severity},"
        " because validate_schema.calendar is null",
        "name the exchange in validate_schema.calendar, or set gaps to ignore in the schema",
        "note",
        0,
    )


def gaps(prices: pd.DataFrame, held: "Held | None", *, daily: bool, severity: str) -> list[Finding]:
    """Report sessions without a bar between a ticker's first and last, and bars outside sessions.

    Args:
        prices: `timestamp`, `ticker`; sorted by ticker and time, with a default index.
        held: the exchange's sessions, from the first bar to the last; None: nothing is checked, and
            a note says so.
        daily: whether a bar stands for a session; else a session needs one bar between its open
            and its close, bars outside these hours on a day with a session are a note, and bars on
            other days are no more than a warning.
        severity: of the findings, error or warning.
    """
    if held is None:
        return [_unchecked(severity)]
    sessions = held.sessions
    if daily:
        days = prices["timestamp"].dt.normalize()
        number = np.asarray(sessions.index.get_indexer(days))
    else:
        days = prices["timestamp"].dt.tz_localize("UTC").dt.tz_convert(held.zone)
        days = days.dt.tz_localize(None).dt.normalize()
        number = _by_hours(prices, sessions)
    closed = pd.Series((number < 0) & ~days.isin(sessions.index), prices.index)
    shift = _shift(days[closed].unique(), days.unique(), sessions) if daily else ""
    findings = list(_missing(prices, held, number, severity, shift))
    if closed.any():
        findings.append(
            Finding(
                "closed_day",
                "timestamp",
                f"{counted(int(closed.sum()), 'bar')} on days when the exchange was closed, the"
                f" first {_first(prices, closed)}",
                shift or _open_after_all(pd.DatetimeIndex(days[closed].unique()), days, held),
                severity if daily else "warning",
                int(closed.sum()),
                offenders(prices, closed, prices["timestamp"]),
            )
        )
    if not daily:
        never = ~pd.Series(number >= 0).groupby(prices["ticker"]).transform("any")
        findings += _never_in_session(prices, never, severity)
        findings += _off_hours(prices, pd.Series(number < 0, prices.index) & ~closed & ~never)
    return findings


def _off_hours(prices: pd.DataFrame, outside: pd.Series) -> Iterator[Finding]:
    if outside.any():
        yield Finding(
            "off_hours",
            "timestamp",
            f"{counted(int(outside.sum()), 'bar')} of {len(prices):,} outside the exchange's hours,"
            f" the first {_first(prices, outside)} UTC: before and after them, or is"
            " fetch_data.prices.time_zone another?",
            "if they are not from before or after hours, correct the time_zone",
            "note",
            int(outside.sum()),
            offenders(prices, outside, prices["timestamp"]),
        )


def _first(prices: pd.DataFrame, bad: pd.Series) -> str:
    bar = prices.loc[bad.idxmax()]
    return f"{bar['ticker']} {iso(bar['timestamp'])}"


def _by_hours(prices: pd.DataFrame, sessions: pd.DataFrame) -> np.ndarray:
    """Position of the session that each bar lies in, -1 if it lies in none."""
    times = prices["timestamp"].to_numpy()
    opens, closes = sessions["open"].to_numpy(), sessions["close"].to_numpy()
    number = np.searchsorted(closes, times)
    inside = number < len(sessions)
    inside[inside] = opens[number[inside]] <= times[inside]
    return np.where(inside, number, -1)


def _shift(closed: np.ndarray, days: np.ndarray, sessions: pd.DataFrame) -> str:
    """The cure if moving all bars by a day puts most stray ones on sessions; else empty."""
    for words, moved in (("later", days + DAY), ("earlier", days - DAY)):
        if 3 * (~pd.DatetimeIndex(moved).isin(sessions.index)).sum() <= len(closed) > 0:
            return (
                f"a day {words}, these bars would be on sessions: give fetch_data.prices in"
                " the time_zone in which their stamps are days, or correct date_format"
            )
    return ""


def _open_after_all(closed: pd.DatetimeIndex, days: pd.Series, held: "Held") -> str:
    """The cure for bars on `closed` days; `days` are those of all bars."""
    if len(named := closed.intersection(held.closed)):
        return f"take off validate_schema.closed_sessions: {_listed(named)}"
    if len(closed) > MANY * days.nunique():
        return (
            f"correct validate_schema.calendar, which knows nothing of {len(closed):,} of"
            f" {days.nunique():,} days with bars; or check time_zone and date_format; or {LOOSEN}"
        )
    return (
        f"if the exchange was open, add to validate_schema.extra_sessions:"
        f" {_listed(closed)}; else check time_zone and date_format, or {LOOSEN}"
    )


def _listed(days: pd.DatetimeIndex) -> str:
    """Dates to paste; if they are many, the first ones and how many more there are."""
    shown = ", ".join(str(day.date()) for day in days.sort_values()[:LISTED])
    return f"[{shown}]" + (f" and {len(days) - LISTED:,} more" if len(days) > LISTED else "")


def _missing(
    prices: pd.DataFrame, held: "Held", number: np.ndarray, severity: str, shift: str
) -> Iterator[Finding]:
    sessions = held.sessions
    rows: list[dict[str, Any]] = []
    missing: list[int] = []
    for ticker, bars in prices.groupby("ticker", sort=False):
        traded = np.unique(number[bars.index])
        traded = traded[traded >= 0]
        if not len(traded):
            continue
        lost = np.setdiff1d(np.arange(traded[0], traded[-1]), traded)
        missing += lost.tolist()
        days = sessions.index[lost[: SHOWN_ROWS - len(rows)]]
        after = bars.index[bars["timestamp"].searchsorted(days)]
        rows += [
            {"row": int(row) + 1, "timestamp": iso(day), "ticker": str(ticker), "value": None}
            for row, day in zip(after, days, strict=True)
        ]
    if missing:
        count = len(missing)
        first = f"{rows[0]['ticker']} {rows[0]['timestamp']}"
        message = f"{count:,} session{'s have' if count > 1 else ' has'} no bar, the first {first}"
        nobody = sessions.index[np.setdiff1d(missing, number)]
        cure = shift or _closed_after_all(nobody, held)
        yield Finding(MISSING, "timestamp", message, cure, severity, count, rows)


def _closed_after_all(nobody: pd.DatetimeIndex, held: "Held") -> str:
    """The cure for sessions without a bar; `nobody` are those for which no ticker has one."""
    if len(named := nobody.intersection(held.extra)):
        return f"take off validate_schema.extra_sessions: {_listed(named)}"
    if not len(nobody):
        return f"complete the source: other tickers have bars of these sessions; or {LOOSEN}"
    if len(nobody) > MANY * len(held.sessions):
        return f"complete the source, or correct validate_schema.calendar; or {LOOSEN}"
    return (
        "complete the source; or, if the exchange was closed, add to"
        f" validate_schema.closed_sessions: {_listed(nobody)}; or {LOOSEN}"
    )


def _never_in_session(prices: pd.DataFrame, never: pd.Series, severity: str) -> Iterator[Finding]:
    """Tickers without a bar in any session, for which no session can count as missing."""
    if never.any():
        yield Finding(
            "no_session",
            "timestamp",
            f"{counted(int(never.sum()), 'bar')} of"
            f" {counted(prices['ticker'][never].nunique(), 'ticker')}, none while the exchange was"
            " open",
            f"correct fetch_data.prices.time_zone or validate_schema.calendar; or {LOOSEN}",
            severity,
            int(never.sum()),
            offenders(prices, never, prices["timestamp"]),
        )
