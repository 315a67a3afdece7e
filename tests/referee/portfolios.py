"""Returns of a portfolio: on each bar of history the mean over the tickers then listed.

Beside them what it trades without cost, as shares of the whole: to keep positions at their shares,
and to keep equal parts in all tickers, of which only what is held must be traded.
"""

from referee.cells import Desk
from referee.results import Floats, Results
from referee.trading import Course, Terms
from referee.verdict import Comparison

import numpy as np
import pandas as pd

FILE = "data/backtests/{}.parquet"
FREE = "metrics/rebalancing/{}.parquet"


def look(results: Results, cells: int, seed: int) -> str:
    """Trade some sets of each strategy on all of history, all tickers of each."""
    chance = np.random.default_rng(seed)
    names = [name for name, _ in results.strategies()]
    each = max(1, cells // (4 * len(results.tickers) * len(names)))
    looked = total = 0
    worst = 0.0
    for name in names:
        held, traded = Comparison(FILE.format(name)), Comparison(FREE.format(name))
        desk, frame = Desk(results, name), results.table(held.file)
        free = results.table(traded.file).set_index("set")
        times = frame["timestamp"]
        held.same("all", "timestamp", list(times), list(results.history.times))
        sets = [column for column in frame if column not in ("timestamp", "cash")]
        total += len(sets)
        for told in chance.permutation(sets)[:each]:
            parts, courses, terms = _parts(results, desk, told)
            returns = [course.earned for course in courses]
            idle = [each.cash * np.isfinite(close) for each, close in terms]
            for column, earned in ((told, returns), ("cash", idle)):
                mean = (parts * earned).sum(axis=0)
                held.numbers(lambda bar, t=times: f"{t[bar]}", column, frame[column], mean)
            _hold_free(traded, free.loc[told], parts, courses, terms[0][0])
            looked += 1
        worst = max(worst, held.worst, traded.worst)
    return (
        f"{looked:,} of {total:,} sets agree on every bar (worst relative difference {worst:.1e})"
    )


def _parts(
    results: Results, desk: Desk, told: str
) -> tuple[Floats, list[Course], list[tuple[Terms, Floats]]]:
    """(tickers, bars) parts of the whole, and how each ticker was traded, with its closes."""
    courses, terms, listed = [], [], []
    bars = results.history
    for column, ticker in enumerate(bars.tickers):
        there = desk.listed("full", ticker)
        first, last = np.flatnonzero(there)[[0, -1]]
        bar = np.arange(len(there))
        listed.append((bar >= first) & (bar <= last))
        course, by, _ = desk.course("full", told, ticker)
        courses.append(course)
        terms.append((by, bars.close[:, column]))
    count = np.sum(listed, axis=0)
    return np.array(listed) / np.maximum(count, 1), courses, terms


def _hold_free(
    held: Comparison, row: pd.Series, parts: Floats, courses: list[Course], terms: Terms
) -> None:
    """Require the sums of what is traded without cost."""
    within = (parts * [course.drift for course in courses]).sum()
    between = 0.0
    for bar in range(parts.shape[1] - 1):
        grown = [part * (1 + c.earned[bar]) for part, c in zip(parts[:, bar], courses, strict=True)]
        whole = sum(grown)
        if whole > 0:
            between += sum(
                abs(course.held[bar]) * abs(after - before / whole)
                for course, after, before in zip(courses, parts[:, bar + 1], grown, strict=True)
            )
    cost = (terms.beyond_price(1.0) - terms.beyond_price(-1.0)) / 2 * (within + between)
    for column, expected in (
        ("kept_within", within),
        ("kept_between", between),
        ("keeping_cost", cost),
    ):
        held.number(str(row.name), column, row[column], expected)
