"""FRED's and NewsAPI's fakes are read by fredapi and newsapi-python as our sources read them.

What the clients read is recorded in tests/cases/clients/, and our sources are held to that; with
--long the clients, in an environment of their own, read the fakes again.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fakes.direct import RECEIVED, way
from fakes.fred import Fred
from fakes.newsapi import NewsApi, article
from tidemark.providers import fred, newsapi
from tidemark.providers.contract import Ask

import pytest

CASES = Path(__file__).resolve().parents[1] / "cases" / "clients"
CLIENTS = ("fredapi==0.5.2", "newsapi-python==0.2.7")
KEY = "0123456789abcdef0123456789abcdef"

# Real GDP in billions as it was first published and revised, and a quarter that is missing.
GDP = {
    "2013-10-01": [("2014-01-30", "17102.5"), ("2014-02-28", "17080.7"), ("2014-03-27", "17089.6")],
    "2014-01-01": [("2014-04-30", "17149.6"), ("2014-05-29", "17101.3"), ("2014-06-25", "17016.0")],
    "2014-04-01": [("2014-07-30", ".")],
}
BEGAN = datetime(2026, 11, 20, tzinfo=UTC)
ARTICLES = [
    article(
        f"{BEGAN + n * timedelta(minutes=37):%Y-%m-%dT%H:%M:%SZ}",
        f"Apple: {n}",
        f"https://example.com/{n}",
        description=None if n % 3 else f"What happened, part {n}",
    )
    for n in range(130)
]
FAKES = {"fred": lambda: Fred({"GDP": GDP}, KEY), "newsapi": lambda: NewsApi(ARTICLES, KEY)}


def recorded(provider: str) -> Any:
    return json.loads((CASES / f"{provider}.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """An interpreter that has the clients."""
    folder = tmp_path_factory.mktemp("clients")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin" / "pip", "install", "--quiet", *CLIENTS]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the clients cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return folder / "bin" / "python"


@pytest.mark.long
@pytest.mark.parametrize("provider", FAKES)
def test_the_clients_read_what_is_recorded(provider, python):
    with FAKES[provider]() as fake:
        command = [python, CASES / "reading_fred_and_news.py", provider, fake.base, KEY]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == recorded(provider)


def test_fred_is_read_as_fredapi_reads_it():
    theirs = recorded("fred")
    with FAKES["fred"]() as fake:
        pages = fred.series(Ask("GDP", "gdp", now=RECEIVED), way(fake.base, {"": KEY}))
        rows = [row for page in pages for row in page.records]
    ours = sorted([row["timestamp"][:10], row["vintage"], row["value"]] for row in rows)
    assert ours == theirs["all releases"]
    assert sorted({row["vintage"] for row in rows}) == theirs["vintages"]
    newest = {day: value for day, _, value in ours}
    assert [list(pair) for pair in newest.items()] == theirs["latest"]
    assert "series does not exist" in theirs["unknown"]


def test_newsapi_is_read_as_newsapi_python_reads_it_and_beyond_the_plan():
    theirs = recorded("newsapi")
    ask = Ask("apple", "AAPL", now=RECEIVED, since=datetime(2026, 11, 15, tzinfo=UTC))
    with FAKES["newsapi"]() as fake:
        pages = newsapi.news(ask, way(fake.base, {"": KEY}))
        rows = [row for page in pages for row in page.records]
    names = ("timestamp", "title", "summary", "url", "source")
    newest = [[row[name] for name in names] for row in rows[::-1]]
    assert len(newest) == theirs["total"] == 130
    assert newest[:100] == theirs["articles"]
    assert "maximumResultsReached" in theirs["second page"]
