"""Articles by the bar within which they became known."""

import numpy as np
import pandas as pd


def by_bar(closes: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """How many articles of a ticker became known within each bar, and how good they were.

    An article belongs to the first bar that closes no earlier than it became known; when it was
    published does not matter. Nobody knows since when those of a ticker's first bar were collected,
    so that has none.

    Args:
        closes: `ticker` and `closed_at` (UTC), a row a bar, in any order.
        articles: `tickers` (lists), `known_at` (UTC) and `score` (NaN: none), a row an article.

    Returns:
        `news_count` and `news_sentiment` (the mean score; NaN where there is none), with the index
        of `closes`.
    """
    found = pd.DataFrame({"news_count": np.nan, "news_sentiment": np.nan}, index=closes.index)
    exploded = articles[["tickers", "known_at", "score"]].explode("tickers")
    by_ticker = dict(tuple(exploded.groupby("tickers")))
    for ticker, bars in closes.groupby("ticker"):
        ordered = bars["closed_at"].sort_values()
        own = by_ticker.get(ticker, exploded.iloc[:0])
        ends = ordered.to_numpy("datetime64[ns]")
        at = np.searchsorted(ends, own["known_at"].to_numpy("datetime64[ns]"), side="left")
        scores = own["score"].to_numpy("float64")
        has_score = ~np.isnan(scores)
        size = len(ends) + 1  # the last is after all bars
        count = np.bincount(at, minlength=size)[:-1].astype("float64")
        scored = np.bincount(at[has_score], minlength=size)[:-1]
        total = np.bincount(at[has_score], scores[has_score], minlength=size)[:-1]
        count[0], scored[0] = np.nan, 0
        mean = np.divide(total, scored, out=np.full(len(ends), np.nan), where=scored > 0)
        found.loc[ordered.index, "news_count"] = count
        found.loc[ordered.index, "news_sentiment"] = mean
    return found
