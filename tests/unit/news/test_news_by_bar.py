"""Counts, sentiment and announced events of bars, of what was known at their close alone."""

import math

from tidemark.news import sentiment
from tidemark.news.ahead import days_ahead
from tidemark.news.by_bar import by_bar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

BEGAN = pd.Timestamp("2026-11-02T21:00Z")


def bars(days: int, *tickers: str) -> pd.DataFrame:
    return pd.DataFrame(
        [(ticker, BEGAN + pd.Timedelta(days=n)) for ticker in tickers for n in range(days)],
        columns=["ticker", "closed_at"],
    )


def said(*rows: tuple[list[str], float, float]) -> pd.DataFrame:
    """Articles by tickers, hours after the first close, and score."""
    frame = pd.DataFrame(rows, columns=["tickers", "hours", "score"])
    hours = pd.to_timedelta(frame.pop("hours").astype("float64"), unit="h")
    return frame.assign(known_at=BEGAN + hours)


def events(
    *rows: tuple[str | None, str | pd.Timestamp, str | None, str | pd.Timestamp],
) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["ticker", "timestamp", "announced_at", "known_at"])
    for name in ("timestamp", "announced_at", "known_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame.assign(kind="earnings")


def test_an_article_belongs_to_the_bar_within_which_it_became_known():
    articles = said(
        (["AAPL"], -1.0, 0.9),  # nobody knows how long such were collected
        (["AAPL"], 0.0, 0.9),  # at the first close
        (["AAPL", "MSFT"], 1.0, 0.5),
        (["AAPL"], 24.0, -0.1),  # at the second close
        (["AAPL"], 24.1, math.nan),  # in another language
        (["AAPL"], 99.0, 0.9),  # after all bars
    )
    found = by_bar(bars(3, "AAPL", "MSFT", "IBM"), articles)
    assert np.array_equal(
        found["news_count"], [math.nan, 2, 1, math.nan, 1, 0, math.nan, 0, 0], equal_nan=True
    )
    assert np.allclose(
        found["news_sentiment"],
        [math.nan, 0.2, math.nan, math.nan, 0.5, *[math.nan] * 4],
        equal_nan=True,
    )


def test_bars_in_any_order_and_no_article_at_all():
    closes = bars(4, "AAPL", "MSFT")
    articles = said((["AAPL"], 30.0, 0.5), (["MSFT"], 31.0, -0.5))
    shuffled = closes.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(by_bar(shuffled, articles).sort_index(), by_bar(closes, articles))
    none = by_bar(closes, articles.iloc[:0])
    assert none["news_count"].sum() == 0
    assert none["news_sentiment"].isna().all()
    assert by_bar(closes.iloc[:0], articles).empty


HOURS = st.integers(-30, 150)
ARTICLES = st.lists(
    st.tuples(st.lists(st.sampled_from(["A", "B"]), unique=True), HOURS, st.floats(-1, 1)),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(rows=ARTICLES, later=ARTICLES)
def test_what_became_known_after_a_close_changes_nothing_before_it(rows, later):
    closes = bars(5, "A", "B")
    cut = BEGAN + pd.Timedelta(days=2)
    late = said(*later)
    late = late[late["known_at"] > cut]
    before = by_bar(closes, said(*rows))
    after = by_bar(closes, pd.concat([said(*rows), late]))
    known = closes["closed_at"] <= cut
    pd.testing.assert_frame_equal(before[known], after[known])
    # Every article that became known within the bars counts once for each of its tickers.
    inside = sum(len(tickers) for tickers, hours, _ in rows if 0 < hours <= 96)
    assert before["news_count"].sum() == inside


def test_an_event_counts_from_its_announcement_to_its_hour():
    calendar = events(
        ("AAPL", "2026-11-05T21:30Z", "2026-11-03T21:00Z", "2026-11-30T00:00Z"),
        ("AAPL", "2026-11-06T21:00Z", None, "2026-11-05T20:00Z"),
        ("MSFT", "2026-11-04T00:00Z", "2026-10-01T00:00Z", "2026-10-01T00:00Z"),
    )
    found = days_ahead(bars(6, "AAPL", "MSFT"), calendar, "earnings")
    half_hour = 0.5 / 24
    assert np.allclose(
        found,
        [
            *(math.nan, 2 + half_hour, 1 + half_hour, half_hour, math.nan, math.nan),
            *(1 + 3 / 24, 3 / 24, math.nan, math.nan, math.nan, math.nan),
        ],
        equal_nan=True,
    )
    assert days_ahead(bars(6, "AAPL"), calendar, "split").isna().all()


def test_a_release_is_ahead_of_every_ticker():
    calendar = events((None, "2026-11-04T21:00Z", None, "2026-11-01T00:00Z"))
    found = days_ahead(bars(2, "AAPL", "MSFT"), calendar, "earnings")
    assert found.tolist() == [2.0, 1.0, 2.0, 1.0]


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.tuples(HOURS, HOURS), max_size=10),
    later=st.lists(st.tuples(HOURS, HOURS), max_size=5),
)
def test_what_is_announced_after_a_close_is_ahead_of_none_before_it(rows, later):
    def made(pairs) -> pd.DataFrame:
        hours = [[BEGAN + pd.Timedelta(hours=hour) for hour in pair] for pair in pairs]
        return events(*(("A", happens, None, known) for happens, known in hours))

    closes = bars(6, "A")
    cut = BEGAN + pd.Timedelta(days=2)
    late = made(later)
    late = late[late["known_at"] > cut]
    before = days_ahead(closes, made(rows), "earnings")
    after = days_ahead(closes, pd.concat([made(rows), late]), "earnings")
    known = closes["closed_at"] <= cut
    pd.testing.assert_series_equal(before[known], after[known])
    for close, away in zip(closes["closed_at"], before, strict=True):
        ahead = [BEGAN + pd.Timedelta(hours=happens) - close for happens, announced in rows
                 if announced <= (close - BEGAN) / pd.Timedelta(hours=1)
                 and BEGAN + pd.Timedelta(hours=happens) > close]  # fmt: skip
        expected = min(ahead) / pd.Timedelta(days=1) if ahead else math.nan
        assert away == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("title", "summary", "expected"),
    [
        ("VADER is smart, handsome, and funny.", None, 0.8316),  # of its own documentation
        ("VADER is not smart, handsome, nor funny.", None, -0.7424),
        ("The book was good.", None, 0.4404),
        ("Apple reports quarterly results", None, 0.0),
    ],
)
def test_scores_are_those_of_the_paper(title, summary, expected):
    assert sentiment.score(title, summary) == expected


def test_headlines_are_good_or_bad():
    assert sentiment.score("Shares plunge amid fraud fears", "Losses are a disaster.") < -0.8
    assert sentiment.score("Profit soars as demand is great", None, "en-US") > 0.5


@pytest.mark.parametrize(
    ("title", "summary", "language"),
    [(None, None, None), ("", "  ", "en"), ("Gewinn steigt, alles gut", None, "de")],
)
def test_what_has_no_english_words_has_no_score(title, summary, language):
    assert math.isnan(sentiment.score(title, summary, language))
