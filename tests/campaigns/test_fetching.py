"""Fetches that are killed at any instant, and servers that do whatever a server can do wrong.

At the end no row is lost, doubled or half-written, and the store equals an undisturbed one.
"""

import multiprocessing
import random
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from fakes import server
from fakes.ecb import Ecb, rates_of
from fakes.listings import Listing, apple
from fakes.massive import KEY, Massive
from fakes.server import Asked, Fake, Reply
from tidemark.fetching import fetch
from tidemark.fetching.clock import Clock
from tidemark.fetching.settings import Fetch
from tidemark.fetching.wanted import Source, World
from tidemark.project import CODE, Tree
from tidemark.providers.contract import Ask
from tidemark.stored import reading, snapshots

import pandas as pd

FORK = multiprocessing.get_context("fork")
CODES = ("USD", "JPY", "GBP", "CHF", "SEK")
DAYS = [date(2026, 10, 28), date(2026, 10, 29), date(2026, 10, 30)]
RATES = dict(list(rates_of(CODE / "data/sample/fx.csv").items())[:60])
OF_THE_FETCH = ["fetched_at", "superseded_at", "known_at"]


def fetched(tree: Tree, wanted: Source, address: str, at: datetime) -> fetch.Fetched:
    """One fetch, on a clock that runs a thousand times as fast while it waits."""
    waited = [0.0]

    def sleep(seconds: float) -> None:
        waited[0] += seconds
        time.sleep(min(seconds / 1000, 0.01))

    clock = Clock(lambda: at.timestamp() + waited[0], sleep)
    own = Fetch(
        addresses={wanted.provider: address},
        requests_a_minute={wanted.provider: 1e5},
        read_seconds=0.15,
        tries=40,
        first_wait_seconds=0.5,
        longest_wait_seconds=90,
    )
    return fetch.source(tree, wanted, own, World({"MASSIVE_API_KEY": KEY}, clock))


def content(tree: Tree, source: str) -> dict[str, pd.DataFrame]:
    """All rows, those that others replaced too, without when they came."""
    listed = snapshots.manifest_of(tree, snapshots.current(tree), source)
    return {
        kind: reading.rows_of(tree, listed, kind, superseded=True).drop(columns=OF_THE_FETCH)
        for kind in listed.kinds
    }


def assert_whole_and_equal(tree: Tree, other: Tree, source: str) -> None:
    assert not any(snapshots.lost(tree, snapshots.list(tree)).values())
    ours, theirs = content(tree, source), content(other, source)
    assert ours.keys() == theirs.keys()
    for kind in ours:
        pd.testing.assert_frame_equal(ours[kind], theirs[kind])
    assert not list((tree / "data/store/incoming").rglob("*.parquet"))


def rates(since: datetime) -> Source:
    asks = [Ask(code, code, since=since) for code in CODES]
    return Source("rates", "ecb", "series", asks, timedelta(days=5))


def test_fetches_that_are_killed_at_any_instant(tmp_path, chance: random.Random, long: bool):
    kills = 100 if long else 3
    wanted = rates(datetime(2026, 9, 1, tzinfo=UTC))
    killed, calm = (Tree(tmp_path / name, CODE) for name in ("killed", "calm"))
    with Ecb(RATES, DAYS[0]) as fake:
        for number, day in enumerate(DAYS):
            fake.today, at = day, datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
            began = time.monotonic()
            assert fetched(calm, wanted, fake.address, at).state == "fresh"
            length = time.monotonic() - began
            for _ in range(kills // len(DAYS)):
                process = FORK.Process(
                    target=fetched, args=[killed, wanted, fake.address, at], daemon=True
                )
                process.start()
                process.join(chance.uniform(0, 1.5 * length))
                process.kill()
                process.join()
            assert fetched(killed, wanted, fake.address, at).state == "fresh"
            assert len(snapshots.list(killed)) == number + 1
    assert_whole_and_equal(killed, calm, "rates")


class Naughty:
    """Faults, one before another, at random; `share` of answers have none."""

    def __init__(self, chance: random.Random, share: float) -> None:
        self._chance, self._share = chance, share
        self._last = Reply()
        self.done: set[str] = set()

    def __call__(self, asked: Asked, reply: Reply) -> Reply:
        if self._chance.random() < self._share:
            self._last = reply
            return reply
        name, fault = self._chance.choice(list(self._faults().items()))
        self.done.add(name)
        return fault(asked, reply)

    def _faults(self) -> dict[str, server.Fault]:
        return {
            "hangs": server.hangs,
            "drops": server.dropped,
            "truncates": server.truncated,
            "shortens": server.shortened,
            "claims more": server.claims(100_000),
            "claims less": server.claims(40),
            "is busy": server.busy(429, "60"),
            "is down": server.busy(503),
            "is a page": server.page,
            "is empty": server.empty,
            "repeats a page": lambda asked, reply: self._last,
        }


def prices(first: date) -> Source:
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return Source("prices", "massive", "bars", [Ask("AAPL", "AAPL", since=since)])


def assert_survives(
    tmp_path, fake: Fake, listing: Listing, chance: random.Random, rounds: int
) -> set[str]:
    """Fetch day after day from a server that misbehaves; the store equals a calm one's."""
    disturbed, calm = (Tree(tmp_path / name, CODE) for name in ("disturbed", "calm"))
    naughty = Naughty(chance, 0.5)
    first, last = min(listing.days), max(listing.days)
    step = (last - first) / (rounds + 1)
    for number in range(1, rounds + 2):
        day = first + step * number + timedelta(days=1)
        fake.now = at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        fake.always(naughty)
        while fetched(disturbed, prices(first), fake.base, at).state != "fresh":
            pass
        fake.always(None)
        assert fetched(calm, prices(first), fake.base, at).state == "fresh"
    assert_whole_and_equal(disturbed, calm, "prices")
    return naughty.done


def test_a_server_that_misbehaves(tmp_path, chance: random.Random, long: bool):
    listing = apple(date(2004, 12, 1), date(2005, 3, 31))  # with a split
    with Massive([listing], datetime(2005, 4, 1, tzinfo=UTC), most=30) as fake:
        done = assert_survives(tmp_path, fake, listing, chance, 30 if long else 1)
    assert not long or len(done) == 11


def test_a_row_that_changes_between_pages_is_as_it_was_sent_last(tmp_path):
    listing = apple(date(2005, 1, 3), date(2005, 2, 18))
    day = date(2005, 1, 4)
    wrong = {**listing.days, day: replace_close(listing, day, 99.0)}
    tree = Tree(tmp_path, CODE)
    with Massive([replace(listing, days=wrong)], datetime(2005, 2, 19, 6, tzinfo=UTC), 20) as fake:

        def mended(asked: Asked, reply: Reply) -> Reply:
            fake.listings["AAPL"] = listing
            return reply

        fake.fault(mended)
        wanted = replace(prices(date(2005, 1, 3)), overlap=timedelta(days=365))
        fetched(tree, wanted, fake.base, fake.now)
        fetched(tree, wanted, fake.base, fake.now + timedelta(days=1))
    closes = reading.rows(tree, None, "prices", "bars").set_index("timestamp")["close"]
    assert closes[pd.Timestamp(day, tz="UTC")] == listing.days[day].close


def replace_close(listing: Listing, day: date, close: float):
    return listing.days[day]._replace(close=close, high=close)
