"""A source is brought up to date: what is new is asked for, and stored whole or not at all."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fakes import coingecko, server
from fakes.bls import Bls
from fakes.coingecko import CoinGecko
from fakes.ecb import Ecb, rates_of
from fakes.listings import Listing, Traded, apple
from fakes.massive import Massive
from fakes.server import Fake, Reply
from fakes.yahoo import Yahoo
from tidemark.errors import InputError
from tidemark.fetching import fetch
from tidemark.fetching.clock import Clock
from tidemark.fetching.fetch import Fetched
from tidemark.fetching.settings import Fetch
from tidemark.fetching.wanted import Source, World
from tidemark.project import CODE, Tree
from tidemark.providers.contract import Ask
from tidemark.stored import reading, snapshots

import pandas as pd
import pytest

KEY = "massive key"
RATES = dict(list(rates_of(CODE / "data/sample/fx.csv").items())[:40])
LAST = date(2026, 10, 30)
START = datetime(2026, 10, 1, tzinfo=UTC)
SPLIT = date(2005, 2, 28)  # two for one


@dataclass
class Around:
    """A tree, what a fetch has around it, and all that it tells."""

    tree: Tree
    at: datetime
    said: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    shown: list[tuple] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=lambda: {"MASSIVE_API_KEY": KEY})

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def fetch(self, wanted: Source, address: str, **settings: object) -> Fetched:
        world = World(
            self.keys, Clock(lambda: self.at.timestamp(), self.sleep), self.said.append,
            self.alerts.append, lambda *told: self.shown.append(told),
        )  # fmt: skip
        own = Fetch(
            addresses={wanted.provider: address} if address else {}, read_seconds=0.3, **settings
        )
        return fetch.source(self.tree, wanted, own, world)

    def stored(self) -> dict[str, str]:
        """Each file of the store by hash, without what counts requests."""
        return {
            str(path.relative_to(self.tree.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (self.tree / "data/store").rglob("*")
            if path.is_file() and "budgets" not in path.parts
        }

    def rows(self, source: str, kind: str | None = None, snapshot: int | None = None):
        return reading.rows(self.tree, snapshot, source, kind)


@pytest.fixture
def around(tmp_path):
    return Around(Tree(tmp_path, CODE), datetime(2026, 10, 30, 17, tzinfo=UTC))


@pytest.fixture
def ecb():
    with Ecb(RATES, LAST) as running:
        yield running


def rates(*codes: str, since: datetime | None = START, **of: object) -> Source:
    asks = [Ask(code, code.lower(), since=since) for code in codes]
    return Source("rates", "ecb", "series", asks, timedelta(days=10), **of)


def test_a_first_fetch_has_all_that_is_wanted_and_a_second_one_what_is_new(around, ecb):
    ecb.today = date(2026, 10, 28)
    around.at -= timedelta(days=2)
    first = around.fetch(rates("USD", "JPY"), ecb.address)
    assert (first.state, first.came.added, first.came.snapshot) == ("fresh", 40, 1)
    ecb.today, around.at = LAST, around.at + timedelta(days=2)
    second = around.fetch(rates("USD", "JPY"), ecb.address)
    assert (second.came.added, second.came.restated, second.came.snapshot) == (4, 0, 2)
    assert second.rows == 2 * 10, "twelve days back from the last one that is stored"
    assert second.requests == 2
    assert [each.path.rpartition("/")[2] for each in ecb.asked][2:] == [
        "eurofxref-hist-90d.xml"
    ] * 2
    rows = around.rows("rates")
    assert len(rows) == 44
    newest = rows[rows["series"] == "usd"].iloc[-1]
    assert (newest["value"], newest["timestamp"]) == (1.1172, pd.Timestamp(LAST, tz="UTC"))
    assert newest["known_at"] == pd.Timestamp("2026-10-30T15:00Z")


def test_a_second_fetch_of_the_same_changes_no_byte(around, ecb):
    around.fetch(rates("USD"), ecb.address)
    before = around.stored()
    around.at += timedelta(minutes=5)
    again = around.fetch(rates("USD"), ecb.address)
    assert (again.state, again.came.added, again.came.restated) == ("fresh", 0, 0)
    assert around.stored() == before
    assert around.shown[-2:] == [(0, 1, "rates"), (1, 1, "rates")]
    assert around.alerts == []


def test_a_row_that_was_restated_within_the_overlap_is_taken_and_the_old_one_kept(around, ecb):
    around.fetch(rates("USD"), ecb.address)
    ecb.rates = {**RATES, LAST: {**RATES[LAST], "USD": "1.1999"}}
    around.at += timedelta(days=1)
    again = around.fetch(rates("USD"), ecb.address)
    assert (again.came.added, again.came.restated) == (0, 1)
    assert around.rows("rates", snapshot=1)["value"].iloc[-1] == 1.1172
    assert around.rows("rates")["value"].iloc[-1] == 1.1999


def test_a_name_that_is_new_or_wanted_from_earlier_on_is_asked_for_in_full(around, ecb):
    around.fetch(rates("USD"), ecb.address)
    earlier = START - timedelta(days=14)
    around.fetch(rates("USD", "GBP", since=earlier), ecb.address)
    counts = around.rows("rates")["series"].value_counts()
    assert set(counts) == {32}, "both in full"
    around.fetch(rates("USD", "GBP", since=earlier), ecb.address)
    assert around.rows("rates")["series"].value_counts().equals(counts)


def test_another_id_under_the_same_name_begins_anew_and_is_not_mixed(around, ecb):
    around.fetch(rates("USD", "JPY"), ecb.address)
    other = replace(rates("USD", "JPY"), asks=[Ask("GBP", "usd", since=START), *rates("JPY").asks])
    done = around.fetch(other, ecb.address)
    assert (done.state, done.came.added) == ("fresh", 22)
    assert [text for text in around.said if "usd was fetched as USD, and is GBP now" in text]
    usd = around.rows("rates").query("series == 'usd'")["value"]
    assert usd.iloc[-1] == float(RATES[LAST]["GBP"])
    assert len(usd) == 22
    assert around.rows("rates", snapshot=1)["value"].max() > 100, "as it was"
    assert around.fetch(other, ecb.address).came.added == 0


def test_an_interruption_does_not_mix_what_begins_anew(around, ecb):
    around.fetch(rates("USD", "JPY", since=datetime(2026, 9, 14, tzinfo=UTC)), ecb.address)
    asks = [Ask("GBP", "usd", since=START), Ask("CHF", "chf", since=START)]
    other = replace(rates("JPY"), asks=asks)
    ecb.fault(None, server.busy(503))
    around.sleep = lambda seconds: (_ for _ in ()).throw(KeyboardInterrupt)  # while it waits
    with pytest.raises(KeyboardInterrupt):
        around.fetch(other, ecb.address)
    around.sleep = lambda seconds: None
    assert around.fetch(other, ecb.address).state == "fresh"
    usd = around.rows("rates").query("series == 'usd'")["value"]
    assert len(usd) == 22, "none of what was fetched as USD"
    assert usd.iloc[-1] == float(RATES[LAST]["GBP"])


# What does not come


def test_a_provider_that_says_nothing_leaves_what_is_stored_and_is_told(around, ecb):
    around.fetch(rates("USD"), ecb.address)
    before = around.stored()
    ecb.always(server.busy(503))
    around.at += timedelta(days=3)
    stale = around.fetch(rates("USD"), ecb.address)
    assert (stale.state, stale.came) == ("stale", None)
    assert stale.stored == datetime(2026, 10, 30, 17, tzinfo=UTC)
    (alert,) = around.alerts
    assert alert.startswith("rates is stale: usd: http://127.0.0.1:")
    assert "answered 503" in alert
    assert "what is stored is of 2026-10-30 17:00 UTC" in alert
    assert around.stored() == before
    ecb.always(None)
    assert around.fetch(rates("USD"), ecb.address).state == "fresh"


def test_without_anything_stored_that_is_said(around, ecb):
    ecb.always(server.dropped)
    stale = around.fetch(rates("USD"), ecb.address)
    assert (stale.state, stale.stored) == ("stale", None)
    assert "nothing is stored" in around.alerts[0]
    assert snapshots.current(around.tree).number == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (server.page, 'a web page with the title "Sign in"'),
        (server.empty, "the body is empty"),
        (server.shortened, "ends in the middle"),
        (lambda asked, reply: Reply.text("<a>1</a>"), "no day with rates"),
        (
            lambda asked, reply: replace(reply, body=reply.body.replace(b"1.1172", b"1e300")),
            r"economic_data.json does not allow it: series[",
        ),
    ],
)  # fmt: skip
def test_what_is_no_data_is_kept_and_blocks_its_source(around, ecb, fault, words):
    around.fetch(rates("USD"), ecb.address)
    before = around.stored()
    ecb.always(fault)
    around.at += timedelta(days=1)
    blocked = around.fetch(rates("USD"), ecb.address)
    assert blocked.state == "blocked"
    assert words in blocked.problem
    after = around.stored()
    assert {name: after[name] for name in before} == before
    new = sorted(after.keys() - before.keys())
    assert new == [str(blocked.rejected), str(blocked.rejected.with_suffix(".json"))]
    told = json.loads((around.tree / blocked.rejected.with_suffix(".json")).read_bytes())
    assert words in told["reason"]
    assert str(blocked.rejected) in around.alerts[0]
    ecb.always(None)
    assert around.fetch(rates("USD"), ecb.address).state == "fresh"


def test_a_body_that_is_no_data_once_is_asked_for_again(around, ecb):
    ecb.fault(server.page, lambda asked, reply: Reply.text("<a>1</a>"))
    assert around.fetch(rates("USD"), ecb.address).came.added == 22
    assert len(ecb.asked) == 3


def lacking(around: Around, source: str = "rates") -> tuple[str, ...]:
    return snapshots.manifest_of(around.tree, snapshots.current(around.tree), source).lacks


def test_a_currency_that_is_unknown_fails_alone(around, ecb):
    wanted = rates("USD", "XXX", "GBP", since=None)
    partial = around.fetch(wanted, ecb.address)
    assert (partial.state, partial.rows, partial.failed) == ("partial", 80, ("xxx",))
    assert partial.came.added == 80
    assert partial.problem.startswith("1 of 3 failed: xxx: it has no rates of XXX")
    assert "correct its name, or take it off the list" in partial.problem
    (alert,) = around.alerts
    assert alert.startswith("rates is partial: 1 of 3 failed: xxx")
    assert set(around.rows("rates")["series"]) == {"usd", "gbp"}
    assert lacking(around) == ("xxx",)
    again = around.fetch(wanted, ecb.address)
    assert (again.state, again.came.snapshot) == ("partial", 1), "the same once more is none"
    done = around.fetch(rates("USD", "GBP", since=None), ecb.address)
    assert (done.state, done.failed) == ("fresh", ())


def test_all_that_fail_block_their_source_and_no_other(around, ecb):
    blocked = around.fetch(rates("XXX", "YYY", since=None), ecb.address)
    assert (blocked.state, blocked.failed) == ("blocked", ("xxx", "yyy"))
    assert snapshots.current(around.tree).number == 0
    other = replace(rates("GBP"), name="pounds")
    assert around.fetch(other, ecb.address).state == "fresh"


def test_what_fails_later_keeps_what_is_stored_of_it(around, ecb):
    ecb.today = date(2026, 10, 28)
    around.fetch(rates("USD", "GBP"), ecb.address)
    ecb.today, around.at = LAST, around.at + timedelta(days=1)
    ecb.fault(server.page, server.page, server.page, server.page)
    partial = around.fetch(rates("USD", "GBP"), ecb.address)
    assert (partial.state, partial.failed, partial.came.added) == ("partial", ("usd",), 2)
    assert str(partial.rejected) in partial.problem
    counts = around.rows("rates")["series"].value_counts()
    assert counts.to_dict() == {"gbp": 22, "usd": 20}
    assert lacking(around) == (), "something is stored of it"
    done = around.fetch(rates("USD", "GBP"), ecb.address)
    assert (done.state, done.came.added) == ("fresh", 2), "from where it stood"


def test_a_provider_that_falls_silent_is_not_asked_for_all_the_rest(around, ecb):
    wanted = rates("USD", "JPY", "GBP", "CHF", "SEK", "NOK", "CZK")
    ecb.fault(None)
    ecb.always(server.busy(503))
    partial = around.fetch(wanted, ecb.address, tries=1)
    assert (partial.state, len(partial.failed)) == ("partial", 6)
    assert len(ecb.asked) == 1 + 4, "four in a row"
    assert "czk: it was not asked for any more" in partial.problem
    assert lacking(around) == (), "nobody knows whether there are any"
    ecb.always(None)
    assert around.fetch(wanted, ecb.address).came.added == 6 * 22


def test_names_that_always_fail_keep_no_other_from_being_asked_for(around, ecb):
    """A provider may answer some names with status 500 for ever."""
    wanted, busy = rates("USD", "JPY", "GBP", "CHF", "SEK"), server.busy(503)
    ecb.today = date(2026, 10, 27)
    around.fetch(wanted, ecb.address)
    for day, faults in ((28, [busy, busy, None, None, busy]), (29, [None, None, busy, busy, busy])):
        around.at, ecb.today = around.at + timedelta(days=1), date(2026, 10, day)
        ecb.fault(*faults)
        partial = around.fetch(wanted, ecb.address, tries=1)
        assert sorted(partial.failed) == ["jpy", "sek", "usd"], "they come last"
    counts = around.rows("rates")["series"].value_counts().to_dict()
    assert counts == {"usd": 19, "jpy": 19, "sek": 19, "gbp": 21, "chf": 21}


@pytest.mark.parametrize("of", [Yahoo, Massive])
def test_a_ticker_that_is_unknown_or_delisted_fails_alone(around, of):
    """One by a refusal, the other one by an answer without bars."""
    first, at = date(2005, 1, 3), datetime(2005, 2, 26, 2, tzinfo=UTC)
    around.at = at
    wanted = bars(of.__name__.lower(), first)
    with of([apple(first, date(2005, 3, 4))], at) as fake:
        two = replace(wanted, asks=[Ask("GONE", "GONE", since=wanted.asks[0].since), *wanted.asks])
        partial = around.fetch(two, fake.base)
        assert (partial.state, partial.failed) == ("partial", ("GONE",)), partial
        assert lacking(around, "prices") == ("GONE",)
        fake.listings.clear()
        around.at += timedelta(days=1)
        blocked = around.fetch(wanted, fake.base)
    assert blocked.state == "blocked"
    assert around.rows("prices", "bars")["ticker"].unique().tolist() == ["AAPL"]


def test_another_provider_or_interval_begins_anew_and_the_old_rows_stay_where_they_were(around):
    first, at = date(2005, 1, 3), datetime(2005, 2, 26, 2, tzinfo=UTC)
    around.at = at
    listing = apple(first, date(2005, 3, 4))
    with Yahoo([listing], at) as yahoo, Massive([listing], at) as massive:
        around.fetch(bars("yahoo", first), yahoo.base)
        before = around.rows("prices", "bars")
        done = around.fetch(bars("massive", first), massive.base)
        assert (done.state, done.came.added) == ("fresh", len(before))
        assert [text for text in around.said if "what is stored is of yahoo, and massive" in text]
        assert around.rows("prices", "bars")["adj_close"].isna().all(), "none of Yahoo's"
        pd.testing.assert_frame_equal(around.rows("prices", "bars", 1), before)
        assert around.fetch(bars("massive", first), massive.base).came.added == 0


def test_another_interval_begins_anew(around):
    """Days that were stored are not mixed with hours, which come of the same provider."""
    day, at = date(2026, 10, 27), datetime(2026, 10, 29, 2, tzinfo=UTC)
    around.at, traded = at, Traded(100.0, 100.0, 100.0, 100.0, 5.0)
    hour = datetime(2026, 10, 27, 13, 30, tzinfo=UTC)
    listing = Listing("X", {day: traded}, within={"1h": {hour: traded}})
    ask = Ask("X", "X", "1d", datetime(2026, 10, 1, tzinfo=UTC))
    with Yahoo([listing], at) as fake:
        around.fetch(Source("prices", "yahoo", "bars", [ask]), fake.base)
        hours = Source("prices", "yahoo", "bars", [replace(ask, interval="1h")])
        assert around.fetch(hours, fake.base).state == "fresh"
    assert around.rows("prices", "bars")["interval"].tolist() == ["1h"]
    assert around.rows("prices", "bars", 1)["interval"].tolist() == ["1d"]


def test_what_came_of_one_provider_is_not_taken_for_what_another_one_sends(around, ecb):
    """Both were asked alike, and the first one was interrupted."""
    first, at = date(2005, 1, 3), datetime(2005, 2, 26, 2, tzinfo=UTC)
    around.at = at
    listing = apple(first, date(2005, 3, 4))
    one = bars("yahoo", first)
    two = [*one.asks, Ask("B", "B", since=one.asks[0].since)]
    with Yahoo([listing], at) as yahoo, Massive([listing], at) as massive:
        yahoo.fault(None, server.busy(503))
        around.sleep = lambda seconds: (_ for _ in ()).throw(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            around.fetch(replace(one, asks=two), yahoo.base)
        around.fetch(bars("massive", first), massive.base)
    assert massive.asked
    assert around.rows("prices", "bars")["adj_close"].isna().all()


def test_a_day_whose_requests_are_used_up_is_stale_and_the_rest_is_not_asked_for(around):
    wanted = Source("us", "bls", "series", [Ask(name, name, since=START) for name in "ABC"])
    values = {name: {("2026", "M09"): "4.2"} for name in "ABC"}
    with Bls(values, daily=1) as fake:
        partial = around.fetch(wanted, fake.base)
        assert (partial.state, partial.failed, len(fake.asked)) == ("partial", ("B", "C"), 2)
        assert "gives no more today" in partial.problem
        assert "registered: true" in partial.problem
        stale = around.fetch(replace(wanted, asks=wanted.asks[1:]), fake.base)
        assert (stale.state, stale.rejected) == ("stale", None)
        fake.daily = 500
        assert around.fetch(wanted, fake.base).state == "fresh"


def test_what_came_before_an_interruption_is_not_asked_for_again(around, ecb):
    ecb.fault(None, server.hangs)
    around.sleep = lambda seconds: (_ for _ in ()).throw(KeyboardInterrupt)  # while it waits
    with pytest.raises(KeyboardInterrupt):
        around.fetch(rates("USD", "JPY"), ecb.address)
    assert snapshots.current(around.tree).number == 0
    around.sleep = lambda seconds: None
    asked = len(ecb.asked)
    done = around.fetch(rates("USD", "JPY"), ecb.address)
    assert (done.state, done.came.added, done.rows) == ("fresh", 44, 22)
    assert len(ecb.asked) == asked + 1
    assert not list((around.tree / "data/store").rglob("*incoming/*"))


def test_what_came_long_before_is_asked_for_again(around, ecb):
    ecb.fault(None)
    ecb.always(server.hangs)
    around.sleep = lambda seconds: (_ for _ in ()).throw(KeyboardInterrupt)  # while it waits
    with pytest.raises(KeyboardInterrupt):
        around.fetch(rates("USD", "JPY"), ecb.address)
    ecb.always(None)
    around.at += timedelta(hours=7)
    assert around.fetch(rates("USD", "JPY"), ecb.address).rows == 44


# Splits and dividends


def bars(provider: str, since: date) -> Source:
    ask = Ask("AAPL", "AAPL", since=datetime(since.year, since.month, since.day, tzinfo=UTC))
    return Source("prices", provider, "bars", [ask], timedelta(days=7))


@pytest.mark.parametrize(("provider", "of"), [("yahoo", Yahoo), ("massive", Massive)])
def test_a_split_between_two_fetches_asks_for_all_and_no_adjusted_bar_jumps(around, provider, of):
    first, before = date(2005, 1, 3), datetime(2005, 2, 26, 2, tzinfo=UTC)
    listing = apple(first, date(2005, 3, 4))
    with of([listing], before) as fake:
        around.at = before
        assert around.fetch(bars(provider, first), fake.base).state == "fresh"
        old = reading.bars_adjusted(around.tree, None, "prices")
        around.at = fake.now = datetime(2005, 3, 5, 2, tzinfo=UTC)
        came = around.fetch(bars(provider, first), fake.base)
    assert came.state == "fresh"
    assert [text for text in around.said if "asking for all of it" in text]
    assert around.rows("prices", "actions")["value"].tolist() == [2.0]
    adjusted = reading.bars_adjusted(around.tree, None, "prices")
    assert len(adjusted) == len(listing.days)
    assert adjusted["adj_close"].pct_change().abs().max() < 0.12
    assert adjusted["adj_close"].iloc[0] == pytest.approx(listing.days[first].close / 2)
    pd.testing.assert_frame_equal(reading.bars_adjusted(around.tree, 1, "prices"), old)


@pytest.mark.parametrize(("provider", "of"), [("yahoo", Yahoo), ("massive", Massive)])
def test_a_dividend_that_was_an_error_of_the_provider_holds_no_more(around, provider, of):
    """It is no longer sent in an overlap, nor in all of the history, which has another one."""
    first = date(2005, 1, 3)
    plain = replace(apple(first, date(2005, 2, 25)), dividends={date(2005, 1, 10): (0.5,)})
    wrong = replace(plain, dividends={**plain.dividends, date(2005, 2, 23): (20.0,)})
    around.at = datetime(2005, 2, 25, 2, tzinfo=UTC)
    with of([wrong], around.at) as fake:
        around.fetch(bars(provider, first), fake.base)
        dented = reading.bars_adjusted(around.tree, None, "prices")
        fake.listings["AAPL"] = plain
        around.at = fake.now = datetime(2005, 2, 26, 2, tzinfo=UTC)
        assert around.fetch(bars(provider, first), fake.base).state == "fresh"
        assert [text for text in around.said if "is no longer sent; asking for all" in text]
        assert [text for text in around.alerts if "the dividend of 20 on 2005-02-23" in text]
        assert around.rows("prices", "actions")["value"].tolist() == [0.5]
        mended = reading.bars_adjusted(around.tree, None, "prices")
        assert mended["adj_close"].pct_change().abs().max() < 0.12
        pd.testing.assert_frame_equal(reading.bars_adjusted(around.tree, 1, "prices"), dented)
        again = around.fetch(bars(provider, first), fake.base)
        assert (again.came.added, again.came.restated) == (0, 0)


def test_no_adjusted_bar_jumps_where_a_provider_restates_a_part_only(around):
    """As of minutes, of which there is a month: those before it stay as they were sent."""
    first, before = date(2005, 1, 3), datetime(2005, 2, 26, 2, tzinfo=UTC)
    listing = apple(first, date(2005, 3, 4))
    with Yahoo([listing], before) as fake:
        around.at = before
        around.fetch(bars("yahoo", first), fake.base)
        late = {day: traded for day, traded in listing.days.items() if day > date(2005, 2, 1)}
        fake.listings["AAPL"] = replace(listing, days=late)
        around.at = fake.now = datetime(2005, 3, 5, 2, tzinfo=UTC)
        assert around.fetch(bars("yahoo", first), fake.base).state == "fresh"
    adjusted = reading.bars_adjusted(around.tree, None, "prices")
    assert len(adjusted) == len(listing.days)
    assert adjusted["adj_close"].pct_change().abs().max() < 0.12


def test_all_of_it_is_asked_for_as_far_back_as_the_provider_still_gives_it(around):
    first, split = datetime(2026, 9, 1, 14, 30, tzinfo=UTC), date(2026, 10, 26)
    minutes = [datetime(2026, 9, 1, 14, 30 + n, tzinfo=UTC) for n in range(3)]
    later = [datetime(2026, 10, day, 14, 30, tzinfo=UTC) for day in (20, 23, 26)]
    within = {at: Traded(100.0, 100.0, 100.0, 100.0, 5.0) for at in (*minutes, *later[:2])}
    within[later[2]] = Traded(50.0, 50.0, 50.0, 50.0, 5.0)
    listing = Listing("X", within={"1m": within}, splits={split: (2, 1)})
    wanted = Source("minutes", "yahoo", "bars", [Ask("X", "X", "1m", first)], timedelta(days=4))
    with Yahoo([listing], datetime(2026, 9, 2, tzinfo=UTC)) as fake:
        for month, day in ((9, 2), (10, 24), (10, 27)):
            at = datetime(2026, month, day, tzinfo=UTC)
            around.at = fake.now = at
            assert around.fetch(wanted, fake.base).state == "fresh"
    adjusted = reading.bars_adjusted(around.tree, None, "minutes")
    (lost,) = around.alerts
    assert "what lies between 2026-09-01 14:32 and 2026-09-25" in lost
    assert adjusted["adj_close"].tolist() == [50.0] * 6


def test_a_provider_without_its_key_is_refused_by_the_name_of_the_variable(around):
    around.keys = {}
    with (
        Massive([], around.at) as fake,
        pytest.raises(InputError, match=r"MASSIVE_API_KEY: is not set"),
    ):
        around.fetch(bars("massive", date(2005, 1, 3)), fake.base)


def test_a_key_that_is_not_taken_blocks_and_is_not_shown(around):
    around.keys = {"MASSIVE_API_KEY": "wrong-key-123"}
    with Massive([], around.at) as fake:
        blocked = around.fetch(bars("massive", date(2005, 1, 3)), fake.base)
    assert blocked.state == "blocked"
    assert "Unknown API Key" in blocked.problem
    told = [*around.said, *around.alerts, repr(blocked)]
    files = [path.read_bytes() for path in Path(around.tree.root).rglob("*") if path.is_file()]
    assert not [text for text in told if "wrong-key-123" in text]
    assert not [data for data in files if b"wrong-key-123" in data]


def test_rows_that_a_wrong_clock_keeps_from_being_taken_are_told(around, ecb):
    around.at += timedelta(days=900)
    around.fetch(rates("USD"), ecb.address)
    around.at -= timedelta(days=899)
    ecb.rates = {**RATES, LAST: {**RATES[LAST], "USD": "1.1999"}}
    around.fetch(rates("USD", since=datetime(2026, 9, 1, tzinfo=UTC)), ecb.address)
    (alert,) = around.alerts
    assert "1 row differ from what is stored, and were not taken" in alert


def massive_bars(change) -> server.Fault:
    """Massive's answer with bars, changed."""

    def fault(asked, reply):
        body = json.loads(reply.body)
        if "/aggs/" not in asked.path:
            return reply
        change(body["results"])
        return Reply.json({**body, "resultsCount": len(body["results"])})

    return fault


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.append({**rows[-1], "c": 1.0}), "two bars of AAPL 2005-02-25T00:00:00Z"),
        (
            lambda rows: rows.append({**rows[-1], "t": rows[-1]["t"] + 86_400_000 * 365}),
            "a bar of 2006-02-25T00:00:00Z came, which is yet to come",
        ),
    ],
)  # fmt: skip
def test_bars_that_cannot_be_are_no_data(around, change, words):
    first, at = date(2005, 1, 3), datetime(2005, 2, 26, 2, tzinfo=UTC)
    around.at = at
    with Massive([apple(first, date(2005, 3, 4))], at) as fake:
        fake.always(massive_bars(change))
        wanted = bars("massive", first)
        wanted = replace(wanted, asks=[replace(wanted.asks[0], until=at + timedelta(days=500))])
        blocked = around.fetch(wanted, fake.base)
    assert blocked.state == "blocked", blocked
    assert words in blocked.problem


def test_a_row_that_stands_there_twice_alike_is_one(around):
    first, at = date(2005, 1, 3), datetime(2005, 2, 26, 2, tzinfo=UTC)
    around.at = at
    with Massive([apple(first, date(2005, 3, 4))], at) as fake:
        fake.always(massive_bars(lambda rows: rows.append(rows[-1])))
        assert around.fetch(bars("massive", first), fake.base).state == "fresh"
    assert not around.rows("prices", "bars").duplicated(["ticker", "timestamp"]).any()


def test_prices_that_change_their_units_without_a_split_are_told(around):
    first, at = date(2005, 1, 3), datetime(2005, 2, 20, 2, tzinfo=UTC)
    around.at, listing = at, apple(first, date(2005, 2, 24))
    cents = {day: Traded(*(100 * value for value in own))
             for day, own in listing.days.items()}  # fmt: skip
    with Massive([listing], at) as fake:
        around.fetch(bars("massive", first), fake.base)
        fake.listings["AAPL"] = replace(listing, days=cents)
        around.at = fake.now = at + timedelta(days=1)
        around.fetch(bars("massive", first), fake.base)
    (alert,) = around.alerts
    assert "bars of the overlap are now 100 times what they were, and no split says why" in alert


def test_prices_in_several_currencies_are_said(around):
    first, at = date(2005, 1, 3), datetime(2005, 2, 26, 2, tzinfo=UTC)
    around.at, listing = at, apple(first, date(2005, 3, 4))
    wanted = bars("yahoo", first)
    wanted = replace(wanted, asks=[Ask("VOD.L", "VOD.L", since=wanted.asks[0].since), *wanted.asks])
    with Yahoo([listing, replace(listing, symbol="VOD.L", currency="GBp")], at) as fake:
        around.fetch(wanted, fake.base)
    assert "prices: prices are in several currencies: GBp (VOD.L); USD (AAPL)" in around.said


def test_a_symbol_that_comes_to_mean_another_coin_is_not_mixed(around, monkeypatch):
    """Nor does one that several coins have stop the others; the message lists them."""
    times = [datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=day) for day in range(40)]
    by_coin = {"ethereum": 3000.0, "ether-two": 2.0, "bitcoin": 9e4}
    prices = {coin: dict.fromkeys(times, price) for coin, price in by_coin.items()}
    asks = [Ask(name, name, since=START) for name in ("BTC", "ETH")]
    wanted = Source("coins", "coingecko", "bars", asks)
    with CoinGecko(prices, around.at) as fake:
        partial = around.fetch(wanted, f"{fake.base}/api/v3")
        assert (partial.state, partial.failed) == ("partial", ("BTC",))
        assert "bridged-wrapped-bitcoin (Bridged Wrapped Bitcoin)" in partial.problem
        assert "tickers: {BTC: {coingecko: ID}}" in partial.problem
        assert "take it off the list" not in partial.problem, "one cure is enough"
        coins = ({"id": "ether-two", "symbol": "eth", "name": "Two"},)
        monkeypatch.setattr(coingecko, "COINS", coins)
        around.at = fake.now = around.at + timedelta(days=1)
        blocked = around.fetch(replace(wanted, asks=asks[1:]), f"{fake.base}/api/v3")
        assert blocked.state == "blocked"
        assert "it was ethereum when it was fetched first" in blocked.problem
        assert "tickers: {ETH: {coingecko: ethereum}}" in blocked.problem
        asks = [Ask("ethereum", "ETH", since=START)]
        done = around.fetch(replace(wanted, asks=asks), f"{fake.base}/api/v3")
    assert (done.state, set(around.rows("coins")["close"])) == ("fresh", {3000.0})
    assert not [text for text in around.said if "begins anew" in text], "it is the same coin"


# Calendars

CALENDAR = "ticker,kind,timestamp,name\n"
AHEAD = "IBM,earnings,2026-12-20,Q4\n"


def calendar(*addresses: str) -> Source:
    asks = [Ask(address, f"calendar {place}") for place, address in enumerate(addresses)]
    return Source("events", "calendars", "events", asks)


def days(around: Around, snapshot: int | None = None) -> list[str]:
    rows = around.rows("events", snapshot=snapshot)
    return sorted(rows["timestamp"].dt.strftime("%m-%d"))


def test_an_event_that_was_moved_holds_no_more_and_one_that_is_over_stays(around):
    past, other = "IBM,earnings,2026-10-20,Q3\n", "F,dividend,2026-12-01,D\n"
    with Fake({"/a.csv": Reply.text(CALENDAR + past + AHEAD + other)}) as fake:
        around.fetch(calendar(f"{fake.base}/a.csv"), "")
        around.at += timedelta(days=1)
        fake.pages["/a.csv"] = Reply.text(CALENDAR + AHEAD.replace("12-20", "12-22"))
        done = around.fetch(calendar(f"{fake.base}/a.csv"), "")
        assert (done.state, done.came.added, done.came.restated) == ("fresh", 1, 2)
        assert days(around) == ["10-20", "12-22"]
        assert days(around, 1) == ["10-20", "12-01", "12-20"]
        around.at += timedelta(days=1)
        fake.pages["/a.csv"] = Reply.text(CALENDAR)
        around.fetch(calendar(f"{fake.base}/a.csv"), "")
    assert "events: a calendar is empty; what is stored stays" in around.alerts
    assert days(around) == ["10-20", "12-22"]


def test_one_calendar_that_fails_takes_no_event_of_its_own_away(around):
    pages = {"/a.csv": Reply.text(CALENDAR + AHEAD),
             "/b.csv": Reply.text(CALENDAR + AHEAD.replace("IBM", "F"))}  # fmt: skip
    with Fake(pages) as fake:
        wanted = calendar(f"{fake.base}/a.csv", f"{fake.base}/b.csv")
        around.fetch(wanted, "")
        around.at += timedelta(days=1)
        fake.pages["/b.csv"] = Reply(b"", status=404)
        partial = around.fetch(wanted, "")
        assert (partial.state, partial.failed) == ("partial", ("calendar 1",))
        assert days(around) == ["12-20", "12-20"]
        fake.pages["/c.csv"] = Reply.text(CALENDAR + AHEAD.replace("IBM", "X"))
        moved = around.fetch(calendar(f"{fake.base}/a.csv", f"{fake.base}/c.csv"), "")
    assert (moved.state, moved.came.added, moved.came.restated) == ("fresh", 1, 1)


# What a person must say first


def test_terms_that_forbid_to_store_must_be_accepted(around):
    wanted = Source("us_gdp", "fred", "series", [Ask("GDP", "gdp")])
    with pytest.raises(InputError, match="stored or used to train") as error:
        around.fetch(wanted, "http://127.0.0.1:1")
    assert "terms_accepted" in str(error.value)
    around.keys = {"FRED_API_KEY": "k" * 32}
    accepted = replace(wanted, accepted="Ada")
    assert around.fetch(accepted, "http://127.0.0.1:1", tries=1).state == "stale"


def test_terms_are_kept_with_the_snapshot(around, ecb):
    around.fetch(rates("USD"), ecb.address)
    terms = snapshots.current(around.tree).sources["rates"].terms
    assert terms["attribution"] == "Source: ECB statistics."
    assert terms["share"] is True


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"provider": "yaho"}, r"is no provider \(did you mean yahoo\?\)"),
        ({"provider": "os.path"}, "is no provider"),
        ({"kind": "news"}, "ecb has no news"),
    ],
)
def test_what_no_provider_has_is_refused(around, change, words):
    with pytest.raises(InputError, match=words):
        around.fetch(replace(rates("USD"), **change), "http://127.0.0.1:1")
