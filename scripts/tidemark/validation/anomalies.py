"""Moves from bar to bar that are beyond all that a ticker does.

A move is the difference of the logarithms of two adjusted closes. It is held against the moves of
the bars before it alone: their median, and as their spread 1.4826 times the median of the distances
that each of them had from the median before it. That is the standard deviation if moves are normal,
and does not grow with a few wild ones (the median absolute deviation: Rousseeuw and Croux 1993,
Journal of the American Statistical Association 88, 1273-1283). Daily returns have fat tails, so
some moves beyond eight of these are real: each is a question.
"""

from collections.abc import Iterator

from tidemark.validation.finding import iso
from tidemark.validation.questions import Question
from tidemark.validation.settings import Anomalies

import numpy as np
import pandas as pd

SCALED = 1.4826
LEAST = 60  # moves before, of which a spread can be told
BACK = 0.5  # share of a move that may be left after the next one took it back
AROUND = 12  # closes shown before and after


def found(prices: pd.DataFrame, limits: Anomalies) -> tuple[list[Question], int]:
    """All anomalies, by ticker and time; and of how many tickers nothing could be told.

    Args:
        prices: `timestamp`, `ticker`, `close`, `adj_close`; sorted by ticker and time.
        limits: what is beyond all.
    """
    if not limits.sigma:
        return [], 0
    questions: list[Question] = []
    unknown = 0
    for ticker, bars in prices.groupby("ticker", sort=False):
        fit = bars[(bars["adj_close"] > 0) & np.isfinite(bars["adj_close"])]
        moves = np.diff(np.log(fit["adj_close"].to_numpy(dtype=float)))
        sizes = sigmas(moves, limits.bars)
        unknown += bool(len(moves) > LEAST and np.isnan(sizes).all())
        questions += _asked(str(ticker), fit, moves, sizes, limits.sigma)
    return questions, unknown


def sigmas(moves: np.ndarray, window: int) -> np.ndarray:
    """(moves,) how far each lies from the median of the `window` before it, in their spreads.

    Missing where fewer than LEAST moves come before, or at least half of them are the same.
    """
    past = pd.Series(moves).shift()
    middle = past.rolling(window, min_periods=min(LEAST, window)).median()
    apart = (pd.Series(moves) - middle).abs()
    spread = SCALED * apart.shift().rolling(window, min_periods=min(LEAST, window) // 2).median()
    sizes = (moves - middle) / spread.where(spread > 0)
    return np.asarray(sizes, dtype=float)


def _asked(
    ticker: str, bars: pd.DataFrame, moves: np.ndarray, sizes: np.ndarray, sigma: float
) -> Iterator[Question]:
    times, close = bars["timestamp"].tolist(), bars["close"].to_numpy(dtype=float)
    taken = -1  # the move that took the last one back
    for place in np.flatnonzero(np.abs(sizes) > sigma).tolist():
        if place == taken:
            continue
        bar, log = place + 1, moves[place]
        words = f"{ticker} {iso(times[bar])}: {_percent(log)}, {abs(sizes[place]):.0f} sigma"
        after = moves[bar] if bar < len(moves) else 0.0
        if log * after < 0 and abs(log + after) < BACK * abs(log):
            taken = bar
            words += ", and back at the next bar"
        yield Question(
            kind="anomaly",
            tickers=[ticker],
            first=str(iso(times[bar])),
            last=str(iso(times[bar])),
            words=words,
            values=_plain(close[bar - 1 : bar + 1]),
            before=_plain(close[max(bar - AROUND, 0) : bar]),
            after=_plain(close[bar : bar + AROUND]),
            close=_plain(close[bar : bar + 1])[0],
        )


def _percent(log: float) -> str:
    change = 100 * np.expm1(log)
    return f"{change:+,.1f} %" if abs(change) < 1000 else f"{change:+,.0f} %"


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
