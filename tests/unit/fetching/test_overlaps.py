"""What a fetch asks for once more begins no earlier than the provider has anything."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from fakes.coingecko import CoinGecko
from tidemark.fetching import fetch
from tidemark.fetching.clock import Clock
from tidemark.fetching.reach import Reach, next_ask
from tidemark.fetching.settings import Fetch
from tidemark.project import Tree
from tidemark.providers.contract import Ask
from tidemark.stored import reading, snapshots

from hypothesis import given
from hypothesis import strategies as some

NOW = datetime(2026, 11, 30, 19, 10, tzinfo=UTC)
HALF = timedelta(minutes=30)
DAYS = some.integers(0, 400).map(lambda days: timedelta(days=days))


@given(DAYS, DAYS, DAYS)
def test_an_overlap_is_shortened_and_a_gap_is_not(ago, overlap, reach):
    kept = Reach(None, NOW - ago, "x").written()
    ask, _ = next_ask(Ask("x", "X"), kept, overlap, NOW - reach)
    assert ask.since == max(NOW - ago - overlap, min(NOW - ago, NOW - reach))
    assert (ask.since < NOW - reach) is (ago > reach)  # then there is a gap, and it is refused


def test_candles_of_which_there_is_a_day_are_fetched_twice_though_the_overlap_is_longer(tmp_path):
    tree = Tree(tmp_path, Path(__file__).resolve().parents[3])
    prices = {NOW.replace(minute=0) + n * HALF: 100.0 + n for n in range(-200, 40)}
    for now in (NOW, NOW + timedelta(hours=10)):
        seconds = iter(range(10_000))
        clock = Clock(lambda now=now, seconds=seconds: now.timestamp() + next(seconds) / 100,
                      lambda wait: None)  # fmt: skip
        wanted = fetch.Source("coins", "coingecko", "bars", [Ask("bitcoin", "BTC", "30m")])
        with CoinGecko({"bitcoin": prices}, now) as fake:
            settings = Fetch(addresses={"coingecko.keyless": f"{fake.base}/api/v3"})
            got = fetch.source(tree, wanted, settings, fetch.World({}, clock))
        assert got.state == "fresh", got.problem
    bars = reading.rows(tree, snapshots.current(tree).number, "coins", "bars")
    times = sorted(bars["timestamp"])
    assert {later - earlier for earlier, later in pairwise(times)} == {HALF}
    assert times[-1] - times[0] == timedelta(hours=33, minutes=30)
