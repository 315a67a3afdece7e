"""A fake is right when the provider's own client reads it: both get the same rows from it.

What the clients read is recorded in tests/cases/clients/. Without --long our sources are held to
that; with it the clients, in an environment of their own, read the fakes again.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fakes import massive as massive_fake
from fakes.coingecko import KEYS, CoinGecko
from fakes.direct import way
from fakes.listings import Listing, Traded, apple
from fakes.massive import Massive
from fakes.server import Fake
from fakes.yahoo import Yahoo
from tidemark.providers import coingecko, massive, yahoo
from tidemark.providers.contract import Ask

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "tests" / "cases" / "clients"
CLIENTS = ("yfinance==1.7.0", "massive==2.9.1", "pycoingecko==3.2.0")

EVENING = datetime(2005, 3, 5, 2, tzinfo=UTC)
LATER = datetime(2012, 11, 12, tzinfo=UTC)
SPLIT = apple(date(2005, 2, 22), date(2005, 3, 4))
PAYS = replace(apple(date(2012, 11, 5), date(2012, 11, 9)), symbol="PAYS")
TOKYO = replace(
    SPLIT, symbol="7203.T", zone="Asia/Tokyo", opens=time(9), closes=time(15), currency="JPY"
)
OPEN = datetime(2005, 3, 3, 14, 30, tzinfo=UTC)
HOURS = Listing(
    "HOURS",
    {date(2005, 3, 3): Traded(1.0, 9.0, 0.5, 6.5, 60)},
    {
        "1h": {
            OPEN + timedelta(hours=hour): Traded(1.0 + hour, 3.0 + hour, 0.5, 1.5 + hour, 10)
            for hour in range(6)
        }
    },
)
COIN_NOW = datetime(2025, 11, 25, 18, 5, tzinfo=UTC)
HALF = timedelta(minutes=30)
PRICES = {COIN_NOW.replace(hour=0, minute=0) + n * HALF: 90_000.0 + n for n in range(-999, 37)}
FAKES = {
    "yahoo": lambda: Yahoo([SPLIT, PAYS, TOKYO, HOURS], LATER),
    "massive": lambda: Massive([SPLIT, PAYS, HOURS], LATER, 120),
    "coingecko": lambda: CoinGecko({"bitcoin": PRICES}, COIN_NOW),
}


@pytest.fixture(scope="module")
def python(tmp_path_factory, request) -> Path:
    """An interpreter that has the clients."""
    folder = tmp_path_factory.mktemp("clients")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin" / "pip", "install", "--quiet", *CLIENTS]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the clients cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return folder / "bin" / "python"


def recorded(provider: str) -> Mapping[str, Any]:
    return json.loads((RECORDED / f"{provider}.json").read_text("utf-8"))


def records(module: Any, fake: Fake, ask: Ask, kind: str = "bars") -> Iterator[Mapping[str, Any]]:
    keys = {"": massive_fake.KEY, **KEYS}
    at = "/api/v3" if module is coingecko else ""
    assert ask.now
    for page in module.bars(ask, way(fake.base + at, keys, ask.now)):
        if page.kind == kind:
            yield from page.records


@pytest.mark.parametrize("provider", FAKES)
def test_the_clients_read_what_is_recorded(provider, long, request):
    """Write the record anew by removing it first."""
    if not long:
        pytest.skip("the clients are installed and asked in the long form")
    python = request.getfixturevalue("python")
    with FAKES[provider]() as fake:
        command = [python, RECORDED / "reading.py", provider, fake.base]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path = RECORDED / f"{provider}.json"
    if not path.exists():
        path.write_text(json.dumps(json.loads(done.stdout), indent=1) + "\n", "utf-8")
    assert json.loads(done.stdout) == recorded(provider)


def columns(record: Mapping[str, Any], *more: str) -> list[Any]:
    return [record[name] for name in (*Traded._fields, *more)]


@pytest.mark.parametrize(
    ("symbol", "interval", "zone"),
    [
        ("AAPL", "1d", "America/New_York"),
        ("PAYS", "1d", "America/New_York"),
        ("7203.T", "1d", "Asia/Tokyo"),
        ("HOURS", "1h", "America/New_York"),
    ],
)
def test_yahoo_is_read_as_yfinance_reads_it(symbol, interval, zone):
    """yfinance stamps days with the exchange's midnight; records have that date."""
    rows = recorded("yahoo")[symbol]
    assert len(rows) > 3
    now = LATER if symbol == "PAYS" else EVENING
    since = datetime.fromisoformat(rows[0][0]).replace(tzinfo=UTC)
    ask = Ask(symbol, symbol, interval, since=since, until=now, now=LATER)
    with FAKES["yahoo"]() as fake:
        if interval != "1d":
            fake.now, ask = EVENING, replace(ask, now=EVENING)
        ours = list(records(yahoo, fake, ask))
        actions = list(records(yahoo, fake, ask, "actions"))
    assert [stamped(each, interval, zone) for each in ours] == [row[0] for row in rows]
    for record, (_, *values, adjusted) in zip(ours, rows, strict=True):
        assert columns(record) == values
        assert (record["adj_close"] or adjusted) == adjusted  # none within days
    for name, kind in (("Dividends", "dividend"), ("Stock Splits", "split")):
        assert [
            [stamped(each, "1d", zone), each["value"]] for each in actions if each["kind"] == kind
        ] == recorded("yahoo")[f"{symbol} {name}"]


def stamped(record: Mapping[str, Any], interval: str, zone: str) -> str:
    at = datetime.fromisoformat(record["timestamp"])
    if interval == "1d":
        return datetime.combine(at.date(), time(), ZoneInfo(zone)).isoformat()
    return at.astimezone(ZoneInfo(zone)).isoformat()


def test_massive_is_read_as_its_client_reads_it():
    """It stamps with milliseconds, days with midnight in New York."""
    theirs = recorded("massive")
    since = datetime(2005, 2, 22, tzinfo=UTC)
    ask = Ask("AAPL", "AAPL", since=since, until=EVENING, now=LATER)
    with FAKES["massive"]() as fake:
        days = list(records(massive, fake, ask))
        splits = list(records(massive, fake, ask, "actions"))
        hours = list(records(massive, fake, replace(ask, id="HOURS", interval="1h")))
        paid = list(records(massive, fake, Ask("PAYS", "PAYS", now=LATER), "actions"))
    new_york = ZoneInfo("America/New_York")
    for ours, rows in ((days, theirs["AAPL"]), (hours, theirs["HOURS"])):
        assert len(rows) > 3
        for record, (at, *values) in zip(ours, rows, strict=True):
            start = datetime.fromtimestamp(at / 1000, UTC)
            if ours is days:
                start = start.astimezone(new_york).replace(tzinfo=UTC)
            assert record["timestamp"] == start.isoformat().replace("+00:00", "Z")
            assert columns(record) == values
    assert [[each["timestamp"][:10], each["value"]] for each in splits] == [
        [day, new / old] for day, new, old in theirs["splits"]
    ]
    assert [[each["timestamp"][:10], each["value"], each["currency"]] for each in paid] == theirs[
        "dividends"
    ]


def test_coingecko_is_read_as_its_client_reads_it():
    """A price at midnight and a candle are stamped with what is the end of a bar."""
    theirs = recorded("coingecko")
    volumes = dict(map(tuple, theirs["total_volumes"]))
    since = COIN_NOW.replace(hour=0, minute=0) - timedelta(days=8)
    ask = Ask("bitcoin", "BTC", since=since, now=COIN_NOW, options={"plan": "demo"})
    pro = replace(ask, until=since + timedelta(days=7), options={"plan": "pro"})
    with FAKES["coingecko"]() as fake:
        days = {ends(each, 24): each for each in records(coingecko, fake, ask)}
        candles = {ends(each, 24): each for each in records(coingecko, fake, pro)}
        week = replace(ask, interval="4h", since=COIN_NOW - timedelta(days=6))
        four = {ends(each, 4): each for each in records(coingecko, fake, week)}
    *closed, now = theirs["prices"]
    assert len(closed) == 9
    for at, price in closed[1:]:
        assert (days[at]["close"], days[at]["volume"]) == (price, volumes[at])
    (live,) = [each for each in days.values() if each["live"]]
    assert live["close"] == now[1]
    for ours, rows in ((candles, theirs["daily"]), (four, theirs["4h"])):
        shared = [row for row in rows if row[0] in ours]
        assert len(shared) >= min(len(ours), 6)
        for at, *prices in shared:
            assert columns(ours[at])[:4] == prices


def ends(record: Mapping[str, Any], hours: int) -> int:
    """When a bar ends, in milliseconds."""
    start = datetime.fromisoformat(record["timestamp"])
    return round((start + timedelta(hours=hours)).timestamp() * 1000)
