"""Returns of a portfolio: on each bar of history the mean over the tickers then listed."""

from referee.cells import Desk
from referee.results import Results
from referee.verdict import Comparison

import numpy as np

FILE = "data/backtests/{}.parquet"


def look(results: Results, cells: int, seed: int) -> str:
    """Trade some sets of each strategy on all of history, all tickers of each."""
    chance = np.random.default_rng(seed)
    names = [name for name, _ in results.strategies()]
    tickers = results.tickers
    each = max(1, cells // (4 * len(tickers) * len(names)))
    looked = total = 0
    worst = 0.0
    for name in names:
        file = FILE.format(name)
        held, desk, frame = Comparison(file), Desk(results, name), results.table(file)
        times = frame["timestamp"]
        held.same("all", "timestamp", list(times), list(results.history.times))
        sets = [column for column in frame if column not in ("timestamp", "cash")]
        total += len(sets)
        for told in chance.permutation(sets)[:each]:
            parts, listed, idle = [], [], []
            for ticker in tickers:
                there = desk.listed("full", ticker)
                if there.any():
                    first, last = np.flatnonzero(there)[[0, -1]]
                    bar = np.arange(len(there))
                    listed.append((bar >= first) & (bar <= last))
                    course, terms, _ = desk.course("full", told, ticker)
                    parts.append(course.earned)
                    idle.append(terms.cash * there)
            for column, earned in ((told, parts), ("cash", idle)):
                mean = np.sum(earned, axis=0) / np.maximum(np.sum(listed, axis=0), 1)
                held.numbers(lambda bar, t=times: f"{t[bar]}", column, frame[column], mean)
            looked += 1
        worst = max(worst, held.worst)
    return (
        f"{looked:,} of {total:,} sets agree on every bar (worst relative difference {worst:.1e})"
    )
