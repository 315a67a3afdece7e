"""How good or bad the words of an article are, by VADER's lexicon and rules.

Hutto, C. J., and Gilbert, E. (2014), "VADER: A Parsimonious Rule-based Model for Sentiment Analysis
of Social Media Text", ICWSM-14. Ten people rated each of its 7,500 words from -4 to 4; rules weigh
negation ("not good"), degree ("very good"), capitals and exclamation marks. The compound score is
the sum s of the ratings of a text, put between -1 and 1 as s / sqrt(s^2 + 15).

The words are those of everyday English: "liability" or "short" are not of finance here, and what is
in another language has no score.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from tidemark.errors import BadValue

ENGLISH = "en"


def score(title: str | None, summary: str | None, language: str | None = None) -> float:
    """The compound score of a title and its summary, from -1 (bad) to 1 (good).

    Args:
        title: of an article, if it has one.
        summary: likewise.
        language: tag of BCP 47; None: taken for English.

    Returns:
        NaN if there are no words, or none in English.

    Raises:
        BadValue: vaderSentiment is not installed.
    """
    words = ". ".join(part.strip() for part in (title, summary) if part and part.strip())
    if not words or (language or ENGLISH).split("-")[0].lower() != ENGLISH:
        return math.nan
    return float(_polarity()(words)["compound"])


@cache
def _polarity() -> Callable[[str], Any]:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise BadValue("sentiment", "vaderSentiment, which has the lexicon, is not installed",
                       "make .venv/.sentiment-ok") from error  # fmt: skip
    polarity: Callable[[str], Any] = SentimentIntensityAnalyzer().polarity_scores
    return polarity
