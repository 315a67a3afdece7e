"""NewsAPI's /v2/everything on the developer plan, which has a month and the first 100 results."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fakes.server import Asked, Fake, Reply

NOW = datetime(2026, 11, 30, 19, 0)  # UTC, as all times of the API
FIRST = 100


def article(published: str, title: str, url: str, **more: object) -> dict[str, object]:
    """An article in the form of the API."""
    return {
        "source": {"id": None, "name": "Example Wire"},
        "author": None,
        "title": title,
        "description": None,
        "url": url,
        "urlToImage": None,
        "publishedAt": published,
        "content": None,
        **more,
    }


class NewsApi(Fake):
    """Articles, which a query finds by words in their title; it finds what was withdrawn, too."""

    def __init__(self, articles: Sequence[Mapping[str, object]], key: str = "k" * 32) -> None:
        super().__init__()
        self.articles, self.key = articles, key

    def answer(self, asked: Asked) -> Reply:
        given = (asked.headers.get("x-api-key"), asked.headers.get("authorization"),
                 asked.query.get("apiKey"))  # fmt: skip
        if not any(given):
            return _error(401, "apiKeyMissing", "Your API key is missing.")
        if not {self.key, f"Bearer {self.key}"} & set(given):
            return _error(401, "apiKeyInvalid", "Your API key is invalid or incorrect.")
        if asked.path != "/v2/everything":
            return _error(404, "endpointNotFound", "No such endpoint.")
        if not asked.query.get("q"):
            return _error(400, "parametersMissing", "Required parameters are missing.")
        size, page = int(asked.query.get("pageSize", 100)), int(asked.query.get("page", 1))
        since, until = asked.query.get("from"), asked.query.get("to")
        if since and datetime.fromisoformat(since) < NOW - timedelta(days=30):
            said = "You are trying to request results too far in the past."
            return _error(426, "parameterInvalid", said)
        if size * page > FIRST:
            said = "Developer accounts are limited to a max of 100 results."
            return _error(426, "maximumResultsReached", said)
        words = asked.query["q"].strip('"').lower()
        found = [
            one for one in self.articles
            if words in str(one["title"]).lower() or one["title"] == "[Removed]"
            if not since or str(one["publishedAt"])[:19] >= since or one["title"] == "[Removed]"
            if not until or str(one["publishedAt"])[:19] <= until
        ]  # fmt: skip
        found.sort(key=lambda one: str(one["publishedAt"]), reverse=True)
        part = found[size * (page - 1) : size * page]
        return Reply.json({"status": "ok", "totalResults": len(found), "articles": part})


def _error(status: int, code: str, said: str) -> Reply:
    return Reply.json({"status": "error", "code": code, "message": said}, status)
