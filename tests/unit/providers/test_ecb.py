"""The ECB's reference rates, from the archive and from the files of 90 days and of one."""

import random
from datetime import UTC, date, datetime, timedelta

from fakes import ecb as fake
from fakes.direct import way
from tidemark.fetching import payloads
from tidemark.project import CODE, Tree
from tidemark.providers import ecb
from tidemark.providers.contract import Answer, Ask, PayloadError

import pytest

NOW = datetime(2026, 10, 30, 17, 30, tzinfo=UTC)
RATES = {  # newest first; the first and last days are as published
    date(2026, 10, 30): {"USD": "1.1172", "JPY": "175.68", "GBP": "0.8338", "RUB": "N/A"},
    date(2026, 10, 29): {"USD": "1.1180", "JPY": "175.01", "GBP": "0.8341", "RUB": "N/A"},
    date(2026, 9, 1): {"USD": "1.1000", "JPY": "170", "GBP": "0.85", "RUB": "N/A"},
    date(2022, 3, 1): {"USD": "1.1162", "JPY": "128.15", "GBP": "0.8341", "RUB": "117.201"},
    date(1999, 1, 4): {"USD": "1.1789", "JPY": "133.73", "GBP": "0.7111", "RUB": "N/A"},
}


@pytest.fixture
def server():
    with fake.Ecb(RATES, date(2026, 10, 30)) as running:
        yield running


def asked(server: fake.Ecb, ask: Ask, kind: str = "series") -> list[dict]:
    get = way(server.base + fake.FOLDER, received=NOW)
    pages = list(getattr(ecb, kind)(ask, get))
    for page in pages:
        payloads.must_fit(Tree(CODE, CODE), page.kind, page.records)
    return [record for page in pages for record in page.records]


def test_the_archive_has_all_days_oldest_first_and_when_each_was_known(server):
    records = asked(server, Ask("USD", "eurusd", now=NOW))
    assert [record["value"] for record in records] == [1.1789, 1.1162, 1.1, 1.118, 1.1172]
    assert records[0] == {
        "series": "eurusd", "timestamp": "1999-01-04T00:00:00Z", "value": 1.1789,
        "known_at": "1999-01-04T15:00:00Z", "vintage": None,
    }  # fmt: skip
    assert records[2]["known_at"] == "2026-09-01T14:00:00Z", "in summer, two hours ahead of UTC"
    assert [each.path.rpartition("/")[2] for each in server.asked] == ["eurofxref-hist.zip"]


@pytest.mark.parametrize(
    ("since", "file", "rows"),
    [
        (None, "eurofxref-hist.zip", 5),
        (NOW - timedelta(days=100), "eurofxref-hist.zip", 3),
        (NOW - timedelta(days=62), "eurofxref-hist-90d.xml", 3),
        (NOW - timedelta(days=10), "eurofxref-hist-90d.xml", 2),
        (datetime(2026, 10, 30, tzinfo=UTC), "eurofxref-daily.xml", 1),
    ],
)
def test_the_smallest_file_that_has_what_is_wanted_is_asked_for(server, since, file, rows):
    assert len(asked(server, Ask("GBP", "GBP", since=since, now=NOW))) == rows
    assert [each.path for each in server.asked] == [fake.FOLDER + file]


def test_no_rate_is_null_and_all_currencies_have_their_codes(server):
    records = asked(server, Ask("*", "rates", now=NOW))
    assert len(records) == 20
    rubles = [record["value"] for record in records if record["series"] == "RUB"]
    assert rubles == [None, 117.201, None, None, None]


def test_as_bars_they_have_a_close_alone_and_no_bar_without_a_rate(server):
    (bar,) = asked(server, Ask("RUB", "EURRUB", now=NOW), "bars")
    assert bar["close"] == 117.201
    assert [bar[name] for name in ("open", "high", "low", "volume", "adj_close")] == [None] * 5


def test_archive_and_xml_say_the_same(server):
    since = NOW - timedelta(days=60)
    by_xml = asked(server, Ask("JPY", "JPY", since=since, now=NOW))
    by_archive = asked(server, Ask("JPY", "JPY", now=NOW))
    assert by_xml == by_archive[-len(by_xml) :]
    assert len(by_xml) == 3


def test_an_unknown_currency_is_refused_for_good_with_the_one_that_was_meant(server):
    with pytest.raises(PayloadError, match=r"no rates of USX.*USD") as error:
        asked(server, Ask("USX", "x", now=NOW))
    assert error.value.lasting


GOOD = fake.archive(RATES)
BAD = {
    "no header": "1999-01-04,1.1,\n",
    "no currency": "Date,\n1999-01-04,\n",
    "a day short": GOOD.replace("1999-01-04,1.1789,", "1999-01-04,"),
    "a column more": GOOD.replace("0.7111,N/A,", "0.7111,N/A,7,"),
    "a day twice": GOOD + "1999-01-04,1.1789,133.73,0.7111,N/A,\n",
    "no day": GOOD.replace("1999-01-04", "1999-02-30"),
    "no number": GOOD.replace("1.1789", "1,1789"),
    "nan": GOOD.replace("1.1789", "nan"),
    "zero": GOOD.replace("1.1789", "0"),
    "below zero": GOOD.replace("1.1789", "-1.1789"),
    "empty": GOOD.replace("1.1789", ""),
    "nothing": "",
}


@pytest.mark.parametrize("name", BAD)
def test_an_archive_that_is_not_what_it_should_be_is_refused(name):
    answer = Answer(fake.zipped(BAD[name]), "application/zip", NOW)
    with pytest.raises(PayloadError):
        list(ecb.series(Ask("USD", "USD", now=NOW), lambda call: answer))


def test_no_damage_of_an_archive_is_taken_for_data():
    whole = fake.zipped(GOOD)
    right = list(ecb.series(Ask("*", "x", now=NOW), lambda call: Answer(whole, "", NOW)))
    chance = random.Random(7)
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[chance.randrange(4, len(whole))] ^= 1 << chance.randrange(8)
        answer = Answer(bytes(damaged), "", NOW)
        try:
            pages = list(ecb.series(Ask("*", "x", now=NOW), lambda call, one=answer: one))
        except PayloadError:
            continue
        assert [page.records for page in pages] == [page.records for page in right]


@pytest.mark.parametrize(
    "body",
    [
        b"<a/>",
        b"{}",
        b'<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>',
        b"<x xmlns='http://www.ecb.int/vocabulary/2002-08-01/eurofxref'>"
        b"<Cube time='2026-10-30'><Cube currency='USD'/></Cube></x>",
    ],
)
def test_xml_that_is_not_what_it_should_be_is_refused(body):
    since = NOW - timedelta(days=5)
    with pytest.raises(PayloadError):
        list(ecb.series(Ask("USD", "x", since=since, now=NOW), lambda call: Answer(body, "", NOW)))
