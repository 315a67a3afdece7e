"""The fields of columns whose names say nothing: four that follow each other as prices do."""

from collections.abc import Sequence

from tidemark.adopting.conclusions import Sureness
from tidemark.adopting.meaning import words
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.adopting.meaning.layout import Layout, long_form, which_column
from tidemark.adopting.meaning.words import CLOSE, VOLUME

import numpy as np

FEWEST_BARS = 3
WIDEST_BAR = 0.5  # from low to high, as a share of the low; usual bars are narrower
FEWEST_FALLS = 0.02  # the share of bars that close below their open, and of those above
CLEARLY = 1.5  # times as near

Neighbours = tuple[np.ndarray, np.ndarray]


def of_bars(
    evidence: Evidence,
    numeric: Sequence[str],
    ticker: str | None,
    neighbours: Neighbours,
    asked: str | None = None,
) -> Layout | None:
    """The fields of columns whose names say nothing: four that follow each other as prices do.

    None if no four do, or if the answer is none of these.
    """
    if len(numeric) == 1:
        because = "it is the only column of numbers"
        return long_form({CLOSE: numeric[0]}, ticker, because, Sureness.CERTAIN)
    for at in range(len(numeric) - 3):
        four = numeric[at : at + 4]
        bars = _as_bars(evidence, four, neighbours)
        if bars is None:
            continue
        columns, is_sure = bars
        if asked == columns["open"]:
            columns |= {"open": columns["close"], "close": asked}
        if asked not in (None, columns["close"]):
            return None
        if not is_sure and asked is None:
            either = [columns["close"], columns["open"]]
            question = which_column(
                evidence, either, "Which column holds the closes, and not the opens?"
            )
            return Layout("long", {}, questions=[question])
        if volume := _volume(evidence, numeric, at + 4, columns["close"]):
            columns[VOLUME] = volume
        if asked:
            return long_form(columns, ticker, "your answer", Sureness.CERTAIN)
        because = "the highest and lowest of four columns, opens near the closes before them"
        return long_form(columns, ticker, because, Sureness.LIKELY)
    return None


def _volume(evidence: Evidence, numeric: Sequence[str], at: int, close: str) -> str | None:
    """The column that is called so, or the one behind the prices if it is none of them."""
    named = words.columns_of(VOLUME, numeric)
    if named:
        return named[0][0] if len(named[0]) == 1 else None
    if at >= len(numeric):
        return None
    values = np.nan_to_num(evidence.values(numeric[at]))
    near = np.isclose(values, evidence.values(close), rtol=0.5, atol=0).mean() > 0.5
    return numeric[at] if (values >= 0).all() and not near else None


def _as_bars(
    evidence: Evidence, four: Sequence[str], neighbours: Neighbours
) -> tuple[dict[str, str], bool] | None:
    """Which of four columns is which price of bars, and whether it is sure; None if they are not.

    The open is the one that is nearer to the other's value one bar before.
    """
    values = np.array([evidence.prices(name) for name in four])
    is_whole = ~np.isnan(values).any(axis=0)
    before, after = (rows[is_whole[neighbours[0]] & is_whole[neighbours[1]]] for rows in neighbours)
    whole = values[:, is_whole]
    if whole.shape[1] < FEWEST_BARS or not len(before):
        return None
    highs = [at for at in range(4) if (whole[at] >= whole.max(axis=0)).all()]
    lows = [at for at in range(4) if (whole[at] <= whole.min(axis=0)).all()]
    is_usual = 1 in highs and 2 in lows  # open, high, low, close
    if not is_usual and (len(highs) != 1 or len(lows) != 1 or highs == lows):
        return None
    high, low = (1, 2) if is_usual else (highs[0], lows[0])
    first, second = (at for at in range(4) if at not in (high, low))
    rises, falls = (whole[first] < whole[second]).mean(), (whole[first] > whole[second]).mean()
    spread = np.median((whole[high] - whole[low]) / np.abs(whole[low]).clip(1e-12))
    if spread > WIDEST_BAR or min(rises, falls) < FEWEST_FALLS:
        return None  # four series that happen to lie in one order
    as_named = np.abs(values[first, after] - values[second, before]).mean()
    swapped = np.abs(values[second, after] - values[first, before]).mean()
    names = {"open": four[first], "close": four[second], "high": four[high], "low": four[low]}
    if swapped < as_named / CLEARLY:
        if is_usual:
            return names, False
        return names | {"open": four[second], "close": four[first]}, True
    return names, is_usual or as_named < swapped / CLEARLY
