"""Articles of NewsAPI, as its fake sends them."""

import json
from datetime import UTC, datetime, timedelta

from fakes.direct import RECEIVED, way
from fakes.newsapi import NewsApi, article
from fakes.server import Reply
from tidemark.errors import BadValue
from tidemark.providers import newsapi
from tidemark.providers.contract import Answer, Ask, PayloadError

import pytest

KEY = "0123456789abcdef0123456789abcdef"
REMOVED = article("1970-01-01T00:00:00Z", "[Removed]", newsapi.WITHDRAWN)


def of_newsapi(articles, name: str = "AAPL", id: str = "apple", **more) -> tuple[list, NewsApi]:
    with NewsApi(articles, KEY) as fake:
        ask = Ask(id=id, name=name, now=RECEIVED, **more)
        return list(newsapi.news(ask, way(fake.base, {"": KEY}))), fake


def rows(pages) -> list:
    return [row for page in pages for row in page.records]


def many(count: int, apart: timedelta = timedelta(minutes=7)) -> list:
    began = datetime(2026, 11, 20, tzinfo=UTC)
    return [
        article(f"{began + n * apart:%Y-%m-%dT%H:%M:%SZ}", f"Apple {n}", f"https://e.com/{n}")
        for n in range(count)
    ]


def test_an_article_was_known_when_it_was_fetched_and_not_when_it_was_published():
    sent = article("2026-11-20T10:00:00Z", "Apple rises", "https://example.com/a",
                   description="By a tenth.")  # fmt: skip
    (page,), fake = of_newsapi([sent], options={"language": "en"})
    (row,) = page.records
    assert row == {
        "id": row["id"],
        "timestamp": "2026-11-20T10:00:00Z",
        "known_at": None,
        "title": "Apple rises",
        "summary": "By a tenth.",
        "url": "https://example.com/a",
        "source": "Example Wire",
        "tickers": ["AAPL"],
        "language": "en",
    }
    assert fake.asked[0].query["language"] == "en"
    assert KEY not in str(fake.asked[0].query)
    assert fake.asked[0].headers["x-api-key"] == KEY


def test_an_id_is_that_of_an_article_for_a_ticker_whenever_it_is_asked_for():
    sent = [article("2026-11-20T10:00:00Z", "Apple and Microsoft", "https://example.com/a")]
    ids = [rows(of_newsapi(sent, name)[0])[0]["id"] for name in ("AAPL", "MSFT", "AAPL")]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 250])
def test_all_articles_come_once_and_in_order_though_the_plan_has_the_first_100(count):
    pages, fake = of_newsapi(many(count))
    found = rows(pages)
    assert [row["title"] for row in found] == [f"Apple {n}" for n in range(count)]
    assert len(fake.asked) == max(1, -(-(count - 1) // 99))


def test_articles_of_one_second_on_a_border_come_once():
    apart = timedelta(seconds=0.25)  # four in a second
    found = rows(of_newsapi(many(330, apart))[0])
    assert sorted(int(row["title"].split()[1]) for row in found) == list(range(330))


def test_more_articles_of_one_second_than_an_answer_holds_are_an_error_and_no_endless_loop():
    with pytest.raises(PayloadError, match="no further one of 101"):
        of_newsapi(many(101, timedelta()))


def test_what_was_withdrawn_is_no_article_and_hides_none():
    articles = many(150) + [REMOVED] * 3
    found = rows(of_newsapi(articles)[0])
    assert len(found) == 150
    # An answer may be full of it.
    withdrawn = [{**REMOVED, "publishedAt": "2026-11-29T00:00:00Z"}] * 100
    with pytest.raises(PayloadError, match="no further"):
        of_newsapi(many(5) + withdrawn)


def test_the_window_that_is_asked_for_is_what_comes():
    since = datetime(2026, 11, 20, 1, tzinfo=UTC)
    until = datetime(2026, 11, 20, 2, tzinfo=UTC)
    pages, fake = of_newsapi(many(50), since=since, until=until)
    stamps = [row["timestamp"] for row in rows(pages)]
    assert stamps[0] == "2026-11-20T01:03:00Z"
    assert stamps[-1] == "2026-11-20T01:59:00Z"
    assert fake.asked[0].query["from"] == "2026-11-20T01:00:00"
    assert fake.asked[0].query["to"] == "2026-11-20T02:00:00"


def test_a_hole_in_the_news_must_be_accepted():
    long_ago = datetime(2026, 9, 1, tzinfo=UTC)
    with pytest.raises(BadValue, match="reaches back 29 days") as refused:
        of_newsapi(many(5), since=long_ago)
    assert "accept_gap" in refused.value.cure
    pages, fake = of_newsapi(many(5), since=long_ago, options={"accept_gap": True})
    assert len(rows(pages)) == 5
    assert fake.asked[0].query["from"] == "2026-11-01T19:00:00"
    with pytest.raises(PayloadError, match="too far in the past"):
        of_newsapi(many(5), since=long_ago, options={"days_back": None})


@pytest.mark.parametrize(
    ("published", "stamp"),
    [
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
        ("2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00Z"),
        ("2026-11-20T10:00:00.1234567Z", "2026-11-20T10:00:00.123456Z"),
    ],
)
def test_times_are_in_utc(published, stamp):
    (row,) = rows(of_newsapi([article(published, "Apple", "https://e.com/1")])[0])
    assert row["timestamp"] == stamp


def test_what_newsapi_says_of_an_error_is_told():
    with (
        NewsApi([], "another") as fake,
        pytest.raises(PayloadError, match="invalid or incorrect") as told,
    ):
        list(newsapi.news(Ask("apple", "AAPL", now=RECEIVED), way(fake.base, {"": KEY})))
    assert told.value.lasting
    assert KEY not in str(told.value)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "error", "code": "rateLimited", "message": "Back off."},
        {"status": "ok", "totalResults": 1},
        {"status": "ok", "totalResults": None, "articles": []},
        {"status": "ok", "totalResults": 1, "articles": [{}]},
        {"status": "ok", "totalResults": 1, "articles": [article("yesterday", "A", "https://e.c")]},
        {"status": "ok", "totalResults": 1,
         "articles": [article("2026-11-20T10:00:00", "A", "https://e.c")]},
        {"status": "ok", "totalResults": 1,
         "articles": [article("2026-11-20T10:00:00Z", "A", "https://e.c", source=None)]},
        {"status": "ok", "totalResults": 900, "articles": []},
    ],
)  # fmt: skip
def test_another_body_than_the_documented_one_is_an_error_of_the_payload(body):
    answer = Answer(Reply.json(body).body, "application/json", RECEIVED)
    assert json.loads(answer.body) == body
    with pytest.raises(PayloadError):
        list(newsapi.news(Ask("apple", "AAPL", now=RECEIVED), lambda call: answer))
