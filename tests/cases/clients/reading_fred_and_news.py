"""What fredapi and newsapi-python read from the fakes, as JSON: `... PROVIDER BASE KEY`.

Runs in an environment of the clients' own, so it imports nothing of the project.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any


def fred(base: str, key: str) -> Mapping[str, Any]:
    """By fredapi, which asks for XML."""
    from fredapi import Fred

    client = Fred(key)
    client.root_url = f"{base}/fred"
    releases = client.get_series_all_releases("GDP")
    latest = client.get_series("GDP")
    return {
        "all releases": [
            [f"{row.date:%Y-%m-%d}", f"{row.realtime_start:%Y-%m-%d}", number(row.value)]
            for row in releases.itertuples()
        ],
        "vintages": [f"{day:%Y-%m-%d}" for day in client.get_series_vintage_dates("GDP")],
        "latest": [[f"{day:%Y-%m-%d}", number(value)] for day, value in latest.items()],
        "unknown": error(lambda: client.get_series("NONE")),
    }


def newsapi(base: str, key: str) -> Mapping[str, Any]:
    """By newsapi-python, whose addresses are constants."""
    from newsapi import NewsApiClient, const

    const.EVERYTHING_URL = f"{base}/v2/everything"
    client = NewsApiClient(key)
    found = client.get_everything(
        q="apple", from_param="2026-11-15T00:00:00", sort_by="publishedAt", page_size=100
    )
    names = ("publishedAt", "title", "description", "url")
    return {
        "total": found["totalResults"],
        "articles": [
            [*(one[name] for name in names), one["source"]["name"]] for one in found["articles"]
        ],
        "second page": error(lambda: client.get_everything(q="apple", page=2, page_size=100)),
    }


def number(value: Any) -> float | None:
    """None for what is missing: NaN or, beside dates, NaT, neither of which equals itself."""
    return value if value == value else None


def error(ask: Any) -> str:
    """What the client raises."""
    try:
        ask()
    except Exception as raised:
        return str(raised)
    return "nothing"


if __name__ == "__main__":
    readers = {"fred": fred, "newsapi": newsapi}
    print(json.dumps(readers[sys.argv[1]](sys.argv[2], sys.argv[3])))
