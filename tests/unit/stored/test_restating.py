"""Splits and dividends between two fetches, in the conventions that providers have."""

from datetime import UTC, datetime, timedelta

from tidemark.bars.adjusting import Convention
from tidemark.project import Tree
from tidemark.stored import reading, restating, snapshots
from tidemark.stored.restating import common_factor, restated
from tidemark.stored.writing import commit_all

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DAYS = pd.bdate_range("2026-10-01", "2026-11-27")
FETCHED, SPLIT_DAY = "2026-11-13", "2026-11-16"
SPLIT = 4.0
DIVIDENDS = {"2026-10-06": 1.0, "2026-11-20": 0.25}  # as they were paid, a share of the day


def paid() -> np.ndarray:
    """Prices of a share as traded: a tenth of a percent a day, but for split and dividends."""
    prices = [400.0]
    for day in DAYS[1:].strftime("%Y-%m-%d"):
        before = prices[-1] / (SPLIT if day == SPLIT_DAY else 1)
        prices.append((before - DIVIDENDS.get(day, 0)) * 1.001)
    return np.array(prices)


def sent(convention: Convention, until: str, since: str = "2026-10-01") -> dict[str, pd.DataFrame]:
    """What a provider sends on that day: bars and dividends by its convention, events up to it."""
    knows = convention == "splits" and until >= SPLIT_DAY
    closes = np.where(knows & (DAYS < SPLIT_DAY), paid() / SPLIT, paid())
    asked = (since <= DAYS) & (until >= DAYS)
    closes = np.round(closes, 4)[asked]
    bars = pd.DataFrame(
        {"ticker": "T", "timestamp": DAYS[asked].strftime("%Y-%m-%dT00:00:00Z"), "open": closes,
         "high": closes * 1.01, "low": closes * 0.99, "close": closes, "volume": 1000.0,
         "interval": "1d", "live": False}
    )  # fmt: skip
    events = [(SPLIT_DAY, "split", SPLIT)]
    events += [(day, "dividend", cash / SPLIT if knows and day < SPLIT_DAY else cash)
               for day, cash in DIVIDENDS.items()]  # fmt: skip
    rows = [("T", f"{day}T00:00:00Z", kind, value) for day, kind, value in events
            if since <= day <= until]  # fmt: skip
    return {"bars": bars, "actions": pd.DataFrame(rows, columns=COLUMNS)}


COLUMNS = ["ticker", "timestamp", "kind", "value"]


def fetch(tree: Tree, convention: Convention, day: str, since: str) -> dict[str, str]:
    """As a fetcher does: the overlap, then all of it if the history was restated."""
    there = snapshots.current(tree).number
    kept = {kind: reading.rows(tree, None, "prices", kind)
            for kind in ("bars", "actions") if there}  # fmt: skip
    rows = sent(convention, day, since)
    reasons = restated(kept, rows)
    rows = sent(convention, day) if reasons else rows
    fetched = datetime.fromisoformat(f"{day}T22:00").replace(tzinfo=UTC)
    commit_all(tree, "prices", rows, fetched=fetched, cursor={}, asked={}, terms={},
               convention=convention)  # fmt: skip
    return reasons


@pytest.mark.parametrize("convention", ["none", "splits"])
def test_no_bar_of_the_adjusted_series_jumps_and_the_older_snapshot_stays(tmp_path, convention):
    """A 4:1 split and a dividend between two fetches, as Massive sends bars and as Yahoo does."""
    tree = Tree.at(tmp_path)
    assert fetch(tree, convention, FETCHED, since="2026-10-01") == {}
    old = reading.bars_adjusted(tree, None, "prices")
    reasons = fetch(tree, convention, "2026-11-27", since="2026-11-09")
    assert reasons == {"T": "a split of 4 on 2026-11-16 came"}
    new = reading.bars_adjusted(tree, None, "prices")
    assert len(new) == len(DAYS)
    for bars in (old, new):
        returns = bars["adj_close"].pct_change().dropna()
        assert returns.to_numpy() == pytest.approx(0.001, abs=2e-5)
    as_sent = new["close"].pct_change().abs()
    assert (as_sent > 0.5).sum() == (1 if convention == "none" else 0)
    assert reading.bars_adjusted(tree, 1, "prices").equals(old)
    restated_bars = snapshots.current(tree).came["bars"]["restated"]
    assert restated_bars == (0 if convention == "none" else len(old))


@pytest.mark.parametrize("convention", ["none", "splits"])
def test_a_day_on_which_nothing_happened_asks_for_the_overlap_only(tmp_path, convention):
    tree = Tree.at(tmp_path)
    with_one = "2026-11-18"
    commit_all(tree, "prices", sent(convention, with_one), cursor={}, asked={}, terms={},
               fetched=datetime(2026, 11, 18, 22, tzinfo=UTC), convention=convention)  # fmt: skip
    assert fetch(tree, convention, "2026-11-19", since="2026-11-12") == {}
    assert snapshots.current(tree).came["bars"] == {
        "added": 1, "restated": 0, "unchanged": 5, "older": 0, "quotes": 0,
    }  # fmt: skip


def test_bars_that_a_provider_no_longer_gives_follow_a_split_without_being_sent(tmp_path):
    """As of Yahoo's minutes: after the split only the last weeks of the history come anew."""
    tree = Tree.at(tmp_path)
    fetch(tree, "splits", FETCHED, since="2026-10-01")
    old = reading.bars_adjusted(tree, None, "prices")
    late = sent("splits", "2026-11-17", since="2026-11-02")
    at = datetime(2026, 11, 17, 22, tzinfo=UTC)
    for _ in range(2):
        commit_all(tree, "prices", late, fetched=at, cursor={}, asked={}, terms={},
                   convention="splits")  # fmt: skip
    assert snapshots.current(tree).number == 2
    new = reading.bars_adjusted(tree, None, "prices")
    returns = new["adj_close"].pct_change().dropna()
    assert returns.to_numpy() == pytest.approx(0.001, abs=2e-5)
    before = new["timestamp"] < "2026-11-02"
    assert new["scale"].tolist() == [0.25 if own else 1.0 for own in before]
    assert new["close"][before].tolist() == old["close"][: before.sum()].tolist(), "as sent"
    assert reading.bars_adjusted(tree, 1, "prices").equals(old)


def test_a_corrected_bar_moves_nothing_before_it(tmp_path):
    """It differs in all its fields by one factor, but that is of no split."""
    tree = Tree.at(tmp_path)
    fetch(tree, "splits", "2026-11-17", since="2026-10-01")
    late = sent("splits", "2026-11-18", since="2026-11-12")
    prices = ["open", "high", "low", "close"]
    late["bars"].loc[0, prices] *= 1.02
    commit_all(tree, "prices", late, cursor={}, asked={}, terms={}, convention="splits",
               fetched=datetime(2026, 11, 18, 22, tzinfo=UTC))  # fmt: skip
    assert snapshots.current(tree).came["bars"]["restated"] == 1
    assert (reading.rows(tree, None, "prices", "bars")["scale"] == 1).all()


def overlap(closes: list[float], live: int = 0) -> pd.DataFrame:
    days = [datetime(2026, 11, 2, tzinfo=UTC) + timedelta(days=n) for n in range(len(closes))]
    quotes = [n >= len(closes) - live for n in range(len(closes))]
    fields = {name: [close * by for close in closes] for name, by in
              (("open", 0.99), ("high", 1.02), ("low", 0.98), ("close", 1.0))}  # fmt: skip
    return pd.DataFrame({"timestamp": days, **fields, "live": quotes})


OLD = [400.0, 404.0, 402.0]


@pytest.mark.parametrize(
    ("new", "factor"),
    [
        ([100.0, 101.0, 100.5], 0.25),
        ([400 * 0.9943, 404 * 0.9943, 402 * 0.9943], 0.9943),
        ([4000.0, 4040.0, 4020.0], 10.0),
        ([100.0, 101.0, 402.0], 0.25),  # a split that was late: the last bar knew it
        (OLD, None),
        ([400.0, 404.0, 402.0 + 2e-5], None),  # of single precision
        ([400.0, 202.0, 402.0], None),  # one bar corrected, with others before it
        ([100.0, 202.0, 100.5], None),
        ([], None),
    ],
)
def test_the_factor_of_an_overlap(new, factor):
    found = common_factor(overlap(OLD), overlap(new))
    assert found == (None if factor is None else pytest.approx(factor, rel=1e-6))


def test_a_bar_corrected_in_one_field_is_no_factor():
    new = overlap(OLD[:1]).assign(close=[401.5])
    assert common_factor(overlap(OLD[:1]), new) is None


def test_quotes_are_not_compared():
    assert common_factor(overlap([400.0, 300.0], live=1), overlap([400.0, 404.0])) is None
    assert common_factor(overlap([400.0, 300.0], live=2), overlap([100.0, 101.0])) is None


def test_prices_rounded_to_cents_still_have_one_factor():
    old, new = overlap([7.31, 7.45, 7.38]), overlap([2.4367, 2.4833, 2.46])
    prices = ["open", "high", "low", "close"]
    found = common_factor(old.assign(**old[prices].round(2)), new.assign(**new[prices].round(2)))
    assert found == pytest.approx(1 / 3, rel=2e-3)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(1, 5000), min_size=1, max_size=6),
    st.sampled_from([2, 3, 4, 7, 10, 20, 1 / 2, 1 / 10, 2 / 3, 3 / 2]),
)
def test_any_split_is_found_whatever_the_prices(closes, ratio):
    found = common_factor(overlap(closes), overlap([close / ratio for close in closes]))
    assert found == pytest.approx(1 / ratio, rel=1e-9)
    assert common_factor(overlap(closes), overlap(closes)) is None


def test_what_arrived_or_changed_is_a_reason_and_what_is_kept_is_none():
    bars = overlap(OLD).assign(ticker="T")
    one = pd.DataFrame([("T", "2026-11-02", "dividend", 0.2)], columns=COLUMNS)
    kept = {"bars": bars, "actions": one}
    assert restated(kept, kept) == {}
    changed = {"bars": bars, "actions": one.assign(value=0.05)}
    assert restated(kept, changed) == {"T": "a dividend of 0.05 on 2026-11-02 came"}
    quartered = {"bars": overlap([100.0, 101.0, 100.5]).assign(ticker="T")}
    assert restated(kept, quartered)["T"] == "bars of the overlap are now 0.25 times what they were"
    assert restated({}, quartered) == {}, "it was asked for in full"
    assert restating.restated(kept, {"bars": bars.assign(ticker="NEW")}) == {}
