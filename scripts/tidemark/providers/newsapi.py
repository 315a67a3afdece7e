"""NewsAPI's search of all articles: what was published about a ticker, with title and summary.

Form: https://newsapi.org/docs/endpoints/everything and https://newsapi.org/docs/errors, read
2026-11-30. An article has no id but its address, and two tickers may find the same one, so a
record's id is made of the ticker and the address. The developer plan delays articles by a day: what
it sends was known when it was fetched (`known_at` is null), never when it was published.

Pages by number move while articles come in, and the developer plan has only the first of them. So
each request ends where the one before it did, and what lies on the border comes twice and counts
once.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tidemark.errors import BadValue
from tidemark.providers import bodies, instants
from tidemark.providers.contract import (
    Answer,
    Ask,
    Call,
    Get,
    Limit,
    Page,
    PayloadError,
    RefusedError,
    Terms,
)
from tidemark.providers.values import explained

TERMS = Terms(
    licence="articles are their publishers'; the developer plan is for development and testing; "
    "its terms were not to be had in full, so what they do not clearly grant counts as refused",
    page="https://newsapi.org/terms",
    read=date(2026, 11, 30),
    attribution="Powered by NewsAPI.org",
    store=False,
    share=False,
    train=False,
    commercial=False,
)
LIMIT = Limit(a_minute=10, a_month=3000)  # 100 a day
BASES = {"": "https://newsapi.org"}
KEYS = {"": "NEWSAPI_KEY"}

PATH = "/v2/everything"
AT_ONCE = 100
DAYS_BACK = 29  # of the developer plan, which has a month
WITHDRAWN = "https://removed.com"  # what stands for an article that its publisher withdrew
PASSED_ON = ("language", "searchIn", "sources", "domains", "excludeDomains")


def news(ask: Ask, get: Get) -> Iterator[Page]:
    """Articles that a query finds, oldest first, in one page for each answer.

    Args:
        ask: `id` is the query, in which phrases are quoted. Options: `days_back`, how far the plan
            reaches (29; null: without end), `accept_gap`, whether a hole in the news is borne if
            that is not far enough, and the API's own `language`, `searchIn`, `sources`, `domains`
            and `excludeDomains`.
        get: see `contract`.

    Raises:
        BadValue: articles are asked for from a day on to which the plan does not reach.
        PayloadError: an answer is of another form, or says what is wrong.
    """
    query = {name: str(ask.options[name]) for name in PASSED_ON if ask.options.get(name)}
    query |= {"q": ask.id, "sortBy": "publishedAt", "pageSize": str(AT_ONCE)}
    if begin := _begin(ask):
        query["from"] = _written(begin)
    border = ask.until
    seen: set[str] = set()
    pages: list[Page] = []
    while True:
        answer = _asked(get, query | ({"to": _written(border)} if border else {}))
        articles, total, sent = _articles(answer)
        new = [one for url, one in articles.items() if url not in seen]
        seen |= articles.keys()
        records = [row for one in new if _is_wanted(ask, begin, row := _record(ask, one))]
        records.sort(key=lambda row: (row["timestamp"], row["id"]))
        pages.append(Page("news", records, answer.body))
        if total <= sent:
            break
        if not new:
            raise PayloadError(f"NewsAPI sends no further one of {total} articles of {ask.id}")
        border = min(instants.parsed(one["publishedAt"]) for one in new)
    yield from reversed(pages)


def _begin(ask: Ask) -> datetime | None:
    days = ask.options.get("days_back", DAYS_BACK)
    if days is None:
        return ask.since
    reach = (ask.now or instants.end(ask)) - timedelta(days=days)
    if ask.since and ask.since < reach and not ask.options.get("accept_gap"):
        raise BadValue(
            "since",
            f"news of {ask.name} are wanted from {ask.since:%Y-%m-%d} on, and the plan reaches"
            f" back {days} days",
            "accept_gap: true bears the hole; with a plan that reaches further, set days_back",
        )
    return max(ask.since or reach, reach)


def _asked(get: Get, query: dict[str, str]) -> Answer:
    try:
        return get(Call(PATH, query, key_in=("header", "X-Api-Key", "")))
    except RefusedError as refused:
        raise explained(refused, "NewsAPI", ("message",)) from refused


def _articles(answer: Answer) -> tuple[dict[str, dict[str, Any]], int, int]:
    """Articles by address, how many there are to be had, and how many were sent."""
    body = bodies.of_json(answer)
    with bodies.of_form("the answer of NewsAPI"):
        if body["status"] != "ok":
            raise PayloadError(f"NewsAPI answers {body['code']}: {str(body['message'])[:300]}")
        sent = body["articles"]
        articles = {one["url"]: dict(one) for one in sent if one["url"] != WITHDRAWN}
        for one in articles.values():
            one["publishedAt"] = instants.stamp(instants.parsed(one["publishedAt"]))
        return articles, int(body["totalResults"]), len(sent)


def _record(ask: Ask, article: dict[str, Any]) -> dict[str, Any]:
    with bodies.of_form("an article of NewsAPI"):
        return {
            "id": f"{ask.name}:{hashlib.sha256(article['url'].encode()).hexdigest()[:32]}",
            "timestamp": article["publishedAt"],
            "known_at": None,
            "title": article["title"] or None,
            "summary": article["description"] or None,
            "url": article["url"],
            "source": article["source"]["name"],
            "tickers": [ask.name],
            "language": ask.options.get("language"),
        }


def _is_wanted(ask: Ask, begin: datetime | None, row: dict[str, Any]) -> bool:
    moment = instants.parsed(row["timestamp"])
    return not (begin and moment < begin) and not (ask.until and moment > ask.until)


def _written(moment: datetime) -> str:
    """In UTC, to the second (no earlier), without an offset: as the API takes it."""
    second = moment + timedelta(microseconds=-moment.microsecond % 1_000_000)
    return second.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
