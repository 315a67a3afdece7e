"""Statistics, news and calendars over a real connection that fails now and then."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from types import ModuleType
from typing import Any

from fakes import server
from fakes.bls import Bls
from fakes.fred import Fred
from fakes.newsapi import NewsApi, article
from fakes.ons import Ons, Version
from fakes.server import Fake, Reply
from fakes.treasury import Treasury
from tidemark.errors import InputError
from tidemark.fetching.budget import Budget
from tidemark.fetching.client import Client
from tidemark.fetching.clock import Clock
from tidemark.fetching.fetch import source
from tidemark.fetching.keys import Keys
from tidemark.fetching.settings import Fetch
from tidemark.fetching.transport import Bounds, OverHttp
from tidemark.fetching.trying import Patience
from tidemark.fetching.wanted import Source, World
from tidemark.project import CODE, Tree
from tidemark.providers import bls, calendars, fred, newsapi, ons, treasury
from tidemark.providers.contract import Ask, Limit, PayloadError
from tidemark.stored import reading

import pytest

KEY = "s3cr3t/+key=9"
NOW = datetime(2026, 11, 30, 19, tzinfo=UTC)
FAULTS = (
    server.page,
    server.busy(),
    None,
    server.empty,
    server.dropped,
    None,
    server.truncated,
    server.busy(503, retry_after="3"),
    None,
    server.compressed,
    server.shortened,
    server.in_chunks,
)
PUBLISHED = [
    article(f"2026-11-{day:02}T10:{minute:02}:00Z", "Apple", f"https://e.com/{day}/{minute}")
    for day in range(5, 15)
    for minute in range(30)
]
CASES: dict[str, tuple[ModuleType, str, Ask, Any]] = {
    "bls": (
        bls,
        "series",
        Ask("A", "a", now=NOW, options={"registered": True}),
        lambda: Bls({"A": {(str(year), "A01"): str(year) for year in range(2003, 2026, 4)}}, KEY),
    ),
    "treasury": (
        treasury,
        "series",
        Ask("BC_2YEAR", "y", now=NOW, since=datetime(2020, 1, 1, tzinfo=UTC)),
        lambda: Treasury({f"{year}-01-02": {"BC_2YEAR": "4.1"} for year in range(2020, 2027)}),
    ),
    "fred": (
        fred,
        "series",
        Ask("A", "a", now=NOW),
        lambda: Fred({"A": {"2014-04-01": [("2014-07-30", "."), ("2015-01-01", "1")]}}, KEY),
    ),
    "ons": (
        ons,
        "series",
        Ask("a/time-series?b=c", "a", now=NOW),
        lambda: Ons("a", {"b": "c"}, [Version(f"2026-0{n}-21T06:00:00.000Z", {"Jan-26": str(n)})
                                      for n in range(1, 7)]),
    ),
    "newsapi": (newsapi, "news", Ask("apple", "AAPL", now=NOW), lambda: NewsApi(PUBLISHED, KEY)),
    "calendars": (
        calendars,
        "events",
        Ask("/events.csv", "c", now=NOW),
        lambda: Fake({"/events.csv": Reply.text("timestamp,kind\n2027-01-02,earnings\n")}),
    ),
}  # fmt: skip


class Patient:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.at = NOW.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@contextmanager
def client(tree: Tree, module: ModuleType, fake: Fake, said: list[str]) -> Iterator[Client]:
    time = Patient()
    clock = Clock(lambda: time.at, time.sleep)
    with OverHttp(Bounds(2.0, 2.0, 30.0, 1 << 24)) as transport:
        yield Client(
            "fake",
            dict.fromkeys(module.BASES, fake.base),
            module.KEYS,
            Keys(dict.fromkeys(module.KEYS.values(), KEY), module.KEYS.values()),
            transport,
            Budget(tree, "fake", Limit(6000), clock),
            Patience(4, 1.0, 60.0, chance=lambda: 1.0),
            clock,
            said.append,
        )


def fetched(tmp_path, name: str, faults, said: list[str], fake: Fake | None = None) -> list:
    module, kind, ask, made = CASES[name]
    tree = Tree(tmp_path, tmp_path)
    with fake or made() as running, client(tree, module, running, said) as asking:
        running.fault(*faults)
        pages = getattr(module, kind)(ask, asking.get)
        return [row for page in pages for row in page.records]


@pytest.mark.parametrize("name", CASES)
def test_faults_on_the_way_lose_and_double_nothing(tmp_path, name):
    undisturbed = fetched(tmp_path, name, (), [])
    assert undisturbed
    said: list[str] = []
    faults = [fault for fault, _ in zip(cycle(FAULTS), range(60), strict=False)]
    assert fetched(tmp_path, name, faults, said) == undisturbed
    assert said
    assert not [line for line in said if KEY in line]


@pytest.mark.parametrize(
    ("name", "fake"),
    [
        ("fred", lambda: Fred({}, KEY)),
        ("fred", lambda: Fred({}, "another")),
        ("newsapi", lambda: NewsApi([], "another")),
        ("bls", lambda: Bls({}, "another")),
    ],
)
def test_no_key_stands_in_what_is_told_of_a_refusal(tmp_path, name, fake):
    said: list[str] = []
    with pytest.raises(PayloadError) as refused:
        fetched(tmp_path, name, (), said, fake())
    shown = "\n".join([str(refused.value), repr(refused.value.__cause__), *said])
    assert not re.search(r"s3cr3t|%2Fkey", shown)


@pytest.mark.parametrize("name", ["fred", "newsapi", "bls"])
def test_without_its_key_a_source_says_which_variable_it_wants(tmp_path, name, monkeypatch):
    module = CASES[name][0]
    monkeypatch.setattr(f"{__name__}.KEY", "")
    (variable,) = module.KEYS.values()
    with pytest.raises(InputError, match="is not set") as wants:
        fetched(tmp_path, name, (), [])
    assert wants.value.where == variable


KINDS_WITH_TERMS = ("fred", "newsapi")


@pytest.mark.parametrize("name", CASES)
def test_a_source_is_stored_whole_and_the_same_once_more_changes_no_byte(tmp_path, name):
    _, kind, ask, made = CASES[name]
    tree = Tree(tmp_path, CODE)
    accepted = "A. Person" if name in KINDS_WITH_TERMS else None
    undisturbed = fetched(tmp_path / "another", name, (), [])
    with made() as fake:
        # A calendar's address is its own; the others' are set.
        own = f"{fake.base}{ask.id}" if name == "calendars" else ask.id
        wanted = Source("mine", name, kind, [replace(ask, id=own)], accepted=accepted)
        settings = Fetch(addresses={name: fake.base}, requests_a_minute={name: 60_000.0})
        came = [source(tree, wanted, settings, world(days)) for days in (0, 1)]
        kept = stored(tree)
        again = source(tree, wanted, settings, world(2))
    assert [one.state for one in (*came, again)] == ["fresh"] * 3
    rows = reading.rows(tree, None, "mine", kind=kind)
    assert len(rows) == len(undisturbed) == came[0].came.added
    assert not any(one.came.added or one.came.restated for one in (came[1], again))
    assert stored(tree) == kept


@pytest.mark.parametrize("name", KINDS_WITH_TERMS)
def test_terms_must_be_accepted_before_anything_is_asked(tmp_path, name):
    _, kind, ask, made = CASES[name]
    with made() as fake:
        settings = Fetch(addresses={name: fake.base})
        with pytest.raises(InputError, match="terms_accepted"):
            source(Tree(tmp_path, CODE), Source("mine", name, kind, [ask]), settings, world(0))
        assert not fake.asked


def world(days: int) -> World:
    time = Patient()
    time.at += days * 86_400
    variables = {"FRED_API_KEY": KEY, "NEWSAPI_KEY": KEY, "BLS_API_KEY": KEY}
    return World(variables, Clock(lambda: time.at, time.sleep))


def stored(tree: Tree) -> dict[str, bytes]:
    """Each file of the store, without what counts requests."""
    return {
        path.relative_to(tree.root).as_posix(): path.read_bytes()
        for path in sorted((tree / "data/store").rglob("*"))
        if path.is_file() and "budgets" not in path.parts
    }
